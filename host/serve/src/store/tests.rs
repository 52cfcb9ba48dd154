//! The store as a whole, and every state in which a kill can leave its folder.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::PathBuf;

use bytes::Bytes;
use darkroom_delivery::store::{Get, NewObject, Store as Port, StoreError, conformance};
use darkroom_delivery::{Bucket, ObjectKey, Provenance, Source};
use futures_util::{StreamExt, stream};
use tempfile::TempDir;
use tokio::io::AsyncReadExt;
use tokio::runtime::Runtime;

use super::blobs::Draft;
use super::commit::new_object;
use super::index::Condition;
use super::*;
use crate::queue::milliseconds;
use darkroom_host::clock::since_1970;

const RAW: &str = "raw";

fn buckets(processed: &str) -> Buckets {
    Buckets { raw: RAW.into(), processed: processed.into(), thumbnails: "thumbnails".into() }
}

fn open(place: &TempDir) -> anyhow::Result<Store> {
    let limits = Limits { buckets: buckets("processed"), bytes: 1 << 20, free: 0 };
    Store::open(place.path(), limits, Rules::none(), Arc::new(|_| ()))
}

async fn draft(store: &Store, bytes: Bytes) -> Draft {
    let written = store.blobs.write(stream::iter([Ok::<_, String>(bytes)]), 1 << 20, |_| ()).await;
    written.unwrap_or_else(|_| panic!("a draft"))
}

/// Puts an object as S3 clients do. Returns its file.
async fn put(store: &Store, key: &str, bytes: &'static str, condition: Condition) -> Result<String, String> {
    let draft = draft(store, Bytes::from_static(bytes.as_bytes())).await;
    let object = new_object(key.into(), draft.blob(), draft.blob().md5.clone(), Attributes::default());
    let file = object.file.clone();
    store.commit(RAW.into(), object, draft, condition).await.map_err(|error| error.to_string())?;
    Ok(file)
}

#[test]
fn it_is_a_store_as_all_others_are() {
    let (place, runtime) = (TempDir::new().expect("a folder"), Runtime::new().expect("a runtime"));
    let store = open(&place).expect("a store");
    runtime.block_on(conformance::check(&store));
}

/// One byte of each, and the end: neither is handed on for what was stored.
#[test]
fn damaged_bytes_are_found_when_a_whole_object_is_read() {
    let (place, runtime) = (TempDir::new().expect("a folder"), Runtime::new().expect("a runtime"));
    let store = open(&place).expect("a store");
    let get = |key: &str| {
        let object = ObjectKey { bucket: Bucket::Raw, key: key.to_owned() };
        runtime.block_on(Port::get(&store, &object, Get::newest(1000))).map(|object| object.bytes)
    };
    for (key, damage) in [("flipped", "fext"), ("short", "tex"), ("whole", "text")] {
        let file = runtime.block_on(put(&store, key, "text", Condition::None)).expect("put");
        fs::write(&places(&place, &file)[0], damage).expect("written");
        match get(key) {
            Ok(bytes) => assert_eq!((key, &*bytes), ("whole", b"text".as_slice())),
            Err(error) => assert!(key != "whole" && error.to_string().contains("damaged"), "{key}: {error}"),
        }
    }
}

/// Whatever is handed on before the damage is known, the end is not.
#[test]
fn a_damaged_object_is_not_sent_to_its_end() {
    let (place, runtime) = (TempDir::new().expect("a folder"), Runtime::new().expect("a runtime"));
    let store = open(&place).expect("a store");
    for (key, damage, whole) in [("flipped", "abcdeFgh", false), ("short", "abc", false), ("whole", "abcdefgh", true)] {
        let file = runtime.block_on(put(&store, key, "abcdefgh", Condition::None)).expect("put");
        fs::write(&places(&place, &file)[0], damage).expect("written");
        let pieces: Vec<_> = runtime.block_on(async {
            let (object, file) = store.open_object(RAW, key).await.expect("an object");
            content(&object, file, 3).collect().await
        });
        let sent: Vec<u8> = pieces.iter().flatten().flatten().copied().collect();
        assert_eq!((sent == b"abcdefgh", pieces.iter().all(Result::is_ok)), (whole, whole), "{key}: {pieces:?}");
        assert!(sent.len() < 8 || whole, "{key}");
    }
}

async fn read(store: &Store, file: &str) -> String {
    let mut text = String::new();
    store.blobs.read(file).await.expect("a file").read_to_string(&mut text).await.expect("text");
    text.truncate(text.find("{\"bucket\"").expect("a label"));
    text
}

fn places(place: &TempDir, file: &str) -> [PathBuf; 2] {
    [place.path().join("objects").join(&file[..2]).join(file), place.path().join("incoming").join(file)]
}

/// Each state that a kill can leave, made by hand.
#[test]
fn a_start_ends_what_was_not_finished_and_touches_nothing_else() {
    let (place, runtime) = (TempDir::new().expect("a folder"), Runtime::new().expect("a runtime"));
    let store = open(&place).expect("a store");
    let [kept, settling] =
        ["kept", "settling"].map(|key| runtime.block_on(put(&store, key, key, Condition::None)).expect("put"));
    drop(store);
    let [in_objects, in_incoming] = places(&place, &settling);
    fs::rename(&in_objects, &in_incoming).expect("as a kill before the move leaves it");
    let unfinished = place.path().join("incoming").join("0123456789abcdef0123456789abcdef");
    fs::write(&unfinished, "half").expect("as a kill before the commit leaves it");
    // None of the server's business, wherever it is.
    let elsewhere = TempDir::new().expect("a folder");
    fs::write(elsewhere.path().join("0123456789abcdef0123456789abcdef"), "a").expect("written");
    let strangers = ["objects/.DS_Store", "objects/chairs/chair.obj", "objects/lost+found/x/y", "incoming/note.txt"];
    for stranger in strangers {
        let path = place.path().join(stranger);
        fs::create_dir_all(path.parent().expect("a folder")).expect("made");
        fs::write(path, "a").expect("written");
    }
    symlink(elsewhere.path(), place.path().join("objects/ab")).expect("linked");
    symlink(elsewhere.path(), place.path().join("incoming/cd")).expect("linked");

    let store = open(&place).expect("a store");
    assert!(in_objects.exists() && !in_incoming.exists() && !unfinished.exists());
    assert_eq!(runtime.block_on(read(&store, &kept)), "kept");
    assert_eq!(runtime.block_on(read(&store, &settling)), "settling");
    assert!(strangers.iter().all(|stranger| place.path().join(stranger).exists()));
    assert_eq!(fs::read_dir(elsewhere.path()).expect("a folder").count(), 1);
}

#[test]
fn an_object_is_read_wherever_its_file_is() {
    let (place, runtime) = (TempDir::new().expect("a folder"), Runtime::new().expect("a runtime"));
    let store = open(&place).expect("a store");
    let file = runtime.block_on(put(&store, "a", "text", Condition::None)).expect("put");
    let [settled, incoming] = places(&place, &file);
    assert!(settled.exists() && !incoming.exists());
    let withdrawn = store.blobs.withdraw(vec![file.clone()]);
    assert!(!settled.exists());
    assert_eq!(runtime.block_on(read(&store, &file)), "text");
    drop(withdrawn);
    assert!(settled.exists());
}

#[test]
fn a_refused_write_leaves_what_was_there() {
    let (place, runtime) = (TempDir::new().expect("a folder"), Runtime::new().expect("a runtime"));
    let store = open(&place).expect("a store");
    let first = runtime.block_on(put(&store, "a", "first", Condition::None)).expect("put");
    runtime.block_on(put(&store, "a", "second", Condition::Absent)).expect_err("refused");
    assert_eq!(runtime.block_on(read(&store, &first)), "first");
    let second = runtime.block_on(put(&store, "a", "second", Condition::None)).expect("put");
    assert!(!places(&place, &first).iter().any(|path| path.exists()));
    runtime.block_on(store.remove_object(RAW.into(), "a".into())).expect("deleted");
    assert!(!places(&place, &second).iter().any(|path| path.exists()));
    assert_eq!(fs::read_dir(place.path().join("incoming")).expect("a folder").count(), 0);
}

/// The future of a client that has gone is dropped; its commit goes on.
#[test]
fn a_commit_survives_its_client() {
    let (place, runtime) = (TempDir::new().expect("a folder"), Runtime::new().expect("a runtime"));
    let store = open(&place).expect("a store");
    let draft = runtime.block_on(draft(&store, Bytes::from_static(b"text")));
    let object = new_object("a".into(), draft.blob(), draft.blob().md5.clone(), Attributes::default());
    let held = store.index.lock().expect("the index");
    runtime.block_on(async {
        let gone = store.commit(RAW.into(), object, draft, Condition::None);
        assert!(tokio::time::timeout(std::time::Duration::from_secs(1), gone).await.is_err());
    });
    drop(held);
    // The index has one owner at a time: what comes next comes after the commit.
    let object = runtime.block_on(store.index(|index| index::object(index, RAW, "a")));
    let object = object.expect("the index").expect("committed");
    assert_eq!(runtime.block_on(read(&store, &object.file)), "text");
}

const UPLOAD: &str = "uploads/u1/20251231_235959_abcdef01_a.jpg";
const OTHER: &str = "uploads/u1/20251231_235959_abcdef02_a.jpg";

fn open_ruled(place: &TempDir) -> Store {
    let limits = Limits { buckets: buckets("processed-images"), bytes: 1 << 20 };
    Store::open(place.path(), limits, rules(), Arc::new(|_| ())).expect("a store")
}

fn rendition(original: &str, bucket: Bucket, key: String) -> NewObject {
    let source = Source::Key(original.parse().expect("a key"));
    let stamp = Provenance::new(&source, "etag", &darkroom_recipe::Recipe::default());
    let object = ObjectKey { bucket, key };
    let metadata = stamp.metadata().into();
    NewObject { object, bytes: Bytes::from_static(b"made"), content_type: "image/webp", cache_control: "", metadata }
}

/// All that can be derived from an upload, presets among it that nobody has configured any more.
fn renditions(original: &str) -> [NewObject; 4] {
    let stem = original.strip_prefix("uploads/").and_then(|key| key.strip_suffix(".jpg")).expect("a stem");
    [
        (Bucket::Processed, format!("compressed/{stem}.webp")),
        (Bucket::Thumbnails, format!("thumbnails/long-gone/{stem}.avif")),
        (Bucket::Processed, format!("variants/{original}/width=9.webp")),
        (Bucket::Processed, format!("variants/{original}/format=json,preset=small.json")),
    ]
    .map(|(bucket, key)| rendition(original, bucket, key))
}

fn keys(store: &Store) -> Vec<String> {
    let mut keys = Vec::new();
    index::each(&store.lock(), |_, object| {
        keys.push(object.key);
        Ok(())
    })
    .expect("keys");
    keys
}

#[test]
fn with_an_original_goes_all_that_was_derived_from_it() {
    let (place, runtime) = (TempDir::new().expect("a folder"), Runtime::new().expect("a runtime"));
    let store = open_ruled(&place);
    let derive = |original: &str| -> Vec<_> {
        renditions(original).map(|made| runtime.block_on(Port::put(&store, made))).into_iter().collect()
    };
    for original in [UPLOAD, OTHER] {
        runtime.block_on(put(&store, original, "photo", Condition::None)).expect("put");
        assert_eq!(derive(original), [Ok(()), Ok(()), Ok(()), Ok(())]);
    }
    let notice = "INSERT INTO notices (id, body) VALUES (?1, json_object('originalKey', ?1))";
    for original in [UPLOAD, OTHER] {
        store.lock().execute(notice, [original]).expect("a notice");
    }
    runtime.block_on(store.remove_object(RAW.into(), UPLOAD.into())).expect("deleted");
    assert!(keys(&store).iter().all(|key| !key.contains("abcdef01")), "{:?}", keys(&store));
    assert_eq!(keys(&store).len(), 5, "nothing of the other one");
    for table in ["pending", "notices"] {
        let column = if table == "pending" { "key" } else { "id" };
        let sql = format!("SELECT {column} FROM {table}");
        let left: String = store.lock().query_row(&sql, [], |row| row.get(0)).expect("one row");
        assert_eq!(left, OTHER, "{table}");
    }
    // What was being made of it meanwhile is not stored.
    assert_eq!(derive(UPLOAD), [(); 4].map(|()| Err(StoreError::NotFound)));
    assert_eq!(runtime.block_on(store.next_deletion()).expect("noted"), UPLOAD);
    // It is noted until it is done, whatever happens to the process.
    drop(store);
    let store = open_ruled(&place);
    assert_eq!(runtime.block_on(store.next_deletion()).expect("noted"), UPLOAD);
    runtime.block_on(store.end_deletion(UPLOAD.into())).expect("ended");
    // A worker that was at it deletes it once more; not what is there.
    for key in [OTHER, UPLOAD] {
        runtime.block_on(store.settle(key.into())).expect("settled");
    }
    assert_eq!(runtime.block_on(store.next_deletion()).expect("noted"), UPLOAD);
    assert_eq!(keys(&store).len(), 5);
    let files: Vec<_> = fs::read_dir(place.path().join("incoming")).expect("a folder").collect();
    assert!(files.is_empty(), "{files:?}");
}

#[test]
fn another_original_under_a_key_leaves_nothing_of_the_earlier_one() {
    let (place, runtime) = (TempDir::new().expect("a folder"), Runtime::new().expect("a runtime"));
    let store = open_ruled(&place);
    runtime.block_on(put(&store, UPLOAD, "photo", Condition::None)).expect("put");
    for made in renditions(UPLOAD) {
        runtime.block_on(Port::put(&store, made)).expect("stored");
    }
    runtime.block_on(put(&store, UPLOAD, "another", Condition::None)).expect("put");
    assert_eq!(keys(&store), [UPLOAD]);
}

#[test]
fn uploads_end_by_their_age_and_other_originals_do_not() {
    let (place, runtime) = (TempDir::new().expect("a folder"), Runtime::new().expect("a runtime"));
    let store = open_ruled(&place);
    for key in [UPLOAD, OTHER, "site/a.jpg"] {
        runtime.block_on(put(&store, key, "photo", Condition::None)).expect("put");
    }
    store.lock().execute("UPDATE objects SET modified = 1000 WHERE key <> ?1", [OTHER]).expect("aged");
    assert_eq!(runtime.block_on(store.expire(1000)).expect("expired"), 0);
    assert_eq!(runtime.block_on(store.expire(1001)).expect("expired"), 1);
    assert_eq!(keys(&store), ["site/a.jpg", OTHER]);
}

/// An index of a release that wrote down no tags.
#[test]
fn what_an_earlier_release_stored_goes_with_its_original_too() {
    let (place, runtime) = (TempDir::new().expect("a folder"), Runtime::new().expect("a runtime"));
    let store = open_ruled(&place);
    runtime.block_on(put(&store, UPLOAD, "photo", Condition::None)).expect("put");
    for made in renditions(UPLOAD) {
        runtime.block_on(Port::put(&store, made)).expect("stored");
    }
    let sql = "DROP INDEX tags; UPDATE objects SET attributes = '{}' WHERE key LIKE '%width=9%'; ALTER TABLE objects DROP COLUMN tag";
    store.lock().execute_batch(sql).expect("as it was");
    drop(store);
    let store = open_ruled(&place);
    runtime.block_on(store.remove_object(RAW.into(), UPLOAD.into())).expect("deleted");
    assert!(keys(&store).is_empty(), "{:?}", keys(&store));
}

fn rules() -> Rules {
    Rules::new(1 << 30, &crate::Config::default().settings().expect("settings"))
}

#[test]
fn a_check_finds_what_is_not_as_it_was_stored() {
    let (place, runtime) = (TempDir::new().expect("a folder"), Runtime::new().expect("a runtime"));
    let store = open(&place).expect("a store");
    let put = |key: &str| runtime.block_on(put(&store, key, "text", Condition::None)).expect("put");
    let [flipped, short, missing, swapped, other, unlabelled, _] =
        ["flipped", "short", "missing", "swapped", "other", "unlabelled", "whole"].map(put);
    drop(store);
    let path = |file: &str| places(&place, file)[0].clone();
    let with = |file: &str, change: &dyn Fn(&mut Vec<u8>)| {
        let mut bytes = fs::read(path(file)).expect("a file");
        change(&mut bytes);
        fs::write(path(file), bytes).expect("written");
    };
    with(&flipped, &|bytes| bytes[0] ^= 1);
    with(&short, &|bytes| bytes.truncate(3));
    with(&unlabelled, &|bytes| bytes.truncate(4));
    fs::remove_file(path(&missing)).expect("removed");
    fs::copy(path(&other), path(&swapped)).expect("copied");
    let stray = "00".repeat(16);
    fs::create_dir_all(place.path().join("objects/00")).expect("made");
    fs::write(path(&stray), "stray").expect("written");

    let checked = check::check(place.path(), &Rules::none()).expect("checked");
    assert_eq!((checked.objects, checked.bytes), (2, 8), "{checked:?}");
    assert_eq!(checked.unknown, [stray]);
    let keys: Vec<&str> = checked.damaged.iter().filter_map(|line| line.split(": ").next()).collect();
    assert_eq!(keys, ["flipped", "missing", "short", "swapped", "unlabelled"].map(|key| format!("{RAW}/{key}")));
    check::check(&place.path().join("objects"), &Rules::none()).expect_err("no data folder");
}

#[test]
fn an_index_is_made_of_what_files_say() {
    const DONE: &str = "uploads/u1/20251231_235959_abcdef01_a.jpg";
    const WAITS: &str = "uploads/u1/20251231_235959_abcdef02_a.jpg";
    let (place, runtime) = (TempDir::new().expect("a folder"), Runtime::new().expect("a runtime"));
    let store = open(&place).expect("a store");
    let rows = |store: &Store| {
        let mut rows = Vec::new();
        index::each(&store.lock(), |bucket, object| {
            let Object { key, file, size, length, etag, md5, modified, attributes, .. } = object;
            rows.push((
                bucket.to_owned(),
                key,
                file,
                (size, length, modified),
                etag,
                md5,
                serde_json::to_value(&attributes).expect("JSON"),
            ));
            Ok(())
        })
        .expect("rows");
        rows
    };
    for key in ["site/a.jpg", DONE, WAITS] {
        runtime.block_on(put(&store, key, key, Condition::None)).expect("put");
    }
    runtime.block_on(store.remove_object(RAW.into(), "site/a.jpg".into())).expect("deleted");
    runtime.block_on(conformance::check_delivery(&store));
    let before = rows(&store);
    drop(store);
    let rebuild = || check::rebuild(place.path(), &rules(), RAW, |key| Ok(key == DONE));
    let there = rebuild().expect_err("there is an index");
    assert!(format!("{there:#}").contains("move it out"), "{there:#}");
    fs::remove_file(place.path().join("index.sqlite")).expect("removed");
    let rebuilt = rebuild().expect("rebuilt");
    assert_eq!(rebuilt, check::Rebuilt { objects: before.len() as u64, queued: 1, left: Vec::new() });
    let store = open(&place).expect("a store");
    assert_eq!(rows(&store), before);
    let queued: String = store.lock().query_row("SELECT key FROM pending", [], |row| row.get(0)).expect("one");
    assert_eq!(queued, WAITS);
}

/// Objects come, are replaced, used and deleted at random: the account is what the index and the disk have, within the
/// budget, and what was used last is there.
#[test]
fn renditions_keep_to_their_budget() {
    const BUDGET: u64 = 20 * 4096;
    const BUCKET: &str = "processed-images";
    let (place, runtime) = (TempDir::new().expect("a folder"), Runtime::new().expect("a runtime"));
    let open = |budget| {
        let limits = Limits { buckets: buckets(BUCKET), bytes: 1 << 20, free: 0 };
        let rules = Rules::new(budget, &crate::Config::default().settings().expect("settings"));
        Store::open(place.path(), limits, rules, Arc::new(|_| ())).expect("a store")
    };
    let stamp = [("source-etag", "a"), ("rendition-etag", "00112233445566778899aabbccddeeff")];
    let metadata = stamp.map(|(name, value)| (name.to_owned(), value.to_owned())).into_iter().collect();
    let attributes = Attributes { metadata: Some(metadata), ..Attributes::default() };
    let on_disk = |store: &Store| -> u64 {
        let mut files = Vec::new();
        index::files(&store.lock(), |file| files.push(places(&place, file)[0].clone())).expect("files");
        files.iter().map(|path| fs::metadata(path).expect("a file").len().div_ceil(4096) * 4096).sum()
    };
    let (mut store, mut random) = (open(BUDGET), 1u64);
    for round in 0..400 {
        random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let (key, size) = (format!("variants/a/{}", (random >> 33) % 32), 1 + (random >> 40) % 9000);
        if round % 7 == 6 {
            runtime.block_on(store.remove_object(BUCKET.into(), key)).expect("deleted");
        } else {
            let draft = runtime.block_on(draft(&store, vec![0; usize::try_from(size).expect("a size")].into()));
            let object = new_object(key.clone(), draft.blob(), draft.blob().md5.clone(), attributes.clone());
            runtime.block_on(store.commit(BUCKET.into(), object, draft, Condition::None)).expect("put");
            runtime.block_on(store.open_object(BUCKET, &key)).expect("what was just put");
        }
        let ((taken, count), on_disk) = (store.renditions.taken(), on_disk(&store));
        assert_eq!(count, keys(&store).len() as u64);
        assert!(taken == on_disk && taken <= BUDGET, "{taken} in the account, {on_disk} on the disk");
        assert!(round < 50 || taken > BUDGET / 2, "{taken}: no more than needed goes");
        if round == 200 {
            drop(store);
            store = open(BUDGET);
        }
    }
    drop(store);
    let taken = on_disk(&open(BUDGET / 4));
    assert!(taken <= BUDGET / 4 && taken > 0, "{taken}");
}

#[test]
fn parts_that_nobody_goes_on_with_end() {
    let (place, runtime) = (TempDir::new().expect("a folder"), Runtime::new().expect("a runtime"));
    runtime.block_on(async {
        let store = open(&place).expect("a store");
        for (id, touched) in [("old", 1), ("new", milliseconds(since_1970()))] {
            let blob = draft(&store, Bytes::from_static(b"part")).await.finish(None).await.expect("a part");
            let file = blob.file.clone();
            blob.keep();
            let done = store.index(move |index| {
                let sql =
                    "INSERT INTO uploads (id, bucket, key, attributes, touched) VALUES (?1, 'raw', 'a', '{}', ?2)";
                index.execute(sql, rusqlite::params![id, touched])?;
                index.execute("INSERT INTO parts VALUES (?1, 1, ?2, 'e')", [id, &file])
            });
            done.await.expect("rows");
        }
        assert_eq!(store.drop_stale_parts().await.expect("an index"), 1);
        assert_eq!(store.drop_stale_parts().await.expect("an index"), 0);
        assert_eq!(store.blobs.incoming().expect("files").len(), 1);
    });
}
