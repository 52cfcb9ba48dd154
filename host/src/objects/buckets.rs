use darkroom_delivery::Bucket;

use crate::InvalidSetting;

/// The names of the three buckets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Buckets {
    /// Originals.
    pub raw: String,
    /// Compressed images.
    pub processed: String,
    /// Thumbnails.
    pub thumbnails: String,
}

impl Buckets {
    /// The name of one bucket.
    #[must_use]
    pub fn name(&self, bucket: Bucket) -> &str {
        match bucket {
            Bucket::Raw => &self.raw,
            Bucket::Processed => &self.processed,
            Bucket::Thumbnails => &self.thumbnails,
        }
    }

    /// Reads the three variables that hold the names.
    ///
    /// # Errors
    /// Names the first variable that is missing or wrong.
    pub fn read(get: impl Fn(&str) -> Option<String>) -> Result<Self, InvalidSetting> {
        Ok(Self {
            raw: bucket(&get, "DARKROOM_RAW_BUCKET")?,
            processed: bucket(&get, "DARKROOM_PROCESSED_BUCKET")?,
            thumbnails: bucket(&get, "DARKROOM_THUMBNAILS_BUCKET")?,
        })
    }
}

fn bucket(get: impl Fn(&str) -> Option<String>, name: &'static str) -> Result<String, InvalidSetting> {
    let allowed = "needed is a bucket's name: 3 to 63 lower-case letters, digits, dots and hyphens";
    let value = get(name).unwrap_or_default();
    let character = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b".-".contains(&byte);
    if (3..=63).contains(&value.len()) && value.bytes().all(character) {
        Ok(value)
    } else {
        Err(InvalidSetting { name, value, allowed })
    }
}
