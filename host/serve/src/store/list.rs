//! Lists, with S3's delimiters and pages, in both of its versions.

use std::collections::BTreeSet;
use std::time::{Duration, UNIX_EPOCH};

use rusqlite::Connection;
use s3s::dto::{
    CommonPrefix, ETag, ListObjectsInput, ListObjectsOutput, ListObjectsV2Input, ListObjectsV2Output, Object as Listed,
    Timestamp,
};
use s3s::{S3Result, s3_error};

use super::index::objects;
use super::names::{Names, read_token, token};
use super::{Object, Store};

/// One page of a list.
struct Page {
    objects: Vec<Object>,
    /// Of keys that go on behind a delimiter.
    prefixes: BTreeSet<String>,
    /// Behind what the next page begins; none where there is none.
    next: Option<String>,
}

/// The most that one answer lists, and what it lists where nothing is said.
const MOST: i32 = 1000;

impl Store {
    pub(super) async fn list(&self, input: ListObjectsInput) -> S3Result<ListObjectsOutput> {
        let ListObjectsInput { bucket, prefix, marker, max_keys, encoding_type, .. } = input;
        let (names, most) = (Names::of(encoding_type.as_ref())?, most(max_keys)?);
        let delimiter = input.delimiter.filter(|delimiter| !delimiter.is_empty());
        let page = self.page(&bucket, &prefix, &delimiter, marker.clone(), most).await?;
        Ok(ListObjectsOutput {
            name: Some(bucket),
            prefix: names.write_all(prefix.as_ref())?,
            delimiter: names.write_all(delimiter.as_ref())?,
            marker: names.write_all(marker.as_ref())?,
            max_keys: Some(most),
            is_truncated: Some(page.next.is_some()),
            next_marker: names.write_all(page.next.as_ref())?,
            contents: Some(contents(page.objects, names)?),
            common_prefixes: Some(common_prefixes(page.prefixes, names)?),
            encoding_type,
            ..ListObjectsOutput::default()
        })
    }

    pub(super) async fn list_v2(&self, input: ListObjectsV2Input) -> S3Result<ListObjectsV2Output> {
        let ListObjectsV2Input { bucket, prefix, start_after, continuation_token, max_keys, encoding_type, .. } = input;
        let (names, most) = (Names::of(encoding_type.as_ref())?, most(max_keys)?);
        let delimiter = input.delimiter.filter(|delimiter| !delimiter.is_empty());
        let after = continuation_token.as_deref().map(read_token).transpose()?.or_else(|| start_after.clone());
        let page = self.page(&bucket, &prefix, &delimiter, after, most).await?;
        Ok(ListObjectsV2Output {
            name: Some(bucket),
            prefix: names.write_all(prefix.as_ref())?,
            delimiter: names.write_all(delimiter.as_ref())?,
            start_after: names.write_all(start_after.as_ref())?,
            max_keys: Some(most),
            key_count: i32::try_from(page.objects.len() + page.prefixes.len()).ok(),
            is_truncated: Some(page.next.is_some()),
            continuation_token,
            next_continuation_token: page.next.as_deref().map(token),
            contents: Some(contents(page.objects, names)?),
            common_prefixes: Some(common_prefixes(page.prefixes, names)?),
            encoding_type,
            ..ListObjectsV2Output::default()
        })
    }

    async fn page(
        &self,
        bucket: &str,
        prefix: &Option<String>,
        delimiter: &Option<String>,
        after: Option<String>,
        most: i32,
    ) -> S3Result<Page> {
        self.known(bucket)?;
        let (bucket, prefix, delimiter) = (bucket.to_owned(), prefix.clone().unwrap_or_default(), delimiter.clone());
        let (after, most) = (after.unwrap_or_default(), usize::try_from(most).unwrap_or_default());
        let page = self.index(move |index| page(index, &bucket, &prefix, delimiter.as_deref(), &after, most));
        Ok(page.await?)
    }
}

fn most(max_keys: Option<i32>) -> S3Result<i32> {
    match max_keys.unwrap_or(MOST) {
        most @ 0.. => Ok(most.min(MOST)),
        most => Err(s3_error!(InvalidArgument, "max-keys={most}: must be an integer from 0 to {}", i32::MAX)),
    }
}

fn contents(objects: Vec<Object>, names: Names) -> S3Result<Vec<Listed>> {
    let listed = |object: Object| {
        Ok(Listed {
            key: Some(names.write(&object.key)?),
            size: i64::try_from(object.size).ok(),
            e_tag: Some(ETag::Strong(object.etag)),
            last_modified: Some(timestamp(object.modified)),
            ..Listed::default()
        })
    };
    objects.into_iter().map(listed).collect()
}

fn common_prefixes(prefixes: BTreeSet<String>, names: Names) -> S3Result<Vec<CommonPrefix>> {
    prefixes.iter().map(|prefix| Ok(CommonPrefix { prefix: Some(names.write(prefix)?) })).collect()
}

pub(super) fn timestamp(seconds: u64) -> Timestamp {
    Timestamp::from(UNIX_EPOCH + Duration::from_secs(seconds))
}

/// Rows read at one time.
const CHUNK: usize = 1000;

/// At most `most` keys and common prefixes after `after`.
fn page(
    connection: &Connection,
    bucket: &str,
    prefix: &str,
    delimiter: Option<&str>,
    after: &str,
    most: usize,
) -> rusqlite::Result<Page> {
    let mut page = Page { objects: Vec::new(), prefixes: BTreeSet::new(), next: None };
    let mut after = after.to_owned();
    if most == 0 {
        return Ok(page);
    }
    loop {
        let found = objects(connection, bucket, prefix, &after, CHUNK)?;
        let (last, mut jumped) = (found.len() < CHUNK, false);
        for object in found {
            let full = page.objects.len() + page.prefixes.len() >= most;
            if full {
                page.next = Some(after);
                return Ok(page);
            }
            let rest = &object.key[prefix.len()..];
            let common = delimiter.and_then(|delimiter| Some((rest.find(delimiter)? + delimiter.len(), delimiter)));
            if let Some((end, _)) = common {
                let common = object.key[..prefix.len() + end].to_owned();
                // On behind all of them at once.
                after = format!("{common}\u{10ffff}");
                page.prefixes.insert(common);
                jumped = true;
                break;
            }
            after.clone_from(&object.key);
            page.objects.push(object);
        }
        if last && !jumped {
            return Ok(page);
        }
    }
}
