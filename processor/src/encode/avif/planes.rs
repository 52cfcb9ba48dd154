//! Converts RGB to AV1's planes: one of luma and two of chroma, or one of alpha.

use darkroom_rav1e::Frame;
use darkroom_rav1e::prelude::Plane;

use crate::pixels::Pixels;
use crate::sample::Sample;

/// The number of fractional bits in fixed point.
const FRACTION: u32 = 16;

/// A sample's conversions for fixed-point arithmetic.
pub(super) trait Fine: Sample {
    /// The scale of the largest sample: few enough bits for a sum of four samples, and more than the result's ten.
    const FINEST: f64;
    /// The weights of red, green and blue in luma and both chromas: BT.601, full range.
    const WEIGHTS: [[i32; 3]; 3] = weights(Self::FINEST);

    /// From 0 to [`Self::FINEST`].
    fn fine(self) -> i32;

    /// From 0 to 1023.
    fn ten_bits(self) -> u16;
}

impl Fine for u8 {
    const FINEST: f64 = 255.0;

    fn fine(self) -> i32 {
        self.into()
    }

    fn ten_bits(self) -> u16 {
        u16::from(self) << 2 | u16::from(self) >> 6
    }
}

impl Fine for u16 {
    const FINEST: f64 = 4095.0;

    fn fine(self) -> i32 {
        (i32::from(self) * 4095 + 32_767) / 65_535
    }

    fn ten_bits(self) -> u16 {
        ((u32::from(self) * 1023 + 32_767) / 65_535) as u16
    }
}

/// The middle of the range, the zero point of chroma.
const MIDDLE: i32 = 512;

const fn weights(finest: f64) -> [[i32; 3]; 3] {
    // The order of these operations keeps the results unchanged.
    let one = 1023.0 / finest * (1 << FRACTION) as f64;
    [
        fixed([0.299, 0.587, 0.114], one),
        fixed([-0.168_736, -0.331_264, 0.5], one),
        fixed([0.5, -0.418_688, -0.081_312], one),
    ]
}

const fn fixed([red, green, blue]: [f64; 3], one: f64) -> [i32; 3] {
    [(red * one) as i32, (green * one) as i32, (blue * one) as i32]
}

/// Blocks of the same length as the blocks of AV1's transforms.
const BLOCK: usize = 16;

/// An image, and for each of its blocks the colour that replaces transparent pixels there: the mean of the visible
/// ones, or the previous block's colour. Invisible pixels cost the fewest bytes that way.
pub(super) struct Planes<'a, S> {
    pixels: &'a Pixels<S>,
    hidden: Vec<[S; 3]>,
}

impl<'a, S: Fine> Planes<'a, S> {
    pub(super) fn new(pixels: &'a Pixels<S>) -> Self {
        let hidden = if pixels.alpha { hidden(pixels) } else { Vec::new() };
        Self { pixels, hidden }
    }

    /// Fills luma and chroma. If `halved`, chroma has half the resolution along both axes.
    pub(super) fn color(&self, frame: &mut Frame<u16>, halved: bool) {
        for (plane, weights) in frame.planes.iter_mut().zip(S::WEIGHTS) {
            let chroma = weights != S::WEIGHTS[0];
            let step = if chroma && halved { 2 } else { 1 };
            let middle = if chroma { MIDDLE } else { 0 };
            self.fill(plane, step, |colors| {
                let sums = colors.into_iter().zip(weights).map(|(sum, weight)| sum * weight).sum::<i32>();
                let shift = FRACTION + (step as u32 - 1) * 2;
                (((sums + (1 << (shift - 1))) >> shift) + middle).clamp(0, 1023) as u16
            });
        }
    }

    /// Fills the only plane with the pixels' alpha.
    pub(super) fn alpha(&self, frame: &mut Frame<u16>) {
        let (width, height) = self.size();
        for (y, row) in frame.planes[0].mut_slice(Default::default()).rows_iter_mut().take(height).enumerate() {
            for (sample, pixel) in row.iter_mut().zip(self.row(y)).take(width) {
                *sample = pixel[3].ten_bits();
            }
        }
    }

    fn size(&self) -> (usize, usize) {
        (self.pixels.size.width as usize, self.pixels.size.height as usize)
    }

    fn row(&self, y: usize) -> std::slice::ChunksExact<'_, S> {
        let stride = self.pixels.stride();
        self.pixels.data[y * stride..][..stride].chunks_exact(self.pixels.channels())
    }

    /// Computes each sample from the sums of red, green and blue over `step` × `step` pixels; at the right and lower
    /// edges the last pixels are repeated.
    fn fill(&self, plane: &mut Plane<u16>, step: usize, sample: impl Fn([i32; 3]) -> u16) {
        let (width, height) = self.size();
        let rows = plane.mut_slice(Default::default());
        let mut sums = vec![[0; 3]; width.div_ceil(step)];
        for (at, row) in { rows }.rows_iter_mut().take(height.div_ceil(step)).enumerate() {
            sums.fill([0; 3]);
            for y in (at * step..).take(step) {
                self.add(y.min(height - 1), step, &mut sums);
            }
            row.iter_mut().zip(&sums).for_each(|(to, sums)| *to = sample(*sums));
        }
    }

    fn add(&self, y: usize, step: usize, sums: &mut [[i32; 3]]) {
        let mut last = [S::default(); 3];
        for (x, pixel) in self.row(y).enumerate() {
            last = self.color_of(x, y, pixel);
            add(&mut sums[x / step], last);
        }
        let missing = sums.len() * step - self.size().0;
        if let Some(sum) = sums.last_mut() {
            (0..missing).for_each(|_| add(sum, last));
        }
    }

    fn color_of(&self, x: usize, y: usize, pixel: &[S]) -> [S; 3] {
        match pixel {
            [.., alpha] if self.pixels.alpha && *alpha == S::default() => {
                self.hidden[y / BLOCK * self.size().0.div_ceil(BLOCK) + x / BLOCK]
            }
            _ => [pixel[0], pixel[1], pixel[2]],
        }
    }
}

fn add<S: Fine>(sum: &mut [i32; 3], color: [S; 3]) {
    sum.iter_mut().zip(color).for_each(|(sum, channel)| *sum += channel.fine());
}

fn hidden<S: Sample>(pixels: &Pixels<S>) -> Vec<[S; 3]> {
    let (width, height) = (pixels.size.width as usize, pixels.size.height as usize);
    let columns = width.div_ceil(BLOCK);
    let mut sums = vec![[0_u32; 4]; columns * height.div_ceil(BLOCK)];
    for (at, pixel) in pixels.data.chunks_exact(4).enumerate() {
        if pixel[3] > S::default() {
            let seen = [pixel[0].into(), pixel[1].into(), pixel[2].into(), 1];
            let sum = &mut sums[at / width / BLOCK * columns + at % width / BLOCK];
            sum.iter_mut().zip(seen).for_each(|(sum, one): (&mut u32, u32)| *sum += one);
        }
    }
    let mut last = [S::default(); 3];
    let mean = |[red, green, blue, count]: [u32; 4]| {
        if count > 0 {
            last = [red, green, blue].map(|sum| S::of_number((sum / count).into()));
        }
        last
    };
    sums.into_iter().map(mean).collect()
}

#[cfg(test)]
mod tests {
    use darkroom_rav1e::prelude::ChromaSampling;
    use darkroom_recipe::Size;

    use super::*;
    use crate::budget::Budget;

    fn frame(width: u32, height: u32, channels: usize, data: &[u8], sampling: ChromaSampling) -> Vec<Vec<u16>> {
        let mut pixels =
            Pixels::<u8>::new(Size { width, height }, channels == 4, &Budget::new(10_000)).expect("memory");
        pixels.data.copy_from_slice(data);
        let (width, height) = (width as usize, height as usize);
        let mut frame = Frame::new_with_padding(width, height, sampling, 0);
        Planes::new(&pixels).color(&mut frame, sampling == ChromaSampling::Cs420);
        let rows = |plane: &Plane<u16>| {
            let cfg = &plane.cfg;
            let (width, height) = ((width + cfg.xdec) >> cfg.xdec, (height + cfg.ydec) >> cfg.ydec);
            plane.rows_iter().take(height).flat_map(|row| row[..width].to_vec()).collect()
        };
        frame.planes.iter().map(rows).collect()
    }

    #[test]
    fn colors_are_those_of_bt_601_in_full_range() {
        let (white, black, red, blue) = ([255; 3], [0; 3], [255, 0, 0], [0, 0, 255]);
        let found = frame(4, 1, 3, [white, black, red, blue].as_flattened(), ChromaSampling::Cs444);
        assert_eq!(found, [[1023, 0, 306, 117], [512, 512, 339, 1023], [512, 512, 1023, 429]]);
    }

    #[test]
    fn halved_chroma_is_the_mean_and_edges_count_again() {
        let (red, black) = ([255, 0, 0], [0; 3]);
        let found = frame(3, 1, 3, [red, black, red].as_flattened(), ChromaSampling::Cs420);
        assert_eq!(found[1..], [[426, 339], [768, 1023]]);
    }

    #[test]
    fn transparent_pixels_take_the_color_of_what_is_seen_around_them() {
        let (red, clear) = ([255, 0, 0, 255], [0, 255, 0, 0]);
        let found = frame(2, 1, 4, [red, clear].as_flattened(), ChromaSampling::Cs444);
        assert_eq!(found, [[306, 306], [339, 339], [1023, 1023]]);
    }
}
