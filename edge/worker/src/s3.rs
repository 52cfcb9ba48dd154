//! S3 by signed URLs: `rusty-s3` computes them, and the runtime's fetch requests them.

use std::time::Duration;

use darkroom_delivery::origin::{collect, opaque_tag};
use darkroom_delivery::store::{Get, Head, NewObject, Object, StoreError};
use darkroom_delivery::{Error, parse_http_date};
use jiff::Timestamp;
use rusty_s3::{Bucket, Credentials, S3Action, UrlStyle};
use url::Url;
use worker::{Date, Env, Headers, Method, Response};

use crate::buckets::failed;
use crate::fetch::{Outgoing, content, in_time, send};
use crate::settings::{Settings, secret};

/// How long a signed URL is valid: it is used at once.
const EXPIRES: Duration = Duration::from_secs(60);

/// S3's prefix for the names of metadata.
const METADATA: &str = "x-amz-meta-";

pub(crate) struct S3Bucket {
    bucket: Bucket,
    credentials: Credentials,
    timeout: Duration,
}

impl S3Bucket {
    pub(crate) fn open(name: &str, env: &Env, settings: &Settings) -> Result<Self, Error> {
        let wrong = |what: &str| Error::Internal(format!("configuration of S3: {what}"));
        let s3 = settings.s3.as_ref().ok_or_else(|| wrong("must have a table s3 with endpoint and region"))?;
        let endpoint: Url = s3.endpoint.parse().map_err(|_| wrong("endpoint: must be a URL"))?;
        let bucket = Bucket::new(endpoint, UrlStyle::Path, name.to_owned(), s3.region.clone());
        let secret = |name: &str| secret(env, name).ok_or_else(|| wrong(&format!("needs the secret {name}")));
        Ok(Self {
            bucket: bucket.map_err(|error| wrong(&error.to_string()))?,
            credentials: Credentials::new(secret("S3_ACCESS_KEY_ID")?, secret("S3_SECRET_ACCESS_KEY")?),
            timeout: Duration::from_millis(settings.limits.origin_ms),
        })
    }

    pub(crate) async fn get(&self, key: &str, get: Get<'_>) -> Result<Object, StoreError> {
        let url = self.bucket.get_object(Some(&self.credentials), key).sign_with_time(EXPIRES, &now());
        let mut response = found(self.send(Method::Get, url).await?)?;
        let head = head(response.headers());
        if get.if_match.is_some_and(|etag| etag != head.etag) {
            return Err(StoreError::Changed);
        }
        let said = response.headers().get("content-length").ok().flatten().and_then(|length| length.parse().ok());
        let bytes = collect(content(&mut response)?, said.unwrap_or_default(), get.limit);
        Ok(Object { bytes: in_time(Box::pin(bytes), self.timeout, "S3").await??, head })
    }

    pub(crate) async fn head(&self, key: &str) -> Result<Head, StoreError> {
        let url = self.bucket.head_object(Some(&self.credentials), key).sign_with_time(EXPIRES, &now());
        Ok(head(found(self.send(Method::Head, url).await?)?.headers()))
    }

    pub(crate) async fn put(&self, object: NewObject) -> Result<(), StoreError> {
        let NewObject { object, bytes, content_type, cache_control, metadata } = object;
        let metadata = metadata.into_iter().map(|(name, value)| (format!("{METADATA}{name}"), value));
        let standard = [("content-type", content_type), ("cache-control", cache_control)];
        let standard = standard.map(|(name, value)| (name.to_owned(), value.to_owned()));
        let mut action = self.bucket.put_object(Some(&self.credentials), &object.key);
        let headers = Headers::new();
        for (name, value) in metadata.chain(standard) {
            headers.set(&name, &value).map_err(failed)?;
            action.headers_mut().insert(name, value);
        }
        let url = action.sign_with_time(EXPIRES, &now());
        let response = send(Outgoing { method: Method::Put, url, headers, content: Some(bytes) }, self.timeout).await?;
        match found(response) {
            Err(StoreError::NotFound) => Err(StoreError::Refused(format!("bucket {}: not found", self.bucket.name()))),
            other => other.map(drop),
        }
    }

    async fn send(&self, method: Method, url: Url) -> Result<Response, StoreError> {
        send(Outgoing { method, url, headers: Headers::new(), content: None }, self.timeout).await
    }
}

/// Without permission to list, S3 answers 403 for a missing key (its API reference, GetObject).
fn found(response: Response) -> Result<Response, StoreError> {
    match response.status_code() {
        200..=299 => Ok(response),
        403 | 404 => Err(StoreError::NotFound),
        status => Err(StoreError::Unavailable(format!("S3 answered {status}"))),
    }
}

fn head(headers: &Headers) -> Head {
    let value = |name| headers.get(name).ok().flatten();
    let metadata = headers.entries().filter_map(|(name, value)| Some((name.strip_prefix(METADATA)?.to_owned(), value)));
    Head {
        etag: value("etag").map(|etag| opaque_tag(&etag)).unwrap_or_default(),
        content_type: value("content-type").unwrap_or_default(),
        metadata: metadata.collect(),
        last_modified: value("last-modified").and_then(|date| parse_http_date(&date)),
    }
}

fn now() -> Timestamp {
    Timestamp::from_millisecond(i64::try_from(Date::now().as_millis()).unwrap_or_default()).unwrap_or_default()
}
