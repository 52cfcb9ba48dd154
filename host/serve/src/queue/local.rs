use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use darkroom_host::StoreError;
use darkroom_host::clock::since_1970;
use darkroom_host::pipeline::Upload;
use rusqlite::{Connection, OptionalExtension, params};
use tokio::sync::Notify;
use tokio::time::{sleep, timeout};

use super::{Message, Queue};
use crate::store::Store;

/// The store's table of originals that are not done: a new original and its row appear at one time.
pub(crate) struct LocalQueue {
    pub(crate) store: Store,
    /// Of the raw bucket.
    pub(crate) raw: String,
    /// Wakes a worker that waits.
    pub(crate) arrived: Arc<Notify>,
    /// How often a message is tried.
    pub(crate) attempts: u32,
}

/// Nobody else takes a message for so long. A process that is killed gives its messages back when it starts again.
const VISIBILITY: Duration = Duration::from_secs(3600);

/// When a message is looked at again for whose outputs there was no room.
const LATER: Duration = Duration::from_secs(15);

/// A message whose time has not come yet is looked for again after this.
const POLL: Duration = Duration::from_secs(1);

struct Row {
    number: i64,
    key: String,
    size: u64,
    etag: String,
    receives: u32,
}

#[async_trait]
impl Queue for LocalQueue {
    async fn receive(&self) -> Result<Message, StoreError> {
        loop {
            if let Some(row) = self.store.index(take).await? {
                let Row { number, key, size, etag, receives } = row;
                let upload = Upload::new(&self.raw, &key, None, &etag, size);
                return Ok(Message { receipt: number.to_string(), upload, receives });
            }
            let _ = timeout(POLL, self.arrived.notified()).await;
        }
    }

    async fn done(&self, message: &Message) -> Result<(), StoreError> {
        let number = message.receipt.clone();
        self.settle(message).await?;
        self.store.index(move |index| index.execute("DELETE FROM pending WHERE number = ?1", [number])).await?;
        Ok(())
    }

    async fn failed(&self, message: &Message) -> Result<(), StoreError> {
        let (number, receives) = (message.receipt.clone(), message.receives);
        if receives >= self.attempts {
            let sql = "UPDATE pending SET given_up = 'tried ' || receives || ' times' WHERE number = ?1";
            tracing::error!("an upload is given up; its row stays in the table pending");
            self.store.index(move |index| index.execute(sql, [number])).await?;
            return self.settle(message).await;
        }
        let due = since_1970() + backoff(receives);
        let sql = "UPDATE pending SET due = ?2 WHERE number = ?1";
        self.store.index(move |index| index.execute(sql, params![number, milliseconds(due)])).await?;
        self.settle(message).await
    }

    async fn postponed(&self, message: &Message) -> Result<(), StoreError> {
        let (number, due) = (message.receipt.clone(), milliseconds(since_1970() + LATER));
        let sql = "UPDATE pending SET receives = max(receives - 1, 0), due = ?2 WHERE number = ?1";
        self.store.index(move |index| index.execute(sql, params![number, due])).await?;
        Ok(())
    }

    async fn depth(&self) -> Result<u64, StoreError> {
        let sql = "SELECT count(*) FROM pending WHERE given_up IS NULL";
        Ok(self.store.index(move |index| index.query_row(sql, [], |row| row.get(0))).await?)
    }
}

impl LocalQueue {
    /// An original may have been deleted while it was worked on.
    async fn settle(&self, message: &Message) -> Result<(), StoreError> {
        let Ok(upload) = &message.upload else { return Ok(()) };
        Ok(self.store.settle(upload.key.to_string()).await?)
    }
}

/// The oldest that is due, now somebody's.
fn take(index: &mut Connection) -> rusqlite::Result<Option<Row>> {
    let sql = "UPDATE pending SET receives = receives + 1, due = ?2 WHERE number =
        (SELECT number FROM pending WHERE given_up IS NULL AND due <= ?1 ORDER BY number LIMIT 1)
        RETURNING number, key, size, etag, receives";
    let row = |row: &rusqlite::Row<'_>| {
        let (number, key, size) = (row.get(0)?, row.get(1)?, row.get(2)?);
        Ok(Row { number, key, size, etag: row.get(3)?, receives: row.get(4)? })
    };
    let now = since_1970();
    let times = params![milliseconds(now), milliseconds(now + VISIBILITY)];
    index.prepare_cached(sql)?.query_row(times, row).optional()
}

/// 1 s, 4 s, 16 s … five minutes.
fn backoff(receives: u32) -> Duration {
    Duration::from_secs(4u64.saturating_pow(receives.saturating_sub(1)).min(300))
}

pub(crate) fn milliseconds(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}

/// Lets a store that fails rest before the next try.
pub(crate) async fn rest() {
    sleep(POLL).await;
}
