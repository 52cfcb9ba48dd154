//! Converts samples to colours, following the photometric interpretation and the extra samples.

use super::layout::{Tags, unsupported};
use crate::Error;
use crate::decode::ColorModel;
use crate::sample::Sample;

/// The meaning of the samples.
pub(super) enum Photometric {
    /// The largest value is white, or black.
    Gray {
        inverted: bool,
    },
    Rgb,
    /// 256 colours.
    Palette(Box<[[u8; 3]; 256]>),
    /// The largest value is full ink. In a JPEG, its decoder treats 0 as full ink.
    Cmyk {
        inverted: bool,
    },
    YCbCr(YCbCr),
}

impl Photometric {
    pub(super) fn read(tags: &Tags<'_>, samples: usize) -> Result<Self, Error> {
        let name = match tags.number(262)? {
            Some(0) => return Ok(Self::Gray { inverted: true }),
            Some(1) => return Ok(Self::Gray { inverted: false }),
            Some(2) => return Ok(Self::Rgb),
            None => return Ok(if samples < 3 { Self::Gray { inverted: true } } else { Self::Rgb }),
            Some(3) => return palette(tags).map(Self::Palette),
            Some(5) if matches!(tags.number(332)?, None | Some(1)) => return Ok(Self::Cmyk { inverted: false }),
            Some(6) => return YCbCr::read(tags).map(Self::YCbCr),
            Some(4) => "a mask",
            Some(5) => "inks other than CMYK",
            Some(8..=10) => "CIELAB colours",
            Some(32_803 | 34_892) => "a camera's raw data",
            Some(32_844 | 32_845) => "LogLuv colours",
            Some(other) => return Err(unsupported(format!("photometric interpretation {other}"))),
        };
        Err(unsupported(name.into()))
    }

    /// The number of colour samples per pixel.
    pub(super) const fn inks_or_lights(&self) -> usize {
        match self {
            Self::Gray { .. } | Self::Palette(_) => 1,
            Self::Rgb | Self::YCbCr(_) => 3,
            Self::Cmyk { .. } => 4,
        }
    }

    /// The photometric interpretation after a JPEG decoder's conversion.
    pub(super) fn of_jpeg(self) -> Self {
        match self {
            Self::YCbCr(_) => Self::Rgb,
            Self::Cmyk { .. } => Self::Cmyk { inverted: true },
            other => other,
        }
    }

    pub(super) const fn model(&self, alpha: bool) -> ColorModel {
        match (self, alpha) {
            (Self::Gray { .. }, false) => ColorModel::Gray,
            (Self::Gray { .. }, true) => ColorModel::GrayAlpha,
            (Self::Cmyk { .. }, _) => ColorModel::Cmyk,
            (_, false) => ColorModel::Rgb,
            (_, true) => ColorModel::Rgba,
        }
    }

    /// Converts a row of samples, with `samples` per pixel, to pixels.
    pub(super) fn convert<S: Sample>(&self, row: &[S], samples: usize, alpha: Option<Alpha>, out: &mut [S]) {
        let channels = self.model(alpha.is_some()).channels();
        let colors = channels - usize::from(alpha.is_some());
        let plain = matches!(self, Self::Rgb | Self::Gray { inverted: false } | Self::Cmyk { inverted: false });
        if plain && samples == channels && alpha.is_none_or(|alpha| !alpha.associated) {
            return out.copy_from_slice(row);
        }
        for (from, to) in row.chunks_exact(samples).zip(out.chunks_exact_mut(channels)) {
            let (to, opacity) = to.split_at_mut(colors);
            match self {
                Self::Gray { inverted: true } => to[0] = inverted(from[0]),
                Self::Palette(palette) => {
                    let place: u64 = from[0].into();
                    to.copy_from_slice(&palette[place as usize % palette.len()].map(S::of));
                }
                Self::YCbCr(luma) => {
                    to.copy_from_slice(&luma.rgb(from[0].byte(), from[1].byte(), from[2].byte()).map(S::of));
                }
                Self::Cmyk { inverted: true } => {
                    to.iter_mut().zip(from).for_each(|(to, from)| *to = inverted(*from));
                }
                _ => to.copy_from_slice(&from[..colors]),
            }
            if let (Some(Alpha { at, associated }), [opacity]) = (alpha, opacity) {
                *opacity = from[at];
                if associated {
                    to.iter_mut().for_each(|color| *color = divided(*color, from[at]));
                }
            }
        }
    }
}

/// The extra sample that holds the opacity.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Alpha {
    /// Its index among the samples of a pixel.
    at: usize,
    /// Colours are premultiplied by it.
    associated: bool,
}

impl Alpha {
    /// `None` if no extra sample is alpha. A single undeclared extra sample is treated as alpha.
    pub(super) fn read(tags: &Tags<'_>, colors: usize, samples: usize) -> Result<Option<Self>, Error> {
        // Inks are printed on paper.
        if samples <= colors || colors == 4 {
            return Ok(None);
        }
        let Some(extra) = tags.find(338)? else {
            return Ok(Some(Self { at: colors, associated: false }));
        };
        let alpha = |n| match extra.get(n) {
            Some(1) => Some(Self { at: colors + n, associated: true }),
            Some(2) => Some(Self { at: colors + n, associated: false }),
            _ => None,
        };
        Ok((0..samples - colors).find_map(alpha))
    }
}

/// Un-premultiplies a colour by `alpha`.
fn divided<S: Sample>(color: S, alpha: S) -> S {
    let [color, alpha, most]: [u64; 3] = [color, alpha, S::MAX].map(Into::into);
    S::of_number((color * most + alpha / 2).checked_div(alpha).unwrap_or(0).min(most))
}

fn inverted<S: Sample>(value: S) -> S {
    let [value, most]: [u64; 2] = [value, S::MAX].map(Into::into);
    S::of_number(most - value)
}

/// All reds, then all greens, then all blues, 16 bits each. Some programs write 8-bit values, in the lower half.
fn palette(tags: &Tags<'_>) -> Result<Box<[[u8; 3]; 256]>, Error> {
    let missing = || Error::Malformed("the palette is missing".into());
    let map = tags.find(320)?.ok_or_else(missing)?;
    let length = map.len() / 3;
    let narrow = (0..map.len()).all(|n| map.get(n).unwrap_or(0) < 256);
    let mut palette = Box::new([[0; 3]; 256]);
    for (n, color) in palette.iter_mut().enumerate().take(length) {
        for (channel, value) in color.iter_mut().enumerate() {
            let wide = map.get(channel * length + n).unwrap_or(0);
            *value = if narrow { wide as u8 } else { (wide >> 8) as u8 };
        }
    }
    Ok(palette)
}

/// The conversion from luma and chroma to RGB (TIFF 6.0 sections 20 and 21).
pub(super) struct YCbCr {
    /// The weights of red, green and blue in the luma.
    shares: [f32; 3],
    /// For luma and both chromas: the offset to subtract, and the factor to multiply the rest by.
    ranges: [(f32, f32); 3],
}

impl YCbCr {
    fn read(tags: &Tags<'_>) -> Result<Self, Error> {
        let reals = |tag, defaults: &[f32]| {
            let values = tags.find(tag)?.filter(|values| values.len() >= defaults.len());
            let real = |(n, default): (usize, &f32)| {
                values.and_then(|values| values.real(n)).map_or(*default, |real| real as f32)
            };
            Ok::<Vec<f32>, Error>(defaults.iter().enumerate().map(real).collect())
        };
        let shares = reals(529, &[0.299, 0.587, 0.114])?;
        let levels = reals(532, &[0.0, 255.0, 128.0, 255.0, 128.0, 255.0])?;
        let range = |n: usize, full: f32| {
            let [black, white] = [levels[2 * n], levels[2 * n + 1]];
            (black, if white == black { 1.0 } else { full / (white - black) })
        };
        Ok(Self {
            shares: [shares[0], shares[1], shares[2]],
            ranges: [range(0, 255.0), range(1, 127.0), range(2, 127.0)],
        })
    }

    fn rgb(&self, luma: u8, blue: u8, red: u8) -> [u8; 3] {
        let level = |n: usize, code: u8| (f32::from(code) - self.ranges[n].0) * self.ranges[n].1;
        let (luma, blue, red) = (level(0, luma), level(1, blue), level(2, red));
        let [of_red, of_green, of_blue] = self.shares;
        let r = red * (2.0 - 2.0 * of_red) + luma;
        let b = blue * (2.0 - 2.0 * of_blue) + luma;
        let g = (luma - of_blue * b - of_red * r) / of_green;
        [r, g, b].map(|light| light.round() as u8)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn associated_alpha_is_divided_out() {
        let alpha = Some(Alpha { at: 3, associated: true });
        let mut out = [9u8; 12];
        Photometric::Rgb.convert(&[128, 64, 0, 128, 200, 1, 2, 100, 5, 5, 5, 0], 4, alpha, &mut out);
        assert_eq!(out, [255, 128, 0, 128, 255, 3, 5, 100, 0, 0, 0, 0]);
    }
}
