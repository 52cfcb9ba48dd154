//! Shared code of the AWS clients: configuration and error classification.

use aws_config::{BehaviorVersion, SdkConfig};
use aws_smithy_http_client::tls::Provider;
use aws_smithy_http_client::tls::rustls_provider::CryptoMode;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_runtime_api::http::Response;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use aws_smithy_types::timeout::TimeoutConfig;

use crate::StoreError;

use std::time::Duration;

/// Loads AWS's standard configuration from variables and files: region, credentials, endpoint. All services share one
/// HTTP client.
pub async fn config() -> SdkConfig {
    let client = aws_smithy_http_client::Builder::new().tls_provider(tls_provider()).build_https();
    let timeouts =
        TimeoutConfig::builder().connect_timeout(Duration::from_secs(3)).read_timeout(Duration::from_secs(10)).build();
    aws_config::defaults(BehaviorVersion::latest()).http_client(client).timeout_config(timeouts).load().await
}

/// Uses ring, because it cross-compiles with only a C compiler.
pub(crate) fn tls_provider() -> Provider {
    Provider::Rustls(CryptoMode::Ring)
}

/// The error codes of an overloaded store, regardless of the HTTP status.
const THROTTLED: [&str; 8] = [
    "ProvisionedThroughputExceededException",
    "RequestLimitExceeded",
    "SlowDown",
    "Throttled",
    "Throttling",
    "ThrottlingException",
    "ThrottledException",
    "TooManyInvalidationsInProgress",
];

/// The error codes for credentials that a restart renews.
const EXPIRED: [&str; 3] = ["ExpiredToken", "ExpiredTokenException", "RequestExpired"];

/// Classifies a store's error by its code, then by the HTTP status. Messages never contain a key, because keys contain
/// user IDs and file names.
pub(crate) fn store_error<E: ProvideErrorMetadata>(error: SdkError<E, Response>) -> StoreError {
    let SdkError::ServiceError(answer) = &error else {
        return match error {
            SdkError::ConstructionFailure(_) => StoreError::Refused("the request can't be made".into()),
            SdkError::TimeoutError(_) => StoreError::Unavailable("the store did not answer in time".into()),
            _ => StoreError::Unavailable("the store can't be reached, or its answer not be read".into()),
        };
    };
    let (code, status) = (answer.err().code().unwrap_or("no code"), answer.raw().status().as_u16());
    let text = format!("the store answered {status} {code}");
    if THROTTLED.contains(&code) || EXPIRED.contains(&code) {
        return StoreError::Unavailable(text);
    }
    match status {
        // 405: the current version is a delete marker.
        404 | 405 => StoreError::NotFound,
        412 => StoreError::Changed,
        // 409: two concurrent writes.
        408 | 409 | 429 | 500.. => StoreError::Unavailable(text),
        _ => StoreError::Refused(text),
    }
}
