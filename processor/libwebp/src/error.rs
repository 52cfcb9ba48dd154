use std::fmt;

use libwebp_sys::WebPEncodingError as Code;

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
    /// The number of bytes does not match the dimensions.
    Length {
        /// The given length.
        actual: usize,
        /// Width × height × bytes per pixel.
        expected: usize,
    },
    /// The quality is not between 0 and 100.
    Quality(f32),
    /// The method is above 6.
    Method(u8),
    /// libwebp could not allocate memory.
    OutOfMemory,
    /// The image has more detail than the format can store at this quality, because the size of a partition is limited.
    PartitionOverflow,
    /// The file would be larger than 4 GiB.
    FileTooBig,
    /// The total duration of an animation exceeds 24 days.
    TooLong,
    /// An animation has no frames, or libwebp could not allocate memory for the file.
    NotAssembled,
    /// Any other error code of libwebp. None is expected, because they indicate errors in the call.
    Internal(i32),
}

impl Error {
    pub(crate) const fn from_code(code: Code) -> Self {
        match code {
            Code::VP8_ENC_ERROR_OUT_OF_MEMORY | Code::VP8_ENC_ERROR_BITSTREAM_OUT_OF_MEMORY => Self::OutOfMemory,
            Code::VP8_ENC_ERROR_PARTITION0_OVERFLOW | Code::VP8_ENC_ERROR_PARTITION_OVERFLOW => Self::PartitionOverflow,
            Code::VP8_ENC_ERROR_FILE_TOO_BIG => Self::FileTooBig,
            code => Self::Internal(code as i32),
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Dimensions { width, height } => {
                write!(f, "{width} × {height} pixels; must be from 1 to {MAX_SIDE} a side")
            }
            Self::Length { actual, expected } => write!(f, "{actual} bytes of pixels; expected are {expected}"),
            Self::Quality(quality) => write!(f, "quality {quality}; must be from 0 to 100"),
            Self::Method(method) => write!(f, "method {method}; must be from 0 to 6"),
            Self::OutOfMemory => write!(f, "libwebp: out of memory"),
            Self::PartitionOverflow => write!(f, "libwebp: too much detail for the format; a lower quality may fit"),
            Self::FileTooBig => write!(f, "libwebp: the file would be larger than 4 GiB"),
            Self::TooLong => write!(f, "an animation of more than 24 days"),
            Self::NotAssembled => write!(f, "libwebp: the animation has no frame, or there is no memory for it"),
            Self::Internal(code) => write!(f, "libwebp: error {code}"),
        }
    }
}

impl std::error::Error for Error {}
