//! The colour space that a PNG's chunks define.

use moxcms::{Chromaticity, ColorPrimaries, ColorProfile, ToneReprCurve, XyY};

use crate::color;

/// The chunks cICP, sRGB, gAMA and cHRM (PNG 3 §11.3.2), each if present.
#[derive(Default)]
pub(super) struct Colors {
    pub(super) gray: bool,
    /// Primaries and transfer characteristics.
    codes: Option<(u8, u8)>,
    srgb: bool,
    /// The encoding exponent, times 100,000.
    gamma: Option<u32>,
    /// x and y of white, red, green and blue, times 100,000.
    chromaticities: Option<[u32; 8]>,
}

impl Colors {
    /// Stores a chunk if it is one of these.
    pub(super) fn read(&mut self, kind: &[u8; 4], contents: &[u8]) {
        let number =
            |at: usize| contents.get(at..).and_then(<[u8]>::first_chunk).map(|bytes| u32::from_be_bytes(*bytes));
        match (kind, contents) {
            // RGB in full range: a PNG has no other.
            (b"cICP", [primaries, transfer, 0, 1]) => self.codes = Some((*primaries, *transfer)),
            (b"sRGB", _) => self.srgb = true,
            (b"gAMA", _) => self.gamma = number(0).filter(|gamma| *gamma > 0),
            (b"cHRM", _) if contents.len() == 32 => {
                self.chromaticities = Some(std::array::from_fn(|n| number(4 * n).unwrap_or(0)));
            }
            _ => {}
        }
    }

    /// The effective profile: from cICP, else from iCCP, else sRGB if there is an sRGB chunk, else from gAMA and cHRM
    /// (PNG 3 §4.3). `None` for sRGB.
    pub(super) fn profile(&self, icc: Option<Vec<u8>>) -> Option<Vec<u8>> {
        match self.codes {
            Some((primaries, transfer)) if !self.gray => color::of_codes(primaries.into(), transfer.into()),
            // Grey is neutral with any code points, except those of high dynamic range.
            Some(_) => None,
            None if icc.is_some() => icc,
            None if self.srgb => None,
            None => self.measured(),
        }
    }

    fn measured(&self) -> Option<Vec<u8>> {
        let curve = self.gamma.and_then(curve);
        if self.gray {
            let mut gray = ColorProfile::new_gray_with_gamma(1.0);
            gray.gray_trc = Some(curve?);
            return gray.encode().ok();
        }
        if curve.is_none() && self.chromaticities.is_none() {
            return None;
        }
        let mut profile = ColorProfile::new_srgb();
        profile.cicp = None;
        if let Some(curve) = curve {
            profile.red_trc = Some(curve.clone());
            profile.green_trc = Some(curve.clone());
            profile.blue_trc = Some(curve);
        }
        if let Some([white_x, white_y, points @ ..]) = self.chromaticities {
            let share = |number: u32| f64::from(number) / 100_000.0;
            let point = |n: usize| Chromaticity { x: share(points[n]) as f32, y: share(points[n + 1]) as f32 };
            if white_y == 0 || (0..3).any(|n| points[2 * n + 1] == 0) {
                return None;
            }
            let primaries = ColorPrimaries { red: point(0), green: point(2), blue: point(4) };
            profile.update_rgb_colorimetry(XyY { x: share(white_x), y: share(white_y), yb: 1.0 }, primaries);
        }
        profile.encode().ok()
    }
}

/// `None` for a gamma meant to be sRGB's: within a twentieth of 1/2.2, the tolerance of libpng.
fn curve(gamma: u32) -> Option<ToneReprCurve> {
    let gamma = f64::from(gamma) / 100_000.0;
    let near = (gamma * 2.2 - 1.0).abs() < 0.05;
    (!near).then(|| ToneReprCurve::Parametric(vec![(1.0 / gamma) as f32]))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn colors(chunks: &[(&[u8; 4], &[u8])]) -> Colors {
        let mut colors = Colors::default();
        chunks.iter().for_each(|(kind, contents)| colors.read(kind, contents));
        colors
    }

    #[test]
    fn the_chunk_that_says_most_counts() {
        let icc = || Some(vec![1]);
        let gamma = 100_000u32.to_be_bytes();
        let linear: (&[u8; 4], &[u8]) = (b"gAMA", &gamma);
        let usual = 45_455u32.to_be_bytes();
        let p3: (&[u8; 4], &[u8]) = (b"cICP", &[12, 13, 0, 1]);
        assert!(colors(&[p3, linear]).profile(icc()).is_some_and(|profile| profile.len() > 100), "cICP before iCCP");
        assert_eq!(colors(&[(b"cICP", &[1, 13, 0, 1])]).profile(icc()), None, "sRGB by its codes");
        assert_eq!(colors(&[(b"sRGB", &[0]), linear]).profile(icc()), icc(), "iCCP before sRGB");
        assert_eq!(colors(&[(b"sRGB", &[0]), linear]).profile(None), None, "sRGB before gAMA");
        assert!(colors(&[linear]).profile(None).is_some());
        assert_eq!(colors(&[(b"gAMA", &usual)]).profile(None), None);
        assert_eq!(colors(&[(b"cICP", &[12, 13, 6, 1])]).profile(None), None, "no luma in a PNG");
    }
}
