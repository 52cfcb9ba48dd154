use std::collections::BTreeMap;

use darkroom_delivery::{Options, Request, Source, sign};
use darkroom_recipe::Preset;
use serde::{Deserialize, Serialize};

use super::compress::is_compressed;
use crate::pipeline::{Emit, Failure, Images, Measurement, Settings, StoredImages, Upload};

/// Makes the thumbnails: all presets except the one that keeps the original's size.
pub struct Thumbnail {
    /// Reads, renders and stores.
    pub images: Images,
    /// Receives the measurements.
    pub emit: Emit,
}

/// The thumbnails.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Thumbnails {
    /// The key in the raw bucket.
    pub original_key: String,
    /// Public URLs by preset name.
    pub thumbnails: BTreeMap<String, String>,
    /// Wall-clock time.
    pub processing_time_ms: u64,
}

impl Thumbnail {
    /// # Errors
    /// If not every thumbnail could be made.
    pub async fn handle(&self, upload: &Upload) -> Result<Thumbnails, Failure> {
        let mut presets = self.images.settings.presets.clone();
        presets.retain(|preset| !is_compressed(preset));
        let stored = self.images.make(upload, &presets, &()).await;
        (self.emit)(Measurement::Thumbnails { failed: stored.is_err() });
        Ok(Thumbnails::new(upload, &stored?, &self.images.settings))
    }
}

impl Thumbnails {
    pub(crate) fn new(upload: &Upload, stored: &StoredImages, settings: &Settings) -> Self {
        let thumbnails = thumbnail_urls(upload, settings);
        Self { original_key: upload.key.to_string(), thumbnails, processing_time_ms: stored.milliseconds }
    }
}

/// The URLs at which the edge serves each thumbnail, in the best format that a browser accepts.
fn thumbnail_urls(upload: &Upload, settings: &Settings) -> BTreeMap<String, String> {
    let url = |preset: &Preset| {
        let options = Options { preset: Some(preset.name.clone()), ..Options::default() };
        let request = Request { options, source: Source::Key(upload.key.key()) };
        let url = format!("{}{}", settings.public_url, request.path());
        let url = settings.signing_key.as_ref().map_or(url.clone(), |key| sign(&url, key, None));
        (preset.name.clone(), url)
    };
    settings.presets.iter().filter(|preset| !is_compressed(preset)).map(url).collect()
}
