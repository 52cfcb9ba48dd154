//! Caches between the stores and browsers.

#[cfg(feature = "aws")]
mod cloudfront;

use async_trait::async_trait;
#[cfg(feature = "aws")]
pub use cloudfront::CloudFront;

use crate::StoreError;

/// A cache that identifies everything derived from one original by a tag.
#[async_trait]
pub trait Caches: Send + Sync {
    /// Invalidates everything with this tag ([`darkroom_delivery::cache_tag`]). It returns once the invalidation has
    /// started; caches take some seconds to complete it.
    ///
    /// # Errors
    /// If the cache refuses the invalidation, or is overloaded.
    async fn drop_tagged(&self, tag: &str) -> Result<(), StoreError>;
}
