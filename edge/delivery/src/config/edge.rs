//! The configuration of an edge that runs JavaScript. The build reads it from one file, since such an edge has no
//! environment to read when it starts.

use serde::{Deserialize, Serialize};

use crate::{Bucket, Config, Mode};

/// Everything but `buckets` and `region` has a default; unknown names are refused.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EdgeSettings {
    /// The settings that every shell shares.
    #[serde(default)]
    pub delivery: Config,
    /// The buckets for originals and renditions.
    pub buckets: BucketNames,
    /// The region of the buckets, such as `eu-central-1`.
    pub region: String,
    /// Where the buckets are, if not in S3 itself but in another service that speaks S3.
    pub endpoint: Option<String>,
    /// The limits of this edge; the origin function handles everything beyond them.
    #[serde(default)]
    pub limits: EdgeLimits,
}

/// The three buckets, by name.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs, reason = "named as the variants of Bucket, which says what they are")]
pub struct BucketNames {
    pub raw: String,
    pub processed: String,
    pub thumbnails: String,
}

/// The limits for one image. With the defaults a function of 1,769 MB, which has one core, takes a second or two at
/// most.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct EdgeLimits {
    /// An original's length in bytes. 16 MiB by default.
    pub source_bytes: u64,
    /// An original's width × height. 25 million by default.
    pub pixels: u64,
    /// Width × height of an AVIF, which takes longest. One million by default.
    pub slow_pixels: u64,
    /// The memory for pixels and encoders, in bytes. 512 MiB by default.
    pub memory: u64,
    /// How long S3 may take for one request, in milliseconds. 5 seconds by default.
    pub store_ms: u64,
    /// How much of the function's own time must be left to start an image, in milliseconds. 10 seconds by default.
    pub spare_ms: u64,
}

impl Default for EdgeLimits {
    fn default() -> Self {
        Self {
            source_bytes: 16 << 20,
            pixels: 25_000_000,
            slow_pixels: 1_000_000,
            memory: 512 << 20,
            store_ms: 5_000,
            spare_ms: 10_000,
        }
    }
}

impl EdgeSettings {
    /// Reads and checks the settings. They exclude signing keys, since anybody who has the bundle can read it; the
    /// function that verifies signatures has a store for keys.
    ///
    /// # Errors
    /// Describes the first invalid setting.
    pub fn from_json(text: &str) -> Result<Self, String> {
        let settings: Self = serde_json::from_str(text).map_err(|error| error.to_string())?;
        if !settings.delivery.signing_keys.is_empty() {
            return Err("delivery.signing_keys: must stand in the function's KeyValueStore instead".into());
        }
        // Without keys here, `signed` would be refused.
        let checked = Config { mode: Mode::default(), ..settings.delivery.clone() };
        checked.validate().map_err(|error| error.to_string())?;
        Ok(settings)
    }

    /// The name of a bucket.
    #[must_use]
    pub fn bucket(&self, bucket: Bucket) -> &str {
        match bucket {
            Bucket::Raw => &self.buckets.raw,
            Bucket::Processed => &self.buckets.processed,
            Bucket::Thumbnails => &self.buckets.thumbnails,
        }
    }
}
