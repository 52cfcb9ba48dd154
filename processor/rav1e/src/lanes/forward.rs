use std::array::from_fn;
use std::mem::MaybeUninit;

use super::Lanes;
use crate::cpu_features::CpuFeatureLevel;
use crate::transform::forward_shared::{Txfm2DFlipCfg, TxfmType};
use crate::transform::{valid_av1_transform, TxSize, TxType};
use crate::util::Coefficient;

type TxfmFunc = fn(&mut [Lanes]);

// rav1e's generic one-dimensional transforms.
impl_1d_tx!();

impl TxOperations for Lanes {
    #[inline(always)]
    fn zero() -> Self {
        Self::ZERO
    }

    #[inline(always)]
    fn tx_mul<const SHIFT: i32>(self, factor: i32) -> Self {
        (factor * self).round_shift(SHIFT as usize)
    }

    /// Halves it, rounding towards zero.
    #[inline(always)]
    fn rshift1(self) -> Self {
        (self - self.shift_right(31)).shift_right(1)
    }

    #[inline(always)]
    fn add(self, other: Self) -> Self {
        self.sum(other)
    }

    #[inline(always)]
    fn sub(self, other: Self) -> Self {
        self.difference(other)
    }

    #[inline(always)]
    fn add_avg(self, other: Self) -> Self {
        self.sum(other).shift_right(1)
    }

    #[inline(always)]
    fn sub_avg(self, other: Self) -> Self {
        self.difference(other).shift_right(1)
    }
}

/// Transforms `input`, rows of residuals, to coefficients in columns; those of 64 rows or columns are in chunks of 32 ×
/// 32. Writes all of `output`'s first width × height elements.
pub fn forward_transform<T: Coefficient>(
    input: &[i16],
    output: &mut [MaybeUninit<T>],
    stride: usize,
    tx_size: TxSize,
    tx_type: TxType,
    bd: usize,
    _: CpuFeatureLevel,
) {
    assert!(valid_av1_transform(tx_size, tx_type), "AV1 has no such transform");
    let (width, height) = (tx_size.width(), tx_size.height());
    let config = Txfm2DFlipCfg::fwd(tx_type, tx_size, bd);
    let mut rows = vec![Lanes::ZERO; width * height / 4];
    transform_columns(input, &mut rows, stride, &config);

    let by_row = get_func(config.txfm_type_row);
    let (chunk, length) = (width.min(32), height.min(32));
    for (group, row) in rows.chunks_exact_mut(width).enumerate() {
        by_row(row);
        shift(row, config.shift[2]);
        // Columns from 32 on follow all others of these rows, and rows from 32 on follow all other rows.
        let at = group * 4;
        let output = &mut output[at / 32 * length * chunk + at % 32..];
        for (column, lanes) in row.iter().enumerate() {
            let at = column / 32 * 32 * height + column % 32 * length;
            for (to, lane) in output[at..at + 4].iter_mut().zip(lanes.array()) {
                to.write(T::cast_from(lane));
            }
        }
    }
}

/// Writes four columns at a time to `rows`, which interleaves four rows.
fn transform_columns(input: &[i16], rows: &mut [Lanes], stride: usize, config: &Txfm2DFlipCfg) {
    let (width, height) = (config.tx_size.width(), config.tx_size.height());
    let by_column = get_func(config.txfm_type_col);
    let mut column = [Lanes::ZERO; 64];
    let column = &mut column[..height];
    for at in (0..width).step_by(4) {
        for (r, lanes) in column.iter_mut().enumerate() {
            let row = if config.ud_flip { height - 1 - r } else { r };
            let four = &input[row * stride + at..][..4];
            *lanes = Lanes::new(from_fn(|n| four[n].into()));
        }
        shift(column, config.shift[0]);
        by_column(column);
        shift(column, config.shift[1]);
        for (group, lanes) in column.chunks_exact(4).enumerate() {
            for (n, lanes) in Lanes::transpose(from_fn(|r| lanes[r])).into_iter().enumerate() {
                let c = if config.lr_flip { width - 1 - at - n } else { at + n };
                rows[group * width + c] = lanes;
            }
        }
    }
}

/// Multiplies by a power of two, rounded.
fn shift(all: &mut [Lanes], bits: i8) {
    match bits {
        0 => {}
        1.. => all.iter_mut().for_each(|lanes| *lanes = lanes.shift_left(bits as u32)),
        _ => all.iter_mut().for_each(|lanes| *lanes = lanes.round_shift(-bits as usize)),
    }
}
