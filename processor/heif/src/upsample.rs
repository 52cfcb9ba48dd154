//! Upsamples chroma to one sample per pixel.

use crate::codec::Frame;

/// The rows of one frame, in order, with all planes at full width.
pub(crate) struct Rows {
    planes: [Vec<u16>; 3],
    near: Vec<u16>,
    far: Vec<u16>,
    /// Whether to interpolate chroma or use the nearest sample; for a reduced row both give the same.
    smooth: bool,
}

impl Rows {
    pub(crate) fn new(width: usize, smooth: bool) -> Self {
        let row = || vec![0; width];
        let half = || vec![0; width.div_ceil(2)];
        Self { planes: [row(), row(), row()], near: half(), far: half(), smooth }
    }

    pub(crate) fn luma(&mut self, frame: &dyn Frame, y: usize) -> &[u16] {
        frame.row(0, y, &mut self.planes[0]);
        &self.planes[0]
    }

    /// All three planes of row `y`.
    pub(crate) fn all(&mut self, frame: &dyn Frame, y: usize) -> [&[u16]; 3] {
        self.luma(frame, y);
        for plane in 1..3 {
            self.chroma(frame, plane, y);
        }
        self.planes.each_ref().map(Vec::as_slice)
    }

    fn chroma(&mut self, frame: &dyn Frame, plane: usize, y: usize) {
        let format = frame.format();
        if !format.chroma.halves_columns() {
            return frame.row(plane, y, &mut self.planes[plane]);
        }
        let rows = if format.chroma.halves_rows() { (format.height as usize).div_ceil(2) } else { 0 };
        let near = if rows > 0 { y / 2 } else { y };
        frame.row(plane, near, &mut self.near);
        if !self.smooth {
            return repeat(&self.near, &mut self.planes[plane]);
        }
        // Chroma samples are centred on their pixels: the second-nearest one is above an even row, and below an odd one.
        let far = if rows == 0 {
            near
        } else if y.is_multiple_of(2) {
            near.saturating_sub(1)
        } else {
            (near + 1).min(rows - 1)
        };
        frame.row(plane, far, &mut self.far);
        interpolate(&self.near, &self.far, &mut self.planes[plane]);
    }
}

fn repeat(samples: &[u16], row: &mut [u16]) {
    for (pair, &sample) in row.chunks_mut(2).zip(samples) {
        pair.fill(sample);
    }
}

/// Three quarters of the nearer sample and one of the farther, along both axes. Samples have at most 12 bits, so sums
/// fit in 16.
fn interpolate(near: &[u16], far: &[u16], row: &mut [u16]) {
    let column = |x: usize| 3 * near[x] + far[x];
    let mut left = column(0);
    let mut this = left;
    for (x, pair) in row.chunks_mut(2).enumerate() {
        let right = if x + 1 < near.len() { column(x + 1) } else { this };
        pair[0] = (3 * this + left + 8) >> 4;
        if let Some(second) = pair.get_mut(1) {
            *second = (3 * this + right + 8) >> 4;
        }
        (left, this) = (this, right);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn between_two_samples_lie_a_quarter_and_three() {
        let mut row = [0; 5];
        interpolate(&[0, 100, 4095], &[0, 100, 4095], &mut row);
        assert_eq!(row, [0, 25, 75, 1099, 3096]);
        interpolate(&[100, 100, 100], &[20, 20, 20], &mut row);
        assert_eq!(row, [80; 5]);
        repeat(&[1, 2, 3], &mut row);
        assert_eq!(row, [1, 1, 2, 2, 3]);
    }
}
