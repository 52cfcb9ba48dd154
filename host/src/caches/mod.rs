//! Caches between the stores and the browsers.

#[cfg(feature = "aws")]
mod cloudfront;

use async_trait::async_trait;
#[cfg(feature = "aws")]
pub use cloudfront::CloudFront;

use crate::StoreError;

/// A cache that knows what was derived from one original by its tag.
#[async_trait]
pub trait Caches: Send + Sync {
    /// Drops everything that has this tag ([`darkroom_delivery::cache_tag`]). When it returns, that has begun; caches
    /// take some seconds for it.
    ///
    /// # Errors
    /// The cache refuses it, or has too much to do.
    async fn drop_tagged(&self, tag: &str) -> Result<(), StoreError>;
}
