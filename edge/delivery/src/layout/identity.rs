//! Identities that are hashes: 128 bits of SHA-256, in hexadecimal digits.

use std::fmt;
use std::str::FromStr;

use darkroom_recipe::{Metadata, Recipe};
use sha2::{Digest, Sha256};

use crate::Source;

/// A strong entity tag (RFC 9110 §8.8.3). Displayed with its quotation marks.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ETag(String);

impl ETag {
    /// The text between the quotation marks: 32 hexadecimal digits.
    #[must_use]
    pub fn opaque(&self) -> &str {
        &self.0
    }
}

impl FromStr for ETag {
    type Err = InvalidETag;

    /// Reads the text that [`ETag`] displays.
    fn from_str(text: &str) -> Result<Self, InvalidETag> {
        let opaque = text.strip_prefix('"').and_then(|text| text.strip_suffix('"'));
        let ours = |opaque: &&str| opaque.len() == 32 && opaque.bytes().all(|byte| byte.is_ascii_hexdigit());
        opaque.filter(ours).map(|opaque| Self(opaque.into())).ok_or(InvalidETag)
    }
}

/// Not one of our entity tags.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("must be 32 hexadecimal digits between quotation marks")]
pub struct InvalidETag;

impl fmt::Display for ETag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "\"{}\"", self.0)
    }
}

/// The tag of the rendition by `recipe`, its format included, of the source that has `source_etag`, by a core whose
/// `OUTPUT_VERSION` is `output_version`. Equal tags mean equal bytes. Kept as an object's metadata, it distinguishes a
/// current object from one made with an older recipe, version or source.
#[must_use]
pub fn etag(source_etag: &str, recipe: &Recipe, output_version: u32) -> ETag {
    let format = recipe.encoding.format.name();
    ETag(digest(&[source_etag, &recipe.to_string(), format, &output_version.to_string()]))
}

/// The tag of the original itself, with all of its metadata or without any.
#[must_use]
pub fn original_etag(source_etag: &str, metadata: Metadata) -> ETag {
    let original = if metadata == Metadata::Keep { "original" } else { "original without metadata" };
    ETag(digest(&[source_etag, original]))
}

/// The tag of the facts about an image, for which that image's is `image`.
#[must_use]
pub fn facts_etag(image: &ETag) -> ETag {
    ETag(digest(&["facts", image.opaque()]))
}

/// The one tag of all that is derived from an original, by which a cache drops it: 32 hexadecimal digits, which name no
/// user and no file.
#[must_use]
pub fn cache_tag(source: &Source) -> String {
    digest(&["cache tag", &source.name()])
}

/// The substitute entity tag of an original whose origin gives none: a hash of its bytes.
#[must_use]
pub fn content_etag(bytes: &[u8]) -> String {
    hex(&Sha256::digest(bytes)[..16])
}

/// The identity of one version of an uploaded object: the same for a repeated event, a redrive and a backfill.
/// `version` is the store's version or, if it keeps none, the ETag.
#[must_use]
pub fn image_id(bucket: &str, key: &str, version: &str) -> String {
    digest(&[bucket, key, version])
}

/// Each part is preceded by its length, so that no two lists of parts hash the same bytes.
pub(crate) fn digest(parts: &[&str]) -> String {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update((part.len() as u64).to_be_bytes());
        hash.update(part);
    }
    hex(&hash.finalize()[..16])
}

/// In lower-case hexadecimal digits.
#[must_use]
pub fn hex(bytes: &[u8]) -> String {
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
    fn tags_are_read_as_they_are_written() {
        let tag = original_etag("abc", Metadata::None);
        assert_eq!(tag.to_string().parse(), Ok(tag.clone()));
        for text in ["", "\"\"", tag.opaque(), "W/\"0123456789abcdef0123456789abcdef\""] {
            assert!(text.parse::<ETag>().is_err(), "{text}");
        }
    }

    #[test]
    fn parts_do_not_run_into_each_other() {
        assert_ne!(image_id("ab", "c", "1"), image_id("a", "bc", "1"));
        // Stored in items: must never change.
        assert_eq!(image_id("raw", "uploads/u/a.jpg", "1"), "c9093858077da6bddbbc58a7e7d7eed7");
    }
}
