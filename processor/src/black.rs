//! Black point compensation: the darkest that a press can print is shown as black, as Photoshop and libvips do it, and what
//! lies between it and white is spread (ISO 18619).

use std::sync::Arc;

use moxcms::{CmsError, ColorProfile, ProfileVersion, TransformExecutor};

use crate::sample::{Sample, Transform};

/// A way to sRGB, and what a channel of that becomes.
struct Compensated<S> {
    transform: Transform<S>,
    /// For every value of a channel.
    table: Vec<S>,
}

impl<S: Sample> TransformExecutor<S> for Compensated<S> {
    fn transform(&self, from: &[S], to: &mut [S]) -> Result<(), CmsError> {
        self.transform.transform(from, to)?;
        for sample in to {
            let value: u32 = (*sample).into();
            *sample = self.table[value as usize];
        }
        Ok(())
    }
}

/// The light of perceptual black in profiles of version 4, where white is 1 (ICC.1:2022 §6.3.4.3).
const PERCEPTUAL: f32 = 0.003_473_1;

/// No more light than this is black, whatever a profile has for full ink: L* 50, as lcms bounds it.
const BRIGHTEST: f32 = 0.184_187;

/// The same `transform` from four inks to sRGB, so that all ink of `profile` is black. It is grey: a shift and a stretch of
/// light, which are the same for red, green and blue.
pub(crate) fn compensated<S: Sample>(profile: &ColorProfile, transform: Transform<S>) -> Transform<S> {
    let black = match profile.version() {
        version if version < ProfileVersion::V4_0 => darkest(&transform),
        _ => PERCEPTUAL,
    };
    stretched(transform, black)
}

/// `black` of all light becomes none.
fn stretched<S: Sample>(transform: Transform<S>, black: f32) -> Transform<S> {
    let (most, last): (f32, u32) = (S::MAX.into(), S::MAX.into());
    let of = |number: u32| {
        let light = (light(number as f32 / most) - black) / (1.0 - black);
        S::nearest(value(light.clamp(0.0, 1.0)) * most)
    };
    Arc::new(Compensated { transform, table: (0..=last).map(of).collect() })
}

/// The light of all inks together.
fn darkest<S: Sample>(transform: &Transform<S>) -> f32 {
    let mut color = [S::default(); 3];
    if transform.transform(&[S::MAX; 4], &mut color).is_err() {
        return 0.0;
    }
    let most: f32 = S::MAX.into();
    let [red, green, blue] = color.map(|sample| light(Into::<f32>::into(sample) / most));
    (0.2126 * red + 0.7152 * green + 0.0722 * blue).min(BRIGHTEST)
}

/// sRGB's curve (IEC 61966-2-1), and the way back.
fn light(value: f32) -> f32 {
    if value <= 0.040_45 { value / 12.92 } else { ((value + 0.055) / 1.055).powf(2.4) }
}

fn value(light: f32) -> f32 {
    if light <= 0.003_130_8 { light * 12.92 } else { 1.055 * light.powf(1.0 / 2.4) - 0.055 }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A press whose paper is white and whose full ink is 35.
    struct Press;

    impl TransformExecutor<u8> for Press {
        fn transform(&self, from: &[u8], to: &mut [u8]) -> Result<(), CmsError> {
            for (inks, color) in from.chunks_exact(4).zip(to.chunks_exact_mut(3)) {
                color.fill(255 - (u16::from(inks[3]) * 220 / 255) as u8);
            }
            Ok(())
        }
    }

    #[test]
    fn the_darkest_is_black_and_white_stays() {
        let press: Transform<u8> = Arc::new(Press);
        let black = darkest(&press);
        assert!((black - light(35.0 / 255.0)).abs() < 1e-6, "{black}");
        let mut colors = [1; 9];
        let inks = [255, 255, 255, 255, 0, 0, 0, 0, 0, 0, 0, 128];
        stretched(press, black).transform(&inks, &mut colors).expect("three pixels");
        assert_eq!(colors[..6], [0, 0, 0, 255, 255, 255]);
        assert!((138..145).contains(&colors[6]), "145 without: {colors:?}");
    }

    #[test]
    fn the_curve_leads_back() {
        for step in 0..=255u8 {
            let there = f32::from(step) / 255.0;
            assert!((value(light(there)) - there).abs() < 1e-5, "{step}");
        }
    }
}
