//! What a shell brings to a delivery: stores, origins and the processor.

use bytes::Bytes;
use darkroom_recipe::{Description, Format, ImageInfo, OUTPUT_VERSION, Recipe, Rendition};

use crate::{Bounds, ETag, Error, ObjectKey, Source, cache_tag, etag, original_etag};

/// The world around a delivery. Errors are already the client's: [`Error::NotFound`] for an original that isn't there,
/// [`Error::Store`], [`Error::Origin`] and [`Error::Deadline`] for a store or an origin, [`Error::Unsupported`] and
/// [`Error::Unprocessable`] for a source that no image can be made of, [`Error::Recipe`] and [`Error::Limit`] for what
/// is not made of this one.
#[allow(async_fn_in_trait, reason = "futures are Send where the runtime needs that, and not in a Worker")]
pub trait Shell {
    /// The stored object, whole; none where there is none.
    async fn find(&self, object: &ObjectKey) -> Result<Option<Stored>, Error>;

    /// Stores an object, in place of one that may be there.
    async fn keep(&self, object: &ObjectKey, stored: &Stored) -> Result<(), Error>;

    /// The original, whole.
    async fn original(&self, source: &Source) -> Result<Original, Error>;

    /// The original's entity tag, without its bytes.
    async fn original_etag(&self, source: &Source) -> Result<String, Error>;

    /// What can stand in for the original, and what its camera wrote.
    async fn describe(&self, original: &Original) -> Result<Description, Error>;

    /// What the original is, and what `recipe` makes of it, within `bounds`. The outer error is that of the original's
    /// headers, or of what runs the image core.
    async fn transform(&self, original: &Original, recipe: &Recipe, bounds: Bounds) -> Result<Transformed, Error>;

    /// A clock for `Server-Timing`, in milliseconds from any beginning.
    fn clock(&self) -> f64;
}

/// What became of an original.
#[derive(Clone, Debug, PartialEq)]
pub struct Transformed {
    /// What the original is.
    pub info: ImageInfo,
    /// What the recipe made of it.
    pub rendition: Result<Rendition, Error>,
}

/// An original.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Original {
    /// The file.
    pub bytes: Bytes,
    /// As its store or origin gives it, without quotation marks; where that gives none, a hash of the bytes.
    pub etag: String,
    /// In seconds since 1970.
    pub last_modified: Option<u64>,
}

/// A rendition in a store.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stored {
    /// The file.
    pub bytes: Bytes,
    /// Such as `image/webp`. Not always that of the key's ending: what does better than its format is kept in its place.
    pub media_type: &'static str,
    /// What it was made of, and how.
    pub stamp: Stamp,
    /// In seconds since 1970; none before it is stored.
    pub last_modified: Option<u64>,
}

/// `Cache-Control` of stored renditions: what stands under a key is this source in this recipe, and changes only with
/// the image core's output version.
pub const IMMUTABLE: &str = "public, max-age=31536000, immutable";

/// What an object tells about itself in its metadata, so that one that is out of date can be told and made again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stamp {
    /// The original's.
    pub source_etag: String,
    /// The object's own: a hash of the original's and of what was made of it, the output version included.
    pub etag: ETag,
    /// By which caches drop it when the original is deleted: [`cache_tag`] of the original.
    pub cache_tag: String,
}

impl Stamp {
    /// For what `recipe` makes of `source`, while that has `source_etag`.
    #[must_use]
    pub fn new(source: &Source, source_etag: &str, recipe: &Recipe) -> Self {
        let etag = etag(source_etag, recipe, OUTPUT_VERSION);
        Self { source_etag: source_etag.into(), etag, cache_tag: cache_tag(source) }
    }

    /// For the original itself, with as much of its metadata as `recipe` keeps.
    #[must_use]
    pub fn of_original(source: &Source, source_etag: &str, recipe: &Recipe) -> Self {
        let etag = original_etag(source_etag, recipe.metadata);
        Self { source_etag: source_etag.into(), etag, cache_tag: cache_tag(source) }
    }

    /// The metadata's names and values. Stores put their own prefix before the names, such as `x-amz-meta-`. The
    /// version is for people: the entity tag has it in it.
    #[must_use]
    pub fn metadata(&self) -> [(&'static str, String); 4] {
        [
            ("source-etag", self.source_etag.clone()),
            ("rendition-etag", self.etag.opaque().into()),
            ("output-version", OUTPUT_VERSION.to_string()),
            ("cache-tag", self.cache_tag.clone()),
        ]
    }

    /// Reads what [`Stamp::metadata`] gives; none where an object has no such metadata. Older releases gave no cache tag.
    pub fn read<'a>(value: impl Fn(&str) -> Option<&'a str>) -> Option<Self> {
        let etag = format!("\"{}\"", value("rendition-etag")?).parse().ok()?;
        let cache_tag = value("cache-tag").unwrap_or_default().into();
        Some(Self { source_etag: value("source-etag")?.into(), etag, cache_tag })
    }

    /// Whether this release would make the same of the same original, be it that nothing does better than that.
    #[must_use]
    pub fn is_current(&self, recipe: &Recipe) -> bool {
        let source = &self.source_etag;
        self.etag == etag(source, recipe, OUTPUT_VERSION) || self.etag == original_etag(source, recipe.metadata)
    }
}

/// One of the media types that are stored and sent; none for any other, which is never sent on.
#[must_use]
pub fn known_media_type(text: &str) -> Option<&'static str> {
    Format::ALL.into_iter().map(Format::media_type).find(|known| known.eq_ignore_ascii_case(text.trim()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stamp_is_read_as_it_is_written_and_knows_what_changed() {
        let recipe: Recipe = "width=80".parse().expect("recipe");
        let source = Source::Key("site/photo.jpg".parse().expect("key"));
        let stamp = Stamp::new(&source, "abc", &recipe);
        let metadata = stamp.metadata();
        let value = |wanted: &str| metadata.iter().find(|(name, _)| *name == wanted).map(|(_, value)| value.as_str());
        assert_eq!(Stamp::read(value), Some(stamp.clone()));
        assert_eq!(Stamp::read(|_| None), None);
        let older = Stamp::read(|name| (name != "cache-tag").then(|| value(name)).flatten());
        assert!(older.is_some_and(|older| older.is_current(&recipe)));
        assert!(stamp.is_current(&recipe));
        assert!(!stamp.is_current(&"width=81".parse().expect("recipe")));
    }
}
