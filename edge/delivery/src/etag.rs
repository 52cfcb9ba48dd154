//! Identities that are hashes: 128 bits of SHA-256, in hexadecimal digits.

use std::fmt;

use darkroom_recipe::Recipe;
use sha2::{Digest, Sha256};

/// A strong entity tag (RFC 9110 §8.8.3). Displayed with its quotation marks.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ETag(String);

impl ETag {
    /// What stands between the quotation marks: 32 hexadecimal digits.
    #[must_use]
    pub fn opaque(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for ETag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "\"{}\"", self.0)
    }
}

/// The tag of what `recipe` makes, its format included, of the source that has `source_etag`, by a core whose
/// `OUTPUT_VERSION` is `output_version`. Equal tags mean equal bytes. Kept as an object's metadata, it tells a current
/// object from one that an older recipe, version or source made.
#[must_use]
pub fn etag(source_etag: &str, recipe: &Recipe, output_version: u32) -> ETag {
    let format = recipe.encoding.format.name();
    ETag(digest(&[source_etag, &recipe.to_string(), format, &output_version.to_string()]))
}

/// The user metadata of a stored rendition. A shell that finds an object compares `rendition-etag` with what [`etag`]
/// makes of the object's `source-etag` and its own recipe and output version; where they differ, it makes the rendition
/// again. `source_etag` is without quotation marks.
#[must_use]
pub fn object_metadata(source_etag: &str, recipe: &Recipe, output_version: u32) -> [(&'static str, String); 3] {
    [
        ("source-etag", source_etag.to_owned()),
        ("output-version", output_version.to_string()),
        ("rendition-etag", etag(source_etag, recipe, output_version).opaque().to_owned()),
    ]
}

/// The identity of one version of an uploaded object: the same for a repeated event, a redrive and a backfill.
/// `version` is the store's version or, where it keeps none, the ETag.
#[must_use]
pub fn image_id(bucket: &str, key: &str, version: &str) -> String {
    digest(&[bucket, key, version])
}

/// Each part goes in with its length before it, so that no two lists of parts are hashed as the same bytes.
pub(crate) fn digest(parts: &[&str]) -> String {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update((part.len() as u64).to_be_bytes());
        hash.update(part);
    }
    hex(&hash.finalize()[..16])
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whatever_changes_the_bytes_changes_the_tag() {
        let tag = |source, recipe: &str, version| etag(source, &recipe.parse().expect(recipe), version).to_string();
        let first = tag("abc", "width=80", 1);
        assert_eq!(first.len(), 34);
        assert_eq!(first, tag("abc", "w=80,format=webp", 1));
        for other in
            [tag("abd", "width=80", 1), tag("abc", "width=81", 1), tag("abc", "f=avif,w=80", 1), tag("abc", "w=80", 2)]
        {
            assert_ne!(first, other);
        }
    }

    #[test]
    fn parts_do_not_run_into_each_other() {
        assert_ne!(image_id("ab", "c", "1"), image_id("a", "bc", "1"));
        // Written down in items: may never change.
        assert_eq!(image_id("raw", "uploads/u/a.jpg", "1"), "c9093858077da6bddbbc58a7e7d7eed7");
    }
}
