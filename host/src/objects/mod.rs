//! A store of objects: S3, or whatever speaks its protocol.

mod buckets;
#[cfg(feature = "aws")]
mod s3;

use std::collections::BTreeMap;
use std::time::Duration;

use async_trait::async_trait;
pub use buckets::Buckets;
use bytes::Bytes;
#[cfg(feature = "aws")]
pub use s3::S3;

use crate::StoreError;

/// One version of one object.
#[derive(Clone, Copy, Debug)]
pub struct Version<'a> {
    /// The bucket's name.
    pub bucket: &'a str,
    /// Decoded.
    pub key: &'a str,
    /// The store's name for the version; none where the bucket keeps no versions.
    pub version: Option<&'a str>,
    /// Without quotation marks. Another object in its place is refused.
    pub etag: &'a str,
}

/// An object with what is known about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Object {
    /// All of it.
    pub bytes: Bytes,
    /// The rest.
    pub head: Head,
}

/// An object without its bytes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Head {
    /// Without quotation marks.
    pub etag: String,
    /// A media type; empty where the store knows none.
    pub content_type: String,
    /// User metadata; names in lower case.
    pub metadata: BTreeMap<String, String>,
    /// In seconds since 1970.
    pub last_modified: Option<u64>,
}

/// An object to be written, replacing what is there.
#[derive(Clone, Debug)]
pub struct NewObject {
    /// The bucket's name.
    pub bucket: String,
    /// Decoded.
    pub key: String,
    /// All of it.
    pub bytes: Bytes,
    /// A media type.
    pub content_type: &'static str,
    /// For whoever serves it.
    pub cache_control: &'static str,
    /// User metadata; names in lower case.
    pub metadata: BTreeMap<&'static str, String>,
}

/// An upload that somebody else is to make: exactly so, once, and not over anything that is there.
#[derive(Clone, Debug)]
pub struct Grant<'a> {
    /// The bucket's name.
    pub bucket: &'a str,
    /// Decoded.
    pub key: &'a str,
    /// A media type.
    pub content_type: &'a str,
    /// In bytes.
    pub content_length: u64,
    /// From now on, at most a week.
    pub validity: Duration,
}

/// A PUT that needs no credentials but its own signature.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PresignedPut {
    /// A secret until it expires: not for logs.
    pub url: String,
    /// Signed too: to be sent as they are.
    pub headers: BTreeMap<String, String>,
}

/// A store of objects. Every call either did all that it says, or fails; a write that failed may have been done.
#[async_trait]
pub trait Objects: Send + Sync {
    /// The object's bytes.
    ///
    /// # Errors
    /// It is not there, or not the one that is meant, or has more than `limit` bytes; or the store fails.
    async fn get(&self, version: Version<'_>, limit: u64) -> Result<Vec<u8>, StoreError>;

    /// The newest object with this key.
    ///
    /// # Errors
    /// It is not there, or has more than `limit` bytes; or the store fails.
    async fn fetch(&self, bucket: &str, key: &str, limit: u64) -> Result<Object, StoreError>;

    /// The same without its bytes.
    ///
    /// # Errors
    /// It is not there, or the store fails.
    async fn head(&self, bucket: &str, key: &str) -> Result<Head, StoreError>;

    /// Writes an object: readers see all of it, or what was there before.
    ///
    /// # Errors
    /// The store refuses it, or fails.
    async fn put(&self, object: NewObject) -> Result<(), StoreError>;

    /// Whether there is an object with this key.
    ///
    /// # Errors
    /// The store refuses to say, or fails.
    async fn exists(&self, bucket: &str, key: &str) -> Result<bool, StoreError> {
        match self.head(bucket, key).await {
            Ok(_) => Ok(true),
            Err(StoreError::NotFound) => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// All keys that begin with `prefix`.
    ///
    /// # Errors
    /// The store refuses to say, or fails.
    async fn list(&self, bucket: &str, prefix: &str) -> Result<Vec<String>, StoreError>;

    /// Deletes an object. One that is not there is deleted already.
    ///
    /// # Errors
    /// The store refuses it, or fails.
    async fn delete(&self, bucket: &str, key: &str) -> Result<(), StoreError>;

    /// Signs a PUT. No call to the store.
    ///
    /// # Errors
    /// There are no credentials to sign with.
    async fn presign(&self, grant: Grant<'_>) -> Result<PresignedPut, StoreError>;
}
