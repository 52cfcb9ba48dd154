//! Device-independent bitmaps of Windows and OS/2: the content of a BMP after its file header, and of icons.

use darkroom_recipe::Size;

use super::{ColorModel, Decoded, TOO_SHORT, Whole, missing, too_short};
use crate::Error;
use crate::budget::Budget;

/// A bitmap's header, and the position of its pixels.
pub(super) struct Dib<'a> {
    pub(super) size: Size,
    /// A mask follows the pixels; a set bit means transparent.
    masked: bool,
    /// Rows are stored from top to bottom; otherwise from bottom to top.
    top_down: bool,
    bits: u16,
    storage: Storage,
    /// The palette, red first.
    palette: Vec<[u8; 3]>,
    /// The embedded profile.
    pub(super) profile: Option<&'a [u8]>,
    /// The pixels, and any bytes after them.
    pixels: &'a [u8],
}

enum Storage {
    /// Palette indices.
    Indices,
    /// Blue, green, red.
    Colors,
    /// Bits of red, green, blue and alpha.
    Masks([u32; 4]),
    /// Run-length encoded pixels of this many bits.
    Runs(u16),
}

/// Masks of eight bits each, blue lowest and alpha highest.
const BGRA: [u32; 4] = [0xFF_0000, 0xFF00, 0xFF, 0xFF00_0000];

const RGB: u32 = 0;
const BITFIELDS: u32 = 3;
const ALPHABITFIELDS: u32 = 6;
/// The length of OS/2 2.x's own header. Headers shorter than Windows' 40 bytes are OS/2's too.
const OS2: usize = 64;

impl<'a> Dib<'a> {
    /// Reads the header at the start of `source`. `pixels_at` is the pixel offset from a file header.
    pub(super) fn open(source: &'a [u8], pixels_at: Option<usize>) -> Result<Self, Error> {
        let fields = Fields(source);
        let length = fields.long(0)? as usize;
        let core = length == 12;
        if !core && !(16..=source.len()).contains(&length) {
            return Err(Error::Malformed(if length < 16 {
                format!("a header of {length} bytes")
            } else {
                TOO_SHORT.into()
            }));
        }
        let (width, height, bits) = match core {
            true => (i32::from(fields.short(4)?), i32::from(fields.short(6)?), fields.short(10)?),
            false => (fields.long(4)? as i32, fields.long(8)? as i32, fields.short(14)?),
        };
        if width < 0 {
            return Err(Error::Malformed(format!("a width of {width}; must be at least 1")));
        }
        // Fields beyond a short header are zero.
        let field = |at: usize| if at + 4 <= length { fields.long(at) } else { Ok(0) };
        let compression = if core { RGB } else { field(16)? };
        let os2 = length == OS2 || length < 40;
        let (storage, after) = storage(fields, length, bits, compression, os2)?;
        let entry = if core { 3 } else { 4 };
        let used = if core { 0 } else { field(32)? as usize };
        let whole = 1usize << bits.min(8);
        let entries = match storage {
            Storage::Indices | Storage::Runs(..=8) if used == 0 => whole,
            _ => used,
        };
        let palette_at = length + after;
        let pixels_at = pixels_at
            .filter(|at| *at >= palette_at)
            .unwrap_or(palette_at.saturating_add(entries.saturating_mul(entry)));
        let stored = source.get(palette_at..).unwrap_or_default().chunks_exact(entry);
        Ok(Self {
            size: Size::new(width as u32, height.unsigned_abs()),
            masked: false,
            top_down: height < 0,
            bits,
            storage,
            palette: stored.take(entries.min(whole)).map(|color| [color[2], color[1], color[0]]).collect(),
            profile: profile(fields, length),
            pixels: source.get(pixels_at..).unwrap_or_default(),
        })
    }

    /// Reads an icon's bitmap: half of the rows are its mask, and 32-bit pixels have alpha.
    #[cfg(feature = "ico")]
    pub(super) fn of_icon(source: &'a [u8]) -> Result<Self, Error> {
        let dib = Self::open(source, None)?;
        let size = Size { height: dib.size.height / 2, ..dib.size };
        let storage = if dib.bits == 32 { Storage::Masks(BGRA) } else { dib.storage };
        Ok(Self { size, masked: true, storage, ..dib })
    }

    /// Whether pixels can be transparent.
    pub(super) const fn alpha(&self) -> bool {
        self.masked || matches!(self.storage, Storage::Masks([_, _, _, alpha]) if alpha != 0)
    }

    /// The bytes of stored row `y`, with `bits` per pixel, that starts `after` bytes into the pixels. Rows are padded
    /// to four bytes; the last row's padding may be missing.
    fn stored(&self, after: u64, y: u32, bits: u16) -> Option<&[u8]> {
        let bits = u64::from(self.size.width) * u64::from(bits);
        let start = usize::try_from(after.checked_add(u64::from(y) * (bits.div_ceil(32) * 4))?).ok()?;
        self.pixels.get(start..)?.get(..usize::try_from(bits.div_ceil(8)).ok()?)
    }

    /// Converts a displayed row number to the stored one, and the other way round.
    const fn stored_row(&self, y: usize) -> u32 {
        if self.top_down { y as u32 } else { self.size.height - 1 - y as u32 }
    }

    /// Decodes the available pixels; if some are missing, it also returns the error.
    ///
    /// # Errors
    /// If not a single row is available.
    pub(super) fn decode(&self, budget: &Budget) -> Whole {
        let size = self.size;
        let model = if self.alpha() { ColorModel::Rgba } else { ColorModel::Rgb };
        let channels = model.channels();
        let (mut data, reservation) = budget.buffer(size.pixels().saturating_mul(channels as u64))?;
        let stride = size.width as usize * channels;
        let (mut column, mut there) = (0, size.height);
        if let Storage::Runs(bits) = self.storage {
            (column, there) = self.runs(bits, channels, &mut data);
        } else {
            // In stored order, so that missing pixels are the last ones.
            for y in 0..size.height {
                let Some(row) = self.stored(0, y, self.bits) else {
                    there = y;
                    break;
                };
                let start = self.stored_row(y as usize) as usize * stride;
                self.row(row, &mut data[start..start + stride], channels);
            }
        }
        if (column, there) == (0, 0) {
            return Err(too_short());
        }
        let mut masked = true;
        // A writer that stored only zeros did not support alpha.
        if model == ColorModel::Rgba && data.iter().skip(3).step_by(4).all(|alpha| *alpha == 0) {
            data.iter_mut().skip(3).step_by(4).for_each(|alpha| *alpha = 255);
            masked = self.mask(&mut data);
        }
        for y in there..size.height {
            let start = self.stored_row(y as usize) as usize * stride;
            missing::grey(model, &mut data[start + column * channels..start + stride]);
            column = 0;
        }
        let damage = (there < size.height || !masked).then(too_short);
        Ok((Decoded { size, model, data, reservation, reduction: 1 }, damage))
    }

    /// Makes the pixels of an icon transparent whose mask bits are set. Returns whether the mask is complete.
    fn mask(&self, data: &mut [u8]) -> bool {
        let mut whole = true;
        let row = (u64::from(self.size.width) * u64::from(self.bits)).div_ceil(32) * 4;
        let after = if self.masked { row * u64::from(self.size.height) } else { u64::MAX };
        for (y, line) in data.chunks_exact_mut(self.size.width as usize * 4).enumerate() {
            let bits = self.stored(after, self.stored_row(y), 1);
            whole &= bits.is_some() || !self.masked;
            let bits = bits.unwrap_or_default();
            for (x, pixel) in line.chunks_exact_mut(4).enumerate() {
                if bits.get(x / 8).is_some_and(|byte| byte & 0x80 >> (x % 8) != 0) {
                    pixel[3] = 0;
                }
            }
        }
        whole
    }

    fn row(&self, row: &[u8], line: &mut [u8], channels: usize) {
        let pixels = line.chunks_exact_mut(channels).enumerate();
        match self.storage {
            Storage::Colors => pixels.for_each(|(x, to)| {
                let from = &row[x * usize::from(self.bits / 8)..];
                to[..3].copy_from_slice(&[from[2], from[1], from[0]]);
            }),
            Storage::Masks(masks) => {
                let fields = masks.map(Mask::new);
                let bytes = usize::from(self.bits / 8);
                for (x, to) in pixels {
                    let value = row[x * bytes..][..bytes].iter().rev().fold(0, |sum, byte| sum << 8 | u32::from(*byte));
                    to.iter_mut().zip(&fields).for_each(|(to, field)| *to = field.of(value));
                }
            }
            _ => pixels.for_each(|(x, to)| {
                let bits = usize::from(self.bits);
                let shifted = row[x * bits / 8] >> (8 - bits - x * bits % 8);
                to[..3].copy_from_slice(&self.color(usize::from(shifted) & ((1 << bits) - 1)));
            }),
        }
    }

    /// Black if the palette has no such entry.
    fn color(&self, index: usize) -> [u8; 3] {
        self.palette.get(index).copied().unwrap_or_default()
    }

    /// Decodes runs. Jumps skip pixels, which get the first colour. Returns the column and stored row of the first
    /// missing pixel, or a row below the last one if none is missing.
    fn runs(&self, bits: u16, channels: usize, data: &mut [u8]) -> (usize, u32) {
        data.chunks_exact_mut(channels).for_each(|pixel| pixel[..3].copy_from_slice(&self.color(0)));
        let mut end = (0, 0);
        let whole = self.all_runs(bits, channels, data, &mut end).is_some();
        let (x, y, height) = (end.0, end.1, self.size.height as usize);
        let beyond = x == self.size.width as usize;
        if whole || y >= height || (beyond && y + 1 == height) { (0, self.size.height) } else { (x, y as u32) }
    }

    /// Tracks in `end` the column and row that the runs have reached; `None` if they end before the image does.
    fn all_runs(&self, bits: u16, channels: usize, data: &mut [u8], end: &mut (usize, usize)) -> Option<()> {
        let (width, height) = (self.size.width as usize, self.size.height as usize);
        let mut rest = self.pixels.iter().copied();
        let mut next = || rest.next();
        let (x, y) = (&mut end.0, &mut end.1);
        while *y < height {
            let row = self.stored_row(*y) as usize * width;
            let mut set = |x: usize, color: [u8; 3]| {
                if x < width {
                    data[(row + x) * channels..][..3].copy_from_slice(&color);
                }
            };
            match (next()?, next()?) {
                (0, 0) => (*x, *y) = (0, *y + 1),
                (0, 1) => return Some(()),
                (0, 2) => (*x, *y) = ((*x + usize::from(next()?)).min(width), *y + usize::from(next()?)),
                (0, count) => {
                    let mut byte = 0;
                    for n in 0..usize::from(count) {
                        let whole = bits >= 8 || n % 2 == 0;
                        byte = if whole { next()? } else { byte };
                        set(*x + n, self.run_color(bits, n, byte, &mut next)?);
                    }
                    if (usize::from(count) * usize::from(bits)).div_ceil(8) % 2 == 1 {
                        next()?;
                    }
                    *x = (*x + usize::from(count)).min(width);
                }
                (count, first) if bits == 24 => {
                    let color = self.run_color(bits, 0, first, &mut next)?;
                    (0..usize::from(count)).for_each(|n| set(*x + n, color));
                    *x = (*x + usize::from(count)).min(width);
                }
                (count, byte) => {
                    for n in 0..usize::from(count) {
                        set(*x + n, self.run_color(bits, n, byte, &mut next)?);
                    }
                    *x = (*x + usize::from(count)).min(width);
                }
            }
        }
        Some(())
    }

    /// The `n`th colour of a run: a byte, alternating halves of a byte, or a byte and the next two.
    fn run_color(&self, bits: u16, n: usize, byte: u8, mut next: impl FnMut() -> Option<u8>) -> Option<[u8; 3]> {
        Some(match (bits, n % 2) {
            (24, _) => {
                let [green, red] = [next()?, next()?];
                [red, green, byte]
            }
            (8, _) => self.color(byte.into()),
            (_, 0) => self.color((byte >> 4).into()),
            _ => self.color((byte & 15).into()),
        })
    }
}

/// The storage of the pixels, and the number of mask bytes after the header.
fn storage(
    fields: Fields<'_>,
    length: usize,
    bits: u16,
    compression: u32,
    os2: bool,
) -> Result<(Storage, usize), Error> {
    let masks = |alpha: bool| -> Result<[u32; 4], Error> {
        Ok([fields.long(40)?, fields.long(44)?, fields.long(48)?, if alpha { fields.long(52)? } else { 0 }])
    };
    let in_header = length >= 52 && length != OS2;
    let alpha_in_header = length >= 56 && length != OS2;
    Ok(match (bits, compression) {
        (1 | 2 | 4 | 8, RGB) => (Storage::Indices, 0),
        (16, RGB) => (Storage::Masks([0x7C00, 0x3E0, 0x1F, 0]), 0),
        (24, RGB) => (Storage::Colors, 0),
        (32, RGB) if alpha_in_header && fields.long(52)? == 0xFF00_0000 => (Storage::Masks(BGRA), 0),
        (32, RGB) => (Storage::Colors, 0),
        (8, 1) => (Storage::Runs(8), 0),
        (4, 2) => (Storage::Runs(4), 0),
        (1, BITFIELDS) if os2 => return Err(Error::UnsupportedFeature("BMP: OS/2's Huffman compression".into())),
        (24, 4) if os2 => (Storage::Runs(24), 0),
        (16 | 32, BITFIELDS) if in_header => (Storage::Masks(masks(alpha_in_header)?), 0),
        (16 | 32, BITFIELDS) => (Storage::Masks(masks(false)?), 12),
        (16 | 32, ALPHABITFIELDS) => (Storage::Masks(masks(true)?), if in_header { 0 } else { 16 }),
        (_, 4 | 5) => return Err(Error::UnsupportedFeature("BMP: a JPEG or PNG inside, as printers take it".into())),
        _ => return Err(Error::Malformed(format!("{bits} bits a pixel, with compression {compression}"))),
    })
}

/// The ICC profile of BITMAPV5HEADER.
fn profile<'a>(fields: Fields<'a>, length: usize) -> Option<&'a [u8]> {
    const EMBEDDED: u32 = 0x4D42_4544; // MBED
    if length < 124 || fields.long(56).ok()? != EMBEDDED {
        return None;
    }
    let (at, length) = (fields.long(112).ok()? as usize, fields.long(116).ok()? as usize);
    fields.0.get(at..)?.get(..length)
}

/// The bits of one channel.
struct Mask {
    shift: u32,
    max: u32,
}

impl Mask {
    const fn new(mask: u32) -> Self {
        let shift = if mask == 0 { 0 } else { mask.trailing_zeros() };
        Self { shift, max: mask >> shift }
    }

    /// Scales a value so that the channel's largest becomes 255.
    fn of(&self, value: u32) -> u8 {
        if self.max == 0 {
            return 0;
        }
        let value = u64::from(value >> self.shift & self.max);
        ((value * 255 + u64::from(self.max) / 2) / u64::from(self.max)) as u8
    }
}

/// Little-endian numbers.
#[derive(Clone, Copy)]
struct Fields<'a>(&'a [u8]);

impl Fields<'_> {
    fn short(self, at: usize) -> Result<u16, Error> {
        let bytes = self.0.get(at..).and_then(<[u8]>::first_chunk).ok_or_else(too_short)?;
        Ok(u16::from_le_bytes(*bytes))
    }

    fn long(self, at: usize) -> Result<u32, Error> {
        let bytes = self.0.get(at..).and_then(<[u8]>::first_chunk).ok_or_else(too_short)?;
        Ok(u32::from_le_bytes(*bytes))
    }
}
