use std::time::Duration;

use async_trait::async_trait;
use aws_smithy_http_client::Connector;
use aws_smithy_runtime_api::client::http::HttpConnector;
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_types::body::SdkBody;
use serde_json::json;
use tokio::time::timeout;

use super::Caches;
use crate::StoreError;
use crate::aws::tls_provider;

/// A zone of Cloudflare's, whose caches know `Cache-Tag`: Cloudflare Cache, "Purge cache by cache-tags",
/// <https://developers.cloudflare.com/cache/how-to/purge-cache/purge-by-tags/>. Every plan has it.
pub struct Cloudflare {
    connector: Connector,
    url: String,
    token: String,
}

/// Where Cloudflare's API is.
pub const CLOUDFLARE: &str = "https://api.cloudflare.com/client/v4";

const PATIENCE: Duration = Duration::from_secs(10);

impl Cloudflare {
    /// `zone` is the zone's id, `token` an API token with the permission "Cache Purge" for it, and `endpoint`
    /// [`CLOUDFLARE`] but in tests.
    #[must_use]
    pub fn new(endpoint: &str, zone: &str, token: String) -> Self {
        let url = format!("{}/zones/{zone}/purge_cache", endpoint.trim_end_matches('/'));
        Self { connector: Connector::builder().tls_provider(tls_provider()).build(), url, token }
    }

    fn request(&self, tag: &str) -> Result<HttpRequest, StoreError> {
        let mut request = HttpRequest::new(SdkBody::from(json!({"tags": [tag]}).to_string()));
        request.set_method("POST").map_err(refused)?;
        request.set_uri(self.url.as_str()).map_err(refused)?;
        for (name, value) in
            [("content-type", "application/json"), ("authorization", &format!("Bearer {}", self.token))]
        {
            request.headers_mut().try_insert(name.to_owned(), value.to_owned()).map_err(refused)?;
        }
        Ok(request)
    }
}

#[async_trait]
impl Caches for Cloudflare {
    async fn drop_tagged(&self, tag: &str) -> Result<(), StoreError> {
        let answer = timeout(PATIENCE, self.connector.call(self.request(tag)?)).await;
        let answer = answer.map_err(|_| StoreError::Unavailable("Cloudflare did not answer in time".into()))?;
        let answer = answer.map_err(|_| StoreError::Unavailable("Cloudflare can't be reached".into()))?;
        let status = answer.status().as_u16();
        match status {
            200..=299 => Ok(()),
            408 | 429 | 500.. => Err(StoreError::Unavailable(format!("Cloudflare answered {status}"))),
            _ => Err(StoreError::Refused(format!("Cloudflare answered {status} to a purge: zone and token must fit"))),
        }
    }
}

fn refused(error: impl std::fmt::Display) -> StoreError {
    StoreError::Refused(format!("the purge can't be asked for: {error}"))
}

#[cfg(test)]
mod tests {
    use std::io::{Read, Write};
    use std::net::TcpListener;
    use std::thread;

    use super::*;

    /// What arrives at a server that answers with `status`, and what is made of that.
    fn purge(status: &'static str) -> (String, Result<(), StoreError>) {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let endpoint = format!("http://{}/client/v4/", listener.local_addr().expect("an address"));
        let server = thread::spawn(move || {
            let (mut socket, _) = listener.accept().expect("a connection");
            let mut asked = String::new();
            while !asked.ends_with("]}") {
                let mut piece = [0; 4096];
                let length = socket.read(&mut piece).expect("a request");
                asked.push_str(&String::from_utf8_lossy(&piece[..length]));
            }
            let answer = format!("HTTP/1.1 {status}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
            socket.write_all(answer.as_bytes()).expect("answered");
            asked
        });
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        let done = runtime.block_on(Cloudflare::new(&endpoint, "z1", "secret".into()).drop_tagged("0123"));
        (server.join().expect("asked"), done)
    }

    #[test]
    fn a_zone_is_told_the_tag() {
        let (asked, done) = purge("200 OK");
        assert_eq!(done, Ok(()));
        assert!(asked.starts_with("POST /client/v4/zones/z1/purge_cache HTTP/1.1\r\n"), "{asked}");
        assert!(asked.to_lowercase().contains("authorization: bearer secret\r\n"), "{asked}");
        assert!(asked.ends_with("{\"tags\":[\"0123\"]}"), "{asked}");
        for (status, again) in [("429 Too Many Requests", true), ("503 Busy", true), ("403 Forbidden", false)] {
            let (_, done) = purge(status);
            assert_eq!(matches!(done, Err(StoreError::Unavailable(_))), again, "{status}: {done:?}");
            assert!(done.is_err(), "{status}");
        }
    }
}
