//! How many frames an animation has, by walking over its blocks: no pixel is decoded.

/// Of a PNG: what its acTL chunk says, 1 without one before the image data (PNG 3 §11.3.6.1).
pub(super) fn png(source: &[u8]) -> u32 {
    let mut rest = source.get(8..).unwrap_or_default();
    while let Some((head, body)) = rest.split_first_chunk::<8>() {
        let [l0, l1, l2, l3, kind @ ..] = *head;
        let length = u32::from_be_bytes([l0, l1, l2, l3]) as usize;
        match &kind {
            b"acTL" => return body.first_chunk().map_or(1, |frames| u32::from_be_bytes(*frames)).max(1),
            b"IDAT" => return 1,
            _ => rest = length.checked_add(4).and_then(|skip| body.get(skip..)).unwrap_or_default(),
        }
    }
    1
}

/// Of a WebP: the number of its ANMF chunks (RFC 9649 §2.7.1).
pub(super) fn webp(source: &[u8]) -> u32 {
    let mut frames = 0;
    let mut rest = source.get(12..).unwrap_or_default();
    while let Some((head, body)) = rest.split_first_chunk::<8>() {
        let [kind @ .., l0, l1, l2, l3] = *head;
        let length = u32::from_le_bytes([l0, l1, l2, l3]) as usize;
        frames += u32::from(&kind == b"ANMF");
        let padded = length.saturating_add(length & 1);
        rest = body.get(padded..).unwrap_or_default();
    }
    frames.max(1)
}

/// Of a GIF: the number of its image descriptors (GIF89a §20).
pub(super) fn gif(source: &[u8]) -> u32 {
    let mut frames = 0;
    let packed = source.get(10).copied().unwrap_or_default();
    let mut at = 13 + color_table(packed);
    while let Some(block) = source.get(at) {
        at = match block {
            0x21 => skip_sub_blocks(source, at + 2),
            0x2C => {
                frames += 1;
                let packed = source.get(at + 9).copied().unwrap_or_default();
                skip_sub_blocks(source, at + 10 + color_table(packed) + 1)
            }
            _ => break,
        };
    }
    frames.max(1)
}

/// Bytes of the colour table that the flags announce.
fn color_table(packed: u8) -> usize {
    if packed & 0x80 == 0 { 0 } else { 3 << ((packed & 7) + 1) }
}

fn skip_sub_blocks(source: &[u8], mut at: usize) -> usize {
    while let Some(length) = source.get(at) {
        at += 1 + usize::from(*length);
        if *length == 0 {
            break;
        }
    }
    at
}
