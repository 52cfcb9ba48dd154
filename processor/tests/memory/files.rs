//! Sources of any size in every format that can be written here.

use darkroom_processor::{Limits, Recipe, transform};
use png::{BitDepth, ColorType, Encoder};

/// How a source is written, and what it can't be larger than on either side.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Kind {
    pub(crate) name: &'static str,
    pub(crate) max_side: u32,
    /// Width × height: some encoders are slow.
    pub(crate) max_pixels: u32,
    write: Write,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Write {
    Png(ColorType, BitDepth),
    Bmp,
    Qoi,
    Tiff,
    /// By the image core itself, from a PNG.
    Core(&'static str),
}

const fn kind(name: &'static str, write: Write) -> Kind {
    // What the core writes is within its limits, and WebP's.
    let max_side = if matches!(write, Write::Core(_)) { 16_383 } else { 20_000 };
    Kind { name, max_side, max_pixels: 2_000_000, write }
}

pub(crate) const KINDS: &[Kind] = &[
    kind("grey PNG", Write::Png(ColorType::Grayscale, BitDepth::Eight)),
    kind("PNG", Write::Png(ColorType::Rgb, BitDepth::Eight)),
    kind("PNG with alpha", Write::Png(ColorType::Rgba, BitDepth::Eight)),
    kind("PNG of 16 bits", Write::Png(ColorType::Rgb, BitDepth::Sixteen)),
    kind("PNG of 16 bits with alpha", Write::Png(ColorType::Rgba, BitDepth::Sixteen)),
    kind("JPEG", Write::Core("format=jpeg")),
    kind("fine JPEG", Write::Core("format=jpeg,quality=97,effort=0")),
    kind("WebP", Write::Core("format=webp,effort=0")),
    kind("lossless WebP", Write::Core("format=webp,lossless=true,effort=0")),
    #[cfg(feature = "gif")]
    Kind { max_pixels: 1_000_000, ..kind("GIF", Write::Core("format=gif")) },
    #[cfg(feature = "avif")]
    Kind { max_pixels: 400_000, ..kind("AVIF", Write::Core("format=avif,effort=0")) },
    #[cfg(feature = "jxl-encode")]
    Kind { max_pixels: 1_000_000, ..kind("JPEG XL", Write::Core("format=jxl,effort=1")) },
    #[cfg(feature = "jxl-encode")]
    Kind { max_pixels: 1_000_000, ..kind("lossless JPEG XL", Write::Core("format=jxl,lossless=true,effort=1")) },
    #[cfg(feature = "bmp")]
    kind("BMP", Write::Bmp),
    kind("QOI", Write::Qoi),
    #[cfg(feature = "tiff")]
    kind("TIFF", Write::Tiff),
];

/// Colours that run into each other, with some noise: nothing that a format makes nothing of.
fn samples(width: u32, height: u32, channels: u32) -> Vec<u8> {
    let mut random = 1u32;
    let mut pixels = Vec::with_capacity((width * height * channels) as usize);
    for y in 0..height {
        for x in 0..width {
            random = random.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            let noise = (random >> 29) as u8;
            let color = [x * 255 / width, y * 255 / height, (x + y) * 255 / (width + height), 255 - (x * 100 / width)];
            pixels.extend(color[4 - channels as usize..].iter().map(|sample| (*sample as u8).saturating_add(noise)));
        }
    }
    pixels
}

impl Kind {
    /// A file of this kind.
    pub(crate) fn file(&self, width: u32, height: u32) -> Vec<u8> {
        match self.write {
            Write::Png(color, depth) => png(width, height, color, depth),
            Write::Bmp => bmp(width, height),
            Write::Qoi => qoi(width, height),
            Write::Tiff => tiff(width, height),
            Write::Core(recipe) => {
                let source = png(width, height, ColorType::Rgb, BitDepth::Eight);
                let recipe: Recipe = recipe.parse().expect("a recipe");
                let made = transform(source, &[recipe], &Limits::default()).expect("a source").results.remove(0);
                made.unwrap_or_else(|error| panic!("{} of {width} × {height}: {error}", self.name)).bytes
            }
        }
    }
}

fn png(width: u32, height: u32, color: ColorType, depth: BitDepth) -> Vec<u8> {
    let mut file = Vec::new();
    let mut encoder = Encoder::new(&mut file, width, height);
    encoder.set_color(color);
    encoder.set_depth(depth);
    encoder.set_compression(png::Compression::Fast);
    let pixels = samples(width, height, color.samples() as u32);
    let wide = depth == BitDepth::Sixteen;
    let pixels = if wide { pixels.iter().flat_map(|sample| [*sample, *sample]).collect() } else { pixels };
    let mut writer = encoder.write_header().expect("a header");
    writer.write_image_data(&pixels).expect("pixels");
    writer.finish().expect("an end");
    file
}

fn bmp(width: u32, height: u32) -> Vec<u8> {
    let row = (width * 3).next_multiple_of(4);
    let length = 54 + row * height;
    let mut file = b"BM".to_vec();
    for number in [length, 0, 54, 40, width, height, 0x18_0001, 0, row * height, 2835, 2835, 0, 0] {
        file.extend(number.to_le_bytes());
    }
    for pixels in samples(width, height, 3).chunks_exact(width as usize * 3) {
        file.extend(pixels);
        file.resize(file.len() + (row - width * 3) as usize, 0);
    }
    file
}

fn qoi(width: u32, height: u32) -> Vec<u8> {
    let mut file = b"qoif".to_vec();
    file.extend([width.to_be_bytes(), height.to_be_bytes()].concat());
    file.extend([3, 0]);
    for pixel in samples(width, height, 3).chunks_exact(3) {
        file.push(0xFE);
        file.extend(pixel);
    }
    file.extend([0, 0, 0, 0, 0, 0, 0, 1]);
    file
}

/// Uncompressed, in one strip.
fn tiff(width: u32, height: u32) -> Vec<u8> {
    let pixels = samples(width, height, 3);
    let start = 8u32;
    let directory = (start + pixels.len() as u32).next_multiple_of(2);
    let mut file = [b"II".to_vec(), 42u16.to_le_bytes().to_vec(), directory.to_le_bytes().to_vec()].concat();
    file.extend(&pixels);
    file.resize(directory as usize, 0);
    let entries: [(u16, u16, u32, u32); 9] = [
        (256, 4, 1, width),
        (257, 4, 1, height),
        (258, 3, 3, directory + 2 + 9 * 12 + 4),
        (259, 3, 1, 1),
        (262, 3, 1, 2),
        (273, 4, 1, start),
        (277, 3, 1, 3),
        (278, 4, 1, height),
        (279, 4, 1, pixels.len() as u32),
    ];
    file.extend((entries.len() as u16).to_le_bytes());
    for (tag, kind, count, value) in entries {
        file.extend(tag.to_le_bytes());
        file.extend(kind.to_le_bytes());
        file.extend(count.to_le_bytes());
        file.extend(value.to_le_bytes());
    }
    file.extend(0u32.to_le_bytes());
    file.extend([8u16; 3].iter().flat_map(|bits| bits.to_le_bytes()));
    file
}
