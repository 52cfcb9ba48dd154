use async_trait::async_trait;
use aws_sdk_cloudfront::Client;
use aws_sdk_cloudfront::error::BuildError;
use aws_sdk_cloudfront::types::{InvalidationBatch, Paths};

use super::Caches;
use crate::StoreError;
use crate::aws::store_error;

/// A distribution that reads cache tags from its origins' responses: CloudFront Developer Guide, "Invalidating content
/// by cache tags", <https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/invalidation-by-tags.html>.
pub struct CloudFront {
    client: Client,
    distribution: String,
}

impl CloudFront {
    /// Uses the credentials and endpoint of `config`; `distribution` is the distribution's ID.
    #[must_use]
    pub fn new(config: &aws_config::SdkConfig, distribution: String) -> Self {
        Self { client: Client::new(config), distribution }
    }
}

#[async_trait]
impl Caches for CloudFront {
    async fn drop_tagged(&self, tag: &str) -> Result<(), StoreError> {
        let request = self.client.create_invalidation().distribution_id(&self.distribution);
        request.invalidation_batch(batch(tag).map_err(refused)?).send().await.map_err(store_error)?;
        Ok(())
    }
}

/// A reused caller reference would return the earlier invalidation, but an original can be deleted twice, so each call
/// needs a new one.
fn batch(tag: &str) -> Result<InvalidationBatch, BuildError> {
    let since = crate::clock::since_1970();
    let paths = Paths::builder().quantity(1).items(format!("#{tag}")).build()?;
    InvalidationBatch::builder().paths(paths).caller_reference(format!("{tag}-{}", since.as_nanos())).build()
}

fn refused(error: BuildError) -> StoreError {
    StoreError::Refused(error.to_string())
}
