//! Stores the same pixels in fewer bytes.

use std::borrow::Cow;

use png::{BitDepth, ColorType};

use crate::pixels::Pixels;

/// Rows as stored in a file.
pub(super) struct Compact<'a> {
    pub(super) color_type: ColorType,
    pub(super) depth: BitDepth,
    /// Red, green and blue of each colour, and the alpha values of the first ones.
    pub(super) palette: Option<(Vec<u8>, Vec<u8>)>,
    pub(super) data: Cow<'a, [u8]>,
}

/// Red, green, blue and alpha.
type Color = [u8; 4];

/// The most colours of a palette.
const MOST: usize = 256;

impl Compact<'_> {
    /// `None` if no form is smaller than the pixels themselves: neither grey nor a palette, including its own bytes.
    pub(super) fn of(pixels: &Pixels) -> Option<Self> {
        let colors = colors(pixels);
        let grey = (pixels.space.icc().is_none() && each(pixels).all(is_grey)).then_some(());
        let levels = grey.filter(|()| !pixels.alpha).map(|()| levels(pixels));
        let indexed = colors.as_deref().map(|colors| bits(colors.len()));
        match (levels, indexed, colors) {
            (Some(levels), Some(indexed), Some(colors)) if indexed < levels => Self::palette(pixels, &colors, indexed),
            (Some(levels), ..) => Some(Self::grey(pixels, levels)),
            (None, Some(indexed), Some(colors)) => Self::palette(pixels, &colors, indexed),
            _ if grey.is_some() => Some(Self {
                color_type: ColorType::GrayscaleAlpha,
                depth: BitDepth::Eight,
                palette: None,
                data: each(pixels).flat_map(|[grey, _, _, alpha]| [grey, alpha]).collect(),
            }),
            _ => None,
        }
    }

    /// Opaque grey with `bits` per pixel.
    fn grey(pixels: &Pixels, bits: u8) -> Self {
        let step = (255 / ((1u16 << bits) - 1)) as u8;
        let data = pack(pixels, bits, |[grey, ..]| grey / step);
        Self { color_type: ColorType::Grayscale, depth: depth(bits), palette: None, data: data.into() }
    }

    /// `None` if the palette takes more bytes than it saves.
    fn palette(pixels: &Pixels, colors: &[Color], bits: u8) -> Option<Self> {
        const CHUNK: usize = 12;
        let own = colors.len() * 4 + 2 * CHUNK;
        let (all, indexed) = (pixels.data.len(), pixels.size.pixels() as usize * usize::from(bits) / 8);
        if own + indexed > all {
            return None;
        }
        let number = |color: Color| colors.binary_search_by_key(&key(color), |color| key(*color)).unwrap_or(0) as u8;
        let mut last = (colors[0], 0);
        let data = pack(pixels, bits, |color| {
            if color != last.0 {
                last = (color, number(color));
            }
            last.1
        });
        let opacities = colors.iter().map(|color| color[3]).filter(|alpha| *alpha < 255).collect();
        let palette = Some((colors.iter().flat_map(|color| &color[..3]).copied().collect(), opacities));
        Some(Self { color_type: ColorType::Indexed, depth: depth(bits), palette, data: data.into() })
    }
}

/// Sorts non-opaque colours first, because the alpha of trailing opaque entries need not be written.
fn key([red, green, blue, alpha]: Color) -> [u8; 4] {
    [alpha, red, green, blue]
}

fn each(pixels: &Pixels) -> impl Iterator<Item = Color> + '_ {
    pixels.data.chunks_exact(pixels.channels()).map(|pixel| match pixel {
        [red, green, blue, alpha] => [*red, *green, *blue, *alpha],
        pixel => [pixel[0], pixel[1], pixel[2], 255],
    })
}

/// The distinct colours, sorted; `None` if there are more than a palette can hold.
fn colors(pixels: &Pixels) -> Option<Vec<Color>> {
    let mut colors: Vec<Color> = Vec::with_capacity(MOST + 1);
    let mut last = None;
    for color in each(pixels) {
        if last.replace(color) == Some(color) {
            continue;
        }
        if let Err(place) = colors.binary_search_by_key(&key(color), |color| key(*color)) {
            if colors.len() == MOST {
                return None;
            }
            colors.insert(place, color);
        }
    }
    (!colors.is_empty()).then_some(colors)
}

fn is_grey([red, green, blue, _]: Color) -> bool {
    red == green && green == blue
}

/// The fewest bits that can represent all grey levels.
fn levels(pixels: &Pixels) -> u8 {
    let fits = |step: u8| each(pixels).all(|[grey, ..]| grey % step == 0);
    if fits(255) {
        1
    } else if fits(85) {
        2
    } else if fits(17) {
        4
    } else {
        8
    }
}

/// The fewest bits for indices of `colors` colours.
const fn bits(colors: usize) -> u8 {
    match colors {
        0..=2 => 1,
        3..=4 => 2,
        5..=16 => 4,
        _ => 8,
    }
}

const fn depth(bits: u8) -> BitDepth {
    match bits {
        1 => BitDepth::One,
        2 => BitDepth::Two,
        4 => BitDepth::Four,
        _ => BitDepth::Eight,
    }
}

/// Packs a number of `bits` bits per pixel, most significant first; each row starts a new byte (PNG 3 §7.2).
fn pack(pixels: &Pixels, bits: u8, mut number: impl FnMut(Color) -> u8) -> Vec<u8> {
    let width = pixels.size.width as usize;
    let in_byte = usize::from(8 / bits);
    let mut data = Vec::with_capacity(width.div_ceil(in_byte) * pixels.size.height as usize);
    for (at, color) in each(pixels).enumerate() {
        let place = at % width % in_byte;
        if place == 0 {
            data.push(0);
        }
        if let Some(byte) = data.last_mut() {
            *byte |= number(color) << (8 - bits - place as u8 * bits);
        }
    }
    data
}

#[cfg(test)]
mod tests {
    use darkroom_recipe::Size;

    use super::*;
    use crate::budget::Budget;

    fn compact(alpha: bool, width: u32, colors: &[Color]) -> Option<(ColorType, BitDepth, Vec<u8>)> {
        let size = Size::new(width, colors.len() as u32 / width);
        let mut pixels = Pixels::<u8>::new(size, alpha, &Budget::new(1 << 20)).expect("memory");
        let data = colors.iter().flat_map(|color| &color[..if alpha { 4 } else { 3 }]);
        pixels.data.iter_mut().zip(data).for_each(|(to, from)| *to = *from);
        Compact::of(&pixels).map(|compact| (compact.color_type, compact.depth, compact.data.into_owned()))
    }

    #[test]
    fn pixels_take_as_few_bits_as_keep_them() {
        let grey = |level: u8| [level, level, level, 255];
        let (red, clear) = ([255, 0, 0, 255], [9, 8, 7, 0]);
        let (grayscale, both, indexed) = (ColorType::Grayscale, ColorType::GrayscaleAlpha, ColorType::Indexed);
        let bilevel = [grey(0), grey(255), grey(255)].repeat(2);
        assert_eq!(compact(false, 3, &bilevel), Some((grayscale, BitDepth::One, vec![0b0110_0000, 0b0110_0000])));
        let three = [grey(85), grey(0), grey(170)].repeat(20);
        assert_eq!(compact(false, 60, &three).map(|found| (found.0, found.1)), Some((grayscale, BitDepth::Two)));
        let uneven = [grey(7), grey(200)].repeat(40);
        assert_eq!(compact(false, 80, &uneven).map(|found| (found.0, found.1)), Some((indexed, BitDepth::One)));
        let levels: Vec<Color> = (0..=255).map(grey).collect();
        assert_eq!(compact(false, 16, &levels), Some((grayscale, BitDepth::Eight, (0..=255).collect())));
        let faint: Vec<Color> =
            (0..1024).map(|n| [n as u8; 3]).zip(0..1024).map(|([a, b, c], n)| [a, b, c, (n / 4) as u8]).collect();
        assert_eq!(compact(true, 32, &faint).map(|found| found.0), Some(both));
        let few = [red, clear, red, red].repeat(50);
        assert_eq!(compact(true, 200, &few), Some((indexed, BitDepth::One, vec![0b1011_1011; 25])));
        let many: Vec<Color> = (0..1024u32).map(|n| [n as u8, (n >> 8) as u8, 1, 255]).collect();
        assert_eq!(compact(false, 32, &many), None);
        assert_eq!(compact(false, 2, &[red, [0, 0, 1, 255]]), None, "the palette takes more than it saves");
    }
}
