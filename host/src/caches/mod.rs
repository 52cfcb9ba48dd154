//! Caches between the stores and browsers.

#[cfg(feature = "aws")]
mod cloudflare;
#[cfg(feature = "aws")]
mod cloudfront;

#[cfg(feature = "aws")]
use std::sync::Arc;

use async_trait::async_trait;
#[cfg(feature = "aws")]
pub use cloudflare::{CLOUDFLARE, Cloudflare};
#[cfg(feature = "aws")]
pub use cloudfront::CloudFront;

#[cfg(feature = "aws")]
use crate::InvalidSetting;
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

/// Those that variables name: `DARKROOM_DISTRIBUTION`, CloudFront's; `DARKROOM_CLOUDFLARE_ZONE` with
/// `DARKROOM_CLOUDFLARE_TOKEN`, Cloudflare's.
///
/// # Errors
/// There is a zone without a token.
#[cfg(feature = "aws")]
pub fn named(
    aws: &aws_config::SdkConfig,
    get: impl Fn(&str) -> Option<String>,
) -> Result<Vec<Arc<dyn Caches>>, InvalidSetting> {
    let value = |name: &str| get(name).filter(|value| !value.is_empty());
    let mut caches: Vec<Arc<dyn Caches>> = Vec::new();
    if let Some(id) = value("DARKROOM_DISTRIBUTION") {
        caches.push(Arc::new(CloudFront::new(aws, id)));
    }
    if let Some(zone) = value("DARKROOM_CLOUDFLARE_ZONE") {
        let name = "DARKROOM_CLOUDFLARE_TOKEN";
        let missing = InvalidSetting { name, value: String::new(), allowed: "must be a token to purge the zone with" };
        caches.push(Arc::new(Cloudflare::new(CLOUDFLARE, &zone, value(name).ok_or(missing)?)));
    }
    Ok(caches)
}
