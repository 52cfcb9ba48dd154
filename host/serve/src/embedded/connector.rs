use std::fmt;

use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::body::SdkBody;
use http::header::HOST;
use http::{HeaderValue, Request};
use s3s::service::S3Service;

use super::Tables;

/// Answers an AWS client's requests.
#[derive(Clone)]
pub(crate) enum InProcess {
    S3(S3Service),
    DynamoDb(Tables),
}

impl fmt::Debug for InProcess {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::S3(_) => "S3",
            Self::DynamoDb(_) => "DynamoDb",
        })
    }
}

impl HttpClient for InProcess {
    fn http_connector(&self, _: &HttpConnectorSettings, _: &RuntimeComponents) -> SharedHttpConnector {
        SharedHttpConnector::new(self.clone())
    }
}

impl HttpConnector for InProcess {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let service = self.clone();
        HttpConnectorFuture::new(async move { service.answer(request).await })
    }
}

impl InProcess {
    async fn answer(self, request: HttpRequest) -> Result<HttpResponse, ConnectorError> {
        let request = request.try_into_http1x().map_err(user)?;
        let response = match self {
            Self::S3(service) => {
                let response =
                    service.call(with_host(request).map(s3s::Body::http_body_unsync)).await.map_err(other)?;
                response.map(SdkBody::from_body_1_x)
            }
            Self::DynamoDb(tables) => tables.answer(request).await.map_err(other)?,
        };
        HttpResponse::try_from(response).map_err(other)
    }
}

/// A client leaves this field to whoever opens its connection; its signature covers it.
fn with_host(mut request: Request<SdkBody>) -> Request<SdkBody> {
    let host = request.uri().authority().and_then(|host| HeaderValue::from_str(host.as_str()).ok());
    if let Some(host) = host {
        request.headers_mut().entry(HOST).or_insert(host);
    }
    request
}

fn user(error: impl std::error::Error + Send + Sync + 'static) -> ConnectorError {
    ConnectorError::user(error.into())
}

fn other(error: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> ConnectorError {
    ConnectorError::other(error.into(), None)
}
