//! WebP, with libwebp.

use darkroom_libwebp::{Animation, Image as Source, Pixels as Layout, Settings as WebPSettings};
use darkroom_recipe::Size;

use super::{Encode, Frame, Settings};
use crate::Error;
use crate::embedded::Embedded;
use crate::error::internal;
use crate::pixels::{Image, Pixels};

/// Bytes per pixel.
pub(super) const fn working(settings: &Settings) -> u64 {
    if settings.lossless { 46 } else { 6 }
}

/// Bytes per pixel for an animation: the frame, libwebp's three canvases, and the file, whose frames take at most this
/// many.
pub(super) fn animated_working(settings: &Settings) -> u64 {
    let frames = u64::from(settings.animation.map_or(1, |animation| animation.frames));
    working(settings) + 24 + frames * if settings.lossless { 4 } else { 1 }
}

pub(super) fn encode(image: Image<'_>, settings: &Settings) -> Result<Vec<u8>, Error> {
    let pixels = image.narrow()?;
    let bytes = darkroom_libwebp::encode(source(pixels), &options(settings)).map_err(internal)?;
    Ok(extended(bytes, settings, pixels.alpha))
}

/// An animation, with libwebp's own animation encoder, which detects the changes between frames.
pub(super) struct Animated {
    settings: Settings,
    /// `None` before the first frame.
    file: Option<Animation>,
}

impl Animated {
    pub(super) fn new(settings: Settings) -> Self {
        Self { settings, file: None }
    }
}

impl Encode for Animated {
    fn frame(&mut self, frame: &Frame<'_>) -> Result<(), Error> {
        let file = match &mut self.file {
            Some(file) => file,
            None => {
                let Size { width, height } = self.settings.size;
                let plays = self.settings.animation.map_or(1, |animation| animation.plays);
                self.file.insert(Animation::new(width, height, plays, &options(&self.settings)).map_err(internal)?)
            }
        };
        file.add(source(frame.image.narrow()?), frame.delay).map_err(internal)
    }

    fn finish(self: Box<Self>) -> Result<Vec<u8>, Error> {
        let file = self.file.ok_or_else(|| internal("an animation without frames"))?;
        let bytes = file.finish().map_err(internal)?;
        // Identical frames have been merged into a still, which may lack the extended header.
        Ok(extended(bytes, &self.settings, true))
    }
}

fn source(pixels: &Pixels) -> Source<'_> {
    Source {
        width: pixels.size.width,
        height: pixels.size.height,
        pixels: if pixels.alpha { Layout::Rgba(&pixels.data) } else { Layout::Rgb(&pixels.data) },
    }
}

fn options(settings: &Settings) -> WebPSettings {
    // For a lossless file, libwebp interprets the quality as effort.
    let quality = if settings.lossless { f32::from(settings.effort) * 10.0 } else { f32::from(settings.quality) };
    let method = (settings.effort * 6 + 5) / 10;
    WebPSettings { quality, method, lossless: settings.lossless, ..WebPSettings::default() }
}

/// Adds the colour profile and metadata to a file, if there are any, by using the extended format (RFC 9649 §2.7).
fn extended(file: Vec<u8>, settings: &Settings, alpha: bool) -> Vec<u8> {
    const PROFILE: u8 = 0x20;
    const ALPHA: u8 = 0x10;
    const EXIF: u8 = 0x08;
    const XMP: u8 = 0x04;
    let Embedded { exif, xmp, .. } = &settings.embedded;
    let (profile, exif, xmp) = (settings.space.icc(), exif.as_deref(), xmp.as_deref());
    if profile.or(exif).or(xmp).is_none() {
        return file;
    }
    let (mut head, image) = match file[12..].split_first_chunk::<18>() {
        Some((head, image)) if head.starts_with(b"VP8X") => (*head, image),
        _ => (header(settings.size, if alpha { ALPHA } else { 0 }), &file[12..]),
    };
    head[8] |= profile.map_or(0, |_| PROFILE) | exif.map_or(0, |_| EXIF) | xmp.map_or(0, |_| XMP);
    let mut body = [b"WEBP", &head[..]].concat();
    add_chunk(&mut body, b"ICCP", profile);
    body.extend_from_slice(image);
    add_chunk(&mut body, b"EXIF", exif);
    add_chunk(&mut body, b"XMP ", xmp);
    [b"RIFF", &(body.len() as u32).to_le_bytes()[..], &body].concat()
}

/// The start of an extended file.
fn header(size: Size, flags: u8) -> [u8; 18] {
    let mut head = *b"VP8X\x0A\0\0\0\0\0\0\0\0\0\0\0\0\0";
    head[8] = flags;
    head[12..15].copy_from_slice(&(size.width - 1).to_le_bytes()[..3]);
    head[15..18].copy_from_slice(&(size.height - 1).to_le_bytes()[..3]);
    head
}

fn add_chunk(body: &mut Vec<u8>, kind: &[u8; 4], contents: Option<&[u8]>) {
    let Some(contents) = contents else { return };
    body.extend_from_slice(kind);
    body.extend_from_slice(&(contents.len() as u32).to_le_bytes());
    body.extend_from_slice(contents);
    body.extend(std::iter::repeat_n(0, contents.len() % 2));
}
