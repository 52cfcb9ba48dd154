//! S3 and DynamoDB in this process, for AWS's own clients: their requests are answered without a socket, so that no
//! other process reaches the stores but by what the server lets in.

mod connector;
mod credentials;
mod dynamodb;

use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_smithy_runtime_api::client::http::SharedHttpClient;

pub(crate) use connector::InProcess;
pub(crate) use credentials::Credentials;
pub(crate) use dynamodb::Tables;

/// The region that signatures name. Any would do.
const REGION: &str = "us-east-1";

/// For a client whose requests `client` answers, as if it were at `endpoint`: presigned URLs begin with it.
pub(crate) fn config(client: InProcess, credentials: &Credentials, endpoint: String) -> SdkConfig {
    SdkConfig::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::from_static(REGION))
        .credentials_provider(SharedCredentialsProvider::new(credentials.aws()))
        .endpoint_url(endpoint)
        .http_client(SharedHttpClient::new(client))
        .build()
}
