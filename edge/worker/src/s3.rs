//! S3 by signed URLs, which `rusty-s3` computes and the runtime's fetch follows.

use std::time::Duration;

use darkroom_delivery::{Error, IMMUTABLE, Stored};
use jiff::Timestamp;
use rusty_s3::{Bucket, Credentials, S3Action, UrlStyle};
use url::Url;
use worker::{Date, Env, Headers, Method, Response};

use crate::buckets::{Head, Object};
use crate::remote::{Outgoing, body, modified, send, tag};
use crate::settings::{Settings, secret};

/// For how long a signed URL is good: it is used at once.
const EXPIRES: Duration = Duration::from_secs(60);

/// The prefix that S3 gives to the names of metadata.
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

    pub(crate) async fn get(&self, key: &str, limit: u64) -> Result<Option<Object>, Error> {
        let url = self.bucket.get_object(Some(&self.credentials), key).sign_with_time(EXPIRES, &now());
        let Some(mut response) = found(self.send(Method::Get, url).await?)? else { return Ok(None) };
        let head = head(response.headers());
        Ok(Some(Object { bytes: body(&mut response, limit, self.timeout).await?, head }))
    }

    pub(crate) async fn head(&self, key: &str) -> Result<Option<Head>, Error> {
        let url = self.bucket.head_object(Some(&self.credentials), key).sign_with_time(EXPIRES, &now());
        Ok(found(self.send(Method::Head, url).await?)?.map(|response| head(response.headers())))
    }

    pub(crate) async fn put(&self, key: &str, stored: &Stored) -> Result<(), Error> {
        let metadata = stored.stamp.metadata().map(|(name, value)| (format!("{METADATA}{name}"), value));
        let standard = [("content-type", stored.media_type), ("cache-control", IMMUTABLE)];
        let standard = standard.map(|(name, value)| (name.to_owned(), value.to_owned()));
        let mut action = self.bucket.put_object(Some(&self.credentials), key);
        let headers = Headers::new();
        for (name, value) in metadata.into_iter().chain(standard) {
            headers.set(&name, &value).map_err(crate::buckets::store)?;
            action.headers_mut().insert(name, value);
        }
        let url = action.sign_with_time(EXPIRES, &now());
        let content = Some(stored.bytes.clone());
        let response = send(Outgoing { method: Method::Put, url, headers, content }, self.timeout).await?;
        found(response)?.map(|_| ()).ok_or_else(|| Error::Store(format!("bucket {}: not found", self.bucket.name())))
    }

    async fn send(&self, method: Method, url: Url) -> Result<Response, Error> {
        send(Outgoing { method, url, headers: Headers::new(), content: None }, self.timeout).await
    }
}

/// None for a key that isn't there. Without the right to list, S3 says 403 for that (its API reference, GetObject).
fn found(response: Response) -> Result<Option<Response>, Error> {
    match response.status_code() {
        200..=299 => Ok(Some(response)),
        403 | 404 => Ok(None),
        status => Err(Error::Store(format!("S3 answered {status}"))),
    }
}

fn head(headers: &Headers) -> Head {
    let value = |name| headers.get(name).ok().flatten();
    let metadata = headers.entries().filter_map(|(name, value)| Some((name.strip_prefix(METADATA)?.to_owned(), value)));
    Head {
        etag: value("etag").map(|etag| tag(&etag)).unwrap_or_default(),
        media_type: value("content-type").unwrap_or_default(),
        metadata: metadata.collect(),
        last_modified: modified(headers),
    }
}

fn now() -> Timestamp {
    Timestamp::from_millisecond(i64::try_from(Date::now().as_millis()).unwrap_or_default()).unwrap_or_default()
}
