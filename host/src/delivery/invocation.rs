use std::time::{Duration, SystemTime};

use async_trait::async_trait;
use aws_config::SdkConfig;
use aws_credential_types::provider::{ProvideCredentials, SharedCredentialsProvider};
use aws_sigv4::http_request::{SignableBody, SignableRequest, SigningSettings, sign};
use aws_sigv4::sign::v4;
use aws_smithy_http_client::Connector;
use aws_smithy_runtime_api::client::http::HttpConnector;
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_types::body::SdkBody;
use serde_json::json;
use tokio::time::timeout;

use super::{JobQueue, RenderJob};
use crate::StoreError;
use crate::aws::tls_provider;

/// Invokes a Lambda function asynchronously with the event `{"renderJob": …}` (Lambda API Reference, Invoke). It needs
/// only one call of one service, for which the SDK would be most of the binary.
pub struct Invocation {
    connector: Connector,
    credentials: SharedCredentialsProvider,
    region: String,
    url: String,
}

/// The request timeout: Lambda only queues the event before it responds.
const PATIENCE: Duration = Duration::from_secs(5);

const HEADERS: [(&str, &str); 2] = [("content-type", "application/json"), ("x-amz-invocation-type", "Event")];

impl Invocation {
    /// Invokes the function with this name, using the credentials, region and endpoint of `config`.
    ///
    /// # Errors
    /// If there is no region, or there are no credentials.
    pub fn new(config: &SdkConfig, function: &str) -> Result<Self, StoreError> {
        let missing = |what: &str| StoreError::Refused(format!("no {what} to invoke the function with"));
        let region = config.region().ok_or_else(|| missing("region"))?.to_string();
        let domain = if region.starts_with("cn-") { "amazonaws.com.cn" } else { "amazonaws.com" };
        let endpoint = config.endpoint_url().map_or_else(|| format!("https://lambda.{region}.{domain}"), str::to_owned);
        Ok(Self {
            connector: Connector::builder().tls_provider(tls_provider()).build(),
            credentials: config.credentials_provider().ok_or_else(|| missing("credentials"))?,
            url: format!("{}/2015-03-31/functions/{function}/invocations", endpoint.trim_end_matches('/')),
            region,
        })
    }

    async fn request(&self, event: Vec<u8>) -> Result<HttpRequest, StoreError> {
        let identity = self.credentials.provide_credentials().await.map_err(refused)?.into();
        let parameters = v4::SigningParams::builder().identity(&identity).region(&self.region).name("lambda");
        let parameters = parameters.time(SystemTime::now()).settings(SigningSettings::default()).build();
        let parameters = parameters.map_err(refused)?.into();
        let signable = SignableRequest::new("POST", &self.url, HEADERS.into_iter(), SignableBody::Bytes(&event));
        let (signature, _) = sign(signable.map_err(refused)?, &parameters).map_err(refused)?.into_parts();
        let mut request = HttpRequest::new(SdkBody::from(event));
        request.set_method("POST").map_err(refused)?;
        request.set_uri(self.url.as_str()).map_err(refused)?;
        for (name, value) in HEADERS.into_iter().chain(signature.headers()) {
            request.headers_mut().try_insert(name.to_owned(), value.to_owned()).map_err(refused)?;
        }
        Ok(request)
    }
}

#[async_trait]
impl JobQueue for Invocation {
    async fn push(&self, job: &RenderJob) -> Result<(), StoreError> {
        let event = serde_json::to_vec(&json!({"renderJob": job})).map_err(refused)?;
        let request = self.request(event).await?;
        let answer = timeout(PATIENCE, self.connector.call(request)).await;
        let answer = answer.map_err(|_| StoreError::Unavailable("Lambda did not answer in time".into()))?;
        let answer = answer.map_err(|_| StoreError::Unavailable("Lambda can't be reached".into()))?;
        let status = answer.status().as_u16();
        match status {
            202 => Ok(()),
            408 | 429 | 500.. => Err(StoreError::Unavailable(format!("Lambda answered {status}"))),
            _ => Err(StoreError::Refused(format!("Lambda answered {status}"))),
        }
    }
}

fn refused(error: impl std::fmt::Display) -> StoreError {
    StoreError::Refused(format!("the invocation can't be made: {error}"))
}
