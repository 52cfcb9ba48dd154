//! Objects in R2, by binding, or in any service that speaks S3.

use std::collections::HashMap;

use async_trait::async_trait;
use bytes::Bytes;
use darkroom_delivery::origin::collect;
use darkroom_delivery::store::{Get, Head, NewObject, Object, Store, StoreError};
use darkroom_delivery::{Bucket, Error, ObjectKey};
use futures_util::TryStreamExt;
use worker::{Env, HttpMetadata};

use crate::s3::S3Bucket;
use crate::settings::{Place, Settings};

/// The three buckets, each in R2 or S3.
pub(crate) struct Buckets {
    raw: AnyBucket,
    processed: AnyBucket,
    thumbnails: AnyBucket,
}

enum AnyBucket {
    R2(worker::Bucket),
    S3(S3Bucket),
}

impl Buckets {
    pub(crate) fn open(env: &Env, settings: &Settings) -> Result<Self, Error> {
        let open = |place: &Place| AnyBucket::open(place, env, settings);
        let places = &settings.buckets;
        Ok(Self { raw: open(&places.raw)?, processed: open(&places.processed)?, thumbnails: open(&places.thumbnails)? })
    }

    fn of(&self, object: &ObjectKey) -> &AnyBucket {
        match object.bucket {
            Bucket::Raw => &self.raw,
            Bucket::Processed => &self.processed,
            Bucket::Thumbnails => &self.thumbnails,
        }
    }
}

impl AnyBucket {
    fn open(place: &Place, env: &Env, settings: &Settings) -> Result<Self, Error> {
        match place {
            Place::R2(binding) => env
                .bucket(binding)
                .map(Self::R2)
                .map_err(|error| Error::Internal(format!("binding {binding}: {error}"))),
            Place::S3(bucket) => S3Bucket::open(bucket, env, settings).map(Self::S3),
        }
    }
}

#[async_trait(?Send)]
impl Store for Buckets {
    async fn get(&self, object: &ObjectKey, get: Get<'_>) -> Result<Object, StoreError> {
        let bucket = match self.of(object) {
            AnyBucket::R2(bucket) => bucket,
            AnyBucket::S3(bucket) => return bucket.get(&object.key, get).await,
        };
        let found = bucket.get(&object.key).execute().await.map_err(failed)?.ok_or(StoreError::NotFound)?;
        let head = head(&found)?;
        if get.if_match.is_some_and(|etag| etag != head.etag) {
            return Err(StoreError::Changed);
        }
        let body = found.body().ok_or(StoreError::NotFound)?;
        let content = body.stream().map_err(failed)?.map_ok(Bytes::from).map_err(failed);
        let bytes = collect(Box::pin(content), found.size(), get.limit).await?;
        Ok(Object { bytes, head })
    }

    async fn head(&self, object: &ObjectKey) -> Result<Head, StoreError> {
        match self.of(object) {
            AnyBucket::R2(bucket) => {
                head(&bucket.head(&object.key).await.map_err(failed)?.ok_or(StoreError::NotFound)?)
            }
            AnyBucket::S3(bucket) => bucket.head(&object.key).await,
        }
    }

    async fn put(&self, object: NewObject) -> Result<(), StoreError> {
        let bucket = match self.of(&object.object) {
            AnyBucket::R2(bucket) => bucket,
            AnyBucket::S3(bucket) => return bucket.put(object).await,
        };
        let NewObject { object: ObjectKey { key, .. }, bytes, content_type, cache_control, metadata } = object;
        let metadata: HashMap<String, String> =
            metadata.into_iter().map(|(name, value)| (name.into(), value)).collect();
        let http = HttpMetadata {
            content_type: Some(content_type.into()),
            cache_control: Some(cache_control.into()),
            ..HttpMetadata::default()
        };
        let put = bucket.put(&key, bytes.to_vec()).http_metadata(http).custom_metadata(metadata);
        put.execute().await.map_err(failed)?;
        Ok(())
    }
}

fn head(object: &worker::Object) -> Result<Head, StoreError> {
    Ok(Head {
        etag: object.etag(),
        content_type: object.http_metadata().content_type.unwrap_or_default(),
        metadata: object.custom_metadata().map_err(failed)?.into_iter().collect(),
        last_modified: Some(object.uploaded().as_millis() / 1000),
    })
}

pub(crate) fn failed(error: worker::Error) -> StoreError {
    StoreError::Unavailable(error.to_string())
}
