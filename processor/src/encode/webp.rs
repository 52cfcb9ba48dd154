//! WebP, by libwebp.

use darkroom_libwebp::{Image, Pixels as Layout, Settings as WebPSettings};

use super::{Encoder, Settings};
use crate::Error;
use crate::error::internal;
use crate::pixels::Pixels;

pub(super) struct WebP;

impl Encoder for WebP {
    fn working(pixels: &Pixels, settings: &Settings<'_>) -> u64 {
        pixels.size.pixels() * if settings.lossless { 32 } else { 6 }
    }

    fn encode(pixels: &Pixels, settings: &Settings<'_>) -> Result<Vec<u8>, Error> {
        let image = Image {
            width: pixels.size.width,
            height: pixels.size.height,
            pixels: if pixels.alpha { Layout::Rgba(&pixels.data) } else { Layout::Rgb(&pixels.data) },
        };
        // For a lossless file libwebp reads the quality as the effort to spend.
        let quality = if settings.lossless { f32::from(settings.effort) * 10.0 } else { f32::from(settings.quality) };
        let method = (settings.effort * 6 + 5) / 10;
        let options = WebPSettings { quality, method, lossless: settings.lossless, ..WebPSettings::default() };
        let bytes = darkroom_libwebp::encode(image, &options).map_err(internal)?;
        Ok(match settings.exif {
            Some(exif) => with_exif(&bytes, exif, pixels),
            None => bytes,
        })
    }
}

/// The same image in the extended format, with an EXIF chunk at its end (RFC 9649 §2.7).
fn with_exif(file: &[u8], exif: &[u8], pixels: &Pixels) -> Vec<u8> {
    const EXIF: u8 = 0x08;
    const ALPHA: u8 = 0x10;
    let chunks = &file[12..];
    let mut body = b"WEBP".to_vec();
    if chunks.starts_with(b"VP8X") {
        body.extend_from_slice(chunks);
        body[12] |= EXIF;
    } else {
        let flags = if pixels.alpha { EXIF | ALPHA } else { EXIF };
        let side = |side: u32| (side - 1).to_le_bytes();
        let (width, height) = (side(pixels.size.width), side(pixels.size.height));
        body.extend_from_slice(b"VP8X\x0A\0\0\0");
        body.extend_from_slice(&[flags, 0, 0, 0]);
        body.extend_from_slice(&width[..3]);
        body.extend_from_slice(&height[..3]);
        body.extend_from_slice(chunks);
    }
    body.extend_from_slice(b"EXIF");
    body.extend_from_slice(&(exif.len() as u32).to_le_bytes());
    body.extend_from_slice(exif);
    body.extend(std::iter::repeat_n(0, exif.len() % 2));
    [b"RIFF", &(body.len() as u32).to_le_bytes()[..], &body].concat()
}
