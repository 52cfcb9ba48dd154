//! Removes everything but the picture from a file: camera, location, date, comments, thumbnails and further images.
//! Pixels, frames and colours stay unchanged.

/// ITU-T T.81 B.1.1: segments up to the end of the image. A truncated file is kept up to its end.
pub(crate) fn jpeg(source: &[u8]) -> Option<Vec<u8>> {
    const END: u8 = 0xD9;
    const SCAN: u8 = 0xDA;
    let mut bare = source.get(..2)?.to_vec();
    let mut rest = source.get(2..)?;
    while let [first, marker, after @ ..] = rest {
        if *first != 0xFF {
            return None;
        }
        let length = match *marker {
            0xFF => 1, // a fill byte
            END => return Some([&bare[..], &[0xFF, END]].concat()),
            0x01 | 0xD0..=0xD7 => 2,
            _ => 2 + usize::from(u16::from_be_bytes(*after.first_chunk().unwrap_or(&[0xFF; 2]))),
        };
        let Some((head, data)) = rest.split_at_checked(length) else { break };
        jpeg_segment(*marker, head, &mut bare);
        let (coded, next) = data.split_at(if *marker == SCAN { entropy_coded(data) } else { 0 });
        bare.extend_from_slice(coded);
        rest = next;
    }
    Some(bare)
}

/// The number of bytes before the next marker other than a restart. Reserved markers (T.81 B.1.1.3) are corruption,
/// which decoders skip.
fn entropy_coded(data: &[u8]) -> usize {
    let marker = |pair: &[u8]| pair[0] == 0xFF && !matches!(pair[1], 0..=0xBF | 0xD0..=0xD7 | 0xFF);
    data.windows(2).position(marker).unwrap_or(data.len())
}

/// Keeps tables, frames and scans, and those application segments that define the colours.
fn jpeg_segment(marker: u8, segment: &[u8], bare: &mut Vec<u8>) {
    /// The length of a JFIF segment up to its thumbnail's size.
    const JFIF: usize = 16;
    let named = |name: &[u8]| segment[4.min(segment.len())..].starts_with(name);
    match marker {
        0xE0 if named(b"JFIF\0") && segment.len() >= JFIF + 2 => {
            bare.extend_from_slice(&[0xFF, 0xE0, 0, JFIF as u8]);
            bare.extend_from_slice(&segment[4..JFIF]);
            bare.extend_from_slice(&[0, 0]);
        }
        0x01 | 0xC0..=0xDF => bare.extend_from_slice(segment),
        0xE2 if named(b"ICC_PROFILE\0") => bare.extend_from_slice(segment),
        0xEE if named(b"Adobe") => bare.extend_from_slice(segment),
        _ => {}
    }
}

/// PNG 3 §5.3: chunks up to IEND.
pub(crate) fn png(source: &[u8]) -> Option<Vec<u8>> {
    const KEPT: [&[u8; 4]; 18] = [
        b"IHDR", b"PLTE", b"IDAT", b"IEND", b"tRNS", b"cHRM", b"gAMA", b"iCCP", b"sBIT", b"sRGB", b"cICP", b"mDCV",
        b"cLLI", b"bKGD", b"pHYs", b"acTL", b"fcTL", b"fdAT",
    ];
    let (signature, mut rest) = source.split_at_checked(8)?;
    let mut bare = signature.to_vec();
    while let Some((head, _)) = rest.split_first_chunk::<8>() {
        let [l0, l1, l2, l3, kind @ ..] = *head;
        let length = u32::from_be_bytes([l0, l1, l2, l3]) as usize;
        // Includes the checksum; the last chunk may be truncated.
        let (chunk, next) = rest.split_at(rest.len().min(length.checked_add(12)?));
        if KEPT.contains(&&kind) {
            bare.extend_from_slice(chunk);
        }
        rest = if &kind == b"IEND" { &[] } else { next };
    }
    rest.is_empty().then_some(bare)
}

/// RFC 9649 §2.3: chunks in a RIFF container.
pub(crate) fn webp(source: &[u8]) -> Option<Vec<u8>> {
    const KEPT: [&[u8; 4]; 7] = [b"VP8 ", b"VP8L", b"VP8X", b"ALPH", b"ICCP", b"ANIM", b"ANMF"];
    /// VP8X flags for EXIF and XMP.
    const METADATA: u8 = 0x08 | 0x04;
    let mut bare = source.get(..12)?.to_vec();
    let mut rest = source.get(12..)?;
    while let Some((head, _)) = rest.split_first_chunk::<8>() {
        let [kind @ .., l0, l1, l2, l3] = *head;
        let length = u32::from_le_bytes([l0, l1, l2, l3]) as usize;
        let padded = length.checked_add(8)?.checked_add(length & 1)?;
        let (chunk, next) = rest.split_at(rest.len().min(padded));
        if KEPT.contains(&&kind) {
            let start = bare.len();
            bare.extend_from_slice(chunk);
            if &kind == b"VP8X" {
                *bare.get_mut(start + 8)? &= !METADATA;
            }
        }
        rest = next;
    }
    let length = u32::try_from(bare.len() - 8).ok()?;
    bare[4..8].copy_from_slice(&length.to_le_bytes());
    Some(bare)
}

/// GIF89a: blocks up to the trailer.
pub(crate) fn gif(source: &[u8]) -> Option<Vec<u8>> {
    let head = 13 + gif_colors(*source.get(10)?);
    let mut bare = source.get(..head)?.to_vec();
    let mut rest = source.get(head..)?;
    while let [first, ..] = rest {
        let blocks = match first {
            0x21 => 2,
            0x2C => 11 + gif_colors(*rest.get(9)?),
            _ => return Some([&bare[..], &[0x3B]].concat()),
        };
        let (block, next) = rest.split_at(gif_sub_blocks(rest, blocks));
        if *first == 0x2C || is_gif_animation(block) {
            bare.extend_from_slice(block);
        }
        rest = next;
    }
    Some(bare)
}

/// Whether an extension times the frames, loops them, or defines their colours.
fn is_gif_animation(extension: &[u8]) -> bool {
    const APPLICATIONS: [&[u8]; 3] = [b"NETSCAPE2.0", b"ANIMEXTS1.0", b"ICCRGBG1012"];
    match extension.get(1) {
        Some(0xF9 | 0x01) => true,
        Some(0xFF) => extension.get(3..14).is_some_and(|name| APPLICATIONS.contains(&name)),
        _ => false,
    }
}

/// The length in bytes of the colour table that the flags announce.
fn gif_colors(packed: u8) -> usize {
    if packed & 0x80 == 0 { 0 } else { 3 << ((packed & 7) + 1) }
}

/// The end of the sub-blocks that start at `at`.
fn gif_sub_blocks(rest: &[u8], mut at: usize) -> usize {
    while let Some(length) = rest.get(at) {
        at += 1 + usize::from(*length);
        if *length == 0 {
            break;
        }
    }
    at.min(rest.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    const JPEG: &[u8] = b"\xFF\xD8\xFF\xE0\0\x13JFIF\0\x01\x02\0\0H\0H\x01\x01RGB\xFF\xE1\0\x0AExif\0\0GP\xFF\xE2\0\x0EICC_PROFILE\0\
        \xFF\xE2\0\x06MPF\0\xFF\xFE\0\x04hi\xFF\xDB\0\x03q\xFF\xDA\0\x03ss\xFF\0s\xFF\xD0s\xFF\xDA\0\x03s\xFF\xD9trailer";
    const BARE_JPEG: &[u8] =
        b"\xFF\xD8\xFF\xE0\0\x10JFIF\0\x01\x02\0\0H\0H\0\0\xFF\xE2\0\x0EICC_PROFILE\0\xFF\xDB\0\x03q\
        \xFF\xDA\0\x03ss\xFF\0s\xFF\xD0s\xFF\xDA\0\x03s\xFF\xD9";

    #[test]
    fn a_jpeg_keeps_its_tables_scans_and_colours() {
        assert_eq!(jpeg(JPEG).as_deref(), Some(BARE_JPEG));
        let cut = &JPEG[..JPEG.len() - 12];
        assert_eq!(jpeg(cut).as_deref(), Some(&BARE_JPEG[..BARE_JPEG.len() - 7]), "cut off in a scan's header");
    }

    #[test]
    fn chunks() {
        let png_file =
            b"\x89PNG\r\n\x1A\n\0\0\0\x01IHDRxCRC_\0\0\0\x03tEXtabcCRC_\0\0\0\x01eXIfxCRC_\0\0\0\0IENDCRC_more";
        let bare = b"\x89PNG\r\n\x1A\n\0\0\0\x01IHDRxCRC_\0\0\0\0IENDCRC_";
        assert_eq!(png(png_file).as_deref(), Some(&bare[..]));
        let webp_file = b"RIFF\x2A\0\0\0WEBPVP8X\x01\0\0\0\x1E\0EXIF\x03\0\0\0gps\0VP8L\x01\0\0\0p\0";
        let bare = b"RIFF\x18\0\0\0WEBPVP8X\x01\0\0\0\x12\0VP8L\x01\0\0\0p\0";
        assert_eq!(webp(webp_file).as_deref(), Some(&bare[..]));
    }

    #[test]
    fn blocks() {
        let head = b"GIF89a\x01\0\x01\0\x80\0\0RGBRGB";
        let (loops, comment) = (b"!\xFF\x0BNETSCAPE2.0\x03\x01\0\0\0", b"!\xFE\x05where\0");
        let xmp = b"!\xFF\x0BXMP DataXMP\x03gps\0";
        let frame = b"!\xF9\x04\0\0\0\0\0,\0\0\0\0\x01\0\x01\0\0\x02\x02D\x01\0";
        let source = [&head[..], loops, comment, xmp, frame, b";after"].concat();
        assert_eq!(gif(&source), Some([&head[..], loops, frame, b";"].concat()));
    }

    #[test]
    fn what_ends_anywhere_is_no_crash() {
        for end in 0..JPEG.len() {
            let _ = jpeg(&JPEG[..end]);
        }
        let source = b"GIF89a\x01\0\x01\0\x80\0\0RGBRGB!\xFF,";
        for end in 0..source.len() {
            let _ = gif(&source[..end]);
        }
    }
}
