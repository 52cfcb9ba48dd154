//! Objects in R2, by binding, or in anything that speaks S3.

use std::collections::HashMap;

use bytes::Bytes;
use darkroom_delivery::{Error, IMMUTABLE, Stored};
use worker::{Bucket, Env, HttpMetadata};

use crate::remote::collect;
use crate::s3::S3Bucket;
use crate::settings::{Place, Settings};

/// One bucket.
pub(crate) enum Store {
    R2(Bucket),
    S3(S3Bucket),
}

/// An object with what is known about it.
pub(crate) struct Object {
    pub(crate) bytes: Bytes,
    pub(crate) head: Head,
}

/// An object without its bytes.
pub(crate) struct Head {
    /// Without quotation marks.
    pub(crate) etag: String,
    pub(crate) media_type: String,
    /// Names in lower case, without a store's prefix.
    pub(crate) metadata: HashMap<String, String>,
    /// In seconds since 1970.
    pub(crate) last_modified: Option<u64>,
}

impl Store {
    pub(crate) fn open(place: &Place, env: &Env, settings: &Settings) -> Result<Self, Error> {
        match place {
            Place::R2(binding) => env
                .bucket(binding)
                .map(Self::R2)
                .map_err(|error| Error::Internal(format!("binding {binding}: {error}"))),
            Place::S3(bucket) => S3Bucket::open(bucket, env, settings).map(Self::S3),
        }
    }

    /// The object, of at most `limit` bytes; none where there is none.
    pub(crate) async fn get(&self, key: &str, limit: u64) -> Result<Option<Object>, Error> {
        let bucket = match self {
            Self::R2(bucket) => bucket,
            Self::S3(bucket) => return bucket.get(key, limit).await,
        };
        let Some(object) = bucket.get(key).execute().await.map_err(store)? else { return Ok(None) };
        let head = head(&object)?;
        let Some(body) = object.body() else { return Ok(None) };
        let bytes = collect(body.stream().map_err(store)?, object.size(), limit).await?;
        Ok(Some(Object { bytes, head }))
    }

    /// The object without its bytes; none where there is none.
    pub(crate) async fn head(&self, key: &str) -> Result<Option<Head>, Error> {
        match self {
            Self::R2(bucket) => bucket.head(key).await.map_err(store)?.as_ref().map(head).transpose(),
            Self::S3(bucket) => bucket.head(key).await,
        }
    }

    /// Stores a rendition, in place of one that may be there.
    pub(crate) async fn put(&self, key: &str, stored: &Stored) -> Result<(), Error> {
        let bucket = match self {
            Self::R2(bucket) => bucket,
            Self::S3(bucket) => return bucket.put(key, stored).await,
        };
        let metadata: HashMap<String, String> =
            stored.stamp.metadata().into_iter().map(|(name, value)| (name.into(), value)).collect();
        let http = HttpMetadata {
            content_type: Some(stored.media_type.into()),
            cache_control: Some(IMMUTABLE.into()),
            ..HttpMetadata::default()
        };
        let put = bucket.put(key, stored.bytes.to_vec()).http_metadata(http).custom_metadata(metadata);
        put.execute().await.map_err(store)?;
        Ok(())
    }
}

fn head(object: &worker::Object) -> Result<Head, Error> {
    Ok(Head {
        etag: object.etag(),
        media_type: object.http_metadata().content_type.unwrap_or_default(),
        metadata: object.custom_metadata().map_err(store)?,
        last_modified: Some(object.uploaded().as_millis() / 1000),
    })
}

/// The limit on a source, before its bytes are held.
pub(crate) fn within(length: u64, limit: u64) -> Result<(), Error> {
    if length <= limit {
        return Ok(());
    }
    Err(Error::Limit(format!("size in bytes: {length}, must be at most {limit}")))
}

pub(crate) fn store(error: worker::Error) -> Error {
    Error::Store(error.to_string())
}
