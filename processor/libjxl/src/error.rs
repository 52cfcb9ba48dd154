use std::fmt;

use crate::MAX_SIDE;

/// Why there is no file.
#[derive(Clone, Debug, PartialEq)]
pub enum Error {
    /// Width or height is 0 or larger than [`MAX_SIDE`].
    Dimensions {
        /// As given.
        width: u32,
        /// As given.
        height: u32,
    },
    /// The pixels are not as many samples as the dimensions say, or curves are too short.
    Length {
        /// As given.
        actual: usize,
        /// Width × height × samples a pixel.
        expected: usize,
    },
    /// The distance is not between 0.01 and 25.
    Distance(f32),
    /// The effort is not one that this build has.
    Effort {
        /// As given.
        effort: u8,
        /// What it has for a lossy or a lossless file.
        allowed: std::ops::RangeInclusive<u8>,
    },
    /// libjxl got no memory.
    OutOfMemory,
    /// The JPEG is broken.
    Jpeg,
    /// The JPEG is whole as far as was read, but in CMYK, arithmetic coding or the like, or it holds what can't be
    /// reconstructed.
    Unsupported,
    /// Any other code of libjxl's. None is expected: they speak of mistakes in the call.
    Internal(i32),
}

impl Error {
    /// By `JxlEncoderError`.
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
