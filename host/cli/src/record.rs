//! What is told about one photo: a line of the JSON file, and the manifest's memory of it.

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
    /// From a preset's name to a key.
    pub(crate) thumbnails: BTreeMap<String, String>,
    /// From a recipe's canonical text to a key.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub(crate) variants: BTreeMap<String, String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) width: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) height: Option<u32>,
    /// Pixels are missing in the photo, and grey in what was made of it.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub(crate) damaged: bool,
    pub(crate) processing_time_ms: u64,
    pub(crate) status: Status,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) error: Option<String>,
}

/// Whether all outputs are there.
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
    /// Nothing had to be done: an earlier run has made the same.
    #[serde(skip)]
    pub(crate) skipped: bool,
}

impl Made {
    pub(crate) fn failed(&self) -> bool {
        self.photo.status == Status::Failed
    }

    /// The bytes of all of `keys` together.
    pub(crate) fn size<'a>(&self, keys: impl IntoIterator<Item = &'a String>) -> u64 {
        keys.into_iter().filter_map(|key| self.files.get(key)).sum()
    }
}

impl Record {
    /// A photo that came to nothing.
    pub(crate) fn failed(key: &str, size: u64, error: String) -> Self {
        let (original_key, status) = (key.into(), Status::Failed);
        Self { original_key, original_size: size, status, error: Some(error), ..Self::default() }
    }
}
