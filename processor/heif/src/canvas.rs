//! Assembles rows of tiles into the image: cropped, reduced by averaging, with alpha.

use crate::geometry::Rect;
use crate::sample::Sample;

/// Alpha for every stored pixel.
pub(crate) struct Alpha<S> {
    pub(crate) width: usize,
    pub(crate) height: usize,
    pub(crate) data: Vec<S>,
    /// Whether colours are stored times alpha.
    pub(crate) premultiplied: bool,
}

/// What an image is painted on, and how.
pub(crate) struct Canvas<'a, S> {
    plan: Plan,
    alpha: Option<&'a Alpha<S>>,
    /// Of the image that is painted, uncropped: an alpha of another size is stretched to it.
    stored: (usize, usize),
    data: Vec<S>,
    /// Rows that are not complete, as a ring. At full size 16 bits of colour times 16 of alpha fit.
    sums: Vec<u32>,
    /// The first incomplete row.
    first: usize,
}

/// The sizes that follow from a crop and a reduction.
#[derive(Clone, Copy)]
pub(crate) struct Plan {
    pub(crate) crop: Rect,
    /// Stored pixels per output pixel, along both axes: 1, 2, 4 or 8.
    pub(crate) reduction: u32,
    /// 1 (grey) or 3.
    pub(crate) colors: usize,
    pub(crate) alpha: bool,
    /// The number of stored rows that may arrive in any order.
    pub(crate) band: u32,
}

impl Plan {
    pub(crate) fn width(&self) -> usize {
        self.crop.width.div_ceil(self.reduction) as usize
    }

    pub(crate) fn height(&self) -> usize {
        self.crop.height.div_ceil(self.reduction) as usize
    }

    pub(crate) fn channels(&self) -> usize {
        self.colors + usize::from(self.alpha)
    }

    fn stride(&self) -> usize {
        self.width() * self.channels()
    }

    /// Whether rows are copied unchanged.
    fn copies(&self) -> bool {
        self.reduction == 1 && !self.alpha
    }

    /// Rows in the ring: those of a band, plus one shared with each neighbour.
    fn ring(&self) -> usize {
        if self.copies() { 0 } else { (self.band / self.reduction) as usize + 2 }
    }

    /// Bytes that a canvas of such samples takes.
    pub(crate) fn memory<S>(&self) -> u64 {
        let row = self.stride() as u64;
        row * self.height() as u64 * size_of::<S>() as u64 + row * self.ring() as u64 * 4
    }
}

impl<'a, S: Sample> Canvas<'a, S> {
    pub(crate) fn new(plan: Plan, alpha: Option<&'a Alpha<S>>, stored: (u32, u32)) -> Self {
        let stored = (stored.0 as usize, stored.1 as usize);
        let data = vec![S::default(); plan.stride() * plan.height()];
        let sums = vec![0; plan.stride() * plan.ring()];
        Self { plan, alpha, stored, data, sums, first: 0 }
    }

    pub(crate) fn shows_row(&self, y: usize) -> bool {
        let crop = self.plan.crop;
        (crop.y as usize..(crop.y + crop.height) as usize).contains(&y)
    }

    /// Paints pixels of the stored row `y`, which is shown, from column `x` on.
    pub(crate) fn add(&mut self, x: usize, y: usize, pixels: &[S]) {
        let (plan, crop) = (self.plan, self.plan.crop);
        let colors = plan.colors;
        let start = x.max(crop.x as usize);
        let end = (x + pixels.len() / colors).min((crop.x + crop.width) as usize);
        if start >= end {
            return;
        }
        let pixels = &pixels[(start - x) * colors..(end - x) * colors];
        let (column, row) = (start - crop.x as usize, y - crop.y as usize);
        if plan.copies() {
            let place = row * plan.stride() + column * colors;
            self.data[place..place + pixels.len()].copy_from_slice(pixels);
            return;
        }
        let ring = row / plan.reduction as usize % plan.ring() * plan.stride();
        let sums = &mut self.sums[ring..ring + plan.stride()];
        match self.alpha {
            None => add(sums, column, plan.reduction, pixels, colors),
            Some(alpha) => {
                let line = &alpha.data[y * alpha.height / self.stored.1 * alpha.width..][..alpha.width];
                let at = |x: usize| -> u32 { line[(start + x) * alpha.width / self.stored.0].into() };
                for (x, pixel) in pixels.chunks_exact(colors).enumerate() {
                    let place = (column + x) / plan.reduction as usize * plan.channels();
                    let weight = if alpha.premultiplied { S::MAX } else { at(x) };
                    for (sum, &color) in sums[place..].iter_mut().zip(pixel) {
                        *sum += color.into() * weight;
                    }
                    sums[place + colors] += at(x);
                }
            }
        }
    }

    /// Completes the stored rows above `y`, which have all been added.
    pub(crate) fn finish(&mut self, y: usize) {
        let (plan, crop) = (self.plan, self.plan.crop);
        if plan.copies() {
            return;
        }
        let painted = y.saturating_sub(crop.y as usize).min(crop.height as usize);
        let complete = if painted == crop.height as usize { plan.height() } else { painted / plan.reduction as usize };
        while self.first < complete {
            self.average(self.first);
            self.first += 1;
        }
    }

    fn average(&mut self, row: usize) {
        let (plan, colors) = (self.plan, self.plan.colors);
        let side = |place: usize, length: u32| plan.reduction.min(length - place as u32 * plan.reduction);
        let rows = side(row, plan.crop.height);
        let ring = row % plan.ring() * plan.stride();
        let sums = &mut self.sums[ring..ring + plan.stride()];
        let data = &mut self.data[row * plan.stride()..][..plan.stride()];
        let pixels = data.chunks_exact_mut(plan.channels()).zip(sums.chunks_exact(plan.channels()));
        for (x, (pixel, sums)) in pixels.enumerate() {
            let count = rows * side(x, plan.crop.width);
            let weight = sums.get(colors).map_or(count, |&alpha| alpha);
            for (value, &sum) in pixel.iter_mut().zip(&sums[..colors]) {
                *value = S::of((sum + weight / 2).checked_div(weight).unwrap_or(0).min(S::MAX));
            }
            if let Some(alpha) = pixel.get_mut(colors) {
                *alpha = S::of((weight + count / 2) / count);
            }
        }
        sums.fill(0);
    }

    /// The pixels.
    pub(crate) fn into_data(self) -> Vec<S> {
        self.data
    }
}

/// Adds up pixels without alpha.
fn add<S: Sample>(sums: &mut [u32], column: usize, reduction: u32, pixels: &[S], colors: usize) {
    let shift = reduction.trailing_zeros();
    for (x, pixel) in pixels.chunks_exact(colors).enumerate() {
        let place = ((column + x) >> shift) * colors;
        for (sum, &color) in sums[place..place + colors].iter_mut().zip(pixel) {
            *sum += color.into();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plan(reduction: u32, alpha: bool) -> Plan {
        Plan { crop: Rect { x: 1, y: 1, width: 3, height: 3 }, reduction, colors: 1, alpha, band: 4 }
    }

    fn paint(plan: Plan, alpha: Option<&Alpha<u8>>) -> Vec<u8> {
        let mut canvas = Canvas::new(plan, alpha, (4, 4));
        let rows = [[0, 1, 2, 3], [4, 10, 20, 30], [5, 30, 40, 50], [6, 70, 80, 90]];
        // As two tiles, the right one first.
        for half in [2, 0] {
            for (y, row) in rows.iter().enumerate().filter(|(y, _)| *y > 0) {
                assert!(canvas.shows_row(y));
                canvas.add(half, y, &row[half..half + 2]);
            }
        }
        canvas.finish(4);
        canvas.into_data()
    }

    #[test]
    fn pixels_are_averages_of_what_is_shown() {
        assert_eq!(paint(plan(1, false), None), [10, 20, 30, 30, 40, 50, 70, 80, 90]);
        assert_eq!(paint(plan(2, false), None), [25, 40, 75, 90]);
        assert_eq!(paint(plan(4, false), None), [47]);
    }

    #[test]
    fn colors_count_as_much_as_they_are_seen() {
        let data = vec![0, 0, 0, 0, 0, 255, 0, 0, 0, 0, 0, 0, 0, 0, 0, 51];
        let alpha = Alpha { width: 4, height: 4, data, premultiplied: false };
        assert_eq!(paint(plan(2, true), Some(&alpha)), [10, 64, 0, 0, 0, 0, 90, 51]);
        let alpha = Alpha { premultiplied: true, ..alpha };
        assert_eq!(paint(plan(1, true), Some(&alpha))[16..], [255, 51]);
    }

    #[test]
    fn the_most_of_sixteen_bits_is_no_more() {
        let alpha = Alpha { width: 4, height: 4, data: vec![u16::MAX; 16], premultiplied: true };
        let mut canvas = Canvas::new(plan(1, true), Some(&alpha), (4, 4));
        (1..4).for_each(|y| canvas.add(0, y, &[u16::MAX; 4]));
        canvas.finish(4);
        assert_eq!(canvas.into_data(), [u16::MAX; 18]);
    }
}
