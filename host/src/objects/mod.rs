//! The objects' store on AWS, and what it alone can do: sign for somebody else.

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

/// An upload that somebody else is to make: exactly so, once, and not over anything that is there.
#[derive(Clone, Debug)]
pub struct PutRequest<'a> {
    /// Where.
    pub object: &'a ObjectKey,
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

/// Signs requests that others send.
#[async_trait]
pub trait Presigner: Send + Sync {
    /// Signs a PUT. No call to a store.
    ///
    /// # Errors
    /// There are no credentials to sign with.
    async fn presign(&self, put: PutRequest<'_>) -> Result<PresignedPut, StoreError>;
}
