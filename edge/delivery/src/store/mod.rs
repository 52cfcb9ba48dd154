//! The port to object stores. A store is one implementation of [`Store`]. Only [`crate::Shell`] knows how delivery uses
//! its objects, and what its errors mean to a client.

pub mod conformance;
mod memory;

use std::collections::BTreeMap;

use async_trait::async_trait;
use bytes::Bytes;
use darkroom_recipe::{LimitExceeded, LimitKind};
pub use memory::Memory;

use crate::{Bucket, Error, ObjectKey};

/// Three buckets of objects. Every call either completes or fails; a failed write may still have taken effect.
///
/// Its futures are `Send` wherever there are threads.
#[cfg_attr(target_family = "wasm", async_trait(?Send))]
#[cfg_attr(not(target_family = "wasm"), async_trait)]
pub trait Store: Shared {
    /// Reads an object, whole.
    ///
    /// # Errors
    /// It doesn't exist, isn't the expected one, or exceeds the limit; or the store fails.
    async fn get(&self, object: &ObjectKey, get: Get<'_>) -> Result<Object, StoreError>;

    /// The same without the bytes.
    ///
    /// # Errors
    /// It doesn't exist, or the store fails.
    async fn head(&self, object: &ObjectKey) -> Result<Head, StoreError>;

    /// Writes an object, replacing an existing one. Readers see all of it, or the previous object.
    ///
    /// # Errors
    /// The store refuses it, or fails.
    async fn put(&self, object: NewObject) -> Result<(), StoreError>;

    /// Deletes an object. Succeeds if it doesn't exist.
    ///
    /// # Errors
    /// The store refuses it, as a store for delivery alone does; or it fails.
    async fn delete(&self, _object: &ObjectKey) -> Result<(), StoreError> {
        Err(StoreError::Refused("this store deletes nothing".into()))
    }

    /// Lists all keys of a bucket that begin with the key of `prefix`, sorted.
    ///
    /// # Errors
    /// The store refuses it, as a store for delivery alone does; or it fails.
    async fn list(&self, _prefix: &ObjectKey) -> Result<Vec<String>, StoreError> {
        Err(StoreError::Refused("this store lists nothing".into()))
    }

    /// Whether with an original it deletes at once what was derived from it, by itself. Of other stores delivery asks whether
    /// the original is there.
    fn deletes_derived(&self) -> bool {
        false
    }

    /// Whether there is an object with this key.
    ///
    /// # Errors
    /// The store refuses to answer, or fails.
    async fn exists(&self, object: &ObjectKey) -> Result<bool, StoreError> {
        match self.head(object).await {
            Ok(_) => Ok(true),
            Err(StoreError::NotFound) => Ok(false),
            Err(error) => Err(error),
        }
    }
}

/// `Send` and `Sync`, wherever there are threads.
#[cfg(not(target_family = "wasm"))]
pub trait Shared: Send + Sync {}
#[cfg(not(target_family = "wasm"))]
impl<T: Send + Sync + ?Sized> Shared for T {}

/// `Send` and `Sync`, wherever there are threads.
#[cfg(target_family = "wasm")]
pub trait Shared {}
#[cfg(target_family = "wasm")]
impl<T: ?Sized> Shared for T {}

/// Which object of a key to read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Get<'a> {
    /// The store's name for a version; the newest if none. Stores without versions ignore it.
    pub version: Option<&'a str>,
    /// Refuse an object with another entity tag. Without quotation marks.
    pub if_match: Option<&'a str>,
    /// The most bytes that it may have. Longer objects are not read.
    pub limit: u64,
}

impl Get<'_> {
    /// The newest object with the key.
    #[must_use]
    pub const fn newest(limit: u64) -> Self {
        Self { version: None, if_match: None, limit }
    }

    /// Whether an object of this length may be read.
    ///
    /// # Errors
    /// It is too long.
    pub const fn check(&self, length: u64) -> Result<(), StoreError> {
        if length <= self.limit {
            return Ok(());
        }
        Err(StoreError::TooLarge(LimitExceeded { kind: LimitKind::SourceBytes, actual: length, allowed: self.limit }))
    }
}

/// An object with its metadata.
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
    /// Without quotation marks; empty if the store gives none.
    pub etag: String,
    /// A media type; empty if the store knows none.
    pub content_type: String,
    /// User metadata; names in lower case, without a store's prefix.
    pub metadata: BTreeMap<String, String>,
    /// In seconds since 1970.
    pub last_modified: Option<u64>,
}

/// An object to write.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewObject {
    /// Its key.
    pub object: ObjectKey,
    /// All of it.
    pub bytes: Bytes,
    /// A media type.
    pub content_type: &'static str,
    /// `Cache-Control`, for the server that delivers it.
    pub cache_control: &'static str,
    /// User metadata; names in lower case.
    pub metadata: BTreeMap<&'static str, String>,
}

/// Why a store call failed. No message names a key.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StoreError {
    /// The object doesn't exist, or no longer.
    #[error("the original is gone")]
    NotFound,
    /// The object exists, but isn't the expected one.
    #[error("the original was replaced by another one")]
    Changed,
    /// It has too many bytes.
    #[error("limit exceeded: {0}")]
    TooLarge(LimitExceeded),
    /// The store refuses this, now and later.
    #[error("{0}")]
    Refused(String),
    /// The store failed, or was overloaded: a retry may work.
    #[error("{0}")]
    Unavailable(String),
    /// There is no room for what was to be written: it works once there is.
    #[error("{0}")]
    Full(String),
    /// The store took too long: it may work later.
    #[error("{0}")]
    Late(String),
}

impl StoreError {
    /// The error for a client that requested the object called `name`.
    #[must_use]
    pub fn about(self, name: &str) -> Error {
        match self {
            Self::NotFound => Error::NotFound(name.to_owned()),
            Self::TooLarge(_) => Error::Limit(self.to_string()),
            Self::Late(text) => Error::Deadline(text),
            Self::Changed | Self::Refused(_) | Self::Unavailable(_) | Self::Full(_) => Error::Store(self.to_string()),
        }
    }
}

/// An original's key.
pub(crate) fn raw(key: &str) -> ObjectKey {
    ObjectKey { bucket: Bucket::Raw, key: key.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memory_is_a_store() {
        pollster::block_on(conformance::check(&Memory::default()));
    }

    #[test]
    fn every_error_has_its_status() {
        let exceeded = LimitExceeded { kind: LimitKind::SourceBytes, actual: 2, allowed: 1 };
        let text = || "why".to_owned();
        for (error, status, message) in [
            (StoreError::NotFound, 404, "a.jpg: not found"),
            (StoreError::TooLarge(exceeded), 422, "limit exceeded: source size in bytes: 2, must be at most 1"),
            (StoreError::Changed, 502, "the store failed"),
            (StoreError::Refused(text()), 502, "the store failed"),
            (StoreError::Unavailable(text()), 502, "the store failed"),
            (StoreError::Full(text()), 502, "the store failed"),
            (StoreError::Late(text()), 504, "deadline: why"),
        ] {
            let error = error.about("a.jpg");
            assert_eq!((error.status(), error.to_string().as_str()), (status, message));
        }
    }
}
