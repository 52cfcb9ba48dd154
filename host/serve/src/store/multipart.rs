//! Uploads in parts, as command lines send large files. They do not outlive the process, since their sender would not know;
//! and one ends a day after its last part.

use std::time::Duration;

use darkroom_delivery::hex;
use darkroom_host::clock::since_1970;
use futures_util::{StreamExt, TryStreamExt, stream};
use rusqlite::{OptionalExtension, params};
use s3s::crypto::{Checksum as _, Md5};
use s3s::dto::*;
use s3s::{S3Error, S3Result, TrailingHeaders, s3_error};
use tokio_util::io::ReaderStream;

use super::checksums::Checksums;
use super::commit::new_object;
use super::index::{Attributes, json};
use super::names::is_carried;
use super::s3::{condition, stored_encoding};
use super::{Error, IndexError, Store, random};
use crate::queue::milliseconds;

/// For how long an upload waits for its next part.
const PATIENCE: Duration = Duration::from_secs(24 * 3600);

/// One part, as it is kept: in `incoming`, since no object refers to it.
struct Kept {
    file: String,
    etag: String,
}

impl Store {
    pub(super) async fn begin_parts(&self, input: CreateMultipartUploadInput) -> S3Result<CreateMultipartUploadOutput> {
        self.writable(&input.bucket, &input.key)?;
        if !is_carried(&input.key) {
            return Err(s3_error!(InvalidRequest, "the key has characters that XML can't carry: send it in one piece"));
        }
        let id = random().map_err(S3Error::internal_error)?;
        let attributes = Attributes {
            content_type: input.content_type,
            cache_control: input.cache_control,
            content_disposition: input.content_disposition,
            content_encoding: input.content_encoding.and_then(|encoding| stored_encoding(&encoding)),
            content_language: input.content_language,
            metadata: input.metadata,
        };
        let row = (id.clone(), input.bucket.clone(), input.key.clone(), json(&attributes), milliseconds(since_1970()));
        let sql = "INSERT INTO uploads (id, bucket, key, attributes, touched) VALUES (?1, ?2, ?3, ?4, ?5)";
        self.index(move |index| index.execute(sql, row)).await?;
        Ok(CreateMultipartUploadOutput {
            bucket: Some(input.bucket),
            key: Some(input.key),
            upload_id: Some(id),
            ..CreateMultipartUploadOutput::default()
        })
    }

    pub(super) async fn add_part(
        &self,
        input: UploadPartInput,
        trailing: Option<TrailingHeaders>,
    ) -> S3Result<UploadPartOutput> {
        let checksums = Checksums::of_part(&input, trailing);
        let UploadPartInput { upload_id, part_number, body, .. } = input;
        if !(1..=10_000).contains(&part_number) {
            return Err(s3_error!(InvalidArgument, "partNumber {part_number}: must be from 1 to 10000"));
        }
        self.upload(&upload_id).await?;
        let body = body.ok_or_else(|| s3_error!(IncompleteBody))?;
        let mut hasher = checksums.hasher();
        let written = self.blobs.write(body, self.limits.bytes, |chunk| hasher.update(chunk)).await;
        let draft = written?;
        checksums.verify(hasher.finalize(), draft.blob())?;
        let blob = draft.finish(None).await.map_err(Error::from)?;
        let (etag, blobs) = (blob.md5.clone(), self.blobs.clone());
        let kept = self.index(move |index| {
            let transaction = index.transaction()?;
            let sql = "UPDATE uploads SET touched = ?2 WHERE id = ?1";
            if transaction.execute(sql, params![upload_id, milliseconds(since_1970())])? == 0 {
                return Ok(false); // ended while this came
            }
            let sql = "DELETE FROM parts WHERE upload = ?1 AND number = ?2 RETURNING file";
            let replaced: Option<String> =
                transaction.query_row(sql, params![upload_id, part_number], |row| row.get(0)).optional()?;
            let sql = "INSERT INTO parts VALUES (?1, ?2, ?3, ?4)";
            transaction.execute(sql, params![upload_id, part_number, blob.file, blob.md5])?;
            transaction.commit()?;
            blob.keep();
            replaced.iter().for_each(|file| blobs.discard(file));
            Ok(true)
        });
        if !kept.await? {
            return Err(s3_error!(NoSuchUpload));
        }
        Ok(UploadPartOutput { e_tag: Some(ETag::Strong(etag)), ..UploadPartOutput::default() })
    }

    /// The parts that the client names become one object, whether or not the client waits for it. Its entity tag is S3's: a
    /// hash of their hashes, and their number.
    pub(super) async fn join_parts(
        &self,
        input: CompleteMultipartUploadInput,
    ) -> S3Result<CompleteMultipartUploadOutput> {
        let store = self.clone();
        let joined = tokio::spawn(async move { store.join(input).await });
        joined.await.unwrap_or_else(|error| Err(S3Error::internal_error(error)))
    }

    async fn join(&self, input: CompleteMultipartUploadInput) -> S3Result<CompleteMultipartUploadOutput> {
        let condition = condition(input.if_none_match.as_ref(), input.if_match.as_ref())?;
        let (bucket, key, attributes) = self.upload(&input.upload_id).await?;
        if (&bucket, &key) != (&input.bucket, &input.key) {
            return Err(s3_error!(NoSuchUpload));
        }
        let kept = self.parts(&input.upload_id).await?;
        let named = input.multipart_upload.and_then(|upload| upload.parts).unwrap_or_default();
        let parts: Option<Vec<&Kept>> = named
            .iter()
            .map(|part| {
                let (_, kept) = kept.iter().find(|(number, _)| Some(*number) == part.part_number)?;
                part.e_tag.as_ref().is_none_or(|etag| etag.value() == kept.etag).then_some(kept)
            })
            .collect();
        let parts = parts.filter(|parts| !parts.is_empty()).ok_or_else(|| s3_error!(InvalidPart))?;
        let (blobs, files) = (self.blobs.clone(), parts.iter().map(|part| part.file.clone()).collect::<Vec<_>>());
        let chunks = stream::iter(files)
            .then(move |file| {
                let blobs = blobs.clone();
                async move { blobs.read(&file).await }
            })
            .map_ok(|file| ReaderStream::with_capacity(file, 1 << 16))
            .try_flatten();
        let draft = self.blobs.write(chunks, self.limits.bytes, |_| ()).await?;
        let etag = joined_etag(&parts);
        let object = new_object(key.clone(), draft.blob(), etag.clone(), attributes);
        self.commit(bucket.clone(), object, draft, condition).await?;
        self.drop_parts(input.upload_id).await?;
        Ok(CompleteMultipartUploadOutput {
            bucket: Some(bucket),
            key: Some(key),
            e_tag: Some(ETag::Strong(etag)),
            ..CompleteMultipartUploadOutput::default()
        })
    }

    /// Forgets an upload and its parts.
    pub(super) async fn drop_parts(&self, upload: String) -> Result<(), IndexError> {
        let blobs = self.blobs.clone();
        self.index(move |index| {
            let transaction = index.transaction()?;
            let sql = "DELETE FROM parts WHERE upload = ?1 RETURNING file";
            let parts: Result<Vec<String>, _> =
                transaction.prepare(sql)?.query_map([&upload], |row| row.get(0))?.collect();
            transaction.execute("DELETE FROM uploads WHERE id = ?1", [&upload])?;
            transaction.commit()?;
            parts?.iter().for_each(|file| blobs.discard(file));
            Ok(())
        })
        .await
    }

    /// Forgets uploads that have waited too long for their next part, and says how many.
    pub(crate) async fn drop_stale_parts(&self) -> Result<usize, IndexError> {
        let before = milliseconds(since_1970()) - milliseconds(PATIENCE);
        let stale = self.index(move |index| {
            let sql = "SELECT id FROM uploads WHERE touched < ?1";
            index.prepare(sql)?.query_map([before], |row| row.get(0))?.collect::<rusqlite::Result<Vec<String>>>()
        });
        let stale = stale.await?;
        for upload in &stale {
            self.drop_parts(upload.clone()).await?;
        }
        Ok(stale.len())
    }

    async fn upload(&self, id: &str) -> S3Result<(String, String, Attributes)> {
        let id = id.to_owned();
        let found = self.index(move |index| {
            let sql = "SELECT bucket, key, attributes FROM uploads WHERE id = ?1";
            index.query_row(sql, [id], |row| Ok((row.get(0)?, row.get(1)?, row.get::<_, String>(2)?))).optional()
        });
        let (bucket, key, attributes) = found.await?.ok_or_else(|| s3_error!(NoSuchUpload))?;
        Ok((bucket, key, serde_json::from_str(&attributes).unwrap_or_default()))
    }

    async fn parts(&self, upload: &str) -> S3Result<Vec<(i32, Kept)>> {
        let upload = upload.to_owned();
        let parts = self.index(move |index| {
            let sql = "SELECT number, file, etag FROM parts WHERE upload = ?1 ORDER BY number";
            let part = |row: &rusqlite::Row<'_>| Ok((row.get(0)?, Kept { file: row.get(1)?, etag: row.get(2)? }));
            index.prepare(sql)?.query_map(params![upload], part)?.collect::<rusqlite::Result<Vec<_>>>()
        });
        Ok(parts.await?)
    }
}

fn joined_etag(parts: &[&Kept]) -> String {
    let mut md5 = Md5::new();
    for part in parts {
        let digits = part.etag.as_bytes().chunks_exact(2);
        let byte = |pair: &[u8]| u8::from_str_radix(std::str::from_utf8(pair).unwrap_or_default(), 16).unwrap_or(0);
        md5.update(&digits.map(byte).collect::<Vec<u8>>());
    }
    format!("{}-{}", hex(&md5.finalize()), parts.len())
}
