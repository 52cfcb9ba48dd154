use darkroom_recipe::Preset;
use serde::{Deserialize, Serialize};

use crate::pipeline::{Emit, Failure, Images, Measurement, StoredImages, Upload};
use crate::savings_percent;

/// Makes the full-size WebP at quality 80, plus the other configured formats.
pub struct Compress {
    /// Reads, renders and stores.
    pub images: Images,
    /// Receives the measurements.
    pub emit: Emit,
}

/// The compressed image.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Compressed {
    /// The key in the raw bucket.
    pub original_key: String,
    /// The key in the processed bucket.
    pub compressed_key: String,
    /// The original's size in bytes.
    pub original_size: u64,
    /// The compressed image's size in bytes.
    pub compressed_size: u64,
    /// The bytes saved, as a percentage of the original's, to two decimals.
    pub savings_percent: f64,
    /// Wall-clock time.
    pub processing_time_ms: u64,
    /// Whether pixels of the original are missing. Omitted if none are.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub damaged: bool,
}

impl Compress {
    /// # Errors
    /// If not every image could be made.
    pub async fn handle(&self, upload: &Upload) -> Result<Compressed, Failure> {
        let mut presets = self.images.settings.presets.clone();
        presets.retain(is_compressed);
        let stored = self.images.make(upload, &presets, &()).await?;
        let compressed = Compressed::new(upload, &stored)?;
        (self.emit)(Measurement::Compressed { original: compressed.original_size, result: compressed.compressed_size });
        Ok(compressed)
    }
}

/// Whether this is the preset that keeps the original's size.
pub(crate) fn is_compressed(preset: &Preset) -> bool {
    preset.name == "compressed"
}

impl Compressed {
    /// The first stored image is in the preset's own format.
    pub(crate) fn new(upload: &Upload, stored: &StoredImages) -> Result<Self, Failure> {
        let image = stored.images.iter().find(|image| image.preset == "compressed");
        let image = image.ok_or_else(|| Failure::not_retryable("no preset is called compressed".into()))?;
        Ok(Self {
            original_key: upload.key.to_string(),
            compressed_key: image.key.clone(),
            original_size: upload.size,
            compressed_size: image.size,
            savings_percent: savings_percent(upload.size, image.size),
            processing_time_ms: stored.milliseconds,
            damaged: stored.damaged,
        })
    }
}
