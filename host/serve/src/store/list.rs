//! Listing, with S3's delimiters and pages.

use std::collections::BTreeSet;

use rusqlite::Connection;

use super::Object;
use super::index::objects;

/// One page of a listing.
pub(super) struct Page {
    pub(super) objects: Vec<Object>,
    /// Of keys that go on behind a delimiter.
    pub(super) prefixes: BTreeSet<String>,
    /// Where the next page begins; none where there is none.
    pub(super) next: Option<String>,
}

/// Rows read at one time.
const CHUNK: usize = 1000;

/// At most `most` keys and common prefixes after `after`.
pub(super) fn page(
    connection: &Connection,
    bucket: &str,
    prefix: &str,
    delimiter: Option<&str>,
    after: &str,
    most: usize,
) -> rusqlite::Result<Page> {
    let mut page = Page { objects: Vec::new(), prefixes: BTreeSet::new(), next: None };
    let mut after = after.to_owned();
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
