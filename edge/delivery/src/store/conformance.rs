//! The behaviour that all stores share. A new store passes [`check`], or [`check_delivery`] if nothing is deleted or
//! listed through it.

use std::collections::BTreeMap;

use bytes::Bytes;

use super::{Get, NewObject, Store, StoreError};
use crate::{Bucket, IMMUTABLE, ObjectKey};

const BUCKETS: [Bucket; 3] = [Bucket::Raw, Bucket::Processed, Bucket::Thumbnails];
/// Characters that a URL, XML or a file system may treat specially.
const KEYS: [&str; 6] =
    ["plain.jpg", "a b+c%41&d=e?f#g.jpg", "k\u{f6}\u{1f408}.jpg", "a.b/c.d/e.jpg", "~'()!*;:@,", "x/%2e"];
const LIMIT: u64 = 1 << 20;

/// Checks the whole port, on empty buckets.
///
/// # Panics
/// The store violates the port.
pub async fn check(store: &(impl Store + ?Sized)) {
    check_delivery(store).await;
    lists(store).await;
    deletes(store).await;
}

/// Checks the part of the port that delivery needs, on empty buckets.
///
/// # Panics
/// The store violates the port.
pub async fn check_delivery(store: &(impl Store + ?Sized)) {
    absent(store).await;
    comes_back(store).await;
    conditions(store).await;
    replaced(store).await;
}

/// Checks the part that a read-only place for originals needs; `write` writes to it. It is empty at first.
///
/// # Panics
/// The store violates the port.
pub async fn check_originals(store: &(impl Store + ?Sized), write: impl Fn(&str, &[u8])) {
    absent(store).await;
    for key in KEYS {
        let object = at(Bucket::Raw, &format!("originals/{key}"));
        let mut etags = Vec::new();
        for bytes in [&b"first"[..], b"second"] {
            write(&object.key, bytes);
            let found = store.get(&object, Get::newest(6)).await.unwrap_or_else(|error| panic!("{object:?}: {error}"));
            assert_eq!(found.bytes, bytes, "{object:?}");
            assert_eq!(store.head(&object).await.as_ref(), Ok(&found.head), "{object:?}");
            assert!(found.head.last_modified.is_some(), "{object:?}");
            etags.push(found.head.etag);
        }
        assert!(!etags[0].is_empty() && etags[0] != etags[1], "{object:?}: other bytes, another tag");
        for (etag, limit, expected) in [
            (&etags[1], 6, Ok(6)),
            (&etags[1], 5, Err("limit exceeded: source size in bytes: 6, must be at most 5")),
            (&etags[0], 6, Err("the original was replaced by another one")),
        ] {
            let found = store.get(&object, Get { version: None, if_match: Some(etag), limit }).await;
            let length = found.map(|found| found.bytes.len()).map_err(|error| error.to_string());
            assert_eq!(length, expected.map_err(str::to_owned), "{object:?}");
        }
    }
}

fn at(bucket: Bucket, key: &str) -> ObjectKey {
    ObjectKey { bucket, key: key.to_owned() }
}

fn new(object: ObjectKey, bytes: impl Into<Bytes>) -> NewObject {
    let metadata = BTreeMap::from([("source-etag", "0a-1".to_owned()), ("output-version", "7".to_owned())]);
    NewObject { object, bytes: bytes.into(), content_type: "image/webp", cache_control: IMMUTABLE, metadata }
}

async fn put(store: &(impl Store + ?Sized), object: &ObjectKey, bytes: &'static [u8]) {
    store.put(new(object.clone(), bytes)).await.unwrap_or_else(|error| panic!("{object:?}: {error}"));
}

async fn absent(store: &(impl Store + ?Sized)) {
    for bucket in BUCKETS {
        let object = at(bucket, "absent/a.jpg");
        assert_eq!(store.get(&object, Get::newest(LIMIT)).await, Err(StoreError::NotFound), "{bucket:?}");
        assert_eq!(store.head(&object).await, Err(StoreError::NotFound), "{bucket:?}");
        assert_eq!(store.exists(&object).await, Ok(false), "{bucket:?}");
    }
}

/// Bytes, type, metadata and time, from their own bucket and no other.
async fn comes_back(store: &(impl Store + ?Sized)) {
    for (index, bucket) in BUCKETS.into_iter().enumerate() {
        for key in KEYS {
            let object = at(bucket, &format!("come/{key}"));
            let bytes = format!("{index} {key}").repeat(index * 40_000 / key.len());
            store.put(new(object.clone(), bytes.clone())).await.unwrap_or_else(|error| panic!("{object:?}: {error}"));
            let found =
                store.get(&object, Get::newest(LIMIT)).await.unwrap_or_else(|error| panic!("{object:?}: {error}"));
            assert_eq!(found.bytes, bytes.as_bytes(), "{object:?}");
            assert_eq!(store.head(&object).await.as_ref(), Ok(&found.head), "{object:?}");
            assert_eq!(found.head.content_type, "image/webp", "{object:?}");
            let expected = new(object.clone(), "").metadata;
            for (name, value) in expected {
                assert_eq!(found.head.metadata.get(name), Some(&value), "{object:?}");
            }
            assert!(!found.head.etag.is_empty() && !found.head.etag.contains('"'), "{object:?}: {}", found.head.etag);
            assert!(found.head.last_modified.is_some(), "{object:?}");
            assert_eq!(store.exists(&object).await, Ok(true), "{object:?}");
        }
    }
}

async fn conditions(store: &(impl Store + ?Sized)) {
    let object = at(Bucket::Raw, "conditions/a.jpg");
    put(store, &object, b"seven b").await;
    let etag = store.head(&object).await.expect("a head").etag;
    for (if_match, limit, expected) in [
        (None, 7, Ok(7)),
        (None, 6, Err("limit exceeded: source size in bytes: 7, must be at most 6")),
        (Some(etag.as_str()), 7, Ok(7)),
        (Some("00000000000000000000000000000000"), 7, Err("the original was replaced by another one")),
    ] {
        let found = store.get(&object, Get { version: None, if_match, limit }).await;
        let length = found.map(|found| found.bytes.len()).map_err(|error| error.to_string());
        assert_eq!(length, expected.map_err(str::to_owned), "{if_match:?} {limit}");
    }
}

async fn replaced(store: &(impl Store + ?Sized)) {
    let object = at(Bucket::Processed, "replaced/a.webp");
    put(store, &object, b"first").await;
    let first = store.head(&object).await.expect("a head");
    put(store, &object, b"second").await;
    let found = store.get(&object, Get::newest(LIMIT)).await.expect("the second");
    assert_eq!(&*found.bytes, b"second");
    assert_ne!(found.head.etag, first.etag, "other bytes, another tag");
}

/// By prefix, in order, from one bucket, with more keys than fit in a page of S3's.
async fn lists(store: &(impl Store + ?Sized)) {
    let mut expected: Vec<String> = KEYS.iter().map(|key| format!("list/{key}")).collect();
    expected.extend((0..1005).map(|number| format!("list/n{number:04}")));
    for key in &expected {
        put(store, &at(Bucket::Thumbnails, key), b"a").await;
    }
    put(store, &at(Bucket::Thumbnails, "lis"), b"a").await;
    put(store, &at(Bucket::Thumbnails, "list0"), b"a").await;
    put(store, &at(Bucket::Processed, "list/other"), b"a").await;
    expected.sort_unstable();
    assert_eq!(store.list(&at(Bucket::Thumbnails, "list/")).await, Ok(expected));
    assert_eq!(store.list(&at(Bucket::Raw, "list/")).await, Ok(Vec::new()));
}

async fn deletes(store: &(impl Store + ?Sized)) {
    for key in KEYS {
        let object = at(Bucket::Processed, &format!("delete/{key}"));
        put(store, &object, b"a").await;
        for _ in 0..2 {
            assert_eq!(store.delete(&object).await, Ok(()), "{key}");
            assert_eq!(store.exists(&object).await, Ok(false), "{key}");
        }
    }
    assert_eq!(store.list(&at(Bucket::Processed, "delete/")).await, Ok(Vec::new()));
}
