//! Reads everything in a data folder and tells what is not as it was stored; and makes an index of what files say of
//! themselves, where it is lost. Both want the folder for themselves, and neither deletes anything.

use std::collections::HashSet;
use std::fs::File;
use std::io::{self, ErrorKind, Read};
use std::path::Path;

use anyhow::Context;
use darkroom_delivery::UploadKey;
use darkroom_delivery::hex;
use darkroom_host::clock::since_1970;
use rusqlite::Connection;
use s3s::crypto::{Checksum as _, Md5};

use super::blobs::Blobs;
use super::folder::Folder;
use super::index::{self, Object};
use super::label::Label;
use super::renditions::Rules;
use crate::queue::milliseconds;

/// What was found in a folder.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Checked {
    /// Objects that are as they were stored.
    pub objects: u64,
    /// Their bytes.
    pub bytes: u64,
    /// Those whose files say nothing of themselves, since an earlier release wrote them: no index can be made of them.
    pub unlabelled: u64,
    /// `bucket/key: what is wrong`, for each object that is not as it was stored.
    pub damaged: Vec<String>,
    /// Files among the objects that no object refers to.
    pub unknown: Vec<String>,
}

/// What an index was made of.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rebuilt {
    /// Objects that are in it.
    pub objects: u64,
    /// Uploads that have no item: they are in the queue.
    pub queued: u64,
    /// Files that say nothing of themselves, or that a newer one of the same object stands against. They stay.
    pub left: Vec<String>,
}

/// Reads every object, and holds it against its index and its label.
pub(crate) fn check(path: &Path, rules: &Rules) -> anyhow::Result<Checked> {
    let folder = Folder::existing(path)?;
    let blobs = folder.blobs(0)?;
    let connection = folder.index(&blobs, rules)?;
    let (mut checked, mut known) = (Checked::default(), HashSet::new());
    index::each(&connection, |bucket, object| {
        match verify(&blobs, bucket, &object) {
            Ok(labelled) => {
                checked.objects += 1;
                checked.bytes += object.size;
                checked.unlabelled += u64::from(!labelled);
            }
            Err(wrong) => checked.damaged.push(format!("{bucket}/{}: {wrong}", object.key)),
        }
        known.insert(object.file);
        Ok(())
    })?;
    checked.unknown = blobs.settled_files()?.into_iter().filter(|file| !known.contains(file)).collect();
    Ok(checked)
}

/// Whether the file has a label; or what is wrong with it.
fn verify(blobs: &Blobs, bucket: &str, object: &Object) -> Result<bool, String> {
    let mut file = blobs.open_now(&object.file).map_err(|error| match error.kind() {
        ErrorKind::NotFound => format!("its file {} is missing", object.file),
        _ => format!("its file {}: {error}", object.file),
    })?;
    let unreadable = |error: io::Error| format!("its file {}: {error}", object.file);
    let (length, md5) = digest(&mut file, object.size).map_err(unreadable)?;
    if length < object.size {
        return Err(format!("{length} bytes, must be {}", object.size));
    }
    if object.md5.as_ref().is_some_and(|expected| *expected != md5) {
        return Err(format!("MD5 {md5}, must be {}", object.md5.as_deref().unwrap_or_default()));
    }
    match Label::read(&mut file).map_err(unreadable)? {
        Some(label) if (label.bucket.as_str(), &label.key, &label.etag) != (bucket, &object.key, &object.etag) => {
            Err("its file is labelled as another object".into())
        }
        Some(_) => Ok(true),
        None if object.length > object.size => Err("its label can't be read".into()),
        None => Ok(false),
    }
}

/// How many bytes there are, up to `size`, and their MD5.
fn digest(file: &mut File, size: u64) -> io::Result<(u64, String)> {
    let (mut md5, mut length, mut piece) = (Md5::new(), 0, vec![0; 1 << 20]);
    let mut bytes = file.take(size);
    loop {
        let count = bytes.read(&mut piece)?;
        if count == 0 {
            return Ok((length, hex(&md5.finalize())));
        }
        md5.update(&piece[..count]);
        length += count as u64;
    }
}

/// Makes the index of a folder that has none. `has_item` says which originals need no work.
pub(crate) fn rebuild(
    path: &Path,
    rules: &Rules,
    raw: &str,
    has_item: impl Fn(&str) -> anyhow::Result<bool>,
) -> anyhow::Result<Rebuilt> {
    let folder = Folder::existing(path)?;
    let blobs = folder.blobs(0)?;
    folder.make_index(rules, |index| {
        let mut rebuilt = Rebuilt::default();
        // What is in `incoming` may have been about to go: of one age, the file among the objects is the one.
        for file in blobs.settled_files()?.into_iter().chain(blobs.incoming()?) {
            let mut opened = blobs.open_now(&file)?;
            let length = opened.metadata()?.len();
            let left = match Label::read(&mut opened).with_context(|| file.clone())? {
                Some(label) => adopt(index, rules, label, (file, length))?,
                None => Some(file),
            };
            rebuilt.left.extend(left);
        }
        index::each(index, |bucket, object| {
            if bucket == raw && object.key.parse::<UploadKey>().is_ok() && !has_item(&object.key)? {
                index::queue(index, &object)?;
                rebuilt.queued += 1;
            }
            rebuilt.objects += 1;
            Ok(())
        })?;
        Ok(rebuilt)
    })
}

/// Writes down what a file says, unless one of the same object is newer. Returns the file that is not the object's.
fn adopt(
    index: &Connection,
    rules: &Rules,
    label: Label,
    (file, length): (String, u64),
) -> rusqlite::Result<Option<String>> {
    let there = index::object(index, &label.bucket, &label.key)?;
    if there.as_ref().is_some_and(|there| there.modified >= label.modified) {
        return Ok(Some(file));
    }
    index::delete(index, &label.bucket, &label.key)?;
    let used = rules.count(&label.bucket, &label.key, &label.attributes).then(|| milliseconds(since_1970()));
    let bucket = label.bucket.clone();
    let tag = rules.tag(&bucket, &label.key, &label.attributes);
    index::put(index, &bucket, &Object { file, length, ..label.into() }, used, &tag)?;
    Ok(there.map(|there| there.file))
}
