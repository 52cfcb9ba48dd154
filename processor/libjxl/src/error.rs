use std::fmt;

use crate::MAX_SIDE;

/// The reason why encoding failed.
#[derive(Clone, Debug, PartialEq)]
pub enum Error {
    /// Width or height is 0 or larger than [`MAX_SIDE`].
    Dimensions {
        /// The given width.
        width: u32,
        /// The given height.
        height: u32,
    },
    /// The number of samples does not match the dimensions, or the curves are too short.
    Length {
        /// The given length.
        actual: usize,
        /// Width × height × samples per pixel.
        expected: usize,
    },
    /// The distance is not between 0.01 and 25.
    Distance(f32),
    /// This build does not support the effort.
    Effort {
        /// The given effort.
        effort: u8,
        /// The supported efforts for a lossy or a lossless file.
        allowed: std::ops::RangeInclusive<u8>,
    },
    /// libjxl could not allocate memory.
    OutOfMemory,
    /// The JPEG is corrupt.
    Jpeg,
    /// The part of the JPEG that was read is valid, but it uses CMYK, arithmetic coding or the like, or contains data
    /// that can't be reconstructed.
    Unsupported,
    /// Any other error code of libjxl. None is expected, because they indicate errors in the call.
    Internal(i32),
}

impl Error {
    /// Converts a `JxlEncoderError`.
    pub(crate) const fn from_code(code: i32) -> Self {
        match code {
            2 => Self::OutOfMemory,
            4 => Self::Jpeg,
            3 | 0x80 => Self::Unsupported,
            code => Self::Internal(code),
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Dimensions { width, height } => {
                write!(f, "{width} × {height} pixels; must be from 1 to {MAX_SIDE} a side")
            }
            Self::Length { actual, expected } => write!(f, "{actual} samples; expected are {expected}"),
            Self::Distance(distance) => write!(f, "distance {distance}; must be from 0.01 to 25"),
            Self::Effort { effort, allowed } => {
                write!(f, "effort {effort}; must be from {} to {}", allowed.start(), allowed.end())
            }
            Self::OutOfMemory => write!(f, "libjxl: out of memory"),
            Self::Jpeg => write!(f, "libjxl: the JPEG is broken"),
            Self::Unsupported => write!(f, "libjxl: a JPEG of a kind that can't be kept as it is"),
            Self::Internal(code) => write!(f, "libjxl: error {code}"),
        }
    }
}

impl std::error::Error for Error {}
