#![allow(unsafe_code, reason = "a C interface")]

use crate::{Error, sys};

/// The parts of a JPEG to keep besides its image. Orientation and colour profile belong to the image, and are always
/// kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kept<'a> {
    /// Nothing.
    Image,
    /// This TIFF structure, instead of all of the JPEG's metadata.
    Exif(&'a [u8]),
    /// Everything: a decoder such as djxl can reconstruct the exact JPEG.
    File,
}

/// Higher efforts take longer but save at most 65 bytes of a photo's megabyte.
const EFFORT: u32 = 3;

/// A JPEG XL file with a JPEG's own coefficients: lossless, and a fifth smaller.
///
/// # Errors
/// If the JPEG is corrupt or of a kind that JPEG XL can't represent, or libjxl could not allocate memory: see
/// [`Error`].
pub fn transcode_jpeg(jpeg: &[u8], kept: Kept<'_>) -> Result<Vec<u8>, Error> {
    let reconstruction = kept == Kept::File;
    let (exif, exif_size) = sys::parts(match kept {
        Kept::Exif(exif) => Some(exif),
        Kept::Image | Kept::File => None,
    });
    let (start, size) = (jpeg.as_ptr(), jpeg.len());
    // SAFETY: JPEG and EXIF have the given lengths, and outlive the call.
    sys::file(|take, to| unsafe {
        sys::darkroom_jxl_transcode(start, size, reconstruction, EFFORT, exif, exif_size, take, to)
    })
}
