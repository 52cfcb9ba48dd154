//! QOI, the Quite OK Image format 1.0 (qoiformat.org).

use std::borrow::Cow;

use darkroom_recipe::{Format, Size};

use super::{ColorModel, Decoded, Header, OneImage, Opened, Whole, missing, too_short};
use crate::Error;
use crate::budget::Budget;

const HEADER: usize = 14;

/// Reads the header. Its colour space is only informative: every viewer treats the pixels as sRGB.
pub(super) fn open(source: Cow<'_, [u8]>) -> Result<Opened<'_>, Error> {
    let (header, _) = source.split_first_chunk::<HEADER>().ok_or_else(too_short)?;
    let [_, _, _, _, w0, w1, w2, w3, h0, h1, h2, h3, channels, _] = *header;
    let size = Size::new(u32::from_be_bytes([w0, w1, w2, w3]), u32::from_be_bytes([h0, h1, h2, h3]));
    let model = match channels {
        3 => ColorModel::Rgb,
        4 => ColorModel::Rgba,
        other => return Err(Error::Malformed(format!("{other} channels; must be 3 or 4"))),
    };
    let header = Header::plain(Format::Qoi, size, model == ColorModel::Rgba);
    Ok((header, Box::new(OneImage::new(source, move |source, _, budget| decode(source, size, model, budget)))))
}

fn decode(source: &[u8], size: Size, model: ColorModel, budget: &Budget) -> Whole {
    let (mut data, reservation) = budget.buffer(size.pixels().saturating_mul(model.channels() as u64))?;
    let there = read(source.iter().copied().skip(HEADER), &mut data, model.channels());
    if there == 0 {
        return Err(too_short());
    }
    missing::grey(model, &mut data[there..]);
    let damage = (there < data.len()).then(too_short);
    Ok((Decoded { size, model, data, reservation, reduction: 1 }, damage))
}

/// Returns the number of available bytes of pixels.
fn read(source: impl Iterator<Item = u8>, data: &mut [u8], channels: usize) -> usize {
    let mut there = 0;
    let _ = pixels(source, data, channels, &mut there);
    there
}

/// Counts the bytes in `there`; `None` if the source ends before `data` does.
fn pixels(mut source: impl Iterator<Item = u8>, data: &mut [u8], channels: usize, there: &mut usize) -> Option<()> {
    let mut next = || source.next();
    let mut seen = [[0u8; 4]; 64];
    let mut pixel = [0, 0, 0, 255];
    let mut run = 0;
    for to in data.chunks_exact_mut(channels) {
        if run > 0 {
            run -= 1;
        } else {
            let code = next()?;
            let [r, g, b, a] = pixel;
            pixel = match (code >> 6, code & 63) {
                (_, _) if code == 0xFE => [next()?, next()?, next()?, a],
                (_, _) if code == 0xFF => [next()?, next()?, next()?, next()?],
                (0, index) => seen[usize::from(index)],
                (1, change) => {
                    let part = |shift: u32| (change >> shift & 3).wrapping_sub(2);
                    [r.wrapping_add(part(4)), g.wrapping_add(part(2)), b.wrapping_add(part(0)), a]
                }
                (2, green) => {
                    let (green, others) = (green.wrapping_sub(32), next()?);
                    let part = |nibble: u8| green.wrapping_add(nibble).wrapping_sub(8);
                    [r.wrapping_add(part(others >> 4)), g.wrapping_add(green), b.wrapping_add(part(others & 15)), a]
                }
                (_, length) => {
                    run = length;
                    pixel
                }
            };
            let [r, g, b, a] = pixel.map(usize::from);
            seen[(3 * r + 5 * g + 7 * b + 11 * a) % 64] = pixel;
        }
        to.copy_from_slice(&pixel[..channels]);
        *there += channels;
    }
    Some(())
}
