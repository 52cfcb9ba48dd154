//! What stands in for AWS in this process, beside the store of objects.

mod credentials;
mod items;

use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_credential_types::provider::SharedCredentialsProvider;

pub(crate) use credentials::Credentials;
pub(crate) use items::Items;

/// The region that signatures name. Any would do.
const REGION: &str = "us-east-1";

/// For signing URLs that begin with `endpoint`. Nothing is sent.
pub(crate) fn signing(credentials: &Credentials, endpoint: String) -> SdkConfig {
    SdkConfig::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::from_static(REGION))
        .credentials_provider(SharedCredentialsProvider::new(credentials.aws()))
        .endpoint_url(endpoint)
        .build()
}
