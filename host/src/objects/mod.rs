//! The object store on AWS, and presigning, which only AWS supports.

mod buckets;
#[cfg(feature = "aws")]
mod s3;

use std::collections::BTreeMap;
use std::time::Duration;

use async_trait::async_trait;
pub use buckets::Buckets;
use darkroom_delivery::ObjectKey;
#[cfg(feature = "aws")]
pub use s3::S3;

use crate::StoreError;

/// An upload that someone else makes: exactly as described, once, and without overwriting an existing object.
#[derive(Clone, Debug)]
pub struct PutRequest<'a> {
    /// The object to create.
    pub object: &'a ObjectKey,
    /// A media type.
    pub content_type: &'a str,
    /// In bytes.
    pub content_length: u64,
    /// The validity from now on, at most a week.
    pub validity: Duration,
}

/// A PUT that needs no credentials besides its own signature.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PresignedPut {
    /// A secret until it expires: don't log it.
    pub url: String,
    /// Signed headers, to send unchanged.
    pub headers: BTreeMap<String, String>,
}

/// Signs requests that others send.
#[async_trait]
pub trait Presigner: Send + Sync {
    /// Signs a PUT, without calling the store.
    ///
    /// # Errors
    /// If there are no credentials to sign with.
    async fn presign(&self, put: PutRequest<'_>) -> Result<PresignedPut, StoreError>;
}
