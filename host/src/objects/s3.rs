use std::collections::HashMap;

use async_trait::async_trait;
use aws_sdk_s3::Client;
use aws_sdk_s3::operation::get_object::GetObjectOutput;
use aws_sdk_s3::presigning::PresigningConfig;
use aws_sdk_s3::primitives::{ByteStream, DateTime};
use darkroom_recipe::{LimitExceeded, LimitKind};

use super::{Grant, Head, NewObject, Object, Objects, PresignedPut, Version};
use crate::StoreError;
use crate::aws::store_error;

/// S3, through the SDK, which repeats a call that failed for a passing reason twice.
pub struct S3 {
    client: Client,
}

impl S3 {
    /// With the credentials, region and endpoint of `config`.
    #[must_use]
    pub fn new(config: &aws_config::SdkConfig) -> Self {
        Self { client: Client::new(config) }
    }

    /// The same with buckets in the path, as servers other than AWS's want it.
    #[must_use]
    pub fn with_path_style(config: &aws_config::SdkConfig) -> Self {
        let config = aws_sdk_s3::config::Builder::from(config).force_path_style(true).build();
        Self { client: Client::from_conf(config) }
    }
}

#[async_trait]
impl Objects for S3 {
    async fn get(&self, version: Version<'_>, limit: u64) -> Result<Vec<u8>, StoreError> {
        let Version { bucket, key, version, etag } = version;
        let request = self.client.get_object().bucket(bucket).key(key).set_version_id(version.map(Into::into));
        let object = request.if_match(format!("\"{etag}\"")).send().await.map_err(store_error)?;
        read(object, limit).await
    }

    async fn fetch(&self, bucket: &str, key: &str, limit: u64) -> Result<Object, StoreError> {
        let mut object = self.client.get_object().bucket(bucket).key(key).send().await.map_err(store_error)?;
        let metadata = object.metadata.take();
        let head = head(object.e_tag(), object.content_type(), metadata, object.last_modified());
        Ok(Object { bytes: read(object, limit).await?.into(), head })
    }

    async fn head(&self, bucket: &str, key: &str) -> Result<Head, StoreError> {
        let object = self.client.head_object().bucket(bucket).key(key).send().await.map_err(store_error)?;
        Ok(head(object.e_tag(), object.content_type(), object.metadata.clone(), object.last_modified()))
    }

    async fn put(&self, object: NewObject) -> Result<(), StoreError> {
        let NewObject { bucket, key, bytes, content_type, cache_control, metadata } = object;
        let request = self.client.put_object().bucket(bucket).key(key).body(ByteStream::from(bytes));
        let request = request.content_type(content_type).cache_control(cache_control);
        let request = metadata.into_iter().fold(request, |request, (name, value)| request.metadata(name, value));
        request.send().await.map_err(store_error)?;
        Ok(())
    }

    async fn list(&self, bucket: &str, prefix: &str) -> Result<Vec<String>, StoreError> {
        let mut pages = self.client.list_objects_v2().bucket(bucket).prefix(prefix).into_paginator().send();
        let mut keys = Vec::new();
        while let Some(page) = pages.next().await {
            let objects = page.map_err(store_error)?.contents.unwrap_or_default();
            keys.extend(objects.into_iter().filter_map(|object| object.key));
        }
        Ok(keys)
    }

    async fn delete(&self, bucket: &str, key: &str) -> Result<(), StoreError> {
        self.client.delete_object().bucket(bucket).key(key).send().await.map_err(store_error)?;
        Ok(())
    }

    async fn presign(&self, grant: Grant<'_>) -> Result<PresignedPut, StoreError> {
        let Grant { bucket, key, content_type, content_length, validity } = grant;
        let length = i64::try_from(content_length).map_err(|error| StoreError::Refused(error.to_string()))?;
        let request = self.client.put_object().bucket(bucket).key(key).content_type(content_type);
        let request = request.content_length(length).if_none_match("*");
        let config = PresigningConfig::expires_in(validity).map_err(|error| StoreError::Refused(error.to_string()))?;
        let signed = request.presigned(config).await.map_err(store_error)?;
        // Inside Lambda the SDK adds this one to every request, and leaves it out of the signature.
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

/// Stops where the body grows past the limit, whatever its head says.
async fn read(object: GetObjectOutput, limit: u64) -> Result<Vec<u8>, StoreError> {
    let check = |actual: u64| {
        let exceeded = LimitExceeded { kind: LimitKind::SourceBytes, actual, allowed: limit };
        if actual <= limit { Ok(()) } else { Err(StoreError::TooLarge(exceeded)) }
    };
    let length = object.content_length().and_then(|length| u64::try_from(length).ok()).unwrap_or(0);
    check(length)?;
    let mut bytes = Vec::with_capacity(usize::try_from(length).unwrap_or(0));
    let mut body = object.body;
    while let Some(chunk) = body.try_next().await.map_err(|error| StoreError::Unavailable(error.to_string()))? {
        check((bytes.len() + chunk.len()) as u64)?;
        bytes.extend_from_slice(&chunk);
    }
    Ok(bytes)
}
