//! WebP's container (RFC 9649 §2): the positions of images and metadata in the file. The flags that announce chunks are
//! ignored: in many files the chunk or the flag is missing.

use std::ops::Range;

use darkroom_recipe::Size;

use crate::Error;

/// Positions in the file.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Container {
    /// The size and alpha flag from VP8X.
    pub(super) canvas: Option<(Size, bool)>,
    /// The image of a still: a `VP8 ` or `VP8L` chunk, and the chunks before it from `ALPH` on.
    pub(super) still: Option<Range<usize>>,
    pub(super) frames: Vec<Frame>,
    /// The number of times that an animation plays; 0 means forever.
    pub(super) loops: u16,
    pub(super) icc: Option<Range<usize>>,
    /// A TIFF structure.
    pub(super) exif: Option<Range<usize>>,
    pub(super) xmp: Option<Range<usize>>,
    /// The image or the last frame is truncated, or frames may be missing.
    pub(super) cut: bool,
}

/// One frame of an animation (RFC 9649 §2.7.1.1).
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Frame {
    pub(super) image: Range<usize>,
    pub(super) left: u32,
    pub(super) top: u32,
    pub(super) size: Size,
    /// Milliseconds.
    pub(super) delay: u32,
    /// Whether to blend it over the canvas instead of replacing it.
    pub(super) blend: bool,
    /// Whether to clear its area before the next frame.
    pub(super) dispose: bool,
}

impl Container {
    /// # Errors
    /// If there is no image.
    pub(super) fn read(source: &[u8]) -> Result<Self, Error> {
        let mut found = Self::default();
        let mut alpha = None;
        for Chunk { name, start, content, cut } in chunks(source, 12..source.len()) {
            found.cut |= cut && matches!(&name, b"ANMF" | b"VP8 " | b"VP8L");
            let bytes = &source[content.clone()];
            match &name {
                b"VP8X" => found.canvas = found.canvas.or_else(|| canvas(bytes)),
                b"ANIM" => found.loops = bytes.get(4..6).map_or(0, |count| u16::from_le_bytes([count[0], count[1]])),
                b"ANMF" => found.frames.extend(frame(source, content)),
                b"ALPH" => alpha = alpha.or(Some(start)),
                b"VP8 " | b"VP8L" if found.still.is_none() => found.still = Some(alpha.unwrap_or(start)..content.end),
                b"ICCP" => found.icc = found.icc.or(Some(content)),
                b"EXIF" if found.exif.is_none() => {
                    // Some writers copy JPEG's prefix.
                    let prefix = if bytes.starts_with(b"Exif\0\0") { 6 } else { 0 };
                    found.exif = Some(content.start + prefix..content.end);
                }
                b"XMP " | b"XMP\0" => found.xmp = found.xmp.or(Some(content)),
                _ => {}
            }
        }
        if found.still.is_some() {
            found.frames.clear();
        } else if found.exif.is_none() && found.xmp.is_none() {
            // Metadata follows the last frame. Without metadata, the file's own length shows whether frames are
            // missing.
            found.cut |= length(source) > source.len();
        }
        if found.still.is_none() && found.frames.is_empty() {
            return Err(Error::Malformed("no image in the file: it ends, or is broken, before one begins".into()));
        }
        Ok(found)
    }
}

/// The file's length according to its header, including the first eight bytes.
fn length(source: &[u8]) -> usize {
    let length = source.get(4..).and_then(<[u8]>::first_chunk).map_or(0, |bytes| u32::from_le_bytes(*bytes));
    (length as usize).saturating_add(8)
}

struct Chunk {
    name: [u8; 4],
    start: usize,
    content: Range<usize>,
    /// There is less content than the chunk's size indicates.
    cut: bool,
}

/// The chunks of `part`; the last one ends with it, regardless of its size field.
fn chunks(source: &[u8], part: Range<usize>) -> impl Iterator<Item = Chunk> {
    let mut at = part.start;
    std::iter::from_fn(move || {
        let start = at;
        let (head, body) = source.get(start..part.end)?.split_first_chunk::<8>()?;
        let [name @ .., l0, l1, l2, l3] = *head;
        let length = u32::from_le_bytes([l0, l1, l2, l3]) as usize;
        let content = start + 8..start + 8 + length.min(body.len());
        at = content.end + (length & 1);
        Some(Chunk { name, start, content, cut: length > body.len() })
    })
}

fn canvas(content: &[u8]) -> Option<(Size, bool)> {
    const ALPHA: u8 = 1 << 4;
    let (flags, rest) = content.get(..10)?.split_at(4);
    Some((Size::new(u24(&rest[..3]) + 1, u24(&rest[3..]) + 1), flags[0] & ALPHA != 0))
}

fn frame(source: &[u8], content: Range<usize>) -> Option<Frame> {
    let head = source[content.clone()].get(..16)?;
    let mut alpha = None;
    let image = chunks(source, content.start + 16..content.end).find_map(|chunk| match &chunk.name {
        b"ALPH" => {
            alpha = alpha.or(Some(chunk.start));
            None
        }
        b"VP8 " | b"VP8L" => Some(alpha.unwrap_or(chunk.start)..chunk.content.end),
        _ => None,
    })?;
    let number = |at: usize| u24(&head[at..at + 3]);
    Some(Frame {
        image,
        left: 2 * number(0),
        top: 2 * number(3),
        size: Size::new(number(6) + 1, number(9) + 1),
        delay: number(12),
        blend: head[15] & 2 == 0,
        dispose: head[15] & 1 == 1,
    })
}

fn u24(bytes: &[u8]) -> u32 {
    u32::from_le_bytes([bytes[0], bytes[1], bytes[2], 0])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chunk(name: &[u8; 4], content: &[u8]) -> Vec<u8> {
        let length = (content.len() as u32).to_le_bytes();
        let padding = vec![0; content.len() & 1];
        [&name[..], &length, content, &padding].concat()
    }

    fn read(chunks: &[Vec<u8>]) -> Result<Container, Error> {
        Container::read(&[b"RIFF\0\0\0\0WEBP".to_vec(), chunks.concat()].concat())
    }

    #[test]
    fn chunks_count_and_flags_do_not() {
        let vp8x = chunk(b"VP8X", &[0x3C, 0, 0, 0, 9, 0, 0, 4, 1, 0]);
        let still = read(&[vp8x, chunk(b"VP8 ", b"abc"), chunk(b"XMP\0", b"x")]).expect("a still");
        assert_eq!((still.canvas, still.still.clone()), (Some((Size::new(10, 261), true)), Some(30..41)));
        assert_eq!((still.icc, still.exif, still.xmp), (None, None, Some(50..51)));
        assert_eq!((still.frames, still.cut), (Vec::new(), false));
        let prefixed = read(&[chunk(b"VP8L", b"ab"), chunk(b"EXIF", b"Exif\0\0II*\0")]).expect("a still");
        assert_eq!((prefixed.still, prefixed.exif), (Some(12..22), Some(36..40)));
    }

    #[test]
    fn alpha_belongs_to_the_image_behind_it() {
        let alpha = chunk(b"ALPH", b"alpha");
        let still = read(&[alpha.clone(), chunk(b"JUNK", b""), chunk(b"VP8 ", b"ab")]).expect("a still");
        assert_eq!(still.still, Some(12..12 + 14 + 8 + 10));
        let head = [1, 0, 0, 2, 0, 0, 6, 0, 0, 7, 0, 0, 100, 0, 0, 3];
        let frames = [
            chunk(b"ANIM", &[0, 0, 0, 0, 5, 0]),
            chunk(b"ANMF", &[&head[..], &alpha, &chunk(b"VP8 ", b"ab")].concat()),
        ];
        let moving = read(&frames).expect("an animation");
        let frame =
            Frame { image: 50..74, left: 2, top: 4, size: Size::new(7, 8), delay: 100, blend: false, dispose: true };
        assert_eq!((moving.loops, moving.frames), (5, vec![frame]));
    }

    #[test]
    fn sizes_that_lead_nowhere_end_with_the_file() {
        let mut long = chunk(b"VP8 ", b"abcd");
        long[4] = 200;
        let still = read(&[long]).expect("a still");
        assert_eq!((still.still, still.cut), (Some(12..24), true));
        let mut endless = chunk(b"JUNK", b"");
        endless[4..].fill(0xFF);
        for broken in [endless, chunk(b"ANMF", b"short"), chunk(b"JUNK", b"VP8 "), Vec::new()] {
            assert!(read(&[broken]).is_err());
        }
    }
}
