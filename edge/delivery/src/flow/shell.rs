//! The interface that a shell implements for delivery: stores, origins and the processor.

use bytes::Bytes;
use darkroom_recipe::{Description, Format, ImageInfo, OUTPUT_VERSION, Recipe, Rendition};

use crate::origin::{self, Origins};
use crate::store::{Get, Head, NewObject, Object, Store, StoreError, raw};
use crate::{Bounds, ETag, Error, ObjectKey, Remote, Source, cache_tag, content_etag, etag, facts_etag, original_etag};

/// The environment of a delivery: a store, origins and the image core. Its errors are the client's: [`Error::NotFound`]
/// for a missing original, [`Error::Store`], [`Error::Origin`] and [`Error::Deadline`] for a store or an origin,
/// [`Error::Unsupported`] and [`Error::Unprocessable`] for a source that can't be rendered at all, [`Error::Recipe`]
/// and [`Error::Limit`] for a recipe that can't be applied to this source.
///
/// The provided methods define, once for all shells, how objects are found, stored and compared.
#[allow(async_fn_in_trait, reason = "futures are Send where the runtime needs that, and not in a Worker")]
pub trait Shell {
    /// The store's type, for originals and renditions.
    type Store: Store + ?Sized;

    /// The store.
    fn store(&self) -> &Self::Store;

    /// The most bytes of an object that the shell reads.
    fn source_bytes(&self) -> u64;

    /// Whether the shell stores a rendition of this many bytes, for which it may need a copy. By default it stores all.
    fn keeps(&self, _bytes: usize) -> bool {
        true
    }

    /// Waits until the shell may hold one more original, which it then does until it is dropped.
    async fn admit(&self) -> Result<(), Error> {
        Ok(())
    }

    /// Fetches an original from another server. The plan has checked its origin against the allow-list.
    fn origins(&self, remote: &Remote) -> Result<&dyn Origins, Error>;

    /// Placeholders for the original, and its EXIF fields.
    async fn describe(&self, original: &Original) -> Result<Description, Error>;

    /// Facts about the original, and the rendition of `recipe`, within `bounds`. The outer error concerns the
    /// original's headers, or the runtime of the image core.
    async fn transform(&self, original: &Original, recipe: &Recipe, bounds: Bounds) -> Result<Transformed, Error>;

    /// A clock for `Server-Timing`, in milliseconds from any starting point.
    fn clock(&self) -> f64;

    /// The stored rendition, whole; none if there is none, or if another object has its key.
    async fn find(&self, object: &ObjectKey) -> Result<Option<Stored>, Error> {
        match self.store().get(object, Get::newest(self.source_bytes())).await {
            Ok(Object { bytes, head }) => Ok(Stored::read(bytes, &head)),
            Err(StoreError::NotFound) => Ok(None),
            Err(error) => Err(error.about(&object.key)),
        }
    }

    /// Stores a rendition, unless the shell declines it, and replaces an existing one.
    async fn keep(&self, object: &ObjectKey, stored: &Stored) -> Result<(), Error> {
        if !self.keeps(stored.bytes.len()) {
            return Ok(());
        }
        self.store().put(stored.object(object)).await.map_err(|error| error.about(&object.key))
    }

    /// The original, whole, once it may be held.
    async fn original(&self, source: &Source) -> Result<Original, Error> {
        self.admit().await?;
        self.fetch(source).await
    }

    /// The original, whole, from wherever it is.
    async fn fetch(&self, source: &Source) -> Result<Original, Error> {
        match source {
            Source::Remote(remote) => origin::original(self.origins(remote)?, remote, self.source_bytes()).await,
            Source::Key(key) => {
                let found = self.store().get(&raw(key.as_str()), Get::newest(self.source_bytes())).await;
                found.map(Original::from).map_err(|error| error.about(key.as_str()))
            }
        }
    }

    /// The original's entity tag, without its bytes.
    async fn original_etag(&self, source: &Source) -> Result<String, Error> {
        self.fetch_etag(source).await
    }

    /// The same, from wherever it is.
    async fn fetch_etag(&self, source: &Source) -> Result<String, Error> {
        match source {
            Source::Remote(remote) => origin::etag(self.origins(remote)?, remote).await,
            Source::Key(key) => {
                let found = self.store().head(&raw(key.as_str())).await;
                found.map(|head| head.etag).map_err(|error| error.about(key.as_str()))
            }
        }
    }
}

/// The result of processing an original.
#[derive(Clone, Debug, PartialEq)]
pub struct Transformed {
    /// Facts about the original, [`ImageInfo::damaged`] included.
    pub info: ImageInfo,
    /// The recipe's rendition.
    pub rendition: Result<Rendition, Error>,
}

/// An original.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Original {
    /// The file.
    pub bytes: Bytes,
    /// As its store or origin gives it, without quotation marks; a hash of the bytes if that gives none.
    pub etag: String,
    /// In seconds since 1970.
    pub last_modified: Option<u64>,
}

impl From<Object> for Original {
    fn from(Object { bytes, head }: Object) -> Self {
        let etag = if head.etag.is_empty() { content_etag(&bytes) } else { head.etag };
        Self { bytes, etag, last_modified: head.last_modified }
    }
}

/// A rendition in a store.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stored {
    /// The file.
    pub bytes: Bytes,
    /// Such as `image/webp`. It may differ from the key's ending: a format that is better than the key's is stored in
    /// its place.
    pub media_type: &'static str,
    /// Its original and recipe.
    pub stamp: Provenance,
    /// In seconds since 1970; none before it is stored.
    pub last_modified: Option<u64>,
}

impl Stored {
    /// Reads an object that [`Stored::object`] wrote; none for any other object.
    #[must_use]
    pub fn read(bytes: Bytes, head: &Head) -> Option<Self> {
        let stamp = Provenance::read(|name| head.metadata.get(name).map(String::as_str))?;
        let media_type = known_media_type(&head.content_type)?;
        Some(Self { bytes, media_type, stamp, last_modified: head.last_modified })
    }

    /// The rendition as an object to write.
    #[must_use]
    pub fn object(&self, object: &ObjectKey) -> NewObject {
        NewObject {
            object: object.clone(),
            bytes: self.bytes.clone(),
            content_type: self.media_type,
            cache_control: IMMUTABLE,
            metadata: self.stamp.metadata().into(),
        }
    }
}

/// `Cache-Control` of stored renditions, for what serves them from a bucket: what stands under a key is this source in this
/// recipe, and changes only with the image core's output version. What is deleted ends in shared caches as it does where
/// [`crate::Caching`] has its defaults.
pub const IMMUTABLE: &str = "public, max-age=31536000, s-maxage=2592000, immutable";

/// What an object tells about itself in its metadata, so that one that is out of date can be told and made again, and that
/// anyone can make it again to see that it is what it says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Provenance {
    /// The original's entity tag.
    pub source_etag: String,
    /// The recipe's canonical text, which parses as that recipe; empty where an older release wrote none.
    pub recipe: String,
    /// [`OUTPUT_VERSION`] of the image core that made it; 0 where none is told.
    pub output_version: u32,
    /// The object's own: a hash of the original's and of what was made of it, the output version included.
    pub etag: ETag,
    /// The tag by which caches drop it when the original is deleted: [`cache_tag`] of the original.
    pub cache_tag: String,
    /// Whether pixels of the original are missing.
    pub damaged: bool,
}

impl Provenance {
    /// For the rendition of `source` by `recipe`, while the source has `source_etag`.
    #[must_use]
    pub fn new(source: &Source, source_etag: &str, recipe: &Recipe) -> Self {
        Self::of(source, source_etag, recipe, etag(source_etag, recipe, OUTPUT_VERSION))
    }

    /// For the facts about what has this one.
    #[must_use]
    pub fn of_facts(self) -> Self {
        // The facts themselves are whole, and say what is damaged.
        Self { etag: facts_etag(&self.etag), damaged: false, ..self }
    }

    /// For the original itself, with as much of its metadata as `recipe` keeps.
    #[must_use]
    pub fn of_original(source: &Source, source_etag: &str, recipe: &Recipe) -> Self {
        Self::of(source, source_etag, recipe, original_etag(source_etag, recipe.metadata))
    }

    fn of(source: &Source, source_etag: &str, recipe: &Recipe, etag: ETag) -> Self {
        Self {
            source_etag: source_etag.into(),
            recipe: explicit(recipe),
            output_version: OUTPUT_VERSION,
            etag,
            cache_tag: cache_tag(source),
            damaged: false,
        }
    }

    /// The same with the given damage flag.
    #[must_use]
    pub fn of_damaged(self, damaged: bool) -> Self {
        Self { damaged, ..self }
    }

    /// The metadata's names and values. Stores put their own prefix before the names, such as `x-amz-meta-`. Recipe and
    /// version are for `darkroom verify` and for people: the entity tag has them in it.
    #[must_use]
    pub fn metadata(&self) -> [(&'static str, String); 6] {
        [
            ("source-etag", self.source_etag.clone()),
            ("recipe", self.recipe.clone()),
            ("output-version", self.output_version.to_string()),
            ("rendition-etag", self.etag.opaque().into()),
            ("cache-tag", self.cache_tag.clone()),
            ("damaged", self.damaged.to_string()),
        ]
    }

    /// Reads what [`Provenance::metadata`] gives; none where an object has no such metadata. Older releases gave neither
    /// recipe nor cache tag.
    pub fn read<'a>(value: impl Fn(&str) -> Option<&'a str>) -> Option<Self> {
        Some(Self {
            source_etag: value("source-etag")?.into(),
            recipe: value("recipe").unwrap_or_default().into(),
            output_version: value("output-version").and_then(|version| version.parse().ok()).unwrap_or_default(),
            etag: format!("\"{}\"", value("rendition-etag")?).parse().ok()?,
            cache_tag: value("cache-tag").unwrap_or_default().into(),
            damaged: value("damaged") == Some("true"),
        })
    }

    /// Whether this release would make the same object from the same original, or find that nothing is better than the
    /// original.
    #[must_use]
    pub fn is_current(&self, recipe: &Recipe) -> bool {
        let source = &self.source_etag;
        self.etag == etag(source, recipe, OUTPUT_VERSION) || self.etag == original_etag(source, recipe.metadata)
    }

    /// The same for facts about what `recipe` makes.
    pub(crate) fn is_current_facts(&self, recipe: &Recipe) -> bool {
        let source = &self.source_etag;
        [etag(source, recipe, OUTPUT_VERSION), original_etag(source, recipe.metadata)]
            .iter()
            .any(|image| self.etag == facts_etag(image))
    }
}

/// The media type of facts.
pub(crate) const JSON: &str = "application/json";

/// Metadata can't be empty in every store.
fn explicit(recipe: &Recipe) -> String {
    let text = recipe.to_string();
    if text.is_empty() { format!("format={}", recipe.encoding.format.name()) } else { text }
}

/// One of the media types that are stored and sent; none for any other, which is never sent.
#[must_use]
pub fn known_media_type(text: &str) -> Option<&'static str> {
    let known = Format::ALL.into_iter().map(Format::media_type).chain([JSON]);
    known.into_iter().find(|known| known.eq_ignore_ascii_case(text.trim()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stamp_is_read_as_it_is_written_and_knows_what_changed() {
        let recipe: Recipe = "width=80".parse().expect("recipe");
        let source = Source::Key("site/photo.jpg".parse().expect("key"));
        let stamp = Provenance::new(&source, "abc", &recipe);
        let metadata = stamp.metadata();
        let value = |wanted: &str| metadata.iter().find(|(name, _)| *name == wanted).map(|(_, value)| value.as_str());
        assert_eq!(Provenance::read(value), Some(stamp.clone()));
        assert_eq!(Provenance::read(|_| None), None);
        let older = Provenance::read(|name| (!["cache-tag", "recipe"].contains(&name)).then(|| value(name)).flatten());
        assert!(older.is_some_and(|older| older.is_current(&recipe)));
        let told = Provenance::new(&source, "abc", &Recipe::default()).recipe;
        assert_eq!((stamp.recipe.as_str(), told.as_str()), ("width=80", "format=webp"));
        assert_eq!(told.parse(), Ok(Recipe::default()));
        let damaged = stamp.clone().of_damaged(true);
        let metadata = damaged.metadata();
        let value = |wanted: &str| metadata.iter().find(|(name, _)| *name == wanted).map(|(_, value)| value.as_str());
        assert_eq!(Provenance::read(value), Some(damaged.clone()));
        assert!(damaged.is_current(&recipe), "what was made of it is the same");
        assert!(stamp.is_current(&recipe));
        assert!(!stamp.is_current(&"width=81".parse().expect("recipe")));
    }
}
