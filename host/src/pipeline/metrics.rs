//! Measurements of the upload pipeline.

use crate::records::Item;

/// A counted or timed event.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Measurement<'a> {
    /// An image was compressed: its size before and after.
    Compressed {
        /// The original's size in bytes.
        original: u64,
        /// The compressed image's size in bytes.
        result: u64,
    },
    /// An attempt to make an image's thumbnails.
    Thumbnails {
        /// Whether some or all of them are missing.
        failed: bool,
    },
    /// An outcome was recorded for the first time.
    Recorded(&'a Item),
}

/// Receives each measurement as it happens.
pub type Emit = fn(Measurement<'_>);
