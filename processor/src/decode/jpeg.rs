//! JPEG: zune-jpeg where every pixel is needed, jpeg-decoder where fewer will do (it scales in the DCT) or where the
//! colours are ink (it gives them unconverted).

use darkroom_recipe::{Orientation, Size, SourceFormat};
use zune_core::bytestream::ZCursor;
use zune_core::colorspace::ColorSpace;
use zune_core::options::DecoderOptions;
use zune_jpeg::JpegDecoder;

use super::{Decoded, Decoder, Header, Model, TOO_SHORT};
use crate::Error;
use crate::budget::Budget;
use crate::exif;

pub(super) struct Jpeg;

impl Decoder for Jpeg {
    fn header(&self, source: &[u8]) -> Result<Header, Error> {
        Frame::read(source)?;
        let mut decoder = zune(source, ColorSpace::RGB);
        decoder.decode_headers().map_err(malformed)?;
        let (width, height) = decoder.dimensions().unwrap_or_default();
        let exif = decoder.exif().cloned();
        Ok(Header {
            format: SourceFormat::Jpeg,
            size: Size::new(width as u32, height as u32),
            orientation: exif.as_deref().map_or(Orientation::default(), exif::orientation),
            frames: 1,
            alpha: false,
            bits_per_channel: 8,
            icc: decoder.icc_profile(),
            exif,
            metadata: decoder.xmp().is_some() || decoder.iptc().is_some(),
        })
    }

    fn decode(&self, source: &[u8], header: &Header, reduction: u32, budget: &Budget) -> Result<Decoded, Error> {
        let frame = Frame::read(source)?;
        // Both decoders keep every coefficient of a progressive image, 16 bits each.
        let coefficients = if frame.progressive { 2 * frame.samples(header.size) } else { 0 };
        let _working = budget.reserve(coefficients)?;
        if reduction > 1 || frame.components == 4 {
            scaled(source, header, &frame, reduction, budget)
        } else {
            full(source, header, &frame, budget)
        }
    }
}

fn zune(source: &[u8], colors: ColorSpace) -> JpegDecoder<ZCursor<&[u8]>> {
    // Strict: a photo that ends early is an error, not a photo with a grey half.
    let options = DecoderOptions::default()
        .set_strict_mode(true)
        .set_max_width(usize::from(u16::MAX))
        .set_max_height(usize::from(u16::MAX))
        .jpeg_set_out_colorspace(colors);
    JpegDecoder::new_with_options(ZCursor::new(source), options)
}

fn full(source: &[u8], header: &Header, frame: &Frame, budget: &Budget) -> Result<Decoded, Error> {
    let (model, colors) = match frame.components {
        1 => (Model::Gray, ColorSpace::Luma),
        _ => (Model::Rgb, ColorSpace::RGB),
    };
    let (mut data, reservation) = budget.buffer(header.size.pixels() * model.channels() as u64)?;
    zune(source, colors).decode_into(&mut data).map_err(malformed)?;
    Ok(Decoded { size: header.size, model, data, reservation, reduction: 1 })
}

fn scaled(source: &[u8], header: &Header, frame: &Frame, reduction: u32, budget: &Budget) -> Result<Decoded, Error> {
    let mut decoder = jpeg_decoder::Decoder::new(source);
    // At 8 it truncates where it rounds elsewhere: red and blue then lose one step of 255.
    let reduction = reduction.min(4);
    let wanted = |side: u32| side.div_ceil(reduction) as u16;
    let bytes = u64::from(frame.components) * header.size.pixels() / u64::from(reduction * reduction);
    // Planes of samples stand beside the interleaved result.
    let _planes = budget.reserve(bytes)?;
    decoder.read_info().map_err(scaling)?;
    let (width, height) = decoder.scale(wanted(header.size.width), wanted(header.size.height)).map_err(scaling)?;
    let size = Size::new(width.into(), height.into());
    let model = match frame.components {
        1 => Model::Gray,
        4 => Model::Cmyk,
        _ => Model::Rgb,
    };
    let reservation = budget.reserve(size.pixels() * model.channels() as u64)?;
    let data = decoder.decode().map_err(scaling)?;
    if data.len() as u64 != size.pixels() * model.channels() as u64 {
        return Err(Error::UnsupportedFeature("samples of more than 8 bits".into()));
    }
    let reduction = header.size.width.div_ceil(size.width).next_power_of_two();
    Ok(Decoded { size, model, data, reservation, reduction })
}

/// What the markers before the first scan say (ITU-T T.81 Annex B).
struct Frame {
    progressive: bool,
    components: u8,
    /// Samples of all components in one minimum coded unit, in blocks of 8 × 8.
    blocks: u64,
    /// Its width and height in blocks.
    unit: (u32, u32),
}

impl Frame {
    /// Samples of all components of an image of `size`, in whole units.
    fn samples(&self, size: Size) -> u64 {
        let units = |side: u32, blocks: u32| u64::from(side.div_ceil(8 * blocks));
        units(size.width, self.unit.0) * units(size.height, self.unit.1) * self.blocks * 64
    }

    /// # Errors
    /// For the processes that neither decoder knows: their own words for it would not tell.
    fn read(source: &[u8]) -> Result<Self, Error> {
        let mut rest = source.get(2..).unwrap_or_default();
        while let [0xFF, marker, tail @ ..] = rest {
            match marker {
                0xFF => rest = &rest[1..],
                0x01 | 0xD0..=0xD8 => rest = tail,
                _ => {
                    let length = tail.first_chunk().map_or(0, |length| usize::from(u16::from_be_bytes(*length)));
                    let Some((segment, after)) = tail.split_at_checked(length.max(2)) else { break };
                    if let (0xC0..=0xC3 | 0xC5..=0xC7 | 0xC9..=0xCB | 0xCD..=0xCF, Some((frame, components))) =
                        (marker, segment.split_first_chunk())
                    {
                        return Self::parse(*marker, *frame, components);
                    }
                    rest = after;
                }
            }
        }
        Err(Error::Malformed("no frame header: the file ends, or is broken, before the image begins".into()))
    }

    /// Length, precision, height, width and the number of components stand in the segment, in this order; then for each
    /// component its name, sampling factors and quantization table.
    fn parse(marker: u8, [_, _, precision, _, _, _, _, count]: [u8; 8], components: &[u8]) -> Result<Self, Error> {
        let factors = || components.as_chunks().0.iter().map(|[_, factors, _]| (factors >> 4, factors & 15));
        let unsupported = match (marker, precision) {
            (0xC0..=0xC2, 8) => {
                let most = factors().fold((1, 1), |(h, v), (x, y)| (h.max(x), v.max(y)));
                return Ok(Self {
                    progressive: marker == 0xC2,
                    components: count,
                    blocks: factors().map(|(h, v)| u64::from(h) * u64::from(v)).sum(),
                    unit: (most.0.into(), most.1.into()),
                });
            }
            (0xC0..=0xC2, bits) => format!("samples of {bits} bits; JPEG is read with 8"),
            (0xC9..=0xCB | 0xCD..=0xCF, _) => "arithmetic coding; baseline and progressive JPEG are read".into(),
            (0xC3, _) => "lossless JPEG; baseline and progressive are read".into(),
            _ => "hierarchical JPEG; baseline and progressive are read".into(),
        };
        Err(Error::UnsupportedFeature(unsupported))
    }
}

fn malformed(error: zune_jpeg::errors::DecodeErrors) -> Error {
    use zune_jpeg::errors::DecodeErrors;
    match error {
        DecodeErrors::Unsupported(what) => Error::UnsupportedFeature(format!("{what:?}")),
        DecodeErrors::ExhaustedData | DecodeErrors::IoErrors(_) => Error::Malformed(TOO_SHORT.into()),
        // Its messages are quoted as for a debugger.
        other => Error::Malformed(format!("broken data ({})", other.to_string().trim_matches('"'))),
    }
}

fn scaling(error: jpeg_decoder::Error) -> Error {
    match error {
        jpeg_decoder::Error::Unsupported(what) => Error::UnsupportedFeature(format!("{what:?}")),
        jpeg_decoder::Error::Io(error) if error.kind() == std::io::ErrorKind::UnexpectedEof => {
            Error::Malformed(TOO_SHORT.into())
        }
        other => Error::Malformed(other.to_string()),
    }
}
