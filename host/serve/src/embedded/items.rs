//! Items in a file: what DynamoDB is on AWS.

use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::Context;
use async_trait::async_trait;
use darkroom_delivery::UploadKey;
use darkroom_host::pipeline::user;
use darkroom_host::records::{Before, Item, Recorded, Records};
use darkroom_host::{StoreError, clock};
use rusqlite::{Connection, ErrorCode, OptionalExtension, Transaction, params};
use serde::de::Error as _;
use tokio::task::spawn_blocking;

/// `item` is all of it as JSON, and the other columns are what it is looked for by.
const SCHEMA: &str = "
CREATE TABLE items (
    image_id TEXT NOT NULL, uploaded_at INTEGER NOT NULL, user_id TEXT NOT NULL, original_key TEXT NOT NULL,
    status TEXT NOT NULL, expires_at INTEGER NOT NULL, item TEXT NOT NULL, PRIMARY KEY (image_id, uploaded_at)
) WITHOUT ROWID;
CREATE INDEX items_of_users ON items (user_id, uploaded_at);
CREATE INDEX items_that_expire ON items (expires_at);
";

/// A table of items. Clones are the same table.
#[derive(Clone)]
pub(crate) struct Items(Arc<Mutex<Connection>>);

impl Items {
    /// Opens the file, or makes it. Items that an earlier release kept in it, in DynamoDB's table `earlier`, are taken over.
    ///
    /// # Errors
    /// It can't be read or written, or holds something else.
    pub(crate) fn open(path: &Path, earlier: &str) -> anyhow::Result<Self> {
        Self::open_file(path, earlier).with_context(|| path.display().to_string())
    }

    fn open_file(path: &Path, earlier: &str) -> anyhow::Result<Self> {
        let mut connection = Connection::open(path)?;
        connection.pragma_update(None, "journal_mode", "WAL")?;
        // What was told to somebody outlives a power cut.
        connection.pragma_update(None, "synchronous", "FULL")?;
        let transaction = connection.transaction()?;
        if !has_table(&transaction, "items")? {
            transaction.execute_batch(SCHEMA)?;
            take_over(&transaction, earlier)?;
        }
        transaction.commit()?;
        Ok(Self(Arc::new(Mutex::new(connection))))
    }

    /// Deletes items whose time is over, and says how many.
    pub(crate) async fn sweep(&self) -> Result<usize, StoreError> {
        let now = clock::seconds();
        self.work(move |connection| connection.execute("DELETE FROM items WHERE expires_at < ?1", [now])).await
    }

    /// Whether there is an item about an original.
    ///
    /// # Errors
    /// The file can't be read.
    pub(crate) fn has(&self, original: &UploadKey) -> rusqlite::Result<bool> {
        let sql = "SELECT count(*) > 0 FROM items WHERE user_id = ?1 AND uploaded_at = ?2 AND original_key = ?3";
        let of = params![user::user(original.user()), original.time(), original.to_string()];
        self.0.lock().unwrap_or_else(PoisonError::into_inner).query_row(sql, of, |row| row.get(0))
    }

    /// On a thread that may wait for the disk.
    async fn work<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Connection) -> rusqlite::Result<T> + Send + 'static,
    ) -> Result<T, StoreError> {
        let connection = Arc::clone(&self.0);
        // What a panic leaves half done is rolled back.
        let done = spawn_blocking(move || work(&mut connection.lock().unwrap_or_else(PoisonError::into_inner)));
        let crashed = |error: tokio::task::JoinError| StoreError::Unavailable(format!("the items: {error}"));
        done.await.map_err(crashed)?.map_err(|error| {
            let text = format!("the items: {error}");
            let full = error.sqlite_error_code() == Some(ErrorCode::DiskFull);
            if full { StoreError::Full(text) } else { StoreError::Unavailable(text) }
        })
    }
}

#[async_trait]
impl Records for Items {
    async fn record(&self, item: &Item) -> Result<Recorded, StoreError> {
        let item = item.clone();
        self.work(move |connection| {
            let transaction = connection.transaction()?;
            let sql = "SELECT item FROM items WHERE image_id = ?1 AND uploaded_at = ?2 AND status = 'completed'";
            let completed = transaction
                .prepare_cached(sql)?
                .query_row(params![item.image_id, item.uploaded_at], |row| row.get(0).and_then(read))
                .optional()?;
            if let Some(completed) = completed {
                return Ok(Recorded::AlreadyCompleted(completed));
            }
            write(&transaction, &item)?;
            transaction.commit()?;
            Ok(Recorded::Written)
        })
        .await
    }

    async fn items(&self, user: &str, before: Option<&Before>, limit: u32) -> Result<Vec<Item>, StoreError> {
        let (user, time) = (user.to_owned(), before.map_or(i64::MAX as u64, |before| before.uploaded_at));
        let id = before.and_then(|before| before.image_id.clone());
        self.work(move |connection| {
            let sql = "SELECT item FROM items WHERE user_id = ?1
                AND (uploaded_at < ?2 OR (uploaded_at = ?2 AND image_id > ?3))
                ORDER BY uploaded_at DESC, image_id LIMIT ?4";
            let mut statement = connection.prepare_cached(sql)?;
            statement.query_map(params![user, time, id, limit], |row| row.get(0).and_then(read))?.collect()
        })
        .await
    }

    async fn item(&self, image_id: &str) -> Result<Option<Item>, StoreError> {
        let image_id = image_id.to_owned();
        self.work(move |connection| {
            let mut statement = connection.prepare_cached("SELECT item FROM items WHERE image_id = ?1 LIMIT 1")?;
            statement.query_row([image_id], |row| row.get(0).and_then(read)).optional()
        })
        .await
    }

    async fn delete_for_original(&self, original: &UploadKey) -> Result<usize, StoreError> {
        let (user, time, key) = (user::user(original.user()), original.time(), original.to_string());
        self.work(move |connection| {
            let sql = "DELETE FROM items WHERE user_id = ?1 AND uploaded_at = ?2 AND original_key = ?3";
            connection.execute(sql, params![user, time, key])
        })
        .await
    }
}

fn write(transaction: &Transaction<'_>, item: &Item) -> rusqlite::Result<()> {
    let text = serde_json::to_string(item).map_err(|error| rusqlite::Error::ToSqlConversionFailure(error.into()))?;
    let Item { image_id, uploaded_at, user_id, original_key, expires_at, outcome, .. } = item;
    let row = params![image_id, uploaded_at, user_id, original_key, outcome.status(), expires_at, text];
    let sql = "INSERT OR REPLACE INTO items VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)";
    transaction.prepare_cached(sql)?.execute(row).map(drop)
}

fn read(text: String) -> rusqlite::Result<Item> {
    serde_json::from_str(&text).map_err(unreadable)
}

fn unreadable(error: impl std::error::Error + Send + Sync + 'static) -> rusqlite::Error {
    rusqlite::Error::FromSqlConversionFailure(0, rusqlite::types::Type::Text, Box::new(error))
}

fn has_table(connection: &Connection, name: &str) -> rusqlite::Result<bool> {
    let sql = "SELECT count(*) > 0 FROM sqlite_schema WHERE type = 'table' AND name = ?1";
    connection.query_row(sql, [name], |row| row.get(0))
}

/// Earlier releases had a DynamoDB in this file: a table for each of its own, with its items as its own JSON.
fn take_over(transaction: &Transaction<'_>, table: &str) -> rusqlite::Result<()> {
    if !has_table(transaction, table)? {
        return Ok(());
    }
    let quoted = table.replace('"', "\"\"");
    let mut statement = transaction.prepare(&format!("SELECT item_json FROM \"{quoted}\""))?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let item: serde_dynamo::Item = serde_json::from_str(row.get_ref(0)?.as_str()?).map_err(unreadable)?;
        let item = serde_dynamo::from_item(item).map_err(|error| unreadable(serde_json::Error::custom(error)))?;
        write(transaction, &item)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use darkroom_host::records::Outcome;
    use tempfile::TempDir;
    use tokio::runtime::Runtime;

    use super::*;

    const KEY: &str = "uploads/u1/20251231_235959_abcdef01_a.jpg";

    fn item(image_id: &str, uploaded_at: u64, outcome: Outcome) -> Item {
        Item {
            image_id: image_id.into(),
            uploaded_at,
            user_id: "u1".into(),
            original_key: KEY.into(),
            original_size: 9,
            expires_at: uploaded_at + 1,
            outcome,
        }
    }

    fn completed() -> Outcome {
        Outcome::Completed {
            compressed_key: "compressed/a.webp".into(),
            compressed_size: 3,
            thumbnails: [("small".to_owned(), "https://img.example/a".to_owned())].into(),
            savings_percent: 66.67,
            processing_time_ms: 12,
            damaged: false,
        }
    }

    fn failed() -> Outcome {
        Outcome::Failed { reason: "malformed".into() }
    }

    #[test]
    fn a_completed_item_is_never_changed() {
        let (place, runtime) = (TempDir::new().expect("a folder"), Runtime::new().expect("a runtime"));
        let path = place.path().join("records.sqlite");
        let items = Items::open(&path, "images").expect("items");
        let record =
            |items: &Items, outcome| runtime.block_on(items.record(&item("img_1", 7, outcome))).expect("recorded");
        assert_eq!(record(&items, failed()), Recorded::Written);
        assert_eq!(record(&items, completed()), Recorded::Written, "a repeat may complete what had failed");
        drop(items);
        let items = Items::open(&path, "images").expect("items");
        for outcome in [failed(), completed()] {
            assert_eq!(record(&items, outcome), Recorded::AlreadyCompleted(item("img_1", 7, completed())));
        }
        assert_eq!(runtime.block_on(items.item("img_1")), Ok(Some(item("img_1", 7, completed()))));
        assert_eq!(runtime.block_on(items.item("img_2")), Ok(None));
    }

    #[test]
    fn a_users_items_come_newest_first_and_go_with_their_original_or_their_time() {
        let (place, runtime) = (TempDir::new().expect("a folder"), Runtime::new().expect("a runtime"));
        let items = Items::open(&place.path().join("records.sqlite"), "images").expect("items");
        let original: UploadKey = KEY.parse().expect("a key");
        let now = clock::seconds();
        for (image_id, time) in [("img_a", original.time()), ("img_b", now), ("img_c", now + 5)] {
            runtime.block_on(items.record(&item(image_id, time, failed()))).expect("recorded");
        }
        let ids = |user: &str, before: Option<u64>, limit| -> Vec<String> {
            let before = before.map(|uploaded_at| Before { uploaded_at, image_id: None });
            let found = runtime.block_on(items.items(user, before.as_ref(), limit)).expect("items");
            found.into_iter().map(|item| item.image_id).collect()
        };
        assert_eq!(ids("u1", None, 9), ["img_c", "img_b", "img_a"]);
        assert_eq!(ids("u1", Some(i64::MAX as u64), 2), ["img_c", "img_b"]);
        assert_eq!(ids("u1", Some(now + 5), 1), ["img_b"]);
        assert!(ids("u2", None, 9).is_empty());
        assert_eq!(items.has(&original), Ok(true));
        assert_eq!(runtime.block_on(items.delete_for_original(&original)), Ok(1));
        assert_eq!(items.has(&original), Ok(false));
        assert_eq!(runtime.block_on(items.delete_for_original(&original)), Ok(0));
        runtime.block_on(items.record(&item("img_d", 7, failed()))).expect("recorded");
        assert_eq!(runtime.block_on(items.sweep()), Ok(1), "what was uploaded in 1970 is over");
        assert_eq!(ids("u1", None, 9), ["img_c", "img_b"]);
    }

    #[test]
    fn pages_lose_no_item_of_one_second() {
        let (place, runtime) = (TempDir::new().expect("a folder"), Runtime::new().expect("a runtime"));
        let items = Items::open(&place.path().join("records.sqlite"), "images").expect("items");
        let all: Vec<String> = (0..130).map(|number| format!("img_{number:03}")).collect();
        for (image_id, time) in all.iter().map(|id| (id.as_str(), 8)).chain([("img_newer", 9), ("img_older", 7)]) {
            runtime.block_on(items.record(&item(image_id, time, failed()))).expect("recorded");
        }
        let (mut found, mut before) = (Vec::new(), None::<Before>);
        loop {
            // As a client brings it back.
            before = before.map(|before| before.to_string().parse().expect("as it was written"));
            let page = runtime.block_on(items.items("u1", before.as_ref(), 50)).expect("items");
            let Some(last) = page.last() else { break };
            before = Some(last.into());
            found.extend(page.into_iter().map(|item| item.image_id));
        }
        assert_eq!(found, [vec!["img_newer".to_owned()], all, vec!["img_older".to_owned()]].concat());
        for wrong in ["", "-1", "+1", "1.5", "soon", "9223372036854775808"] {
            assert!(wrong.parse::<Before>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn items_of_an_earlier_release_are_taken_over_once() {
        let (place, runtime) = (TempDir::new().expect("a folder"), Runtime::new().expect("a runtime"));
        let path = place.path().join("records.sqlite");
        let json = serde_json::to_string(
            &serde_dynamo::to_item::<_, serde_dynamo::Item>(item("img_1", 7, completed())).expect("an item"),
        );
        let json = json.expect("JSON");
        assert!(json.contains(r#"{"S":"img_1"}"#), "{json}");
        let connection = Connection::open(&path).expect("a database");
        let table = r#"CREATE TABLE "own""s" (pk TEXT, sk TEXT, item_json TEXT)"#;
        connection.execute_batch(table).expect("a table");
        connection.execute(r#"INSERT INTO "own""s" VALUES ('', '', ?1)"#, [json]).expect("a row");
        drop(connection);
        for _ in 0..2 {
            let items = Items::open(&path, "own\"s").expect("items");
            assert_eq!(runtime.block_on(items.item("img_1")), Ok(Some(item("img_1", 7, completed()))));
            runtime.block_on(items.delete_for_original(&KEY.parse().expect("a key"))).expect("not its time");
        }
    }
}
