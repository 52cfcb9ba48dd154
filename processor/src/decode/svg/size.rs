//! The intrinsic size of an SVG, from the attributes of its root element alone.

use std::str::FromStr;

use darkroom_recipe::Size;
use svgtypes::{Length, LengthUnit, ViewBox};

use crate::Error;

/// The size of an image that specifies none (CSS 2.2 §10.3.2).
pub(super) const DEFAULT: (f64, f64) = (300.0, 150.0);

/// The font size in CSS pixels, for em and ex.
pub(super) const FONT_SIZE: f64 = 16.0;

/// A size in CSS pixels, of which 96 make an inch.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Declared {
    pub(super) width: f64,
    pub(super) height: f64,
}

impl Declared {
    /// Reads a root element's `width`, `height` and `viewBox`.
    pub(super) fn of(attributes: &[u8]) -> Result<Self, Error> {
        let view: Option<ViewBox> = attribute(attributes, b"viewBox");
        let length = |name: &[u8], whole: f64| {
            attribute::<Length>(attributes, name)
                .map(|length| pixels(length, whole))
                .filter(|length| length.is_finite())
        };
        let (whole_width, whole_height) = view.map_or(DEFAULT, |view| (view.w, view.h));
        let (width, height) = match (length(b"width", whole_width), length(b"height", whole_height), view) {
            (Some(width), None, Some(view)) => (width, width * view.h / view.w),
            (None, Some(height), Some(view)) => (height * view.w / view.h, height),
            (width, height, _) => (width.unwrap_or(whole_width), height.unwrap_or(whole_height)),
        };
        if width > 0.0 && height > 0.0 {
            return Ok(Self { width, height });
        }
        Err(Error::Malformed(format!("the size is {width} × {height}; both must be more than 0")))
    }

    /// The size in whole pixels, at least one.
    pub(super) fn rounded(self) -> Size {
        let side = |length: f64| length.round().max(1.0) as u32;
        Size::new(side(self.width), side(self.height))
    }
}

/// Converts a length to pixels; `whole` is 100 percent.
fn pixels(length: Length, whole: f64) -> f64 {
    let unit = match length.unit {
        LengthUnit::None | LengthUnit::Px => 1.0,
        LengthUnit::Percent => whole / 100.0,
        LengthUnit::In => 96.0,
        LengthUnit::Cm => 96.0 / 2.54,
        LengthUnit::Mm => 96.0 / 25.4,
        LengthUnit::Pt => 96.0 / 72.0,
        LengthUnit::Pc => 16.0,
        LengthUnit::Em => FONT_SIZE,
        LengthUnit::Ex => FONT_SIZE / 2.0,
    };
    length.number * unit
}

/// An attribute's value, if it can be parsed.
fn attribute<T: FromStr>(attributes: &[u8], wanted: &[u8]) -> Option<T> {
    let mut rest = attributes;
    loop {
        rest = rest.trim_ascii_start();
        let equals = rest.iter().position(|byte| *byte == b'=')?;
        let name = rest[..equals].trim_ascii_end();
        let (quote, value) = rest[equals + 1..].trim_ascii_start().split_first()?;
        let end = value.iter().position(|byte| byte == quote)?;
        if name == wanted {
            return std::str::from_utf8(&value[..end]).ok()?.trim().parse().ok();
        }
        rest = &value[end + 1..];
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_those_that_browsers_give_an_image() {
        for (attributes, width, height) in [
            ("", 300, 150),
            (" viewBox='0 0 24 12'", 24, 12),
            (" width='48' viewBox='0 0 24 12'", 48, 24),
            (" height='6' viewBox='0 0 24 12'", 12, 6),
            (" width=\"100%\" height = '50%' viewBox='0 0 24 12'", 24, 6),
            (" data-width='9' xmlns='x' width='10px' height='2.6'", 10, 3),
            (" width='1in' height='72pt'", 96, 96),
            (" width='25.4mm' height='2.54cm'", 96, 96),
            (" width='6pc' height='2em'", 96, 32),
            (" width='wide' height='0.1'", 300, 1),
        ] {
            let size = Declared::of(attributes.as_bytes()).expect(attributes).rounded();
            assert_eq!((size.width, size.height), (width, height), "{attributes}");
        }
        for attributes in [" width='0'", " height='-5'", " width='-1' height='5' viewBox='0 0 2 2'"] {
            assert!(Declared::of(attributes.as_bytes()).is_err(), "{attributes}");
        }
    }
}
