//! The results for one photo: a line of the JSON file, and an entry of the manifest.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// One line of the JSON file. Keys are paths below the output folder, with `/` between the parts.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct Record {
    pub(crate) original_key: String,
    pub(crate) original_size: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) compressed_key: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) compressed_size: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) savings_percent: Option<f64>,
    /// Maps preset names to keys.
    pub(crate) thumbnails: BTreeMap<String, String>,
    /// Maps recipes' canonical texts to keys.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub(crate) variants: BTreeMap<String, String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) width: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) height: Option<u32>,
    /// Pixels are missing from the photo, and grey in its outputs.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub(crate) damaged: bool,
    pub(crate) processing_time_ms: u64,
    pub(crate) status: Status,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) error: Option<String>,
}

/// Whether all outputs exist.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Status {
    #[default]
    Completed,
    Failed,
}

/// A photo and its files.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Made {
    pub(crate) photo: Record,
    /// Size in bytes of every output, by key.
    pub(crate) files: BTreeMap<String, u64>,
    /// No work was needed, because an earlier run has made the same outputs.
    #[serde(skip)]
    pub(crate) skipped: bool,
}

impl Made {
    pub(crate) fn failed(&self) -> bool {
        self.photo.status == Status::Failed
    }

    /// The total size in bytes of `keys`.
    pub(crate) fn size<'a>(&self, keys: impl IntoIterator<Item = &'a String>) -> u64 {
        keys.into_iter().filter_map(|key| self.files.get(key)).sum()
    }
}

impl Record {
    /// A photo without any outputs.
    pub(crate) fn failed(key: &str, size: u64, error: String) -> Self {
        let (original_key, status) = (key.into(), Status::Failed);
        Self { original_key, original_size: size, status, error: Some(error), ..Self::default() }
    }
}
