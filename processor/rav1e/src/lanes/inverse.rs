use std::array::from_fn;
use std::cmp::max;

use super::Lanes;
use crate::cpu_features::CpuFeatureLevel;
use crate::tiling::PlaneRegionMut;
use crate::transform::consts::{INV_SQRT2, SQRT2_BITS};
use crate::transform::inverse::rust;
use crate::transform::{get_1d_tx_types, TxSize, TxType};
use crate::util::{CastFromPrimitive, Pixel};

/// `Transform_Row_Shift` of the AV1 specification, for each [`TxSize`].
const ROW_SHIFTS: [usize; TxSize::TX_SIZES_ALL] = [0, 1, 2, 2, 2, 0, 0, 1, 1, 1, 1, 1, 1, 1, 1, 2, 2, 2, 2];

/// Transforms `input`, columns of coefficients, and adds the result to `output` (AV1 specification, section 7.13.3).
pub fn inverse_transform_add<T: Pixel>(
    input: &[T::Coeff],
    output: &mut PlaneRegionMut<'_, T>,
    eob: u16,
    tx_size: TxSize,
    tx_type: TxType,
    bd: usize,
    cpu: CpuFeatureLevel,
) {
    if tx_type == TxType::WHT_WHT {
        return rust::inverse_transform_add(input, output, eob, tx_size, tx_type, bd, cpu);
    }
    let (vertical, horizontal) = get_1d_tx_types(tx_type);
    let (width, height) = (tx_size.width(), tx_size.height());
    let groups = width / 4;
    let mut rows = vec![Lanes::ZERO; height * groups];
    let by_row = one_dimensional::FUNCTIONS[horizontal as usize][tx_size.width_log2() - 2];
    transform_rows::<T>(input, &mut rows, tx_size, bd + 8, by_row);

    let by_column = one_dimensional::FUNCTIONS[vertical as usize][tx_size.height_log2() - 2];
    let (range, shift, most) = (max(bd + 6, 16), ROW_SHIFTS[tx_size as usize], (1 << bd) - 1);
    let (mut column, mut transformed) = ([Lanes::ZERO; 64], [Lanes::ZERO; 64]);
    for group in 0..groups {
        for (to, from) in column.iter_mut().zip(rows[group..].iter().step_by(groups)) {
            *to = one_dimensional::clamp_value(from.round_shift(shift), range);
        }
        by_column(&column, &mut transformed, range);
        for (row, lanes) in output.rows_iter_mut().zip(transformed).take(height) {
            let four = &mut row.as_chunks_mut::<4>().0[group];
            let sum = Lanes::new(four.map(|pixel| pixel.as_())) + lanes.round_shift(4);
            *four = sum.clamp(0, most).array().map(T::cast_from);
        }
    }
}

/// Writes four rows at a time to `rows`, which interleaves four columns. Rows of zeros stay zero.
fn transform_rows<T: Pixel>(
    input: &[T::Coeff],
    rows: &mut [Lanes],
    tx_size: TxSize,
    range: usize,
    by_row: one_dimensional::Function,
) {
    // Of 64 columns or rows, only the first 32 have coefficients.
    let (columns, height, groups) = (tx_size.width().min(32), tx_size.height().min(32), tx_size.width() / 4);
    let halved = tx_size.rect_ratio_log2().abs() == 1;
    let (mut row, mut transformed) = ([Lanes::ZERO; 64], [Lanes::ZERO; 64]);
    for at in (0..height).step_by(4) {
        let mut nothing = true;
        for (to, column) in row.iter_mut().zip(input.chunks_exact(height).take(columns)) {
            let lanes = Lanes::new(from_fn(|n| i32::cast_from(column[at + n])));
            nothing &= lanes.is_zero();
            let lanes = if halved { (INV_SQRT2 * lanes).round_shift(SQRT2_BITS) } else { lanes };
            *to = one_dimensional::clamp_value(lanes, range);
        }
        if nothing {
            continue;
        }
        by_row(&row, &mut transformed, range);
        for group in 0..groups {
            let lanes = Lanes::transpose(from_fn(|n| transformed[group * 4 + n]));
            for (n, lanes) in lanes.into_iter().enumerate() {
                rows[(at + n) * groups + group] = lanes;
            }
        }
    }
}

/// rav1e's one-dimensional transforms, with [`Lanes`] as their number type.
mod one_dimensional {
    use super::Lanes;
    use crate::transform::consts::SQRT2;

    include!(concat!(env!("OUT_DIR"), "/rav1e/inverse_lanes.rs"));

    pub(super) type Function = fn(&[Lanes], &mut [Lanes], usize);

    /// By type, and by the logarithm of the length, from 4.
    pub(super) static FUNCTIONS: [[Function; 5]; 4] = [
        [av1_idct4, av1_idct8, av1_idct16, av1_idct32, av1_idct64],
        [av1_iadst4, av1_iadst8, av1_iadst16, none, none],
        [av1_iflipadst4, av1_iflipadst8, av1_iflipadst16, none, none],
        [av1_iidentity4, av1_iidentity8, av1_iidentity16, av1_iidentity32, none],
    ];

    fn none(_: &[Lanes], _: &mut [Lanes], _: usize) {
        unreachable!("AV1 has no such transform");
    }

    fn half_btf(w0: i32, in0: Lanes, w1: i32, in1: Lanes, bits: usize) -> Lanes {
        (w0 * in0 + w1 * in1).round_shift(bits)
    }

    fn round_shift(value: Lanes, bits: usize) -> Lanes {
        value.round_shift(bits)
    }

    /// Clamps to signed numbers of `bits` bits.
    pub(super) fn clamp_value(value: Lanes, bits: usize) -> Lanes {
        let most = ((1_i64 << (bits - 1)) - 1) as i32;
        value.clamp(-1 - most, most)
    }
}
