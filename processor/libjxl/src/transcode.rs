#![allow(unsafe_code, reason = "a C interface")]

use crate::{Error, sys};

/// What is kept of a JPEG beside its image. Orientation and colour profile are parts of the image, and always kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kept<'a> {
    /// Nothing.
    Image,
    /// This TIFF structure, in place of all that the JPEG has.
    Exif(&'a [u8]),
    /// Everything: a decoder such as djxl can write the same JPEG again, to the byte.
    File,
}

/// What a higher effort takes longer for is not smaller: 65 bytes of a photo's megabyte at most.
const EFFORT: u32 = 3;

/// The bytes of a JPEG XL file with a JPEG's own coefficients: nothing is lost, and a fifth is saved.
///
/// # Errors
/// The JPEG is broken, or of a kind that JPEG XL can't hold; libjxl got no memory: see [`Error`].
pub fn transcode_jpeg(jpeg: &[u8], kept: Kept<'_>) -> Result<Vec<u8>, Error> {
    let reconstruction = kept == Kept::File;
    let (exif, exif_size) = sys::parts(match kept {
        Kept::Exif(exif) => Some(exif),
        Kept::Image | Kept::File => None,
    });
    let (start, size) = (jpeg.as_ptr(), jpeg.len());
    // SAFETY: JPEG and EXIF are as long as is said, and outlive the call.
    sys::file(|take, to| unsafe {
        sys::darkroom_jxl_transcode(start, size, reconstruction, EFFORT, exif, exif_size, take, to)
    })
}
