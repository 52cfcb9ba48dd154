//! Converts samples to RGB or grey (ITU-T H.273 §8.3).

use std::marker::PhantomData;

use crate::Error;
use crate::sample::Sample;

/// A colour space as code points of ITU-T H.273.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Nclx {
    /// Colour primaries.
    pub primaries: u16,
    /// Transfer characteristics.
    pub transfer: u16,
    /// Matrix coefficients of the stored samples; decoded pixels are always RGB.
    pub matrix: u16,
    /// Whether samples use the full range of values.
    pub full_range: bool,
}

/// The chroma subsampling.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Chroma {
    /// 4:0:0.
    None,
    /// 4:2:0: one sample per two columns and two rows.
    Quarter,
    /// 4:2:2: one sample per two columns.
    Half,
    /// 4:4:4.
    Full,
}

impl Chroma {
    pub(crate) fn halves_columns(self) -> bool {
        matches!(self, Self::Quarter | Self::Half)
    }

    pub(crate) fn halves_rows(self) -> bool {
        self == Self::Quarter
    }

    /// The number of samples per two pixels, in all planes.
    pub(crate) fn samples(self) -> u64 {
        match self {
            Self::None => 2,
            Self::Quarter => 3,
            Self::Half => 4,
            Self::Full => 6,
        }
    }
}

/// What turns samples of one depth, range and matrix into those of pixels. Numbers are fixed-point.
pub(crate) struct Conversion<S> {
    /// Black, and the factor of luma.
    black: i32,
    luma: i32,
    /// The value of neutral chroma.
    middle: i32,
    /// The weights of each chroma in red, green (two weights) and blue. `None`: the planes are green, blue and red.
    chroma: Option<[i32; 4]>,
    sample: PhantomData<S>,
}

impl<S: Sample> Conversion<S> {
    pub(crate) fn new(bits: u8, nclx: Nclx, chroma: Chroma) -> Result<Self, Error> {
        let scale = 1 << (bits - 8);
        let (black, white, extent) = match nclx.full_range {
            true => (0, (256 * scale) - 1, (256 * scale) - 1),
            false => (16 * scale, 219 * scale, 224 * scale),
        };
        let fixed = |value: f64| (value * f64::from(1 << S::SHIFT)).round() as i32;
        let most = f64::from(S::MAX);
        let luma = fixed(most / f64::from(white));
        let middle = 128 * scale;
        if nclx.matrix == 0 && chroma.halves_columns() {
            return Err(Error::Malformed("the identity matrix is for 4:4:4 only"));
        }
        if nclx.matrix == 0 || chroma == Chroma::None {
            return Ok(Self { black, luma, middle, chroma: None, sample: PhantomData });
        }
        let (red, blue) = weights(nclx)?;
        let green = 1.0 - red - blue;
        let unit = 2.0 * most / f64::from(extent);
        let (cr, cb) = (unit * (1.0 - red), unit * (1.0 - blue));
        let factors = [cr, -cb * blue / green, -cr * red / green, cb].map(fixed);
        Ok(Self { black, luma, middle, chroma: Some(factors), sample: PhantomData })
    }

    fn gray(&self, sample: u16) -> i32 {
        (i32::from(sample) - self.black) * self.luma + (1 << (S::SHIFT - 1))
    }

    /// Luma alone.
    pub(crate) fn to_gray(&self, luma: &[u16], pixels: &mut [S]) {
        for (pixel, &sample) in pixels.iter_mut().zip(luma) {
            *pixel = value(self.gray(sample));
        }
    }

    /// All three planes, each with a sample for every pixel.
    pub(crate) fn to_rgb(&self, [first, second, third]: [&[u16]; 3], pixels: &mut [S]) {
        let samples = first.iter().zip(second).zip(third);
        let pixels = pixels.as_chunks_mut::<3>().0.iter_mut().zip(samples);
        let Some([red, green_blue, green_red, blue]) = self.chroma else {
            for (pixel, ((&green, &blue), &red)) in pixels {
                *pixel = [red, green, blue].map(|sample| value(self.gray(sample)));
            }
            return;
        };
        for (pixel, ((&luma, &cb), &cr)) in pixels {
            let (luma, cb, cr) = (self.gray(luma), i32::from(cb) - self.middle, i32::from(cr) - self.middle);
            *pixel = [luma + red * cr, luma + green_blue * cb + green_red * cr, luma + blue * cb].map(value);
        }
    }
}

fn value<S: Sample>(number: i32) -> S {
    S::of((number >> S::SHIFT).clamp(0, S::MAX as i32) as u32)
}

/// The weights of red and blue in luma (ITU-T H.273 table 4). An unspecified matrix means BT.601's, as is common
/// practice.
fn weights(nclx: Nclx) -> Result<(f64, f64), Error> {
    match nclx.matrix {
        2 | 5 | 6 => Ok((0.299, 0.114)),
        1 => Ok((0.2126, 0.0722)),
        4 => Ok((0.30, 0.11)),
        7 => Ok((0.212, 0.087)),
        9 => Ok((0.2627, 0.0593)),
        // Derived from the primaries of BT.709, BT.2020 and Display P3.
        12 if nclx.primaries == 1 => Ok((0.2126, 0.0722)),
        12 if nclx.primaries == 9 => Ok((0.2627, 0.0593)),
        12 if nclx.primaries == 12 => Ok((0.2290, 0.0793)),
        other => {
            Err(Error::Unsupported(format!("matrix coefficients {other}: known are 0, 1, 2, 4, 5, 6, 7, 9 and 12")))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NCLX: Nclx = Nclx { primaries: 1, transfer: 13, matrix: 6, full_range: true };

    fn convert<S: Sample>(bits: u8, nclx: Nclx, samples: [u16; 3]) -> [S; 3] {
        let conversion = Conversion::new(bits, nclx, Chroma::Full).expect("a known matrix");
        let mut pixel = [S::default(); 3];
        conversion.to_rgb(samples.each_ref().map(std::slice::from_ref), &mut pixel);
        pixel
    }

    #[test]
    fn samples_are_the_standards_colors() {
        let limited = Nclx { full_range: false, ..NCLX };
        let cases = [
            (8, NCLX, [255, 128, 128], [255, 255, 255]),
            (8, NCLX, [76, 85, 255], [254, 0, 0]),
            (8, limited, [16, 128, 128], [0, 0, 0]),
            (8, limited, [235, 128, 128], [255, 255, 255]),
            (8, Nclx { matrix: 1, ..limited }, [63, 102, 240], [255, 0, 0]),
            (8, Nclx { matrix: 0, ..NCLX }, [1, 2, 3], [3, 1, 2]),
            (10, limited, [940, 512, 512], [255, 255, 255]),
            (10, Nclx { matrix: 9, ..NCLX }, [512, 512, 512], [128, 128, 128]),
            (12, NCLX, [4095, 2048, 2048], [255, 255, 255]),
        ];
        for (bits, nclx, samples, expected) in cases {
            let found = convert::<u8>(bits, nclx, samples);
            let near = found.iter().zip(expected).all(|(found, right)| found.abs_diff(right) <= 1);
            assert!(near, "{bits} bits, {nclx:?}, {samples:?}: {found:?}");
            let wide = convert::<u16>(bits, nclx, samples);
            let near = wide.iter().zip(expected).all(|(found, right)| found.abs_diff(u16::from(right) * 257) <= 257);
            assert!(near, "{bits} bits, {nclx:?}, {samples:?}: {wide:?}");
        }
    }

    /// What lies between two values of 8 bits stays there, and no sample leaves 32 bits.
    #[test]
    fn sixteen_bits_keep_ten_and_twelve() {
        let limited = Nclx { full_range: false, matrix: 9, ..NCLX };
        for (bits, nclx) in [(8, NCLX), (10, NCLX), (12, NCLX), (8, limited), (10, limited), (12, limited)] {
            let (scale, most) = (1 << (bits - 8), (1u16 << bits) - 1);
            let (black, white) =
                if nclx.full_range { (0, f64::from(most)) } else { (16 * scale, f64::from(219 * scale)) };
            for luma in 0..=most {
                let [red, green, blue] = convert::<u16>(bits, nclx, [luma, 128 * scale, 128 * scale]);
                let right = ((f64::from(luma) - f64::from(black)) * 65_535.0 / white).clamp(0.0, 65_535.0);
                assert!((f64::from(red) - right).abs() <= 1.0, "{bits} bits, {luma}: {red}, and not {right}");
                assert_eq!((red, green), (green, blue));
            }
            for corner in [[0, most, most], [most, 0, most], [most, most, 0], [most; 3]] {
                let _ = convert::<u16>(bits, nclx, corner);
            }
        }
    }

    #[test]
    fn what_cannot_be_converted_is_named() {
        assert!(Conversion::<u8>::new(8, Nclx { matrix: 0, ..NCLX }, Chroma::Quarter).is_err());
        let unknown = Conversion::<u8>::new(8, Nclx { matrix: 14, ..NCLX }, Chroma::Full);
        assert!(matches!(unknown, Err(Error::Unsupported(_))));
    }
}
