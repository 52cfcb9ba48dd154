//! The tables: what is known about objects and uploads in parts, and the two queues.

use std::collections::HashSet;
use std::path::Path;

use rusqlite::{Connection, OptionalExtension, Row, Transaction, named_params, params};
use serde::{Deserialize, Serialize};

/// `pending` is the queue of uploads, one row for each original that is not done; those given up stay, with a reason.
/// `notices` are the webhook's messages that have not arrived.
const SCHEMA: &str = "
CREATE TABLE IF NOT EXISTS objects (
    bucket TEXT NOT NULL, key TEXT NOT NULL, file TEXT NOT NULL, size INTEGER NOT NULL, etag TEXT NOT NULL,
    modified INTEGER NOT NULL, attributes TEXT NOT NULL, PRIMARY KEY (bucket, key)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS uploads (
    id TEXT PRIMARY KEY, bucket TEXT NOT NULL, key TEXT NOT NULL, attributes TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS parts (
    upload TEXT NOT NULL, number INTEGER NOT NULL, file TEXT NOT NULL, etag TEXT NOT NULL,
    PRIMARY KEY (upload, number)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS pending (
    number INTEGER PRIMARY KEY, key TEXT NOT NULL UNIQUE, size INTEGER NOT NULL, etag TEXT NOT NULL,
    receives INTEGER NOT NULL DEFAULT 0, due INTEGER NOT NULL DEFAULT 0, given_up TEXT);
CREATE TABLE IF NOT EXISTS notices (
    number INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, body TEXT NOT NULL, attempts INTEGER NOT NULL DEFAULT 0,
    due INTEGER NOT NULL DEFAULT 0);
";

/// An object without its bytes.
#[derive(Clone, Debug)]
pub(crate) struct Object {
    pub(crate) key: String,
    pub(crate) file: String,
    pub(crate) size: u64,
    /// Without quotation marks.
    pub(crate) etag: String,
    /// In seconds since 1970.
    pub(crate) modified: u64,
    pub(crate) attributes: Attributes,
}

/// What its sender said about an object.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Attributes {
    pub(crate) content_type: Option<String>,
    pub(crate) cache_control: Option<String>,
    pub(crate) content_disposition: Option<String>,
    pub(crate) content_encoding: Option<String>,
    pub(crate) content_language: Option<String>,
    pub(crate) metadata: Option<std::collections::HashMap<String, String>>,
}

/// On what a write depends.
#[derive(Clone, Debug)]
pub(super) enum Condition {
    None,
    /// Nothing is there.
    Absent,
    /// Something is there, with this entity tag where there is one.
    Present(Option<String>),
}

/// What became of a write.
pub(super) enum Written {
    /// It is there, in place of this file.
    Replaced(Option<String>),
    /// The condition is not met.
    Refused,
}

pub(super) fn open(path: &Path) -> rusqlite::Result<Connection> {
    let connection = Connection::open(path)?;
    connection.pragma_update(None, "journal_mode", "WAL")?;
    // What was acknowledged outlives a power cut.
    connection.pragma_update(None, "synchronous", "FULL")?;
    connection.execute_batch(SCHEMA)?;
    // Nobody can go on with what was begun before: parts belong to clients of another process.
    connection.execute_batch("DELETE FROM parts; DELETE FROM uploads;")?;
    // What a killed process was at is due at once.
    connection.execute_batch("UPDATE pending SET due = 0; UPDATE notices SET due = 0;")?;
    Ok(connection)
}

/// All files that objects refer to.
pub(super) fn files(connection: &mut Connection) -> rusqlite::Result<HashSet<String>> {
    connection.prepare("SELECT file FROM objects")?.query_map([], |row| row.get(0))?.collect()
}

pub(super) fn object(connection: &Connection, bucket: &str, key: &str) -> rusqlite::Result<Option<Object>> {
    let sql = "SELECT key, file, size, etag, modified, attributes FROM objects WHERE bucket = ?1 AND key = ?2";
    connection.prepare_cached(sql)?.query_row(params![bucket, key], read).optional()
}

/// Keys after `after` that begin with `prefix`, in their order.
pub(super) fn objects(
    connection: &Connection,
    bucket: &str,
    prefix: &str,
    after: &str,
    count: usize,
) -> rusqlite::Result<Vec<Object>> {
    // Of strings that begin alike, this is above all: no key has a character beyond it.
    let sql = "SELECT key, file, size, etag, modified, attributes FROM objects
        WHERE bucket = :bucket AND key >= :prefix AND key < :prefix || char(1114111) AND key > :after
        ORDER BY key LIMIT :count";
    let mut statement = connection.prepare_cached(sql)?;
    let named = named_params! {":bucket": bucket, ":prefix": prefix, ":after": after, ":count": count};
    statement.query_map(named, read)?.collect()
}

fn read(row: &Row<'_>) -> rusqlite::Result<Object> {
    let attributes: String = row.get(5)?;
    Ok(Object {
        key: row.get(0)?,
        file: row.get(1)?,
        size: row.get(2)?,
        etag: row.get(3)?,
        modified: row.get(4)?,
        attributes: serde_json::from_str(&attributes).unwrap_or_default(),
    })
}

/// Writes an object, and queues it where `queued`.
pub(super) fn put(
    connection: &mut Connection,
    bucket: &str,
    object: &Object,
    condition: &Condition,
    queued: bool,
) -> rusqlite::Result<Written> {
    let transaction = connection.transaction()?;
    let there = self::object(&transaction, bucket, &object.key)?;
    let met = match condition {
        Condition::None => true,
        Condition::Absent => there.is_none(),
        Condition::Present(etag) => {
            there.as_ref().is_some_and(|there| etag.as_ref().is_none_or(|etag| *etag == there.etag))
        }
    };
    if !met {
        return Ok(Written::Refused);
    }
    let sql = "INSERT OR REPLACE INTO objects VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)";
    let Object { key, file, size, etag, modified, attributes } = object;
    transaction.prepare_cached(sql)?.execute(params![bucket, key, file, size, etag, modified, json(attributes)])?;
    if queued {
        let sql = "INSERT OR REPLACE INTO pending (key, size, etag) VALUES (?1, ?2, ?3)";
        transaction.prepare_cached(sql)?.execute(params![key, size, etag])?;
    }
    transaction.commit()?;
    Ok(Written::Replaced(there.map(|there| there.file)))
}

pub(super) fn json(attributes: &Attributes) -> String {
    serde_json::to_string(attributes).unwrap_or_default()
}

/// Forgets an object, and that it is to be worked on. Returns its file.
pub(super) fn delete(connection: &mut Connection, bucket: &str, key: &str) -> rusqlite::Result<Option<String>> {
    let transaction = connection.transaction()?;
    let file = remove(&transaction, bucket, key)?;
    transaction.commit()?;
    Ok(file)
}

fn remove(transaction: &Transaction<'_>, bucket: &str, key: &str) -> rusqlite::Result<Option<String>> {
    let sql = "DELETE FROM objects WHERE bucket = ?1 AND key = ?2 RETURNING file";
    transaction.prepare_cached(sql)?.query_row(params![bucket, key], |row| row.get(0)).optional()
}
