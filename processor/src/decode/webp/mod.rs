//! WebP: we parse the container, and libwebp decodes the images.

mod animation;
mod container;

use std::borrow::Cow;
use std::ops::Range;

use darkroom_libwebp::{self as libwebp, DecodeError, PixelsMut};
use darkroom_recipe::{Format, Orientation, Size};

use self::animation::Animation;
use self::container::{Container, Frame};
use super::rows::{ReadRows, Rows};
use super::{ColorModel, Decode, Decoded, Header, Opened, missing, too_short};
use crate::budget::Budget;
use crate::{Error, exif};

/// Images with fewer pixels are decoded as a whole, since row by row would save little memory.
const SMALL: u64 = 1 << 20;

pub(super) fn open(source: Cow<'_, [u8]>) -> Result<Opened<'_>, Error> {
    let container = Container::read(&source)?;
    let header = header(&source, &container)?;
    let size = header.size;
    if let Some(image) = container.still {
        let cut = container.cut;
        return Ok((header, Box::new(Still { source, image, size, cut, given: false, damage: None })));
    }
    Ok((header, Box::new(Animation::new(source, container, size))))
}

fn header(source: &[u8], container: &Container) -> Result<Header, Error> {
    let (size, alpha) = match (&container.still, container.canvas) {
        (Some(image), canvas) => {
            let found = libwebp::features(&source[image.clone()]).map_err(decoding)?;
            let size = Size::new(found.width, found.height);
            // A canvas of another size is refused when pixels are requested, after the limits have been checked.
            (canvas.map_or(size, |(canvas, _)| canvas), found.alpha)
        }
        (None, Some((size, alpha))) => (size, alpha || container.frames.iter().enumerate().any(shows_through(size))),
        (None, None) => return Err(Error::Malformed("an animation without VP8X, which tells its size".into())),
    };
    let exif = container.exif.clone().map(|at| source[at].to_vec());
    Ok(Header {
        format: Format::WebP,
        size,
        orientation: exif.as_deref().map_or(Orientation::default(), exif::orientation),
        frames: u32::try_from(container.frames.len()).unwrap_or(u32::MAX).max(1),
        alpha,
        bits_per_channel: 8,
        icc: container.icc.clone().map(|at| source[at].to_vec()),
        exif,
        xmp: container.xmp.clone().map(|at| source[at].to_vec()),
        iptc: None,
        metadata: false,
    })
}

/// Whether a frame leaves pixels of the canvas empty, regardless of its content: before the first frame, or after
/// another one.
fn shows_through(canvas: Size) -> impl Fn((usize, &Frame)) -> bool {
    move |(at, frame)| frame.size != canvas && (at == 0 || frame.dispose)
}

/// One image that has not been decoded yet.
struct Still<'a> {
    source: Cow<'a, [u8]>,
    image: Range<usize>,
    size: Size,
    /// The image is truncated.
    cut: bool,
    given: bool,
    damage: Option<Error>,
}

impl<'a> Decode<'a> for Still<'a> {
    fn rows(&mut self, _: u32, budget: &Budget) -> Result<Option<Rows<'a>>, Error> {
        let found = features(&self.source[self.image.clone()], self.size)?;
        if found.lossless || found.alpha || self.size.pixels() < SMALL || self.given {
            return Ok(None);
        }
        self.given = true;
        let working = budget.reserve(libwebp::Rows::memory(found.width))?;
        let rows = libwebp::Rows::new(std::mem::take(&mut self.source), self.image.clone()).map_err(decoding)?;
        Ok(Some(Rows::new(Lossy { rows, begun: false, damage: None }, self.size, ColorModel::Rgb, 1, working)))
    }

    fn next_frame(&mut self, _: u32, budget: &Budget) -> Result<Option<Decoded>, Error> {
        if std::mem::replace(&mut self.given, true) {
            return Ok(None);
        }
        let image = &self.source[self.image.clone()];
        let model = if features(image, self.size)?.alpha { ColorModel::Rgba } else { ColorModel::Rgb };
        let (mut decoded, there) = decode(image, self.size, model, self.cut, budget)?;
        if there < self.size.height {
            let start = there as usize * self.size.width as usize * model.channels();
            missing::grey(model, &mut decoded.data[start..]);
            self.damage = Some(too_short());
        }
        Ok(Some(decoded))
    }

    fn damage(&self) -> Option<Error> {
        self.damage.clone()
    }
}

/// The available rows of a lossy image.
struct Lossy<'a> {
    rows: libwebp::Rows<'a>,
    begun: bool,
    damage: Option<Error>,
}

impl ReadRows for Lossy<'_> {
    fn read(&mut self, row: &mut [u8]) -> Result<(), Error> {
        if self.damage.is_none() {
            match self.rows.read(row).map_err(decoding) {
                Ok(()) => self.begun = true,
                Err(error @ Error::Malformed(_)) if self.begun => self.damage = Some(error),
                Err(error) => return Err(error),
            }
        }
        if self.damage.is_some() {
            missing::grey(ColorModel::Rgb, row);
        }
        Ok(())
    }

    fn damage(&self) -> Option<Error> {
        self.damage.clone()
    }
}

/// The features in an image's header; its size must be the container's.
fn features(image: &[u8], size: Size) -> Result<libwebp::Features, Error> {
    let found = libwebp::features(image).map_err(decoding)?;
    if Size::new(found.width, found.height) == size {
        return Ok(found);
    }
    let (libwebp::Features { width, height, .. }, Size { width: w, height: h }) = (found, size);
    Err(Error::Malformed(format!("an image of {width} × {height}, where its container says {w} × {h}")))
}

/// The pixels, and the number of available rows: all, unless the image is truncated (`cut`).
fn decode(image: &[u8], size: Size, model: ColorModel, cut: bool, budget: &Budget) -> Result<(Decoded, u32), Error> {
    let (mut data, reservation) = budget.buffer(size.pixels().saturating_mul(model.channels() as u64))?;
    let pixels = if model == ColorModel::Rgba { PixelsMut::Rgba(&mut data) } else { PixelsMut::Rgb(&mut data) };
    let rest = budget.rest();
    let rows = match cut {
        true => libwebp::decode_rows(image, pixels, rest.bytes()),
        false => libwebp::decode(image, pixels, rest.bytes()).map(|()| size.height),
    };
    let rows = rows.map_err(|error| match error {
        DecodeError::OutOfMemory => budget.exhausted().into(),
        other => decoding(other),
    })?;
    Ok((Decoded { size, model, data, reservation, reduction: 1 }, rows))
}

fn decoding(error: DecodeError) -> Error {
    match error {
        DecodeError::Truncated => too_short(),
        DecodeError::Malformed => Error::Malformed("broken data".into()),
        DecodeError::Unsupported => Error::UnsupportedFeature("an image that is not to be shown by itself".into()),
        DecodeError::OutOfMemory | DecodeError::Length { .. } => Error::Internal(error.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use darkroom_libwebp::{Image, Pixels, Settings};
    use darkroom_recipe::Limits;

    use super::*;
    use crate::decode;

    #[test]
    fn memory_is_charged_before_it_is_taken() {
        let settings = Settings { lossless: true, ..Settings::default() };
        let pixels: Vec<u8> = (0..200 * 100 * 3u32).map(|at| (at.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
        let image = Image { width: 200, height: 100, pixels: Pixels::Rgb(&pixels) };
        let source = darkroom_libwebp::encode(image, &settings).expect("a WebP");
        let decoded = |memory: u64| {
            let mut decoder = decode::open((&source[..]).into(), &Limits::default()).expect("headers").1;
            decoder.next_frame(1, &Budget::new(memory))
        };
        // The pixels, and libwebp's four bytes for each.
        for memory in [0, 60_000, 139_000] {
            assert!(matches!(decoded(memory), Err(Error::Limit(_))), "{memory} bytes");
        }
        assert!(decoded(400_000).is_ok_and(|frame| frame.is_some_and(|frame| frame.data == pixels)));
    }
}
