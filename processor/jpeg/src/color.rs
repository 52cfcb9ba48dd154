//! YCbCr to RGB (JFIF 1.02), bit-exact with libjpeg's 16-bit fixed point.

#[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
mod simd;

/// Converts as many pixels as the planes have samples.
pub(crate) fn rgb(y: &[u8], cb: &[u8], cr: &[u8], out: &mut [u8]) {
    #[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
    let done = simd::rgb(y, cb, cr, out);
    #[cfg(not(all(target_arch = "wasm32", target_feature = "simd128")))]
    let done = 0;
    portable(&y[done..], &cb[done..], &cr[done..], &mut out[3 * done..]);
}

/// Without SIMD: the reference for tests of the SIMD version.
pub(crate) fn portable(y: &[u8], cb: &[u8], cr: &[u8], out: &mut [u8]) {
    for (((pixel, y), cb), cr) in out.as_chunks_mut::<3>().0.iter_mut().zip(y).zip(cb).zip(cr) {
        *pixel = convert(*y, *cb, *cr);
    }
}

/// Converts one pixel.
#[inline(always)]
pub(crate) fn convert(y: u8, cb: u8, cr: u8) -> [u8; 3] {
    let (y, cb, cr) = (i32::from(y), i32::from(cb) - 128, i32::from(cr) - 128);
    let half = 1 << 15;
    let red = y + ((91_881 * cr + half) >> 16);
    let green = y + ((-22_554 * cb - 46_802 * cr + half) >> 16);
    let blue = y + ((116_130 * cb + half) >> 16);
    [red, green, blue].map(|level| level.clamp(0, 255) as u8)
}

/// Interleaves the planes' samples, applying `f` to each pixel.
pub(crate) fn interleave<const N: usize>(planes: [&[u8]; N], out: &mut [u8], f: impl Fn([u8; N]) -> [u8; N]) {
    for (at, pixel) in out.as_chunks_mut::<N>().0.iter_mut().enumerate() {
        *pixel = f(planes.map(|plane| plane[at]));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn greys_stay_and_primaries_come_out() {
        for y in 0..=255 {
            assert_eq!(convert(y, 128, 128), [y; 3]);
        }
        assert_eq!(convert(76, 85, 255), [254, 0, 0]);
        assert_eq!(convert(29, 255, 107), [0, 0, 254]);
    }
}
