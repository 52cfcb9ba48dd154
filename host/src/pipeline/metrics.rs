//! Measurements of the upload pipeline.

use crate::records::Item;

/// Something that is counted or timed.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Measurement<'a> {
    /// An image was compressed: its bytes before and after.
    Compressed {
        /// The original's.
        original: u64,
        /// The compressed image's.
        result: u64,
    },
    /// One attempt at an image's thumbnails.
    Thumbnails {
        /// Whether it made none, or not all.
        failed: bool,
    },
    /// An outcome was recorded for the first time.
    Recorded(&'a Item),
}

/// Takes each measurement as it happens.
pub type Emit = fn(Measurement<'_>);
