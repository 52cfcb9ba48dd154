//! `max-bytes`: the one place that searches for a quality.

use darkroom_recipe::{Encoding, InvalidRecipe, Rendition};

use crate::Error;

/// Returns `first`, which has the encoding's own quality, if it fits. Otherwise returns the result of `at` for the
/// highest quality that fits in the allowed bytes, by binary search in at most seven steps.
pub(crate) fn fit(
    encoding: &Encoding,
    first: Rendition,
    mut at: impl FnMut(u8) -> Result<Rendition, Error>,
) -> Result<Rendition, Error> {
    let Some(most) = encoding.max_bytes else { return Ok(first) };
    let fits = |rendition: &Rendition| rendition.bytes.len() as u64 <= most;
    if fits(&first) {
        return Ok(first);
    }
    let (mut least, mut above, mut best, mut smallest) = (1, first.quality.unwrap_or(1), None, first.bytes.len());
    while least < above {
        let middle = least.midpoint(above - 1);
        let rendition = at(middle)?;
        smallest = smallest.min(rendition.bytes.len());
        if fits(&rendition) {
            best = Some(rendition);
            least = middle + 1;
        } else {
            above = middle;
        }
    }
    best.ok_or_else(|| {
        let reach = if first.quality.is_none() { "a lossless file takes" } else { "at quality 1 it takes" };
        Error::InvalidRecipe(InvalidRecipe {
            option: "max-bytes".into(),
            value: most.to_string(),
            allowed: format!("{reach} {smallest} bytes; allow as many, or ask for fewer pixels"),
        })
    })
}

#[cfg(test)]
mod tests {
    use darkroom_recipe::Format;

    use super::*;

    #[test]
    fn the_highest_quality_that_fits_is_found() {
        let at = |quality: u8| {
            let bytes = vec![0; usize::from(quality) * 10];
            Ok(Rendition { format: Format::WebP, width: 1, height: 1, quality: Some(quality), bytes })
        };
        let search = |most| {
            let encoding = Encoding { max_bytes: Some(most), ..Encoding::default() };
            fit(&encoding, at(80)?, at)
        };
        for (most, expected) in [(10, 1), (19, 1), (20, 2), (555, 55), (799, 79), (800, 80), (9999, 80)] {
            let found = search(most).expect("fits");
            assert_eq!((found.quality, found.bytes.len()), (Some(expected), usize::from(expected) * 10), "{most}");
        }
        let error = search(9).expect_err("does not fit").to_string();
        assert!(error.contains("max-bytes=9: at quality 1 it takes 10 bytes"), "{error}");
    }
}
