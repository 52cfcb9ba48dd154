//! A table with one item per uploaded image.

#[cfg(feature = "aws")]
mod dynamodb;

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use async_trait::async_trait;
use darkroom_delivery::UploadKey;
#[cfg(feature = "aws")]
pub use dynamodb::DynamoDb;
use serde::{Deserialize, Serialize};

use crate::StoreError;

/// The stored facts about one uploaded image. `image_id` and `uploaded_at` are its key.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Item {
    /// `img_` and 32 hexadecimal digits.
    pub image_id: String,
    /// Seconds since 1970.
    pub uploaded_at: u64,
    /// The image's owner.
    pub user_id: String,
    /// Its key in the raw bucket.
    pub original_key: String,
    /// In bytes.
    pub original_size: u64,
    /// When the table may delete it, in seconds since 1970.
    pub expires_at: u64,
    /// The outcome of its processing.
    #[serde(flatten)]
    pub outcome: Outcome,
}

/// The outcome of an image's processing. It is stored among the item's other fields; `status` selects the variant.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "status", rename_all = "lowercase", rename_all_fields = "camelCase")]
pub enum Outcome {
    /// Everything was made and stored.
    Completed {
        /// The key in the processed bucket.
        compressed_key: String,
        /// The compressed image's size in bytes.
        compressed_size: u64,
        /// URLs by preset name.
        thumbnails: BTreeMap<String, String>,
        /// The bytes saved, as a percentage of the original's, to two decimals. Negative if the original must be
        /// replaced by something larger.
        savings_percent: f64,
        /// Wall-clock time.
        processing_time_ms: u64,
        /// Whether pixels of the original are missing. Omitted if none are.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        damaged: bool,
    },
    /// Something could not be made or stored.
    Failed {
        /// For people.
        reason: String,
    },
}

impl Outcome {
    /// `completed` or `failed`.
    #[must_use]
    pub const fn status(&self) -> &'static str {
        match self {
            Self::Completed { .. } => "completed",
            Self::Failed { .. } => "failed",
        }
    }
}

/// The result of recording an item.
#[derive(Clone, Debug, PartialEq)]
pub enum Recorded {
    /// It was written.
    Written,
    /// This completed item already existed, and was left unchanged.
    AlreadyCompleted(Item),
}

/// Where a page of items begins: behind this one. Written as `1767226499,img_…`; a time alone stands for all items of its
/// second.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Before {
    /// Seconds since 1970.
    pub uploaded_at: u64,
    /// Of an item of that second; earlier seconds' items and those that come after it in its own are behind it.
    pub image_id: Option<String>,
}

impl FromStr for Before {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (time, id) = text.split_once(',').map_or((text, None), |(time, id)| (time, Some(id.to_owned())));
        let digits = time.bytes().all(|byte| byte.is_ascii_digit());
        let uploaded_at = time.parse().ok().filter(|time| digits && *time <= i64::MAX as u64);
        let uploaded_at =
            uploaded_at.ok_or_else(|| format!("{text}: must be seconds since 1970, or an answer's next"))?;
        Ok(Self { uploaded_at, image_id: id })
    }
}

impl fmt::Display for Before {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.uploaded_at)?;
        self.image_id.as_ref().map_or(Ok(()), |id| write!(f, ",{id}"))
    }
}

impl From<&Item> for Before {
    fn from(item: &Item) -> Self {
        Self { uploaded_at: item.uploaded_at, image_id: Some(item.image_id.clone()) }
    }
}

/// A table of items.
#[async_trait]
pub trait Records: Send + Sync {
    /// Writes an item atomically, unless a completed one with its key exists.
    ///
    /// # Errors
    /// If the table refuses the write, or fails.
    async fn record(&self, item: &Item) -> Result<Recorded, StoreError>;

    /// A user's items, the newest first, at most `limit`; those behind `before`, where that is given.
    ///
    /// # Errors
    /// The table refuses to say, or fails.
    async fn items(&self, user: &str, before: Option<&Before>, limit: u32) -> Result<Vec<Item>, StoreError>;

    /// One image's item; `None` if there is none.
    ///
    /// # Errors
    /// If the table refuses the query, or fails.
    async fn item(&self, image_id: &str) -> Result<Option<Item>, StoreError>;

    /// Deletes the items about all versions of an original, and returns their number.
    ///
    /// # Errors
    /// If the table refuses the deletion, or fails.
    async fn delete_for_original(&self, original: &UploadKey) -> Result<usize, StoreError>;
}
