//! Uploads in parts, as command lines send large files. They do not outlive the process: their sender would not know.

use darkroom_delivery::hex;
use futures_util::{StreamExt, TryStreamExt, stream};
use rusqlite::{OptionalExtension, params};
use s3s::crypto::{Checksum as _, Md5};
use s3s::dto::*;
use s3s::{S3Error, S3Result, s3_error};
use tokio_util::io::ReaderStream;

use super::commit::new_object;
use super::index::{Attributes, json};
use super::names::is_carried;
use super::s3::{condition, stored_encoding};
use super::{Store, random};

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
        let row = (id.clone(), input.bucket.clone(), input.key.clone(), json(&attributes));
        self.index(move |index| index.execute("INSERT INTO uploads VALUES (?1, ?2, ?3, ?4)", row)).await?;
        Ok(CreateMultipartUploadOutput {
            bucket: Some(input.bucket),
            key: Some(input.key),
            upload_id: Some(id),
            ..CreateMultipartUploadOutput::default()
        })
    }

    pub(super) async fn add_part(&self, input: UploadPartInput) -> S3Result<UploadPartOutput> {
        let UploadPartInput { upload_id, part_number, body, .. } = input;
        if !(1..=10_000).contains(&part_number) {
            return Err(s3_error!(InvalidArgument, "partNumber {part_number}: must be from 1 to 10000"));
        }
        self.upload(&upload_id).await?;
        let body = body.ok_or_else(|| s3_error!(IncompleteBody))?;
        let draft = self.blobs.write(body, self.limits.bytes, |_| ()).await?;
        let blob = draft.finish(None).await.map_err(S3Error::internal_error)?;
        let row = (upload_id, part_number, blob.file.clone(), blob.md5.clone());
        let etag = blob.md5.clone();
        self.index(move |index| {
            index.execute("INSERT OR REPLACE INTO parts VALUES (?1, ?2, ?3, ?4)", row)?;
            blob.keep();
            Ok(())
        })
        .await?;
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

    pub(super) async fn drop_parts(&self, upload: String) -> S3Result<()> {
        let parts = self.parts(&upload).await?;
        let blobs = self.blobs.clone();
        self.index(move |index| {
            index.execute("DELETE FROM parts WHERE upload = ?1", [&upload])?;
            index.execute("DELETE FROM uploads WHERE id = ?1", [&upload])?;
            parts.iter().for_each(|(_, part)| blobs.discard(&part.file));
            Ok(())
        })
        .await?;
        Ok(())
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
