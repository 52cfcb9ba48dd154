use std::sync::Arc;

use darkroom_delivery::store::Store;
use darkroom_delivery::{Bucket, ObjectKey, Source, UploadKey, cache_tag, preset_key, variants_of};
use darkroom_recipe::Preset;
use serde::Serialize;

use crate::StoreError;
use crate::caches::Caches;
use crate::pipeline::Failure;
use crate::records::Records;

/// Deletes everything derived from an original: outputs in all formats, ad hoc variants, cached copies and items.
pub struct Purge {
    /// Originals and outputs.
    pub store: Arc<dyn Store>,
    /// Items.
    pub records: Arc<dyn Records>,
    /// Delivery's presets: each has its own key for an upload's output.
    pub presets: Vec<Preset>,
    /// What serves the outputs, and is told of deletions.
    pub caches: Vec<Arc<dyn Caches>>,
}

/// The number of deletions.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Purged {
    /// Objects in the processed and thumbnails buckets.
    pub objects: usize,
    /// Items in the table.
    pub items: usize,
}

impl Purge {
    /// Purges, unless the original exists. Events arrive late and twice, and S3 also reports old versions that expire
    /// while the object still exists. In that case nothing is done, and the result is `None`.
    ///
    /// # Errors
    /// If a store fails. Some deletions may have happened by then; a repeat does the rest.
    pub async fn handle(&self, original: &UploadKey) -> Result<Option<Purged>, Failure> {
        if self.store.exists(&ObjectKey { bucket: Bucket::Raw, key: original.to_string() }).await? {
            return Ok(None);
        }
        self.purge(original).await.map(Some)
    }

    /// Purges, whether or not the original exists.
    ///
    /// # Errors
    /// If a store fails, as above.
    pub async fn purge(&self, original: &UploadKey) -> Result<Purged, Failure> {
        let mut purged = Purged::default();
        for prefix in prefixes(original, &self.presets) {
            for key in self.store.list(&prefix).await? {
                if is_of(&prefix.key, &key) {
                    self.store.delete(&ObjectKey { bucket: prefix.bucket, key }).await?;
                    purged.objects += 1;
                }
            }
        }
        self.forget(&Source::Key(original.key())).await?;
        // Last: as long as an item is there, somebody can see that there is something to purge.
        purged.items = self.records.delete_for_original(original).await?;
        tracing::info!(objects = purged.objects, items = purged.items, "purged");
        Ok(purged)
    }

    /// Has caches drop what they have of an original and of what was derived from it. After the objects, so that a cache
    /// that asks again finds nothing.
    ///
    /// # Errors
    /// A cache refuses it, or has too much to do; the others know by then.
    pub async fn forget(&self, original: &Source) -> Result<(), StoreError> {
        let tag = cache_tag(original);
        let mut all = Ok(());
        for caches in &self.caches {
            all = caches.drop_tagged(&tag).await.and(all);
        }
        all
    }
}

/// The key prefixes of all outputs: a preset's outputs differ in their extension, variants in their recipe.
fn prefixes(original: &UploadKey, presets: &[Preset]) -> Vec<ObjectKey> {
    let until_ending = |preset: &Preset| {
        let ObjectKey { bucket, mut key } = preset_key(original, &preset.name, preset.recipe.encoding.format);
        key.truncate(key.rfind('.').map_or(key.len(), |at| at + 1));
        ObjectKey { bucket, key }
    };
    let variants = variants_of(&Source::Key(original.key()));
    presets.iter().map(until_ending).chain([variants]).collect()
}

/// `….a.` is also a prefix of the outputs of an upload named `….a.b.jpg`.
fn is_of(prefix: &str, key: &str) -> bool {
    prefix.ends_with('/') || key.strip_prefix(prefix).is_some_and(|ending| !ending.contains('.'))
}

#[cfg(test)]
mod tests {
    use async_trait::async_trait;
    use darkroom_delivery::store::{Memory, NewObject};
    use darkroom_recipe::{Format, Recipe};

    use super::*;
    use crate::records::{Before, Item, Recorded};

    #[test]
    fn renditions_of_configured_presets_go_with_their_original() {
        let original: UploadKey = "uploads/u1/20251231_235959_abcdef01_a.jpg".parse().expect("a key");
        let card = Preset { name: "card".into(), recipe: Recipe::default() };
        let place = preset_key(&original, &card.name, Format::Avif);
        let store = Arc::new(Memory::default());
        let rendition = NewObject {
            object: place.clone(),
            bytes: "a".into(),
            content_type: "image/avif",
            cache_control: "",
            metadata: std::collections::BTreeMap::new(),
        };
        let purge = Purge {
            store: Arc::<Memory>::clone(&store),
            records: Arc::new(Nobody),
            presets: vec![card],
            caches: Vec::new(),
        };
        let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
        let purged = runtime.block_on(async {
            store.put(rendition).await.expect("put");
            purge.handle(&original).await
        });
        assert_eq!(purged, Ok(Some(Purged { objects: 1, items: 0 })));
        assert_eq!(store.written(&place), None);
    }

    /// A table without items.
    struct Nobody;

    #[async_trait]
    impl Records for Nobody {
        async fn record(&self, _: &Item) -> Result<Recorded, StoreError> {
            Ok(Recorded::Written)
        }

        async fn items(&self, _: &str, _: Option<&Before>, _: u32) -> Result<Vec<Item>, StoreError> {
            Ok(Vec::new())
        }

        async fn item(&self, _: &str) -> Result<Option<Item>, StoreError> {
            Ok(None)
        }

        async fn delete_for_original(&self, _: &UploadKey) -> Result<usize, StoreError> {
            Ok(0)
        }
    }

    #[test]
    fn everything_that_is_derived_and_nothing_else() {
        let original = "uploads/u1/20251231_235959_abcdef01_a.jpg".parse().expect("a key");
        let card = Preset { name: "card".into(), recipe: Recipe::default() };
        let presets = [Preset::builtin(), vec![card]].concat();
        let prefixes: Vec<String> = prefixes(&original, &presets).into_iter().map(|object| object.key).collect();
        let begins = |key: &str| prefixes.iter().any(|prefix| key.starts_with(prefix) && is_of(prefix, key));
        let stem = "u1/20251231_235959_abcdef01_a";
        for key in [
            format!("compressed/{stem}.webp"),
            format!("compressed/{stem}.avif"),
            format!("compressed/{stem}.jxl"),
            format!("thumbnails/large/{stem}.jpg"),
            format!("thumbnails/card/{stem}.webp"),
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
