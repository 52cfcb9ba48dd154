//! A table with one item for each uploaded image.

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

/// What is known about one uploaded image, as it is stored. `image_id` and `uploaded_at` are its key.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Item {
    /// `img_` and 32 hexadecimal digits.
    pub image_id: String,
    /// Seconds since 1970.
    pub uploaded_at: u64,
    /// Whose image it is.
    pub user_id: String,
    /// Its key in the raw bucket.
    pub original_key: String,
    /// In bytes.
    pub original_size: u64,
    /// When the table may forget it: seconds since 1970.
    pub expires_at: u64,
    /// How it ended.
    #[serde(flatten)]
    pub outcome: Outcome,
}

/// How the processing of an image ended. Stored with the others' fields, told apart by `status`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "status", rename_all = "lowercase", rename_all_fields = "camelCase")]
pub enum Outcome {
    /// Everything was made and stored.
    Completed {
        /// In the processed bucket.
        compressed_key: String,
        /// In bytes.
        compressed_size: u64,
        /// URLs by the preset's name.
        thumbnails: BTreeMap<String, String>,
        /// Of the original's bytes, to two decimals. Negative where the original has to be replaced by something larger.
        savings_percent: f64,
        /// On the clock.
        processing_time_ms: u64,
        /// Whether pixels of the original are missing. Left out where none are.
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

/// What became of an item.
#[derive(Clone, Debug, PartialEq)]
pub enum Recorded {
    /// It was written.
    Written,
    /// A completed one was there, this one, and was left as it is.
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
    /// Writes an item, at once and whole, unless a completed one with its key is there.
    ///
    /// # Errors
    /// The table refuses it, or fails.
    async fn record(&self, item: &Item) -> Result<Recorded, StoreError>;

    /// A user's items, the newest first, at most `limit`; those behind `before`, where that is given.
    ///
    /// # Errors
    /// The table refuses to say, or fails.
    async fn items(&self, user: &str, before: Option<&Before>, limit: u32) -> Result<Vec<Item>, StoreError>;

    /// One image's item; none where there is none.
    ///
    /// # Errors
    /// The table refuses to say, or fails.
    async fn item(&self, image_id: &str) -> Result<Option<Item>, StoreError>;

    /// Deletes the items about all versions of an original, and says how many there were.
    ///
    /// # Errors
    /// The table refuses it, or fails.
    async fn delete_for_original(&self, original: &UploadKey) -> Result<usize, StoreError>;
}
