//! The functions of c/encode.cc.
#![allow(unsafe_code, reason = "a C interface")]

use std::ffi::{c_int, c_void};

use crate::Error;

#[repr(C)]
pub(crate) struct Image {
    pub(crate) pixels: *const c_void,
    pub(crate) width: u32,
    pub(crate) height: u32,
    pub(crate) channels: u32,
    pub(crate) bits: u32,
}

#[repr(C)]
pub(crate) struct Colors {
    pub(crate) icc: *const u8,
    pub(crate) icc_size: usize,
    pub(crate) primaries: u32,
    pub(crate) transfer: u32,
    pub(crate) curves: *const f32,
    pub(crate) steps: usize,
    pub(crate) matrix: [f32; 9],
}

#[repr(C)]
pub(crate) struct Settings {
    pub(crate) distance: f32,
    pub(crate) effort: u32,
    pub(crate) lossless: bool,
    pub(crate) colors: *const Colors,
    pub(crate) exif: *const u8,
    pub(crate) exif_size: usize,
}

/// Receives a finished file.
pub(crate) type Take = unsafe extern "C" fn(to: *mut c_void, bytes: *const u8, size: usize);

unsafe extern "C" {
    pub(crate) fn darkroom_jxl_encode(
        image: *const Image,
        settings: *const Settings,
        take: Take,
        to: *mut c_void,
    ) -> c_int;

    pub(crate) fn darkroom_jxl_transcode(
        jpeg: *const u8,
        size: usize,
        reconstruction: bool,
        effort: u32,
        exif: *const u8,
        exif_size: usize,
        take: Take,
        to: *mut c_void,
    ) -> c_int;
}

/// Collects the file that `encode` passes to the callback; `encode` gets the callback and its context pointer.
pub(crate) fn file(encode: impl FnOnce(Take, *mut c_void) -> c_int) -> Result<Vec<u8>, Error> {
    let mut file: Vec<u8> = Vec::new();
    match encode(take, (&raw mut file).cast()) {
        0 => Ok(file),
        code => Err(Error::from_code(code)),
    }
}

unsafe extern "C" fn take(to: *mut c_void, bytes: *const u8, size: usize) {
    // SAFETY: `to` is the vector of `file`, which is waiting for this call; `bytes` points to `size` bytes for the
    // duration of the call.
    unsafe { (*to.cast::<Vec<u8>>()).extend_from_slice(std::slice::from_raw_parts(bytes, size)) }
}

/// A pointer to the bytes, or NULL, and their length.
pub(crate) fn parts(bytes: Option<&[u8]>) -> (*const u8, usize) {
    bytes.map_or((std::ptr::null(), 0), |bytes| (bytes.as_ptr(), bytes.len()))
}
