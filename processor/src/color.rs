//! Converts a source's colours to sRGB, or keeps them if the recipe asks for that.

use darkroom_recipe::{Color, Profiles};
use moxcms::{CicpProfile, ColorProfile, DataColorSpace, Layout, MatrixCoefficients, ToneReprCurve};
use std::rc::Rc;

use crate::Error;
use crate::black::compensated;
use crate::budget::Budget;
use crate::decode::{ColorModel, Decoded};
use crate::error::internal;
use crate::pixels::Pixels;
use crate::sample::{Sample, Transform};

/// The colour space of pixels: sRGB, or that of a profile.
#[derive(Clone, Default)]
pub(crate) struct Space(Option<Rc<Own>>);

struct Own {
    icc: Vec<u8>,
    profile: ColorProfile,
}

impl Space {
    /// `None` for sRGB.
    pub(crate) fn icc(&self) -> Option<&[u8]> {
        self.0.as_ref().map(|own| &*own.icc)
    }

    /// Primaries and transfer characteristics as in ITU-T H.273, if the colour space has such codes.
    #[cfg_attr(
        not(any(feature = "avif", feature = "jxl-encode")),
        allow(dead_code, reason = "a build may lack codecs")
    )]
    pub(crate) fn codes(&self) -> Option<(u8, u8)> {
        // Display P3; Rec. 2020 with its own curve, PQ and HLG; Display P3 with PQ.
        const CODES: [(u8, u8); 5] = [(12, 13), (9, 14), (9, 16), (9, 18), (12, 16)];
        let own = self.0.as_ref()?;
        CODES.into_iter().find(|(primaries, transfer)| {
            let transform = coded(*primaries, *transfer)
                .and_then(|coded| u8::transform(&own.profile, Layout::Rgb, &coded, Layout::Rgb).ok());
            transform.is_some_and(|transform| is_identity(&transform, 3))
        })
    }

    /// The conversion to linear light in sRGB's primaries, which may be negative. `None` for sRGB itself, and for a
    /// conversion that [`Linear`] can't express.
    #[cfg_attr(not(feature = "jxl-encode"), allow(dead_code, reason = "JPEG XL alone asks for it"))]
    pub(crate) fn linear(&self) -> Option<Linear> {
        self.0.as_ref().and_then(|own| linear(&own.profile))
    }

    /// Converts an sRGB colour to this colour space.
    pub(crate) fn color<S: Sample>(&self, Color { red, green, blue, alpha }: Color) -> [S; 4] {
        let mut color = [red, green, blue, alpha].map(S::of);
        if let Some(own) = &self.0
            && let Ok(transform) = S::transform(&ColorProfile::new_srgb(), Layout::Rgba, &own.profile, Layout::Rgba)
        {
            let srgb = color;
            let _ = transform.transform(&srgb, &mut color); // both are one pixel
        }
        color
    }
}

/// Three curves and a matrix.
#[cfg_attr(not(feature = "jxl-encode"), allow(dead_code, reason = "JPEG XL alone asks for them"))]
pub(crate) struct Linear {
    /// For red, green and blue in turn, the linear light of [`Linear::STEPS`] values from 0 to 1.
    pub(crate) curves: Vec<f32>,
    /// Rows for red, green and blue.
    pub(crate) matrix: [f32; 9],
}

impl Linear {
    pub(crate) const STEPS: usize = 4096;
}

fn linear(profile: &ColorProfile) -> Option<Linear> {
    let table = profile.lut_a_to_b_perceptual.is_some() || profile.lut_a_to_b_colorimetric.is_some();
    // These transfer characteristics define light other than as a fraction of white.
    let absolute = profile.cicp.is_some_and(|codes| matches!(codes.transfer_characteristics as u8, 16 | 18));
    if table || absolute || !profile.is_matrix_shaper() {
        return None;
    }
    let mut curves = Vec::with_capacity(3 * Linear::STEPS);
    for curve in [&profile.red_trc, &profile.green_trc, &profile.blue_trc] {
        let light = curve.as_ref().map(ToneReprCurve::make_linear_evaluator)?.ok()?;
        let last = (Linear::STEPS - 1) as f32;
        curves.extend((0..Linear::STEPS).map(|step| light.evaluate_value(step as f32 / last)));
    }
    let rows = profile.transform_matrix(&ColorProfile::new_srgb()).v;
    let mut matrix = [0.0; 9];
    matrix.iter_mut().zip(rows.as_flattened()).for_each(|(to, from)| *to = *from as f32);
    Some(Linear { curves, matrix })
}

/// The conversion of a source's colours.
pub(crate) struct Conversion<S> {
    /// `None` if pixels stay in their colour space.
    transform: Option<Transform<S>>,
    space: Space,
}

impl<S: Sample> Conversion<S> {
    /// Converts to sRGB or, to keep the colours, from RGB to RGB unchanged. A profile that is unreadable or belongs to
    /// another colour model is ignored, as in browsers.
    pub(crate) fn new(icc: Option<&[u8]>, model: ColorModel, keep: Profiles) -> Self {
        let Some((icc, profile, transform)) = icc.and_then(|icc| {
            let profile = usable(icc, model)?;
            let transform = to_srgb(&profile, model)?;
            Some((icc, profile, transform))
        }) else {
            return Self { transform: None, space: Space::default() };
        };
        let kept = match keep {
            Profiles::None => false,
            Profiles::Simple => linear(&profile).is_some(),
            Profiles::All => true,
        };
        if kept && matches!(model, ColorModel::Rgb | ColorModel::Rgba) {
            return Self { transform: None, space: Space(Some(Rc::new(Own { icc: icc.to_vec(), profile }))) };
        }
        Self { transform: Some(transform), space: Space::default() }
    }

    /// Converts pixels of that model: a whole image or some of its rows.
    pub(crate) fn convert(&self, decoded: Decoded<S>, budget: &Budget) -> Result<Pixels<S>, Error> {
        match &self.transform {
            Some(transform) => convert(decoded, transform, budget),
            None => Ok(without_profile(decoded, budget)?.within(self.space.clone())),
        }
    }
}

/// A profile for ITU-T H.273 code points. `None` for reserved and unknown ones, and for sRGB's primaries with any of
/// the curves that are displayed like sRGB's.
pub(crate) fn of_codes(primaries: u16, transfer: u16) -> Option<Vec<u8>> {
    const SRGB_PRIMARIES: [u16; 2] = [1, 2];
    const SRGB_CURVES: [u16; 6] = [1, 2, 6, 13, 14, 15];
    let srgb = SRGB_PRIMARIES.contains(&primaries) && SRGB_CURVES.contains(&transfer);
    if srgb { None } else { coded(primaries.try_into().ok()?, transfer.try_into().ok()?)?.encode().ok() }
}

fn coded(primaries: u8, transfer: u8) -> Option<ColorProfile> {
    let cicp = CicpProfile {
        color_primaries: primaries.try_into().ok()?,
        transfer_characteristics: transfer.try_into().ok()?,
        matrix_coefficients: MatrixCoefficients::Identity,
        full_range: true,
    };
    Some(ColorProfile::new_from_cicp(cicp))
}

/// The profile, if it is readable and belongs to that colour model.
pub(crate) fn usable(icc: &[u8], model: ColorModel) -> Option<ColorProfile> {
    let space = match model {
        ColorModel::Gray | ColorModel::GrayAlpha => DataColorSpace::Gray,
        ColorModel::Rgb | ColorModel::Rgba => DataColorSpace::Rgb,
        ColorModel::Cmyk => DataColorSpace::Cmyk,
    };
    let profile = ColorProfile::new_from_slice(icc).ok().filter(|profile| profile.color_space == space)?;
    Some(if profile.color_space == DataColorSpace::Gray { of_light(profile) } else { profile })
}

/// Converts a grey profile whose curve yields Lab lightness to one whose curve yields light, as moxcms assumes for
/// every curve.
fn of_light(mut profile: ColorProfile) -> ColorProfile {
    const STEPS: usize = 4096;
    let light = |lightness: f32| {
        let lightness = lightness.clamp(0.0, 1.0) * 100.0;
        if lightness > 8.0 { ((lightness + 16.0) / 116.0).powi(3) } else { lightness / 903.3 } // CIE 15
    };
    if profile.pcs == DataColorSpace::Lab
        && let Some(Ok(curve)) = profile.gray_trc.as_ref().map(ToneReprCurve::make_linear_evaluator)
    {
        let step = |n: usize| light(curve.evaluate_value(n as f32 / (STEPS - 1) as f32));
        profile.gray_trc = Some(ToneReprCurve::Lut((0..STEPS).map(|n| u16::nearest(step(n) * 65_535.0)).collect()));
        profile.pcs = DataColorSpace::Xyz;
    }
    profile
}

/// The transform from a profile to sRGB; `None` if it would change nothing.
fn to_srgb<S: Sample>(profile: &ColorProfile, model: ColorModel) -> Option<Transform<S>> {
    let (from, to) = match model {
        ColorModel::Gray => (Layout::Gray, Layout::Rgb),
        ColorModel::GrayAlpha => (Layout::GrayAlpha, Layout::Rgba),
        ColorModel::Rgb => (Layout::Rgb, Layout::Rgb),
        ColorModel::Rgba => (Layout::Rgba, Layout::Rgba),
        // This layout's four channels hold the four inks.
        ColorModel::Cmyk => (Layout::Rgba, Layout::Rgb),
    };
    let transform = S::transform(profile, from, &ColorProfile::new_srgb(), to).ok()?;
    if model == ColorModel::Cmyk {
        return Some(compensated(profile, transform));
    }
    let identity = from == to && is_identity(&transform, model.channels());
    (!identity).then_some(transform)
}

/// Whether a profile is effectively sRGB: 343 colours keep their values to within one 8-bit step.
fn is_identity<S: Sample>(transform: &Transform<S>, channels: usize) -> bool {
    const STEPS: [u8; 7] = [0, 20, 64, 128, 180, 220, 255];
    const OPAQUE: u8 = 255;
    let color = |n: usize| [STEPS[n / 49], STEPS[n / 7 % 7], STEPS[n % 7], OPAQUE].into_iter().take(channels);
    let colors: Vec<S> = (0..343).flat_map(color).map(S::of).collect();
    let mut converted = vec![S::default(); colors.len()];
    transform.transform(&colors, &mut converted).is_ok()
        && colors.iter().zip(&converted).all(|(a, b)| a.byte().abs_diff(b.byte()) <= 1)
}

/// Converts row by row. If the number of channels stays the same, it works in place, without a second image.
fn convert<S: Sample>(decoded: Decoded<S>, transform: &Transform<S>, budget: &Budget) -> Result<Pixels<S>, Error> {
    let Decoded { size, model, mut data, reservation, .. } = decoded;
    let alpha = matches!(model, ColorModel::GrayAlpha | ColorModel::Rgba);
    let stride = size.width as usize * model.channels();
    if matches!(model, ColorModel::Rgb | ColorModel::Rgba) {
        let mut converted = vec![S::default(); stride];
        for row in data.chunks_exact_mut(stride) {
            transform.transform(row, &mut converted).map_err(internal)?;
            row.copy_from_slice(&converted);
        }
        return Ok(Pixels::from_parts(size, alpha, data, reservation));
    }
    let mut pixels = Pixels::new(size, alpha, budget)?;
    let to = pixels.stride();
    for (row, converted) in data.chunks_exact(stride).zip(pixels.data.chunks_exact_mut(to)) {
        transform.transform(row, converted).map_err(internal)?;
    }
    Ok(pixels)
}

fn without_profile<S: Sample>(decoded: Decoded<S>, budget: &Budget) -> Result<Pixels<S>, Error> {
    let Decoded { size, model, data, reservation, .. } = decoded;
    let alpha = matches!(model, ColorModel::GrayAlpha | ColorModel::Rgba);
    if matches!(model, ColorModel::Rgb | ColorModel::Rgba) {
        return Ok(Pixels::from_parts(size, alpha, data, reservation));
    }
    let mut pixels = Pixels::new(size, alpha, budget)?;
    match model {
        ColorModel::Gray => each::<S, 1, 3>(&data, &mut pixels, |[gray]| [gray; 3]),
        ColorModel::GrayAlpha => each::<S, 2, 4>(&data, &mut pixels, |[gray, alpha]| [gray, gray, gray, alpha]),
        _ => each::<S, 4, 3>(&data, &mut pixels, |[c, m, y, k]| [light(c, k), light(m, k), light(y, k)]),
    }
    Ok(pixels)
}

fn each<S: Sample, const FROM: usize, const TO: usize>(
    data: &[S],
    pixels: &mut Pixels<S>,
    f: impl Fn([S; FROM]) -> [S; TO],
) {
    let (from, _) = data.as_chunks::<FROM>();
    let (to, _) = pixels.data.as_chunks_mut::<TO>();
    from.iter().zip(to).for_each(|(from, to)| *to = f(*from));
}

/// The light that white paper reflects through one ink and black.
fn light<S: Sample>(ink: S, black: S) -> S {
    let [most, ink, black]: [u32; 3] = [S::MAX, ink, black].map(Into::into);
    let product = (most - ink) * (most - black);
    S::of_number(u64::from((product + most / 2) / most))
}
