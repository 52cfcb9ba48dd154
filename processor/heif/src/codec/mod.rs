//! The codecs of items.

mod av1;
#[cfg(feature = "heic")]
mod hevc;

use crate::Error;
use crate::color::{Chroma, Nclx};
use crate::properties::Codec;
use crate::reader::Code;

/// The format of a decoded frame.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Format {
    pub(crate) width: u32,
    pub(crate) height: u32,
    pub(crate) bits: u8,
    pub(crate) chroma: Chroma,
    pub(crate) nclx: Nclx,
}

/// A decoded frame.
pub(crate) trait Frame {
    fn format(&self) -> Format;

    /// Copies as many samples of row `y` of a plane (0 is luma) as fit into `samples`.
    fn row(&self, plane: usize, y: usize, samples: &mut [u16]);
}

/// A coded item, with its description from the file.
#[derive(Clone, Copy)]
pub(crate) struct Coded<'a> {
    pub(crate) kind: Kind,
    pub(crate) data: &'a [u8],
    pub(crate) codec: Codec<'a>,
    pub(crate) size: (u32, u32),
    pub(crate) operating_point: u8,
}

/// A codec.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Av1,
    Hevc,
}

impl Kind {
    /// The codec of an item.
    pub(crate) fn of(kind: Code) -> Result<Self, Error> {
        match &kind {
            b"av01" => Ok(Self::Av1),
            b"hvc1" | b"hev1" if cfg!(feature = "heic") => Ok(Self::Hevc),
            b"hvc1" | b"hev1" => Err(Error::Unsupported("HEIC: this build has no decoder of HEVC".into())),
            other => {
                let name = String::from_utf8_lossy(other).into_owned();
                Err(Error::Unsupported(format!("an image of the kind `{name}`: decoded are `av01`, `hvc1` and `grid`")))
            }
        }
    }
}

/// The most bytes that decoding allocates, including the resulting frame.
pub(crate) fn memory(coded: &Coded<'_>) -> Result<u64, Error> {
    match coded.kind {
        Kind::Av1 => Ok(av1::memory(coded)),
        #[cfg(feature = "heic")]
        Kind::Hevc => hevc::memory(coded),
        #[cfg(not(feature = "heic"))]
        Kind::Hevc => Ok(0),
    }
}

/// Decodes an item.
pub(crate) fn decode(coded: &Coded<'_>) -> Result<Box<dyn Frame>, Error> {
    let frame = match coded.kind {
        Kind::Av1 => av1::decode(coded)?,
        #[cfg(feature = "heic")]
        Kind::Hevc => hevc::decode(coded)?,
        #[cfg(not(feature = "heic"))]
        Kind::Hevc => return Err(Error::Unsupported("HEIC: this build has no decoder of HEVC".into())),
    };
    let format = frame.format();
    if format.width < coded.size.0 || format.height < coded.size.1 {
        return Err(Error::Malformed("a coded image is smaller than `ispe` says"));
    }
    Ok(frame)
}

/// Checks the bitstream against the file's description, from which the memory was calculated.
fn check(codec: Codec<'_>, chroma: Chroma, bits: u8) -> Result<(), Error> {
    if (chroma, bits) == (codec.chroma, codec.bits) {
        Ok(())
    } else {
        Err(Error::Malformed("a coded image has other samples than its configuration says"))
    }
}
