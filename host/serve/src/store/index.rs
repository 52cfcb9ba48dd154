//! The tables: what is known about objects and uploads in parts, and the two queues.

use std::collections::HashSet;
use std::path::Path;

use anyhow::{Context, bail, ensure};
use darkroom_host::clock::since_1970;
use rusqlite::{Connection, OptionalExtension, Row, Transaction, named_params, params};
use serde::{Deserialize, Serialize};

use super::random;
use super::renditions::{self, Rules};

/// `used` is when a rendition was last used, in milliseconds since 1970, and nothing for all other objects. `length` is the
/// file's, and `md5` of the object's bytes: neither is known of files without a label.
/// `touched` is when an upload in parts last got one, in milliseconds since 1970.
/// `pending` is the queue of uploads, one row for each original that is not done; those given up stay, with a reason.
/// `notices` are the webhook's messages that have not arrived. `tag` is one for an original and all that was derived from it;
/// empty where that is not known. `deletions` are originals that are gone, as long as anything of them may be left elsewhere.
const SCHEMA: &str = "
CREATE TABLE objects (
    bucket TEXT NOT NULL, key TEXT NOT NULL, file TEXT NOT NULL, size INTEGER NOT NULL, etag TEXT NOT NULL,
    modified INTEGER NOT NULL, attributes TEXT NOT NULL, used INTEGER, length INTEGER, md5 TEXT, tag TEXT,
    PRIMARY KEY (bucket, key)) WITHOUT ROWID;
CREATE TABLE uploads (
    id TEXT PRIMARY KEY, bucket TEXT NOT NULL, key TEXT NOT NULL, attributes TEXT NOT NULL,
    touched INTEGER NOT NULL DEFAULT 0);
CREATE TABLE parts (
    upload TEXT NOT NULL, number INTEGER NOT NULL, file TEXT NOT NULL, etag TEXT NOT NULL,
    PRIMARY KEY (upload, number)) WITHOUT ROWID;
CREATE TABLE pending (
    number INTEGER PRIMARY KEY, key TEXT NOT NULL UNIQUE, size INTEGER NOT NULL, etag TEXT NOT NULL,
    receives INTEGER NOT NULL DEFAULT 0, due INTEGER NOT NULL DEFAULT 0, given_up TEXT);
CREATE TABLE notices (
    number INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, body TEXT NOT NULL, attempts INTEGER NOT NULL DEFAULT 0,
    due INTEGER NOT NULL DEFAULT 0);
";

/// An object without its bytes.
#[derive(Clone, Debug)]
pub(crate) struct Object {
    pub(crate) key: String,
    pub(crate) file: String,
    pub(crate) size: u64,
    /// The file's: the object's bytes and its label.
    pub(crate) length: u64,
    /// Without quotation marks.
    pub(crate) etag: String,
    /// Of its bytes, in hexadecimal digits; none of one that came in parts to an earlier release.
    pub(crate) md5: Option<String>,
    /// In seconds since 1970.
    pub(crate) modified: u64,
    pub(crate) attributes: Attributes,
    /// Whether it counts against the renditions' budget.
    pub(crate) rendition: bool,
}

/// An object that is no longer there.
pub(super) struct Deleted {
    pub(super) file: String,
    /// The file's.
    pub(super) length: u64,
    pub(super) rendition: bool,
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
    /// The original is there of which it was made.
    Derived,
}

impl Condition {
    /// Whether it allows to write where `there` is.
    pub(super) fn is_met(&self, there: Option<&Object>) -> bool {
        match self {
            Self::None | Self::Derived => true,
            Self::Absent => there.is_none(),
            Self::Present(etag) => there.is_some_and(|there| etag.as_ref().is_none_or(|etag| *etag == there.etag)),
        }
    }
}

/// Opens the index of the folder with this identity; any index, where there is none. Makes one where there are no files
/// that one would have to know: `new`.
///
/// # Errors
/// It is missing, or that of another folder, or can't be read or written.
pub(super) fn open(path: &Path, folder: Option<&str>, new: bool, rules: &Rules) -> anyhow::Result<Connection> {
    ensure!(new || path.exists(), MISSING);
    let mut connection = Connection::open(path)?;
    let owner = owner(&connection).context(FOREIGN)?;
    // What was acknowledged outlives a power cut.
    connection.pragma_update(None, "synchronous", "FULL")?;
    let transaction = connection.transaction()?;
    match owner {
        Owner::Nobody if new => transaction.execute_batch(SCHEMA)?,
        Owner::Nobody => bail!(MISSING),
        Owner::EarlierBuild => {
            transaction.execute_batch("ALTER TABLE objects ADD COLUMN used INTEGER")?;
            renditions::mark_all(&transaction, rules)?;
        }
        Owner::Folder(id) => ensure!(folder.is_none_or(|folder| folder == id), FOREIGN),
        Owner::Stranger => bail!(FOREIGN),
    }
    for (table, column, kind) in [
        ("objects", "length", "INTEGER"),
        ("objects", "md5", "TEXT"),
        ("objects", "tag", "TEXT"),
        ("uploads", "touched", "INTEGER NOT NULL DEFAULT 0"),
    ] {
        let sql = "SELECT count(*) FROM pragma_table_info(?1) WHERE name = ?2";
        if transaction.query_row(sql, [table, column], |row| row.get(0)).map(|count: u32| count == 0)? {
            transaction.execute_batch(&format!("ALTER TABLE {table} ADD COLUMN {column} {kind}"))?;
        }
    }
    transaction.execute_batch(
        "CREATE TABLE IF NOT EXISTS folder (id TEXT NOT NULL);
         CREATE TABLE IF NOT EXISTS deletions (key TEXT PRIMARY KEY) WITHOUT ROWID;
         CREATE INDEX IF NOT EXISTS renditions ON objects (used) WHERE used IS NOT NULL;
         CREATE INDEX IF NOT EXISTS tags ON objects (tag);",
    )?;
    tag_all(&transaction, rules)?;
    let id = folder.map_or_else(random, |folder| Ok(folder.to_owned()))?;
    transaction.execute("INSERT INTO folder SELECT ?1 WHERE NOT EXISTS (SELECT * FROM folder)", [id])?;
    // Nobody can go on with what was begun before: parts belong to clients of another process.
    // Where there is nothing to change, nothing is written: a full disk is no hindrance.
    transaction.execute_batch("DELETE FROM parts WHERE upload <> ''; DELETE FROM uploads WHERE id <> '';")?;
    // What a killed process was at is due at once.
    transaction
        .execute_batch("UPDATE pending SET due = 0 WHERE due <> 0; UPDATE notices SET due = 0 WHERE due <> 0;")?;
    transaction.commit()?;
    // Not before: until then an empty file is a new index, and any other one is a whole index.
    connection.pragma_update(None, "journal_mode", "WAL")?;
    Ok(connection)
}

const MISSING: &str = "it is missing or empty, and nobody else knows the files in objects/ and incoming/: restore the index \
    that belongs to them, or have `darkroom rebuild-index` make one of what they say of themselves";

const FOREIGN: &str = "it is the index of another folder, or none at all: restore the one that belongs to this folder";

/// Whose an index is.
enum Owner {
    Nobody,
    /// The folder with this identity.
    Folder(String),
    /// A server's, from before folders had identities.
    EarlierBuild,
    Stranger,
}

fn owner(connection: &Connection) -> rusqlite::Result<Owner> {
    let sql = "SELECT name FROM sqlite_schema WHERE type = 'table'";
    let tables: HashSet<String> =
        connection.prepare(sql)?.query_map([], |row| row.get(0))?.collect::<Result<_, _>>()?;
    let own = ["objects", "uploads", "parts", "pending", "notices"].iter().all(|table| tables.contains(*table));
    if own && tables.contains("folder") {
        return connection.query_row("SELECT id FROM folder", [], |row| row.get(0)).map(Owner::Folder);
    }
    Ok(match tables.len() {
        0 => Owner::Nobody,
        _ if own => Owner::EarlierBuild,
        _ => Owner::Stranger,
    })
}

/// Tells of each object, with its bucket.
pub(super) fn each(
    connection: &Connection,
    mut tell: impl FnMut(&str, Object) -> anyhow::Result<()>,
) -> anyhow::Result<()> {
    let mut statement = connection.prepare(&format!("SELECT {FIELDS}, bucket FROM objects ORDER BY bucket, key"))?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let bucket: String = row.get(9)?;
        tell(&bucket, read(row)?)?;
    }
    Ok(())
}

/// Tells of each file that an object refers to.
pub(super) fn files(connection: &Connection, mut tell: impl FnMut(&str)) -> rusqlite::Result<()> {
    let mut statement = connection.prepare("SELECT file FROM objects")?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        tell(row.get_ref(0)?.as_str()?);
    }
    Ok(())
}

pub(super) fn object(connection: &Connection, bucket: &str, key: &str) -> rusqlite::Result<Option<Object>> {
    let sql = format!("SELECT {FIELDS} FROM objects WHERE bucket = ?1 AND key = ?2");
    connection.prepare_cached(&sql)?.query_row(params![bucket, key], read).optional()
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
    let sql = format!(
        "SELECT {FIELDS} FROM objects
        WHERE bucket = :bucket AND key >= :prefix AND key < :prefix || char(1114111) AND key > :after
        ORDER BY key LIMIT :count"
    );
    let mut statement = connection.prepare_cached(&sql)?;
    let named = named_params! {":bucket": bucket, ":prefix": prefix, ":after": after, ":count": count};
    statement.query_map(named, read)?.collect()
}

/// As [`read`] reads them.
const FIELDS: &str = "key, file, size, coalesce(length, size), etag, md5, modified, attributes, used IS NOT NULL";

fn read(row: &Row<'_>) -> rusqlite::Result<Object> {
    let (etag, md5, attributes): (String, Option<String>, String) = (row.get(4)?, row.get(5)?, row.get(7)?);
    Ok(Object {
        key: row.get(0)?,
        file: row.get(1)?,
        size: row.get(2)?,
        length: row.get(3)?,
        // The entity tag of one that came in parts ends in their number.
        md5: md5.or_else(|| (!etag.contains('-')).then(|| etag.clone())),
        etag,
        modified: row.get(6)?,
        attributes: serde_json::from_str(&attributes).unwrap_or_default(),
        rendition: row.get(8)?,
    })
}

/// Writes an object where none is. `used` where it is a rendition.
pub(super) fn put(
    connection: &Connection,
    bucket: &str,
    object: &Object,
    used: Option<i64>,
    tag: &str,
) -> rusqlite::Result<()> {
    let sql = "INSERT INTO objects (bucket, key, file, size, etag, modified, attributes, used, length, md5, tag)
        VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)";
    let Object { key, file, size, length, etag, md5, modified, attributes, .. } = object;
    let row = params![bucket, key, file, size, etag, modified, json(attributes), used, length, md5, tag];
    connection.prepare_cached(sql)?.execute(row).map(drop)
}

/// An earlier release wrote down no tags.
fn tag_all(transaction: &Transaction<'_>, rules: &Rules) -> rusqlite::Result<()> {
    let mut objects = transaction.prepare("SELECT bucket, key, attributes FROM objects WHERE tag IS NULL")?;
    let mut rows = objects.query([])?;
    let mut tag = transaction.prepare("UPDATE objects SET tag = ?3 WHERE bucket = ?1 AND key = ?2")?;
    while let Some(row) = rows.next()? {
        let (bucket, key, attributes): (String, String, String) = (row.get(0)?, row.get(1)?, row.get(2)?);
        let attributes = serde_json::from_str(&attributes).unwrap_or_default();
        tag.execute(params![bucket, key, rules.tag(&bucket, &key, &attributes)])?;
    }
    Ok(())
}

/// Whether an original has this tag.
pub(super) fn has_original(connection: &Connection, raw: &str, tag: &str) -> rusqlite::Result<bool> {
    let sql = "SELECT count(*) > 0 FROM objects WHERE tag = ?2 AND bucket = ?1";
    connection.prepare_cached(sql)?.query_row([raw, tag], |row| row.get(0))
}

/// Forgets what was derived from the original with this tag.
pub(super) fn delete_derived(connection: &Connection, raw: &str, tag: &str) -> rusqlite::Result<Vec<Deleted>> {
    let sql = "DELETE FROM objects WHERE tag = ?2 AND bucket <> ?1
        RETURNING file, coalesce(length, size), used IS NOT NULL";
    connection.prepare_cached(sql)?.query_map([raw, tag], Deleted::read)?.collect()
}

/// Forgets what is to be done about an original, and what is to be told of it; notes that it is gone.
pub(super) fn delete_notes(connection: &Connection, key: &str) -> rusqlite::Result<()> {
    for sql in [
        "DELETE FROM pending WHERE key = ?1",
        "DELETE FROM notices WHERE json_extract(body, '$.originalKey') = ?1",
        "INSERT OR IGNORE INTO deletions VALUES (?1)",
    ] {
        connection.prepare_cached(sql)?.execute([key])?;
    }
    Ok(())
}

/// Queues an original to be worked on.
pub(super) fn queue(connection: &Connection, original: &Object) -> rusqlite::Result<()> {
    let Object { key, size, etag, .. } = original;
    let sql = "INSERT OR REPLACE INTO pending (number, key, size, etag)
        VALUES ((SELECT max(coalesce(max(number), 0) + 1, ?4) FROM pending), ?1, ?2, ?3)";
    connection.prepare_cached(sql)?.execute(params![key, size, etag, fresh()]).map(drop)
}

/// The least number of a new row: the time in microseconds. SQLite alone would number the next row of an emptied table like
/// one that somebody still works on, who then would remove it.
pub(crate) fn fresh() -> i64 {
    i64::try_from(since_1970().as_micros()).unwrap_or(i64::MAX)
}

/// Forgets an object, where there is one.
pub(super) fn delete(connection: &Connection, bucket: &str, key: &str) -> rusqlite::Result<Option<Deleted>> {
    let sql = "DELETE FROM objects WHERE bucket = ?1 AND key = ?2
        RETURNING file, coalesce(length, size), used IS NOT NULL";
    connection.prepare_cached(sql)?.query_row(params![bucket, key], Deleted::read).optional()
}

impl Deleted {
    /// Of a row that holds its fields in their order.
    pub(super) fn read(row: &Row<'_>) -> rusqlite::Result<Self> {
        Ok(Self { file: row.get(0)?, length: row.get(1)?, rendition: row.get(2)? })
    }
}

pub(super) fn json(attributes: &Attributes) -> String {
    serde_json::to_string(attributes).unwrap_or_default()
}
