//! The second door to the store, for strangers: the S3 operations that clients of an image service use. s3s does the
//! protocol: requests, signatures, answers.

use darkroom_host::objects::Buckets;
use s3s::dto::*;
use s3s::{S3, S3Error, S3Request, S3Response, S3Result, s3_error};
use tokio::io::{AsyncReadExt, AsyncSeekExt};
use tokio_util::io::ReaderStream;

use super::checksums::Checksums;
use super::commit::new_object;
use super::index::Condition;
use super::list::timestamp;
use super::names::is_carried;
use super::{Attributes, Store, content};

/// Objects are sent in pieces of so many bytes.
const PIECE: usize = 64 << 10;

/// What S3 allows.
const MAX_KEY: usize = 1024;

#[async_trait::async_trait]
impl S3 for Store {
    async fn list_buckets(&self, _: S3Request<ListBucketsInput>) -> S3Result<S3Response<ListBucketsOutput>> {
        let bucket = |name: &str| Bucket { name: Some(name.to_owned()), ..Bucket::default() };
        let buckets = self.buckets().map(bucket).into();
        Ok(S3Response::new(ListBucketsOutput { buckets: Some(buckets), ..ListBucketsOutput::default() }))
    }

    async fn head_bucket(&self, req: S3Request<HeadBucketInput>) -> S3Result<S3Response<HeadBucketOutput>> {
        self.known(&req.input.bucket)?;
        Ok(S3Response::new(HeadBucketOutput::default()))
    }

    async fn get_bucket_location(
        &self,
        req: S3Request<GetBucketLocationInput>,
    ) -> S3Result<S3Response<GetBucketLocationOutput>> {
        self.known(&req.input.bucket)?;
        Ok(S3Response::new(GetBucketLocationOutput::default()))
    }

    async fn put_object(&self, req: S3Request<PutObjectInput>) -> S3Result<S3Response<PutObjectOutput>> {
        let S3Request { input, trailing_headers, .. } = req;
        self.writable(&input.bucket, &input.key)?;
        let condition = condition(input.if_none_match.as_ref(), input.if_match.as_ref())?;
        self.check(&input.bucket, &input.key, &condition).await?;
        let checksums = Checksums::of(&input, trailing_headers);
        let attributes = Attributes {
            content_type: input.content_type,
            cache_control: input.cache_control,
            content_disposition: input.content_disposition,
            content_encoding: input.content_encoding.and_then(|encoding| stored_encoding(&encoding)),
            content_language: input.content_language,
            metadata: input.metadata,
        };
        let body = input.body.ok_or_else(|| s3_error!(IncompleteBody))?;
        let mut hasher = checksums.hasher();
        let written = self.blobs.write(body, self.limits.bytes, |chunk| hasher.update(chunk)).await;
        let draft = written?;
        checksums.verify(hasher.finalize(), draft.blob())?;
        let etag = draft.blob().md5.clone();
        let object = new_object(input.key, draft.blob(), etag.clone(), attributes);
        self.commit(input.bucket, object, draft, condition).await?;
        Ok(S3Response::new(PutObjectOutput { e_tag: Some(ETag::Strong(etag)), ..PutObjectOutput::default() }))
    }

    async fn get_object(&self, req: S3Request<GetObjectInput>) -> S3Result<S3Response<GetObjectOutput>> {
        let input = req.input;
        self.known(&input.bucket)?;
        let (object, mut file) = self.open_object(&input.bucket, &input.key).await?;
        check_conditions(input.if_match.as_ref(), input.if_none_match.as_ref(), &object.etag)?;
        let range = input.range.map(|range| range.check(object.size)).transpose()?;
        let (start, length) = range.as_ref().map_or((0, object.size), |range| (range.start, range.end - range.start));
        file.seek(std::io::SeekFrom::Start(start)).await.map_err(S3Error::internal_error)?;
        let body = match &range {
            None => StreamingBlob::wrap(content(&object, file, PIECE)),
            Some(_) => StreamingBlob::wrap(ReaderStream::with_capacity(file.take(length), PIECE)),
        };
        let Attributes {
            content_type,
            cache_control,
            content_disposition,
            content_encoding,
            content_language,
            metadata,
        } = object.attributes;
        Ok(S3Response::new(GetObjectOutput {
            body: Some(body),
            content_length: i64::try_from(length).ok(),
            content_range: range
                .map(|range| format!("bytes {}-{}/{}", range.start, range.end.saturating_sub(1), object.size)),
            accept_ranges: Some("bytes".into()),
            e_tag: Some(ETag::Strong(object.etag)),
            last_modified: Some(timestamp(object.modified)),
            content_type,
            cache_control,
            content_disposition,
            content_encoding,
            content_language,
            metadata,
            ..GetObjectOutput::default()
        }))
    }

    async fn head_object(&self, req: S3Request<HeadObjectInput>) -> S3Result<S3Response<HeadObjectOutput>> {
        let input = req.input;
        self.known(&input.bucket)?;
        let object = self.stored(&input.bucket, &input.key).await?;
        check_conditions(input.if_match.as_ref(), input.if_none_match.as_ref(), &object.etag)?;
        Ok(S3Response::new(HeadObjectOutput {
            content_length: i64::try_from(object.size).ok(),
            e_tag: Some(ETag::Strong(object.etag)),
            last_modified: Some(timestamp(object.modified)),
            content_type: object.attributes.content_type,
            cache_control: object.attributes.cache_control,
            metadata: object.attributes.metadata,
            ..HeadObjectOutput::default()
        }))
    }

    async fn delete_object(&self, req: S3Request<DeleteObjectInput>) -> S3Result<S3Response<DeleteObjectOutput>> {
        self.known(&req.input.bucket)?;
        self.remove_object(req.input.bucket, req.input.key).await?;
        Ok(S3Response::with_status(DeleteObjectOutput::default(), http::StatusCode::NO_CONTENT))
    }

    async fn delete_objects(&self, req: S3Request<DeleteObjectsInput>) -> S3Result<S3Response<DeleteObjectsOutput>> {
        let DeleteObjectsInput { bucket, delete, .. } = req.input;
        self.known(&bucket)?;
        if !delete.objects.iter().all(|object| is_carried(&object.key)) {
            return Err(s3_error!(MalformedXML, "a key has characters that XML can't carry: delete it by itself"));
        }
        let mut deleted = Vec::new();
        for object in delete.objects {
            self.remove_object(bucket.clone(), object.key.clone()).await?;
            deleted.push(DeletedObject { key: Some(object.key), ..DeletedObject::default() });
        }
        Ok(S3Response::new(DeleteObjectsOutput { deleted: Some(deleted), ..DeleteObjectsOutput::default() }))
    }

    async fn list_objects(&self, req: S3Request<ListObjectsInput>) -> S3Result<S3Response<ListObjectsOutput>> {
        self.list(req.input).await.map(S3Response::new)
    }

    async fn list_objects_v2(&self, req: S3Request<ListObjectsV2Input>) -> S3Result<S3Response<ListObjectsV2Output>> {
        self.list_v2(req.input).await.map(S3Response::new)
    }

    async fn create_multipart_upload(
        &self,
        req: S3Request<CreateMultipartUploadInput>,
    ) -> S3Result<S3Response<CreateMultipartUploadOutput>> {
        self.begin_parts(req.input).await.map(S3Response::new)
    }

    async fn upload_part(&self, req: S3Request<UploadPartInput>) -> S3Result<S3Response<UploadPartOutput>> {
        self.add_part(req.input, req.trailing_headers).await.map(S3Response::new)
    }

    async fn complete_multipart_upload(
        &self,
        req: S3Request<CompleteMultipartUploadInput>,
    ) -> S3Result<S3Response<CompleteMultipartUploadOutput>> {
        self.join_parts(req.input).await.map(S3Response::new)
    }

    async fn abort_multipart_upload(
        &self,
        req: S3Request<AbortMultipartUploadInput>,
    ) -> S3Result<S3Response<AbortMultipartUploadOutput>> {
        self.drop_parts(req.input.upload_id).await?;
        Ok(S3Response::with_status(AbortMultipartUploadOutput::default(), http::StatusCode::NO_CONTENT))
    }
}

impl Store {
    fn buckets(&self) -> [&str; 3] {
        let Buckets { raw, processed, thumbnails } = &self.limits.buckets;
        [raw, processed, thumbnails]
    }

    pub(super) fn known(&self, bucket: &str) -> S3Result<()> {
        if self.buckets().contains(&bucket) { Ok(()) } else { Err(s3_error!(NoSuchBucket)) }
    }

    pub(super) fn writable(&self, bucket: &str, key: &str) -> S3Result<()> {
        self.known(bucket)?;
        if key.len() <= MAX_KEY { Ok(()) } else { Err(s3_error!(KeyTooLongError)) }
    }

    /// Early, so that nobody sends a photo in vain; the write itself checks again.
    async fn check(&self, bucket: &str, key: &str, condition: &Condition) -> S3Result<()> {
        if matches!(condition, Condition::Absent) && self.stored(bucket, key).await.is_ok() {
            return Err(s3_error!(PreconditionFailed));
        }
        Ok(())
    }
}

/// How the object is encoded, without how it was sent.
pub(super) fn stored_encoding(encoding: &str) -> Option<String> {
    let kept = encoding.split(',').map(str::trim).filter(|word| !word.is_empty() && *word != "aws-chunked");
    let kept = kept.collect::<Vec<_>>().join(", ");
    (!kept.is_empty()).then_some(kept)
}

pub(super) fn condition(absent: Option<&ETagCondition>, present: Option<&ETagCondition>) -> S3Result<Condition> {
    match (absent, present) {
        (None, None) => Ok(Condition::None),
        (Some(ETagCondition::Any), None) => Ok(Condition::Absent),
        (None, Some(present)) => Ok(Condition::Present(present.as_etag().map(|etag| etag.value().to_owned()))),
        _ => Err(s3_error!(NotImplemented, "must be If-None-Match: * or If-Match")),
    }
}

/// Of a reader (RFC 9110 §13.1).
fn check_conditions(present: Option<&ETagCondition>, absent: Option<&ETagCondition>, etag: &str) -> S3Result<()> {
    let matches = |condition: &ETagCondition| condition.as_etag().is_none_or(|wanted| wanted.value() == etag);
    if present.is_some_and(|present| !matches(present)) {
        return Err(s3_error!(PreconditionFailed));
    }
    if absent.is_some_and(matches) {
        return Err(s3_error!(NotModified));
    }
    Ok(())
}
