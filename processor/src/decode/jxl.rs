//! JPEG XL (ISO/IEC 18181), with jxl-rs, the decoder of Chrome and Firefox.

use std::borrow::Cow;

use bytemuck::cast_slice_mut;
use darkroom_recipe::{Format, Orientation, Size};
use jxl::api::{
    AlphaMode, Endianness, Event, JxlColorEncoding, JxlColorProfile, JxlColorType, JxlDataFormat, JxlDecoder,
    JxlDecoderOptions, JxlOutputBuffer, JxlPixelFormat,
};

use super::{ColorModel, Decode, Decoded, Header, Opened, Shared, missing, shown_for, too_short};
use crate::Error;
use crate::budget::{Budget, Reservation};
use crate::sample::Sample;

/// A file.
struct Jxl<'a> {
    source: Shared<'a>,
    size: Size,
    frames: u32,
    /// The number of times that an animation plays; 0 means forever.
    plays: u32,
    /// `None` before the first frame, and after the frame of a still.
    reader: Option<Reader>,
    /// The duration of the last decoded frame, in milliseconds.
    delay: u32,
    over: bool,
    damage: Option<Error>,
}

/// A running decoder, and its memory reservation.
struct Reader {
    file: File,
    _working: Reservation,
}

/// Bytes that the decoder uses per sample of a frame, including the reference frames that it keeps: measured, and
/// rounded up.
const WORKING: u64 = 20;

/// Bytes that it uses for any image: tables, and rows of groups.
const TABLES: u64 = 4 << 20;

/// Reads the headers.
pub(super) fn open(source: Cow<'_, [u8]>) -> Result<Opened<'_>, Error> {
    let (header, plays) = header(&source)?;
    let (size, frames) = (header.size, header.frames);
    let source = Shared::new(source);
    Ok((header, Box::new(Jxl { source, size, frames, plays, reader: None, delay: 0, over: false, damage: None })))
}

/// The headers, and the number of times that an animation plays.
fn header(source: &[u8]) -> Result<(Header, u32), Error> {
    let file = File::open::<u8>(source, options())?;
    let info = file.decoder.basic_info().ok_or_else(too_short)?;
    let plays = info.animation.as_ref().map_or(0, |animation| animation.num_loops);
    let metadata = |kind: &[u8; 4]| boxes(source).find(|(found, _)| *found == kind);
    let header = Header {
        format: Format::Jxl,
        size: file.size()?,
        // The decoder applies the orientation; EXIF's is ignored (ISO/IEC 18181-2 §9.3).
        orientation: Orientation::default(),
        frames: if info.animation.is_some() { frames(source)? } else { 1 },
        alpha: matches!(file.model, ColorModel::GrayAlpha | ColorModel::Rgba),
        bits_per_channel: info.bit_depth.bits_per_sample().min(32) as u8,
        icc: file.icc(),
        exif: metadata(b"Exif").and_then(|(_, contents)| tiff(contents)),
        xmp: metadata(b"xml ").map(|(_, contents)| contents.to_vec()),
        iptc: None,
        metadata: metadata(b"brob").is_some(),
    };
    Ok((header, plays))
}

impl<'a> Decode<'a> for Jxl<'a> {
    fn next_frame(&mut self, _: u32, budget: &Budget) -> Result<Option<Decoded>, Error> {
        if self.over {
            return Ok(None);
        }
        let reader = match &mut self.reader {
            Some(reader) => reader,
            None => self.reader.insert(Reader::open::<u8>(self.source.as_ref(), self.size, budget)?),
        };
        let Next { decoded, delay, damage } = reader.next(self.source.as_ref(), self.size, budget)?;
        (self.delay, self.damage) = (delay, damage);
        self.over = decoded.is_none() || self.frames == 1 || self.damage.is_some();
        if self.over {
            self.reader = None;
        }
        Ok(decoded)
    }

    fn damage(&self) -> Option<Error> {
        self.damage.clone()
    }

    fn wide(&mut self, budget: &Budget) -> Result<Option<Decoded<u16>>, Error> {
        let mut reader = Reader::open::<u16>(self.source.as_ref(), self.size, budget)?;
        let Next { decoded, damage, .. } = reader.next(self.source.as_ref(), self.size, budget)?;
        (self.over, self.damage) = (true, damage);
        Ok(decoded)
    }

    fn plays(&self) -> Option<u32> {
        (self.frames > 1).then_some(self.plays)
    }

    fn delay(&self) -> u32 {
        self.delay
    }

    fn restart(&mut self) -> Result<(), Error> {
        (self.reader, self.over) = (None, false);
        Ok(())
    }
}

/// The result of one decoding step.
struct Next<S> {
    /// `None` after the last frame.
    decoded: Option<Decoded<S>>,
    /// The frame's duration in milliseconds.
    delay: u32,
    /// The error if groups of the frame are missing. For these the decoder shows what it has: one eighth of the
    /// resolution along both axes or, failing that, grey.
    damage: Option<Error>,
}

impl Reader {
    /// Opens a decoder for samples of type `S`.
    fn open<S: Sample>(source: &[u8], size: Size, budget: &Budget) -> Result<Self, Error> {
        let channels = File::open::<S>(source, options())?.channels;
        // Computed as jxl-rs does: three colour channels, rows of at least 64 bytes, and an exclusive limit.
        let samples = u64::from(size.width.max(16)).saturating_mul(size.height.into()).saturating_mul(channels);
        let mut options = options();
        options.sample_limit = usize::try_from(samples.saturating_add(1)).ok();
        let working = budget.reserve(samples.saturating_mul(WORKING).saturating_add(TABLES))?;
        Ok(Self { file: File::open::<S>(source, options)?, _working: working })
    }

    /// The next displayed frame, composed over the previous ones, and its duration.
    fn next<S: Sample>(&mut self, source: &[u8], size: Size, budget: &Budget) -> Result<Next<S>, Error> {
        let model = self.file.model;
        let stride = size.width as usize * model.channels();
        let (mut data, reservation) = budget.samples::<S>(stride as u64 * u64::from(size.height))?;
        missing::grey(model, &mut data);
        let bytes = cast_slice_mut(&mut data);
        let mut rows = [JxlOutputBuffer::new(bytes, size.height as usize, stride * size_of::<S>())];
        let mut delay = 0;
        let damage = loop {
            match self.file.next(source, Some(&mut rows)) {
                Ok(Event::FrameComplete { .. }) => break None,
                Ok(Event::Complete) => return Ok(Next { decoded: None, delay: 0, damage: None }),
                Ok(Event::FrameHeader) => delay = self.file.delay(),
                Ok(_) => {}
                Err(error) => match self.file.decoder.flush_pixels(&mut rows, None) {
                    Ok(true) => break Some(error),
                    _ => return Err(error),
                },
            }
        };
        let decoded = Decoded { size, model, data, reservation, reduction: 1 };
        Ok(Next { decoded: Some(decoded), delay: shown_for(delay), damage })
    }
}

fn options() -> JxlDecoderOptions {
    let mut options = JxlDecoderOptions::default();
    options.alpha_mode = AlphaMode::Unpremultiplied;
    options
}

/// A file whose headers have been read.
struct File {
    decoder: JxlDecoder,
    /// The number of bytes read.
    position: usize,
    model: ColorModel,
    /// Three for the colours, plus all others.
    channels: u64,
}

impl File {
    /// Opens a file for samples of type `S`.
    fn open<S: Sample>(source: &[u8], options: JxlDecoderOptions) -> Result<Self, Error> {
        let mut file = Self { decoder: JxlDecoder::new(options), position: 0, model: ColorModel::Rgb, channels: 0 };
        while file.next(source, None)? != Event::BasicInfo {}
        let profile = file.decoder.embedded_color_profile().ok_or_else(too_short)?;
        if profile.is_cmyk() {
            return Err(Error::UnsupportedFeature("JPEG XL in CMYK".into()));
        }
        let gray = profile.channels() == 1;
        let info = file.decoder.basic_info().ok_or_else(too_short)?;
        let extra = info.extra_channels.len();
        let alpha = info.extra_channels.iter().any(|channel| channel.ec_type == jxl::api::ExtraChannel::Alpha);
        let (model, color_type) = match (gray, alpha) {
            (true, false) => (ColorModel::Gray, JxlColorType::Grayscale),
            (true, true) => (ColorModel::GrayAlpha, JxlColorType::GrayscaleAlpha),
            (false, false) => (ColorModel::Rgb, JxlColorType::Rgb),
            (false, true) => (ColorModel::Rgba, JxlColorType::Rgba),
        };
        file.model = model;
        file.channels = 3 + extra as u64;
        let color_data_format = Some(match size_of::<S>() {
            1 => JxlDataFormat::U8 { bit_depth: 8 },
            _ => JxlDataFormat::U16 { endianness: Endianness::native(), bit_depth: 16 },
        });
        let format = JxlPixelFormat { color_type, color_data_format, extra_channel_format: vec![None; extra] };
        file.decoder.set_pixel_format(format).map_err(|error| decoding(&error))?;
        Ok(file)
    }

    /// Advances to the next event, writing a frame's pixels to `rows`.
    fn next(&mut self, source: &[u8], mut rows: Option<&mut [JxlOutputBuffer<'_>]>) -> Result<Event, Error> {
        let mut closed = false;
        loop {
            let mut rest = source.get(self.position..).unwrap_or_default();
            let event = self.decoder.process(&mut rest, rows.as_deref_mut(), None);
            self.position = source.len() - rest.len();
            match event.map_err(|error| decoding(&error))? {
                Event::NeedMoreInput { .. } if closed => return Err(too_short()),
                Event::NeedMoreInput { .. } => {
                    self.decoder.close_input();
                    closed = true;
                }
                event => return Ok(event),
            }
        }
    }

    /// The duration of the frame whose header came last, in whole milliseconds.
    fn delay(&self) -> u32 {
        let duration = self.decoder.frame_header().and_then(|header| header.duration);
        duration.unwrap_or_default().round() as u32
    }

    fn size(&self) -> Result<Size, Error> {
        let (width, height) = self.decoder.basic_info().ok_or_else(too_short)?.size;
        let side = |side: usize| u32::try_from(side).map_err(|_| Error::Malformed(format!("a side of {side} pixels")));
        Ok(Size::new(side(width)?, side(height)?))
    }

    /// The profile of the output pixels; `None` for sRGB.
    fn icc(&self) -> Option<Vec<u8>> {
        let profile = self.decoder.output_color_profile()?;
        let srgb = JxlColorProfile::Simple(JxlColorEncoding::srgb(profile.channels() == 1));
        let other = !profile.same_color_encoding(&srgb);
        profile.try_as_icc().filter(|_| other).map(|icc| icc.into_owned())
    }
}

/// The number of frames that an animation displays.
fn frames(source: &[u8]) -> Result<u32, Error> {
    /// The samples of reference frames, which are decoded along the way.
    const SAMPLES: usize = 1 << 26;
    let mut options = options();
    options.scan_frames_only = true;
    options.sample_limit = Some(SAMPLES);
    let mut file = File::open::<u8>(source, options)?;
    while file.next(source, None)? != Event::Complete {}
    Ok(u32::try_from(file.decoder.scanned_frames().len()).unwrap_or(u32::MAX).max(1))
}

/// The types and contents of the complete boxes of a container (ISO/IEC 18181-2 §9.2). A `brob` box is compressed.
fn boxes(source: &[u8]) -> impl Iterator<Item = (&[u8; 4], &[u8])> {
    let mut rest = if source.starts_with(b"\xFF\x0A") { &[] } else { source };
    std::iter::from_fn(move || {
        let (length, after) = rest.split_first_chunk::<4>()?;
        let (kind, after) = after.split_first_chunk::<4>()?;
        let (header, length) = match u32::from_be_bytes(*length) {
            0 => (8, rest.len()),
            1 => (16, usize::try_from(u64::from_be_bytes(*after.first_chunk()?)).ok()?),
            length => (8, length as usize),
        };
        let contents = rest.get(header..length)?;
        rest = &rest[length..];
        Some((kind, contents))
    })
}

/// An Exif box is an offset followed by a TIFF structure (ISO/IEC 18181-2 §9.3); some writers omit the offset.
fn tiff(contents: &[u8]) -> Option<Vec<u8>> {
    if contents.starts_with(b"II*\0") || contents.starts_with(b"MM\0*") {
        return Some(contents.to_vec());
    }
    let (offset, rest) = contents.split_first_chunk::<4>()?;
    rest.get(u32::from_be_bytes(*offset) as usize..).map(<[u8]>::to_vec)
}

fn decoding(error: &jxl::error::Error) -> Error {
    match error {
        jxl::error::Error::OutOfBounds(_) => too_short(),
        other => Error::Malformed(format!("broken data ({other})")),
    }
}
