/// How much smaller `result` is than `original`, in percent with two decimals; negative if it is larger.
///
/// ```
/// assert_eq!(darkroom_host::savings_percent(3, 1), 66.67);
/// ```
#[must_use]
#[allow(clippy::cast_precision_loss, reason = "sizes are far below 2^53")]
pub fn savings_percent(original: u64, result: u64) -> f64 {
    let saved = original as f64 - result as f64;
    (saved / original.max(1) as f64 * 10_000.0).round() / 100.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn savings_have_two_decimals() {
        for (original, result, percent) in [(5_242_880, 1_048_576, 80.0), (3, 1, 66.67), (2, 3, -50.0), (0, 0, 0.0)] {
            assert!((savings_percent(original, result) - percent).abs() < 1e-9, "{original} {result}");
        }
    }
}
