use std::sync::Arc;

use darkroom_delivery::{ObjectKey, Source, UploadKey, cache_tag, preset_key, variants_of};
use darkroom_recipe::Preset;
use serde::Serialize;

use crate::caches::Caches;
use crate::objects::{Buckets, Objects};
use crate::pipeline::Failure;
use crate::records::Records;

/// Deletes what was derived from an original: outputs in all formats, ad hoc variants, what caches have of them, and
/// items.
pub struct Purge {
    /// Originals and outputs.
    pub objects: Arc<dyn Objects>,
    /// Items.
    pub records: Arc<dyn Records>,
    /// Where objects are.
    pub buckets: Buckets,
    /// What serves the outputs; none where that is not told of deletions.
    pub caches: Option<Arc<dyn Caches>>,
}

/// How much was deleted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Purged {
    /// In the processed and the thumbnails bucket.
    pub objects: usize,
    /// In the table.
    pub items: usize,
}

impl Purge {
    /// Purges, unless there is an original: events come late and twice, and S3 also tells of old versions that end
    /// while the object lives on. Then nothing is done, and the answer is none.
    ///
    /// # Errors
    /// A store fails. Some may be deleted by then; a repeat deletes the rest.
    pub async fn handle(&self, original: &UploadKey) -> Result<Option<Purged>, Failure> {
        if self.objects.exists(&self.buckets.raw, &original.to_string()).await? {
            return Ok(None);
        }
        self.purge(original).await.map(Some)
    }

    /// Purges, whether there is an original or not.
    ///
    /// # Errors
    /// As above.
    pub async fn purge(&self, original: &UploadKey) -> Result<Purged, Failure> {
        let mut purged = Purged::default();
        for ObjectKey { bucket, key: prefix } in prefixes(original) {
            let bucket = self.buckets.name(bucket);
            for key in self.objects.list(bucket, &prefix).await? {
                if is_of(&prefix, &key) {
                    self.objects.delete(bucket, &key).await?;
                    purged.objects += 1;
                }
            }
        }
        // After the objects, so that a cache that asks again finds nothing.
        if let Some(caches) = &self.caches {
            caches.drop_tagged(&cache_tag(&Source::Key(original.key()))).await?;
        }
        // Last: as long as an item is there, somebody can see that there is something to purge.
        purged.items = self.records.forget(original).await?;
        tracing::info!(objects = purged.objects, items = purged.items, "purged");
        Ok(purged)
    }
}

/// What the keys of all outputs begin with: a preset's differ in their ending, variants in their recipe.
fn prefixes(original: &UploadKey) -> Vec<ObjectKey> {
    let until_ending = |preset: &Preset| {
        let ObjectKey { bucket, mut key } = preset_key(original, &preset.name, preset.recipe.encoding.format);
        key.truncate(key.rfind('.').map_or(key.len(), |at| at + 1));
        ObjectKey { bucket, key }
    };
    let variants = variants_of(&Source::Key(original.key()));
    Preset::builtin().iter().map(until_ending).chain([variants]).collect()
}

/// `….a.` also begins the outputs of an upload that is called `….a.b.jpg`.
fn is_of(prefix: &str, key: &str) -> bool {
    prefix.ends_with('/') || key.strip_prefix(prefix).is_some_and(|ending| !ending.contains('.'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everything_that_is_derived_and_nothing_else() {
        let original = "uploads/u1/20251231_235959_abcdef01_a.jpg".parse().expect("a key");
        let prefixes: Vec<String> = prefixes(&original).into_iter().map(|object| object.key).collect();
        let begins = |key: &str| prefixes.iter().any(|prefix| key.starts_with(prefix) && is_of(prefix, key));
        let stem = "u1/20251231_235959_abcdef01_a";
        for key in [
            format!("compressed/{stem}.webp"),
            format!("compressed/{stem}.avif"),
            format!("compressed/{stem}.jxl"),
            format!("thumbnails/large/{stem}.jpg"),
            format!("variants/{original}/default.webp"),
            format!("variants/{original}/dpr=1.5,width=9.webp"),
        ] {
            assert!(begins(&key), "{key}");
        }
        for key in [
            original.to_string(),
            format!("compressed/{stem}.b.webp"),
            format!("compressed/{stem}b.webp"),
            format!("compressed/u2/{stem}.webp"),
            format!("variants/{original}2/default.webp"),
        ] {
            assert!(!begins(&key), "{key}");
        }
    }
}
