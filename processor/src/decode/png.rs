//! PNG: the `image` crate reads the headers, and `png`, which it is built on, the rows.

use std::borrow::Cow;
use std::cell::RefCell;
use std::io::{Cursor, ErrorKind};
use std::rc::Rc;

use darkroom_recipe::{Format, Size};
use image::codecs::png::PngDecoder;
use image::error::{DecodingError as Undecoded, ImageFormatHint, LimitError, LimitErrorKind};
use image::{ColorType as ImageColor, ExtendedColorType, ImageDecoder, ImageError, ImageFormat, ImageResult};
use png::{BitDepth, BlendOp, ColorType, Decoder, DecodingError, DisposeOp, Limits, Reader, Transformations};

use super::canvas::{Blend, Canvas, Color, Dispose, Part};
use super::png_colors::Colors;
use super::{ColorModel, Decode, Decoded, Opened, Shared, png_rows, raster, shown_for, too_short};
use crate::Error;
use crate::budget::Budget;
use crate::sample::Sample;

/// Metadata can inflate a thousandfold. The limit is this much plus the file's length; a larger profile is ignored.
const METADATA: u64 = 16 << 20;

/// The last chunk, with its length and checksum.
const END: &[u8] = b"\0\0\0\0IEND\xAE\x42\x60\x82";

pub(super) fn open(mut source: Cow<'_, [u8]>) -> Result<Opened<'_>, Error> {
    let Facts { frames, transparent, endless, colors } = Facts::of(&source)?;
    if endless {
        let source = source.to_mut();
        source.reserve_exact(END.len());
        source.extend_from_slice(END);
    }
    let mut limits = image::Limits::no_limits();
    limits.max_alloc = Some(source.len() as u64 + METADATA);
    let source = Shared::new(source);
    let headers = PngDecoder::with_limits(Cursor::new(source.clone()), limits).map_err(raster::error)?;
    if frames == 1 {
        let damage = Rc::default();
        let file = File { headers, source, damage: Rc::clone(&damage) };
        let (mut header, decoder) = raster::open(file, Format::Png, frames)?;
        header.icc = colors.profile(header.icc);
        return Ok((header, Box::new(Still { decoder, transparent, damage })));
    }
    let mut header = raster::read_header(&mut { headers }, Format::Png, frames)?;
    header.icc = colors.profile(header.icc);
    Ok((header, Box::new(Animation::open(source)?)))
}

/// Facts that the `png` crate does not report.
#[derive(Default)]
struct Facts {
    /// The frame count of the acTL chunk, or 1 if there is none before the image data (PNG 3 §11.3.6.1).
    frames: u32,
    /// The transparent grey of a file with fewer than 8 bits. Its tRNS chunk may have more bits, of which the upper
    /// ones are ignored (§11.3.1.1).
    transparent: Option<u8>,
    /// There is image data, but no chunk that ends the file.
    endless: bool,
    colors: Colors,
}

impl Facts {
    fn of(source: &[u8]) -> Result<Self, Error> {
        let mut facts = Self { frames: 1, ..Self::default() };
        let (mut data, mut depth) = (false, 8);
        let mut rest = source.get(8..).unwrap_or_default();
        while let Some((head, body)) = rest.split_first_chunk::<8>() {
            let [l0, l1, l2, l3, kind @ ..] = *head;
            let length = u32::from_be_bytes([l0, l1, l2, l3]) as usize;
            match (&kind, body) {
                (b"CgBI", _) => {
                    return Err(Error::UnsupportedFeature("Apple's CgBI, which is no PNG but for its name".into()));
                }
                // Colour type 0 is grayscale.
                (b"IHDR", [_, _, _, _, _, _, _, _, bits, kind, ..]) => {
                    depth = if *kind == 0 { *bits } else { 8 };
                    facts.colors.gray = matches!(kind, 0 | 4);
                }
                (b"tRNS", [_, grey, ..]) if matches!(depth, 1 | 2 | 4) => {
                    let most = (1 << depth) - 1;
                    facts.transparent = Some((grey & most) * (255 / most));
                }
                (b"acTL", [f0, f1, f2, f3, ..]) if !data => {
                    facts.frames = u32::from_be_bytes([*f0, *f1, *f2, *f3]).max(1);
                }
                (b"IDAT", _) => data = true,
                (b"IEND", _) => return Ok(facts),
                (kind, _) if !data => facts.colors.read(kind, body.get(..length).unwrap_or_default()),
                _ => {}
            }
            // A truncated chunk does not end the file.
            let Some(next) = length.checked_add(4).and_then(|skip| body.get(skip..)) else { return Ok(facts) };
            rest = next;
        }
        facts.endless = data && rest.is_empty();
        Ok(facts)
    }
}

/// A reader positioned after the headers.
fn reader(source: Shared<'_>) -> Result<Reader<Cursor<Shared<'_>>>, DecodingError> {
    let bytes = source.as_ref().len() + METADATA as usize;
    let mut decoder = Decoder::new_with_limits(Cursor::new(source), Limits { bytes });
    decoder.set_transformations(Transformations::EXPAND);
    decoder.read_info()
}

/// The `image` crate's decoder, except that it returns the available pixels of a damaged file.
struct File<'a> {
    headers: PngDecoder<Cursor<Shared<'a>>>,
    source: Shared<'a>,
    /// The error in the pixels.
    damage: Rc<RefCell<Option<Error>>>,
}

impl ImageDecoder for File<'_> {
    fn dimensions(&self) -> (u32, u32) {
        self.headers.dimensions()
    }

    fn color_type(&self) -> ImageColor {
        self.headers.color_type()
    }

    fn original_color_type(&self) -> ExtendedColorType {
        self.headers.original_color_type()
    }

    fn icc_profile(&mut self) -> ImageResult<Option<Vec<u8>>> {
        self.headers.icc_profile()
    }

    fn exif_metadata(&mut self) -> ImageResult<Option<Vec<u8>>> {
        self.headers.exif_metadata()
    }

    fn xmp_metadata(&mut self) -> ImageResult<Option<Vec<u8>>> {
        self.headers.xmp_metadata()
    }

    fn iptc_metadata(&mut self) -> ImageResult<Option<Vec<u8>>> {
        self.headers.iptc_metadata()
    }

    fn read_image(self, bytes: &mut [u8]) -> ImageResult<()> {
        let Self { headers, source, damage } = self;
        let (width, height) = headers.dimensions();
        drop(headers);
        let mut reader = reader(source).map_err(undecoded)?;
        let stride = reader.output_line_size(width).unwrap_or(usize::MAX);
        let (there, broken) = png_rows::read(&mut reader, Size::new(width, height), bytes, stride);
        let (model, depth) = reader.output_color_type();
        if let Some(broken) = broken {
            if there == 0 {
                return Err(undecoded(broken));
            }
            grey(model, depth, &mut bytes[there as usize * stride..]);
            damage.replace(Some(error(broken)));
        }
        if depth == BitDepth::Sixteen {
            let (samples, _) = bytes.as_chunks_mut();
            samples.iter_mut().for_each(|sample| *sample = u16::from_be_bytes(*sample).to_ne_bytes());
        }
        Ok(())
    }

    fn read_image_boxed(self: Box<Self>, bytes: &mut [u8]) -> ImageResult<()> {
        (*self).read_image(bytes)
    }
}

/// Sets missing pixels to grey.
fn grey(model: ColorType, depth: BitDepth, bytes: &mut [u8]) {
    let wide = if depth == BitDepth::Sixteen { 2 } else { 1 };
    let alpha = matches!(model, ColorType::GrayscaleAlpha | ColorType::Rgba);
    bytes.fill(128);
    if alpha {
        let pixels = bytes.chunks_exact_mut(model.samples() * wide);
        pixels.for_each(|pixel| pixel[(model.samples() - 1) * wide..].fill(255));
    }
}

fn undecoded(error: DecodingError) -> ImageError {
    match error {
        DecodingError::IoError(io) => ImageError::IoError(io),
        DecodingError::LimitsExceeded => ImageError::Limits(LimitError::from_kind(LimitErrorKind::InsufficientMemory)),
        other => ImageError::Decoding(Undecoded::new(ImageFormatHint::Exact(ImageFormat::Png), other)),
    }
}

/// A file of one frame.
struct Still<'a> {
    decoder: Box<dyn Decode<'a> + 'a>,
    transparent: Option<u8>,
    damage: Rc<RefCell<Option<Error>>>,
}

impl<'a> Decode<'a> for Still<'a> {
    fn next_frame(&mut self, reduction: u32, budget: &Budget) -> Result<Option<Decoded>, Error> {
        let mut decoded = self.decoder.next_frame(reduction, budget)?;
        if let (Some(Decoded { model: ColorModel::GrayAlpha, data, .. }), Some(transparent)) =
            (&mut decoded, self.transparent)
        {
            data.as_chunks_mut().0.iter_mut().for_each(|[grey, alpha]| *alpha = 255 * u8::from(*grey != transparent));
        }
        Ok(decoded)
    }

    fn wide(&mut self, budget: &Budget) -> Result<Option<Decoded<u16>>, Error> {
        self.decoder.wide(budget)
    }

    fn damage(&self) -> Option<Error> {
        self.damage.borrow().clone()
    }
}

/// A file of several frames. The default image, for viewers without animation, is skipped if it is not a frame.
struct Animation<'a> {
    source: Shared<'a>,
    reader: Reader<Cursor<Shared<'a>>>,
    /// `None` before the first frame.
    canvas: Option<Canvas>,
    left: u32,
    delay: u32,
    /// The error that prevents the remaining frames from being displayed.
    damage: Option<Error>,
}

impl<'a> Animation<'a> {
    fn open(source: Shared<'a>) -> Result<Self, Error> {
        let reader = reader(source.clone()).map_err(error)?;
        let left = reader.info().animation_control.map_or(0, |control| control.num_frames);
        Ok(Self { source, reader, canvas: None, left, delay: 0, damage: None })
    }

    /// Draws the available part of the next frame; `false` if nothing is available.
    fn draw(&mut self, budget: &Budget) -> Result<bool, Error> {
        // The default image may be the animation's first frame.
        let later = self.canvas.is_some() || self.reader.info().frame_control.is_none();
        if later && let Err(broken) = self.reader.next_frame_info() {
            let broken = error(broken);
            self.end(broken);
            return Ok(false);
        }
        let control =
            self.reader.info().frame_control.ok_or_else(|| Error::Malformed("a frame without fcTL".into()))?;
        let size = Size::new(control.width, control.height);
        // The row stride of an interlaced part is that of the whole image.
        let columns = if self.reader.info().interlaced { self.reader.info().width } else { size.width };
        let stride = self.reader.output_line_size(columns).ok_or_else(|| budget.exhausted())?;
        let (mut bytes, _reservation) = budget.buffer((stride as u64).saturating_mul(size.height.into()))?;
        let (there, broken) = png_rows::read(&mut self.reader, size, &mut bytes, stride);
        if let Some(broken) = broken {
            self.end(error(broken));
            if there == 0 {
                return Ok(false);
            }
        }
        let part = Part { left: control.x_offset, top: control.y_offset, size: Size::new(size.width, there) };
        let blend = if control.blend_op == BlendOp::Over { Blend::Over } else { Blend::Replace };
        let dispose = match control.dispose_op {
            DisposeOp::None => Dispose::Keep,
            DisposeOp::Background => Dispose::Clear,
            DisposeOp::Previous => Dispose::Restore,
        };
        self.delay = shown_for(milliseconds(control.delay_num, control.delay_den));
        let colors = colors(self.reader.output_color_type(), &bytes, stride, part.size);
        let (width, height) = self.reader.info().size();
        let canvas = Canvas::of(&mut self.canvas, Size::new(width, height), budget)?;
        canvas.draw(part, colors, blend, dispose, budget)?;
        Ok(true)
    }

    /// Ends the animation with an error.
    fn end(&mut self, error: Error) {
        (self.left, self.damage) = (0, Some(error));
    }
}

impl<'a> Decode<'a> for Animation<'a> {
    fn next_frame(&mut self, _: u32, budget: &Budget) -> Result<Option<Decoded>, Error> {
        let Some(left) = self.left.checked_sub(1) else { return Ok(None) };
        self.left = left;
        // The decoder's rows, tables and window.
        let _working = budget.reserve(1 << 20)?;
        let drawn = self.draw(budget)?;
        match &self.canvas {
            Some(canvas) if drawn => canvas.frame(budget).map(Some),
            Some(_) => Ok(None),
            None => Err(self.damage.clone().unwrap_or_else(too_short)),
        }
    }

    fn damage(&self) -> Option<Error> {
        self.damage.clone()
    }

    fn plays(&self) -> Option<u32> {
        self.reader.info().animation_control.map(|control| control.num_plays)
    }

    fn delay(&self) -> u32 {
        self.delay
    }

    fn restart(&mut self) -> Result<(), Error> {
        *self = Self::open(self.source.clone())?;
        Ok(())
    }
}

/// Converts a fraction of a second to milliseconds, rounded. A denominator of 0 means hundredths (PNG 3 §11.3.6.2).
fn milliseconds(numerator: u16, denominator: u16) -> u32 {
    let denominator = if denominator == 0 { 100 } else { u32::from(denominator) };
    (u32::from(numerator) * 1000 + denominator / 2) / denominator
}

/// The pixels of a part whose rows are `stride` bytes apart, from big-endian samples of 8 or 16 bits.
fn colors(
    (model, depth): (ColorType, BitDepth),
    bytes: &[u8],
    stride: usize,
    size: Size,
) -> impl Iterator<Item = Color> {
    let wide = depth == BitDepth::Sixteen;
    let (channels, width) = (model.samples(), if wide { 2 } else { 1 });
    let length = size.width as usize * channels * width;
    let rows = bytes.chunks(stride.max(1)).take(size.height as usize);
    let pixels = rows.flat_map(move |row| row[..length.min(row.len())].chunks_exact(channels * width));
    pixels.map(move |pixel| {
        let sample = |channel: usize| match wide {
            true => u16::from_be_bytes([pixel[2 * channel], pixel[2 * channel + 1]]).byte(),
            false => pixel[channel],
        };
        match channels {
            1 => [sample(0), sample(0), sample(0), 255],
            2 => [sample(0), sample(0), sample(0), sample(1)],
            3 => [sample(0), sample(1), sample(2), 255],
            _ => [sample(0), sample(1), sample(2), sample(3)],
        }
    })
}

fn error(error: DecodingError) -> Error {
    match error {
        DecodingError::IoError(io) if io.kind() == ErrorKind::UnexpectedEof => too_short(),
        DecodingError::LimitsExceeded => Error::Malformed("metadata that inflates to more than 16 MiB".into()),
        other => Error::Malformed(format!("broken data ({other})")),
    }
}
