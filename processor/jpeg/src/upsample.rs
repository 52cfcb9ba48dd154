//! Upsamples subsampled components to full resolution, bit-exact with libjpeg's triangle filters ("fancy upsampling").

/// Doubles the width: 3/4 of the nearer sample and 1/4 of the farther one.
pub(crate) fn wide(input: &[u8], out: &mut [u8]) {
    let sums = |at: usize| u16::from(input[at]);
    let last = input.len() - 1;
    let pairs = out.as_chunks_mut::<2>().0;
    let edge = |at: usize| double(sums(at.saturating_sub(1)), sums(at), sums((at + 1).min(last)), 1, 2, 2);
    pairs[0] = edge(0);
    pairs[last] = edge(last);
    for (pair, near) in pairs[1..].iter_mut().zip(input.windows(3)) {
        *pair = double(near[0].into(), near[1].into(), near[2].into(), 1, 2, 2);
    }
}

/// Doubles the height: a row between `near` and `far`. `bias` is 1 if `far` is above and 2 if it is below.
pub(crate) fn high(near: &[u8], far: &[u8], bias: u16, out: &mut [u8]) {
    for ((out, near), far) in out.iter_mut().zip(near).zip(far) {
        *out = ((3 * u16::from(*near) + u16::from(*far) + bias) >> 2) as u8;
    }
}

/// Doubles both. `sums` has room for two more than a row.
pub(crate) fn wide_and_high(near: &[u8], far: &[u8], sums: &mut [u16], out: &mut [u8]) {
    let length = near.len();
    for ((sum, near), far) in sums[1..=length].iter_mut().zip(near).zip(far) {
        *sum = 3 * u16::from(*near) + u16::from(*far);
    }
    sums[0] = sums[1];
    sums[length + 1] = sums[length];
    let pairs = out.as_chunks_mut::<2>().0;
    for (pair, near) in pairs.iter_mut().zip(sums[..length + 2].windows(3)) {
        *pair = double(near[0], near[1], near[2], 8, 7, 4);
    }
}

/// The two samples that replace the middle one.
#[inline(always)]
fn double(before: u16, middle: u16, after: u16, round: u16, round_after: u16, shift: u32) -> [u8; 2] {
    let left = (3 * middle + before + round) >> shift;
    let right = (3 * middle + after + round_after) >> shift;
    (left | right << 8).to_le_bytes()
}

/// Repeats each sample `times` times.
pub(crate) fn repeat(input: &[u8], times: usize, out: &mut [u8]) {
    if times == 2 {
        for (pair, sample) in out.as_chunks_mut::<2>().0.iter_mut().zip(input) {
            *pair = [*sample; 2];
        }
    } else {
        for (group, sample) in out.chunks_mut(times).zip(input) {
            group.fill(*sample);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn edges_keep_their_samples() {
        let mut out = [0; 6];
        wide(&[0, 100, 200], &mut out);
        assert_eq!(out, [0, 25, 75, 125, 175, 200]);
        let mut sums = [0; 5];
        wide_and_high(&[0, 100, 200], &[0, 100, 200], &mut sums, &mut out);
        assert_eq!(out, [0, 25, 75, 125, 175, 200]);
        high(&[0, 100, 200], &[100, 100, 101], 1, &mut out);
        assert_eq!(out[..3], [25, 100, 175]);
        repeat(&[1, 2], 3, &mut out);
        assert_eq!(out, [1, 1, 1, 2, 2, 2]);
    }
}
