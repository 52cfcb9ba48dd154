use std::collections::BTreeMap;

use darkroom_delivery::{Options, Request, Source};
use darkroom_recipe::Preset;
use serde::{Deserialize, Serialize};

use super::compress::is_compressed;
use crate::pipeline::metrics::{self, Emit};
use crate::pipeline::{Failure, Images, StoredImages, Upload};

/// Makes the three thumbnails, and what else is configured.
pub struct Thumbnail {
    /// Reads, renders and stores.
    pub images: Images,
    /// Takes the measurements.
    pub emit: Emit,
}

/// What was made.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Thumbnails {
    /// In the raw bucket.
    pub original_key: String,
    /// Public URLs by the preset's name.
    pub thumbnails: BTreeMap<String, String>,
    /// On the clock.
    pub processing_time_ms: u64,
}

impl Thumbnail {
    /// # Errors
    /// Nothing was made, or not all of it.
    pub async fn handle(&self, upload: &Upload) -> Result<Thumbnails, Failure> {
        let mut presets = Preset::builtin();
        presets.retain(|preset| !is_compressed(preset));
        let stored = self.images.make(upload, &presets).await;
        (self.emit)(&metrics::thumbnails(stored.is_err()));
        Ok(Thumbnails::new(upload, &stored?, &self.images.settings.public_url))
    }
}

impl Thumbnails {
    pub(crate) fn new(upload: &Upload, stored: &StoredImages, public_url: &str) -> Self {
        let thumbnails = thumbnail_urls(upload, public_url);
        Self { original_key: upload.key.to_string(), thumbnails, processing_time_ms: stored.milliseconds }
    }
}

/// Where the edge serves each thumbnail, in the best format that a browser takes.
fn thumbnail_urls(upload: &Upload, public_url: &str) -> BTreeMap<String, String> {
    let url = |preset: &Preset| {
        let options = Options { preset: Some(preset.name.clone()), ..Options::default() };
        let request = Request { options, source: Source::Key(upload.key.key()) };
        (preset.name.clone(), format!("{public_url}{}", request.path()))
    };
    Preset::builtin().iter().filter(|preset| !is_compressed(preset)).map(url).collect()
}
