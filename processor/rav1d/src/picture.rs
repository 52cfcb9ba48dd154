//! The decoder's interface.

use std::fmt;

use crate::include::common::bitdepth::{BitDepth, BitDepth16, BitDepth8};
use crate::include::dav1d::data::Rav1dData;
use crate::include::dav1d::dav1d::Rav1dSettings;
use crate::include::dav1d::headers::{Rav1dPixelLayout, Rav1dSequenceHeader};
use crate::include::dav1d::picture::Rav1dPicture;
use crate::src::c_arc::CArc;
use crate::src::c_box::CBox;
use crate::src::error::Rav1dError;
use crate::src::lib::{rav1d_close, rav1d_get_picture, rav1d_open, rav1d_send_data};
use crate::src::obu::rav1d_parse_sequence_header;
use crate::src::strided::Strided;

/// The decoder's settings.
#[derive(Clone, Copy, Debug)]
pub struct Settings {
    /// The operating point of a stream with layers, 0 to 31 (AV1 §6.4.1).
    pub operating_point: u8,
    /// The most pixels of a frame, checked before they are allocated; 0 means no limit.
    pub pixels: u32,
}

/// The reason why decoding failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Error {
    /// The data contradicts itself or the AV1 specification, or contains no displayed frame.
    Malformed,
    /// A profile that rav1d does not support.
    Unsupported,
    /// A frame has more pixels than the settings allow.
    TooLarge,
    /// There is not enough memory.
    Memory,
}

impl From<Rav1dError> for Error {
    fn from(error: Rav1dError) -> Self {
        match error {
            Rav1dError::ENOPROTOOPT => Self::Unsupported,
            Rav1dError::ERANGE => Self::TooLarge,
            Rav1dError::ENOMEM => Self::Memory,
            _ => Self::Malformed,
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Malformed => "the AV1 data is broken",
            Self::Unsupported => "the AV1 profile is unknown",
            Self::TooLarge => "an AV1 frame is larger than the file says",
            Self::Memory => "there is not enough memory",
        })
    }
}

impl std::error::Error for Error {}

/// The chroma subsampling.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Layout {
    /// No chroma.
    I400,
    /// One sample per two columns and two rows.
    I420,
    /// One sample per two columns.
    I422,
    /// One sample per pixel.
    I444,
}

impl From<Rav1dPixelLayout> for Layout {
    fn from(layout: Rav1dPixelLayout) -> Self {
        match layout {
            Rav1dPixelLayout::I400 => Self::I400,
            Rav1dPixelLayout::I420 => Self::I420,
            Rav1dPixelLayout::I422 => Self::I422,
            Rav1dPixelLayout::I444 => Self::I444,
        }
    }
}

/// Facts from a sequence header (AV1 §5.5). Colours are ITU-T H.273 code points.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sequence {
    /// The maximum number of columns.
    pub width: u32,
    /// The maximum number of rows.
    pub height: u32,
    /// Bits per sample: 8, 10 or 12.
    pub bits: u8,
    /// The chroma subsampling.
    pub layout: Layout,
    /// Colour primaries.
    pub primaries: u8,
    /// Transfer characteristics.
    pub transfer: u8,
    /// Matrix coefficients.
    pub matrix: u8,
    /// Whether samples use the full range of values.
    pub full_range: bool,
}

impl Sequence {
    fn new(header: &Rav1dSequenceHeader) -> Self {
        Self {
            width: header.max_width as u32,
            height: header.max_height as u32,
            bits: [8, 10, 12][usize::from(header.hbd).min(2)],
            layout: header.layout.into(),
            primaries: header.pri.0,
            transfer: header.trc.0,
            matrix: header.mtrx.0,
            full_range: header.color_range != 0,
        }
    }
}

/// The first sequence header in `data`.
///
/// # Errors
/// If there is none, or it is corrupt.
pub fn sequence(data: &[u8]) -> Result<Sequence, Error> {
    Ok(Sequence::new(&rav1d_parse_sequence_header(data)?.rav1d))
}

/// Decodes the first displayed picture of `data`, in the highest layer of the operating point. Film grain is applied.
///
/// # Errors
/// See [`Error`].
pub fn decode(data: &[u8], settings: &Settings) -> Result<Picture, Error> {
    let settings = Rav1dSettings {
        n_threads: 1,
        max_frame_delay: 1,
        all_layers: false,
        operating_point: settings.operating_point,
        frame_size_limit: settings.pixels,
        ..Rav1dSettings::default()
    };
    let context = rav1d_open(&settings)?;
    let mut rest = Rav1dData::from(CArc::wrap(CBox::from_box(Box::from(data)))?);
    let mut picture = Rav1dPicture::default();
    let decoded = rav1d_send_data(&context, &mut rest).and_then(|()| rav1d_get_picture(&context, &mut picture));
    rav1d_close(context);
    decoded?;
    Picture::new(picture)
}

/// A decoded picture.
pub struct Picture {
    picture: Rav1dPicture,
    sequence: Sequence,
}

impl Picture {
    fn new(picture: Rav1dPicture) -> Result<Self, Error> {
        let header = picture.seq_hdr.as_ref().ok_or(Error::Malformed)?;
        let mut sequence = Sequence::new(&header.rav1d);
        (sequence.width, sequence.height) = (picture.p.w as u32, picture.p.h as u32);
        Ok(Self { picture, sequence })
    }

    /// The picture's format. The size is the picture's own.
    #[must_use]
    pub fn sequence(&self) -> Sequence {
        self.sequence
    }

    /// Copies as many samples of row `y` of a plane (0 is luma) as fit into `samples`.
    ///
    /// # Panics
    /// If there is no such plane or row, or the row is shorter.
    pub fn row(&self, plane: usize, y: usize, samples: &mut [u16]) {
        if self.sequence.bits == 8 {
            self.read::<BitDepth8>(plane, y, samples);
        } else {
            self.read::<BitDepth16>(plane, y, samples);
        }
    }

    fn read<BD: BitDepth>(&self, plane: usize, y: usize, samples: &mut [u16]) {
        let component = &self.picture.data.as_ref().expect("a decoded picture has data").data[plane];
        let start = y * component.pixel_stride::<BD>() as usize;
        let row = component.slice::<BD, _>((start.., ..samples.len()));
        for (sample, &value) in samples.iter_mut().zip(row.iter()) {
            *sample = value.into();
        }
    }
}
