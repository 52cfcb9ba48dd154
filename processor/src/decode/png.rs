//! PNG.

use std::borrow::Cow;
use std::io::Cursor;

use darkroom_recipe::Format;
use image::codecs::png::PngDecoder;

use super::{Decode, Decoded, Model, Opened, raster};
use crate::Error;
use crate::budget::Budget;

/// Metadata can inflate a thousandfold: so much beyond the file's own length has room, and a larger profile is ignored.
const METADATA: u64 = 16 << 20;

/// The last chunk, with its length and checksum.
const END: &[u8] = b"\0\0\0\0IEND\xAE\x42\x60\x82";

pub(super) fn open(mut source: Cow<'_, [u8]>) -> Result<Opened<'_>, Error> {
    let facts = Facts::of(&source)?;
    if facts.endless {
        let source = source.to_mut();
        source.reserve_exact(END.len());
        source.extend_from_slice(END);
    }
    let mut limits = image::Limits::no_limits();
    limits.max_alloc = Some(source.len() as u64 + METADATA);
    let decoder = PngDecoder::with_limits(Cursor::new(source), limits).map_err(raster::error)?;
    let (header, decoder) = raster::open(decoder, Format::Png, facts.frames)?;
    Ok((header, Box::new(Png { decoder, transparent: facts.transparent })))
}

/// What the `png` crate has no eye for.
#[derive(Default)]
struct Facts {
    /// What its acTL chunk says, 1 without one before the image data (PNG 3 §11.3.6.1).
    frames: u32,
    /// The grey that is transparent, of a file with fewer than 8 bits, of which its tRNS chunk may have more
    /// (§11.3.1.1: the upper bits are not looked at).
    transparent: Option<u8>,
    /// There is image data, and no chunk that ends the file.
    endless: bool,
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
                // Grey has colour type 0.
                (b"IHDR", [_, _, _, _, _, _, _, _, bits, 0, ..]) => depth = *bits,
                (b"tRNS", [_, grey, ..]) if matches!(depth, 1 | 2 | 4) => {
                    let most = (1 << depth) - 1;
                    facts.transparent = Some((grey & most) * (255 / most));
                }
                (b"acTL", [f0, f1, f2, f3, ..]) if !data => {
                    facts.frames = u32::from_be_bytes([*f0, *f1, *f2, *f3]).max(1);
                }
                (b"IDAT", _) => data = true,
                (b"IEND", _) => return Ok(facts),
                _ => {}
            }
            // A chunk that is cut off is no end.
            let Some(next) = length.checked_add(4).and_then(|skip| body.get(skip..)) else { return Ok(facts) };
            rest = next;
        }
        facts.endless = data && rest.is_empty();
        Ok(facts)
    }
}

struct Png<'a> {
    decoder: Box<dyn Decode<'a> + 'a>,
    transparent: Option<u8>,
}

impl<'a> Decode<'a> for Png<'a> {
    fn next_frame(&mut self, reduction: u32, budget: &Budget) -> Result<Option<Decoded>, Error> {
        let mut decoded = self.decoder.next_frame(reduction, budget)?;
        if let (Some(Decoded { model: Model::GrayAlpha, data, .. }), Some(transparent)) =
            (&mut decoded, self.transparent)
        {
            data.as_chunks_mut().0.iter_mut().for_each(|[grey, alpha]| *alpha = 255 * u8::from(*grey != transparent));
        }
        Ok(decoded)
    }
}
