//! S3 as a store, on an independent server.

use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use darkroom_delivery::store::conformance;
use darkroom_host::objects::{Buckets, S3};
use darkroom_tests::S3Server;

#[test]
fn s3_is_a_store_as_all_others_are() {
    let server = S3Server::start("raw", "id", "secret");
    for name in ["processed", "thumbnails"] {
        server.add_bucket(name);
    }
    let credentials = Credentials::new("id", "secret", None, None, "test");
    let client = aws_smithy_http_client::Builder::new().build_http();
    let config = SdkConfig::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::from_static("us-east-1"))
        .credentials_provider(SharedCredentialsProvider::new(credentials))
        .endpoint_url(format!("http://{}", server.address()))
        .http_client(client)
        .build();
    let buckets = Buckets { raw: "raw".into(), processed: "processed".into(), thumbnails: "thumbnails".into() };
    let store = S3::with_path_style(&config, buckets);
    tokio::runtime::Runtime::new().expect("a runtime").block_on(conformance::check(&store));
}
