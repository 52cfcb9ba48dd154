use std::sync::Arc;
use std::time::Instant;

use bytes::Bytes;
use darkroom_delivery::store::{Get, Store};
use darkroom_delivery::{Bucket, ObjectKey, Provenance, Source, Stored, preset_key};
use darkroom_recipe::{Format, ImageInfo, Preset, Recipe};
use futures_util::future::try_join_all;
use tokio::task::spawn_blocking;

use super::{Failure, Progress, Settings, Upload};
use crate::{Output, Photo, Processor};

/// Reads originals, renders presets and stores the results. A repeat writes the same bytes to the same keys.
pub struct Images {
    /// Originals and outputs.
    pub store: Arc<dyn Store>,
    /// The image core.
    pub processor: Arc<Processor>,
    /// Buckets, formats and limits.
    pub settings: Arc<Settings>,
}

/// The stored images of one upload.
#[derive(Clone, Debug)]
pub struct StoredImages {
    /// One per preset and format; the preset's own format comes first.
    pub images: Vec<StoredImage>,
    /// Wall-clock time from the event to the last write.
    pub milliseconds: u64,
    /// Whether pixels of the original are missing.
    pub damaged: bool,
}

/// One stored object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredImage {
    /// The preset's name.
    pub preset: String,
    /// The key in the preset's bucket.
    pub key: String,
    /// The size in bytes.
    pub size: u64,
}

/// One object to make.
struct Job {
    preset: String,
    recipe: Recipe,
    object: ObjectKey,
}

impl Images {
    /// Renders and stores `presets` from one decode, and reports each step to `progress`.
    ///
    /// # Errors
    /// The first error that occurs. Some objects may have been stored by then; a repeat writes them again.
    pub async fn make(
        &self,
        upload: &Upload,
        presets: &[Preset],
        progress: &dyn Progress,
    ) -> Result<StoredImages, Failure> {
        let started = Instant::now();
        let original = self.original(upload).await?;
        progress.read();
        let jobs = self.jobs(upload, presets);
        let (original, photo) = self.render(original, &jobs).await?;
        let _held = self.processor.hold(photo.outputs.iter().flatten().map(Output::length).sum());
        let source = &Source::Key(upload.key.key());
        let writes = jobs.iter().zip(photo.outputs).map(|(job, output)| async {
            let stored = stored(output?, &photo.info, source, &upload.etag, &job.recipe);
            self.keep(job, &stored, progress).await
        });
        let images = try_join_all(writes).await?;
        let milliseconds = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX);
        tracing::info!(milliseconds, objects = images.len(), original_bytes = original.len(), "images stored");
        Ok(StoredImages { images, milliseconds, damaged: photo.info.damaged })
    }

    async fn original(&self, upload: &Upload) -> Result<Bytes, Failure> {
        let original = ObjectKey { bucket: Bucket::Raw, key: upload.key.to_string() };
        let (version, limit) = (upload.version.as_deref(), self.settings.limits.source_bytes);
        let get = Get { version, if_match: Some(&upload.etag), limit };
        Ok(self.store.get(&original, get).await?.bytes)
    }

    fn jobs(&self, upload: &Upload, presets: &[Preset]) -> Vec<Job> {
        let job = |preset: &Preset, format: Format| {
            let mut recipe = preset.recipe.in_format(format);
            recipe.on_damage = self.settings.on_damage;
            if preset.recipe.encoding.format != format {
                // A fallback for animations if the requested format has no frames; the object keeps this name all the
                // same.
                recipe.encoding.alternatives = vec![preset.recipe.encoding.format];
            }
            let object = preset_key(&upload.key, &preset.name, format);
            Job { preset: preset.name.clone(), recipe, object }
        };
        let formats = |preset: &Preset| {
            let own = preset.recipe.encoding.format;
            let others = self.settings.formats.iter().copied().filter(move |format| *format != own);
            std::iter::once(own).chain(others).collect::<Vec<_>>()
        };
        presets.iter().flat_map(|preset| formats(preset).into_iter().map(move |format| job(preset, format))).collect()
    }

    /// Runs on a separate thread, because it takes seconds and would block the runtime.
    async fn render(&self, original: Bytes, jobs: &[Job]) -> Result<(Bytes, Photo), Failure> {
        let (processor, limits) = (Arc::clone(&self.processor), self.settings.limits);
        let recipes: Vec<Recipe> = jobs.iter().map(|job| job.recipe.clone()).collect();
        let rendered = spawn_blocking(move || {
            let photo = processor.render(&original, &recipes, &limits)?;
            Ok((original, photo))
        });
        rendered.await.unwrap_or_else(|error| Err(crate::Error::Internal(error.to_string()))).map_err(|error| {
            tracing::warn!(%error, "not rendered");
            error.into()
        })
    }

    async fn keep(&self, job: &Job, stored: &Stored, progress: &dyn Progress) -> Result<StoredImage, Failure> {
        let object = stored.object(&job.object);
        self.store.put(object.clone()).await?;
        progress.stored(&object);
        Ok(StoredImage { preset: job.preset.clone(), key: job.object.key.clone(), size: stored.bytes.len() as u64 })
    }
}

/// The object to store. If no rendition is better, it is the original, stored under the rendition's name.
fn stored(output: Output, info: &ImageInfo, source: &Source, etag: &str, recipe: &Recipe) -> Stored {
    let recipe = &recipe.for_source(info);
    let (bytes, media_type, stamp) = match output {
        Output::Original(bytes) => (bytes, info.format.media_type(), Provenance::of_original(source, etag, recipe)),
        Output::Rendition(made) => {
            let stamp = Provenance::new(source, etag, recipe).of_damaged(info.damaged);
            (made.bytes, made.format.media_type(), stamp)
        }
    };
    Stored { bytes: bytes.into(), media_type, stamp, last_modified: None }
}
