//! Pixels become bytes. One codec a file; what a codec does for the others stands in [`Encoder`].

#[cfg(feature = "avif")]
mod avif;
mod jpeg;
#[cfg(feature = "jxl-encode")]
mod jxl;
mod png;
mod webp;

#[cfg(feature = "jxl-encode")]
use darkroom_libjxl::Kept;
use darkroom_recipe::{Encoding, Format, InvalidRecipe, Rendition};
#[cfg(feature = "jxl-encode")]
use darkroom_recipe::{Metadata, Recipe, Size};

use crate::Error;
use crate::budget::Budget;
#[cfg(feature = "jxl-encode")]
use crate::exif;
use crate::pixels::Pixels;

/// How one file is to be encoded.
struct Settings<'a> {
    /// 1 to 100; without meaning for a lossless file.
    quality: u8,
    /// 0 (fastest) to 10 (smallest).
    effort: u8,
    lossless: bool,
    /// A TIFF structure to embed.
    exif: Option<&'a [u8]>,
}

/// One output format.
trait Encoder {
    /// Bytes of working memory, the output included: measured on photos, and rounded up.
    fn working(pixels: &Pixels, settings: &Settings<'_>) -> u64;

    fn encode(pixels: &Pixels, settings: &Settings<'_>) -> Result<Vec<u8>, Error>;
}

/// Encodes as the recipe says; `exif` is what is kept of the metadata.
pub(crate) fn encode(
    pixels: &Pixels,
    encoding: &Encoding,
    exif: Option<&[u8]>,
    budget: &Budget,
) -> Result<Rendition, Error> {
    let lossless = encoding.lossless || encoding.format.is_lossless();
    let at = |quality| {
        let settings = Settings { quality, effort: encoding.effort(), lossless, exif };
        match encoding.format {
            Format::WebP => charged::<webp::WebP>(pixels, &settings, budget),
            #[cfg(feature = "avif")]
            Format::Avif => charged::<avif::Avif>(pixels, &settings, budget),
            Format::Jpeg => charged::<jpeg::Jpeg>(pixels, &settings, budget),
            Format::Png => charged::<png::Png>(pixels, &settings, budget),
            #[cfg(feature = "jxl-encode")]
            Format::Jxl => charged::<jxl::Jxl>(pixels, &settings, budget),
            other => Err(Error::UnsupportedFeature(format!("{} is not encoded", other.name()))),
        }
    };
    let (quality, bytes) = match encoding.max_bytes {
        Some(most) => highest_that_fits(encoding.quality(), lossless, most, at)?,
        None => (encoding.quality(), at(encoding.quality())?),
    };
    let (width, height) = (pixels.size.width, pixels.size.height);
    Ok(Rendition { format: encoding.format, width, height, quality: (!lossless).then_some(quality), bytes })
}

/// Bytes of EXIF that a file of `format` can hold.
pub(crate) const fn longest_exif(format: Format) -> usize {
    match format {
        Format::Jpeg => jpeg::LONGEST_EXIF,
        _ => usize::MAX,
    }
}

fn charged<E: Encoder>(pixels: &Pixels, settings: &Settings<'_>, budget: &Budget) -> Result<Vec<u8>, Error> {
    let _working = budget.reserve(E::working(pixels, settings))?;
    E::encode(pixels, settings)
}

/// A JPEG as a JPEG XL: its own coefficients, which are shown at the size `shown`, and what the recipe keeps of its
/// metadata. Where that is all, the same JPEG can be written again. None where JPEG XL can't hold it.
#[cfg(feature = "jxl-encode")]
pub(crate) fn transcode(
    jpeg: &[u8],
    shown: Size,
    recipe: &Recipe,
    exif: Option<&[u8]>,
    budget: &Budget,
) -> Result<Option<Rendition>, Error> {
    let exif = exif.and_then(|exif| exif::keep(exif, recipe.metadata));
    let kept = match (recipe.metadata, &exif) {
        (Metadata::Keep, _) => Kept::File,
        (_, Some(exif)) => Kept::Exif(exif),
        (_, None) => Kept::Image,
    };
    let Some(bytes) = jxl::transcode(jpeg, shown.pixels(), kept, budget)? else { return Ok(None) };
    let bytes = match recipe.encoding.max_bytes {
        Some(most) => highest_that_fits(100, true, most, |_| Ok(bytes.clone()))?.1,
        None => bytes,
    };
    Ok(Some(Rendition { format: Format::Jxl, width: shown.width, height: shown.height, quality: None, bytes }))
}

/// Halves the range of qualities until the highest whose bytes are no more than `most` is found: at most eight tries.
fn highest_that_fits(
    quality: u8,
    lossless: bool,
    most: u64,
    at: impl Fn(u8) -> Result<Vec<u8>, Error>,
) -> Result<(u8, Vec<u8>), Error> {
    let fits = |bytes: &Vec<u8>| bytes.len() as u64 <= most;
    let first = at(quality)?;
    if fits(&first) {
        return Ok((quality, first));
    }
    let (mut least, mut above, mut best, mut smallest) = (1, quality, None, first.len());
    while !lossless && least < above {
        let middle = least.midpoint(above - 1);
        let bytes = at(middle)?;
        smallest = smallest.min(bytes.len());
        if fits(&bytes) {
            best = Some((middle, bytes));
            least = middle + 1;
        } else {
            above = middle;
        }
    }
    best.ok_or_else(|| {
        let reach = if lossless { "a lossless file takes" } else { "at quality 1 it takes" };
        Error::InvalidRecipe(InvalidRecipe {
            option: "max-bytes".into(),
            value: most.to_string(),
            allowed: format!("{reach} {smallest} bytes; allow as many, or ask for fewer pixels"),
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_highest_quality_that_fits_is_found() {
        let at = |quality: u8| Ok(vec![0; usize::from(quality) * 10]);
        for (most, expected) in [(10, 1), (19, 1), (20, 2), (555, 55), (799, 79), (800, 80), (9999, 80)] {
            let (quality, bytes) = highest_that_fits(80, false, most, at).expect("fits");
            assert_eq!((quality, bytes.len()), (expected, usize::from(expected) * 10), "max-bytes={most}");
        }
        let error = highest_that_fits(80, false, 9, at).expect_err("does not fit").to_string();
        assert!(error.contains("max-bytes=9: at quality 1 it takes 10 bytes"), "{error}");
    }
}
