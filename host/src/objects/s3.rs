use std::collections::HashMap;

use async_trait::async_trait;
use aws_sdk_s3::Client;
use aws_sdk_s3::operation::get_object::GetObjectOutput;
use aws_sdk_s3::presigning::PresigningConfig;
use aws_sdk_s3::primitives::{ByteStream, DateTime};
use bytes::Bytes;
use darkroom_delivery::ObjectKey;
use darkroom_delivery::store::{Get, Head, NewObject, Object, Store};

use super::{Buckets, PresignedPut, Presigner, PutRequest};
use crate::StoreError;
use crate::aws::store_error;

/// S3, with the SDK, which retries transient failures twice.
pub struct S3 {
    client: Client,
    buckets: Buckets,
}

impl S3 {
    /// Uses the credentials, region and endpoint of `config`.
    #[must_use]
    pub fn new(config: &aws_config::SdkConfig, buckets: Buckets) -> Self {
        Self { client: Client::new(config), buckets }
    }

    /// Path-style addressing, with the bucket in the path, as servers other than AWS's require.
    #[must_use]
    pub fn with_path_style(config: &aws_config::SdkConfig, buckets: Buckets) -> Self {
        let config = aws_sdk_s3::config::Builder::from(config).force_path_style(true).build();
        Self { client: Client::from_conf(config), buckets }
    }

    /// The bucket's name and the key.
    fn place<'a>(&'a self, object: &'a ObjectKey) -> (&'a str, &'a str) {
        (self.buckets.name(object.bucket), &object.key)
    }
}

#[async_trait]
impl Store for S3 {
    async fn get(&self, object: &ObjectKey, get: Get<'_>) -> Result<Object, StoreError> {
        let (bucket, key) = self.place(object);
        let request = self.client.get_object().bucket(bucket).key(key).set_version_id(get.version.map(Into::into));
        let request = request.set_if_match(get.if_match.map(|etag| format!("\"{etag}\"")));
        let mut found = request.send().await.map_err(store_error)?;
        let metadata = found.metadata.take();
        let head = head(found.e_tag(), found.content_type(), metadata, found.last_modified());
        // Not every S3-compatible server checks the condition.
        if get.if_match.is_some_and(|etag| etag != head.etag) {
            return Err(StoreError::Changed);
        }
        Ok(Object { bytes: read(found, get).await?, head })
    }

    async fn head(&self, object: &ObjectKey) -> Result<Head, StoreError> {
        let (bucket, key) = self.place(object);
        let found = self.client.head_object().bucket(bucket).key(key).send().await.map_err(store_error)?;
        Ok(head(found.e_tag(), found.content_type(), found.metadata.clone(), found.last_modified()))
    }

    async fn put(&self, object: NewObject) -> Result<(), StoreError> {
        let NewObject { object, bytes, content_type, cache_control, metadata } = object;
        let (bucket, key) = self.place(&object);
        let request = self.client.put_object().bucket(bucket).key(key).body(ByteStream::from(bytes));
        let request = request.content_type(content_type).cache_control(cache_control);
        let request = metadata.into_iter().fold(request, |request, (name, value)| request.metadata(name, value));
        request.send().await.map_err(store_error)?;
        Ok(())
    }

    async fn list(&self, prefix: &ObjectKey) -> Result<Vec<String>, StoreError> {
        let (bucket, prefix) = self.place(prefix);
        let mut pages = self.client.list_objects_v2().bucket(bucket).prefix(prefix).into_paginator().send();
        let mut keys = Vec::new();
        while let Some(page) = pages.next().await {
            let objects = page.map_err(store_error)?.contents.unwrap_or_default();
            keys.extend(objects.into_iter().filter_map(|object| object.key));
        }
        Ok(keys)
    }

    async fn delete(&self, object: &ObjectKey) -> Result<(), StoreError> {
        let (bucket, key) = self.place(object);
        self.client.delete_object().bucket(bucket).key(key).send().await.map_err(store_error)?;
        Ok(())
    }
}

#[async_trait]
impl Presigner for S3 {
    async fn presign(&self, put: PutRequest<'_>) -> Result<PresignedPut, StoreError> {
        let PutRequest { object, content_type, content_length, validity } = put;
        let (bucket, key) = self.place(object);
        let length = i64::try_from(content_length).map_err(|error| StoreError::Refused(error.to_string()))?;
        let request = self.client.put_object().bucket(bucket).key(key).content_type(content_type);
        let request = request.content_length(length).if_none_match("*");
        let config = PresigningConfig::expires_in(validity).map_err(|error| StoreError::Refused(error.to_string()))?;
        let signed = request.presigned(config).await.map_err(store_error)?;
        // Inside Lambda the SDK adds this header to every request, and does not sign it.
        let headers = signed.headers().filter(|(name, _)| *name != "x-amzn-trace-id");
        let headers = headers.map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
        Ok(PresignedPut { url: signed.uri().to_owned(), headers })
    }
}

fn head(
    etag: Option<&str>,
    content_type: Option<&str>,
    metadata: Option<HashMap<String, String>>,
    last_modified: Option<&DateTime>,
) -> Head {
    Head {
        etag: etag.unwrap_or_default().trim_matches('"').to_owned(),
        content_type: content_type.unwrap_or_default().to_owned(),
        metadata: metadata.unwrap_or_default().into_iter().collect(),
        last_modified: last_modified.and_then(|time| u64::try_from(time.secs()).ok()),
    }
}

/// Stops once the body exceeds the limit, regardless of its Content-Length.
async fn read(object: GetObjectOutput, get: Get<'_>) -> Result<Bytes, StoreError> {
    let length = object.content_length().and_then(|length| u64::try_from(length).ok()).unwrap_or(0);
    get.check(length)?;
    let mut bytes = Vec::with_capacity(usize::try_from(length).unwrap_or(0));
    let mut body = object.body;
    while let Some(chunk) = body.try_next().await.map_err(|error| StoreError::Unavailable(error.to_string()))? {
        get.check((bytes.len() + chunk.len()) as u64)?;
        bytes.extend_from_slice(&chunk);
    }
    Ok(bytes.into())
}
