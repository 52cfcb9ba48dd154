//! Whatever colours a source has, sRGB goes on.

#[cfg(any(feature = "avif", feature = "heic"))]
use moxcms::{CicpProfile, MatrixCoefficients};
use moxcms::{ColorProfile, DataColorSpace, Layout, Transform8BitExecutor, TransformOptions};
use std::sync::Arc;

use crate::Error;
use crate::budget::Budget;
use crate::decode::{Decoded, Model};
use crate::error::internal;
use crate::pixels::Pixels;

/// How a source's colours become sRGB.
pub(crate) struct ToSrgb(Option<Conversion>);

impl ToSrgb {
    /// A profile that can't be read, or that belongs to another colour model, is ignored, as browsers do.
    pub(crate) fn new(icc: Option<&[u8]>, model: Model) -> Self {
        Self(icc.and_then(|icc| conversion(icc, model)))
    }

    /// Converts pixels of that model: all of them, or some rows.
    pub(crate) fn convert(&self, decoded: Decoded, budget: &Budget) -> Result<Pixels, Error> {
        match &self.0 {
            Some(conversion) => convert(decoded, &**conversion, budget),
            None => without_profile(decoded, budget),
        }
    }
}

/// A profile for code points of ITU-T H.273; none for those that are reserved or not known.
#[cfg(any(feature = "avif", feature = "heic"))]
pub(crate) fn profile(primaries: u8, transfer: u8) -> Option<Vec<u8>> {
    let cicp = CicpProfile {
        color_primaries: primaries.try_into().ok()?,
        transfer_characteristics: transfer.try_into().ok()?,
        matrix_coefficients: MatrixCoefficients::Identity,
        full_range: true,
    };
    ColorProfile::new_from_cicp(cicp).encode().ok()
}

/// A profile, where it can be read and belongs to that colour model.
pub(crate) fn usable(icc: &[u8], model: Model) -> Option<ColorProfile> {
    let space = match model {
        Model::Gray | Model::GrayAlpha => DataColorSpace::Gray,
        Model::Rgb | Model::Rgba => DataColorSpace::Rgb,
        Model::Cmyk => DataColorSpace::Cmyk,
    };
    ColorProfile::new_from_slice(icc).ok().filter(|profile| profile.color_space == space)
}

type Conversion = Arc<Transform8BitExecutor>;

/// How to get from a profile to sRGB; none where that changes nothing.
fn conversion(icc: &[u8], model: Model) -> Option<Conversion> {
    let profile = usable(icc, model)?;
    let (from, to) = match model {
        Model::Gray => (Layout::Gray, Layout::Rgb),
        Model::GrayAlpha => (Layout::GrayAlpha, Layout::Rgba),
        Model::Rgb => (Layout::Rgb, Layout::Rgb),
        Model::Rgba => (Layout::Rgba, Layout::Rgba),
        // Four inks stand in the four channels of this layout.
        Model::Cmyk => (Layout::Rgba, Layout::Rgb),
    };
    let srgb = ColorProfile::new_srgb();
    let conversion = profile.create_transform_8bit(from, &srgb, to, TransformOptions::default()).ok()?;
    let identity = from == to && is_identity(&*conversion, model.channels());
    (!identity).then_some(conversion)
}

/// Whether a profile is sRGB by another name: 343 colours stay where they are, give or take one step.
fn is_identity(conversion: &Transform8BitExecutor, channels: usize) -> bool {
    const STEPS: [u8; 7] = [0, 20, 64, 128, 180, 220, 255];
    const OPAQUE: u8 = 255;
    let color = |n: usize| [STEPS[n / 49], STEPS[n / 7 % 7], STEPS[n % 7], OPAQUE].into_iter().take(channels);
    let colors: Vec<u8> = (0..343).flat_map(color).collect();
    let mut converted = vec![0; colors.len()];
    conversion.transform(&colors, &mut converted).is_ok()
        && colors.iter().zip(&converted).all(|(a, b)| a.abs_diff(*b) <= 1)
}

/// Row by row; where the channels stay the same the row is replaced, and no second image is needed.
fn convert(decoded: Decoded, conversion: &Transform8BitExecutor, budget: &Budget) -> Result<Pixels, Error> {
    let Decoded { size, model, mut data, reservation, .. } = decoded;
    let alpha = matches!(model, Model::GrayAlpha | Model::Rgba);
    let stride = size.width as usize * model.channels();
    if matches!(model, Model::Rgb | Model::Rgba) {
        let mut converted = vec![0; stride];
        for row in data.chunks_exact_mut(stride) {
            conversion.transform(row, &mut converted).map_err(internal)?;
            row.copy_from_slice(&converted);
        }
        return Ok(Pixels::from_parts(size, alpha, data, reservation));
    }
    let mut pixels = Pixels::new(size, alpha, budget)?;
    let to = pixels.stride();
    for (row, converted) in data.chunks_exact(stride).zip(pixels.data.chunks_exact_mut(to)) {
        conversion.transform(row, converted).map_err(internal)?;
    }
    Ok(pixels)
}

fn without_profile(decoded: Decoded, budget: &Budget) -> Result<Pixels, Error> {
    let Decoded { size, model, data, reservation, .. } = decoded;
    let alpha = matches!(model, Model::GrayAlpha | Model::Rgba);
    if matches!(model, Model::Rgb | Model::Rgba) {
        return Ok(Pixels::from_parts(size, alpha, data, reservation));
    }
    let mut pixels = Pixels::new(size, alpha, budget)?;
    match model {
        Model::Gray => each::<1, 3>(&data, &mut pixels, |[gray]| [gray; 3]),
        Model::GrayAlpha => each::<2, 4>(&data, &mut pixels, |[gray, alpha]| [gray, gray, gray, alpha]),
        _ => each::<4, 3>(&data, &mut pixels, |[c, m, y, k]| [light(c, k), light(m, k), light(y, k)]),
    }
    Ok(pixels)
}

fn each<const FROM: usize, const TO: usize>(data: &[u8], pixels: &mut Pixels, f: impl Fn([u8; FROM]) -> [u8; TO]) {
    let (from, _) = data.as_chunks::<FROM>();
    let (to, _) = pixels.data.as_chunks_mut::<TO>();
    from.iter().zip(to).for_each(|(from, to)| *to = f(*from));
}

/// What one ink and black leave of white paper.
fn light(ink: u8, black: u8) -> u8 {
    let product = (255 - u32::from(ink)) * (255 - u32::from(black));
    ((product + 127) / 255) as u8
}
