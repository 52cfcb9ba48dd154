//! Outcomes by POST, each until it has arrived: they are kept with the uploads, and outlive a restart.

use std::sync::Arc;
use std::time::Duration;

use darkroom_host::StoreError;
use darkroom_host::clock::since_1970;
use darkroom_host::pipeline::Notification;
use hmac::{Hmac, KeyInit, Mac};
use http::Request;
use http::header::CONTENT_TYPE;
use rusqlite::{Connection, OptionalExtension, params};
use sha2::Sha256;
use tokio::sync::Notify;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

use crate::client::Client;
use crate::config::Webhook;
use crate::queue::{milliseconds, rest};
use crate::store::{Store, fresh};

/// Messages that are to be sent.
#[derive(Clone)]
pub(crate) struct Outbox {
    store: Store,
    arrived: Arc<Notify>,
}

/// Sends them.
pub(crate) struct Sender {
    pub(crate) outbox: Outbox,
    pub(crate) client: Client,
    pub(crate) config: Webhook,
}

struct Row {
    number: i64,
    id: String,
    body: String,
    attempts: u32,
}

/// For one POST.
const TIMEOUT: Duration = Duration::from_secs(15);
/// A message whose time has not come yet is looked for again after this.
const POLL: Duration = Duration::from_secs(1);

impl Outbox {
    pub(crate) fn new(store: Store) -> Self {
        Self { store, arrived: Arc::new(Notify::new()) }
    }

    /// Keeps a message. One that waits already is kept once.
    pub(crate) async fn push(&self, notification: &Notification) -> Result<(), StoreError> {
        let id = format!("{}:{}", notification.image_id, notification.status);
        let row = (id, notification.notification_message.clone(), fresh());
        let sql = "INSERT OR IGNORE INTO notices (number, id, body)
            VALUES ((SELECT max(coalesce(max(number), 0) + 1, ?3) FROM notices), ?1, ?2)";
        self.store.index(move |index| index.execute(sql, row)).await?;
        self.arrived.notify_one();
        Ok(())
    }

    async fn take(&self) -> Result<Option<Row>, StoreError> {
        Ok(self.store.index(next).await?)
    }

    async fn done(&self, number: i64) -> Result<(), StoreError> {
        self.store.index(move |index| index.execute("DELETE FROM notices WHERE number = ?1", [number])).await?;
        Ok(())
    }

    async fn later(&self, row: &Row) -> Result<(), StoreError> {
        let due = milliseconds(since_1970() + backoff(row.attempts));
        let (number, sql) = (row.number, "UPDATE notices SET attempts = attempts + 1, due = ?2 WHERE number = ?1");
        self.store.index(move |index| index.execute(sql, params![number, due])).await?;
        Ok(())
    }
}

impl Sender {
    /// Until `stop`. What has not arrived by then is sent by the next start.
    pub(crate) async fn run(self, stop: CancellationToken) {
        loop {
            let sent = tokio::select! {
                () = stop.cancelled() => return,
                sent = self.send_next() => sent,
            };
            match sent {
                Ok(true) => {}
                Ok(false) => drop(timeout(POLL, self.outbox.arrived.notified()).await),
                Err(error) => {
                    tracing::warn!(%error, "the webhook's messages");
                    rest().await;
                }
            }
        }
    }

    /// Whether there was one.
    async fn send_next(&self) -> Result<bool, StoreError> {
        let Some(row) = self.outbox.take().await? else { return Ok(false) };
        match self.post(&row).await {
            Ok(()) => self.outbox.done(row.number).await?,
            Err(why) if row.attempts + 1 >= self.config.attempts => {
                tracing::error!(why, id = row.id, "a webhook's message is given up");
                self.outbox.done(row.number).await?;
            }
            Err(why) => {
                tracing::warn!(why, id = row.id, "a webhook's message has not arrived");
                self.outbox.later(&row).await?;
            }
        }
        Ok(true)
    }

    async fn post(&self, row: &Row) -> Result<(), String> {
        let mut request = Request::post(&self.config.url).header(CONTENT_TYPE, "application/json");
        request = request.header("darkroom-id", &row.id);
        if let Some(secret) = &self.config.secret {
            request = request.header("darkroom-signature", signature(secret, since_1970().as_secs(), &row.body));
        }
        let request = request.body(row.body.clone().into()).map_err(|error| error.to_string())?;
        let answer =
            timeout(TIMEOUT, self.client.request(request)).await.map_err(|_| "no answer in 15 s".to_owned())?;
        let status = answer.map_err(|error| error.to_string())?.status();
        if status.is_success() { Ok(()) } else { Err(format!("the answer is {status}")) }
    }
}

fn next(index: &mut Connection) -> rusqlite::Result<Option<Row>> {
    let sql = "SELECT number, id, body, attempts FROM notices WHERE due <= ?1 ORDER BY due, number LIMIT 1";
    let row = |row: &rusqlite::Row<'_>| {
        Ok(Row { number: row.get(0)?, id: row.get(1)?, body: row.get(2)?, attempts: row.get(3)? })
    };
    index.prepare_cached(sql)?.query_row([milliseconds(since_1970())], row).optional()
}

/// 20 s, 40 s, 80 s …: eleven hours for twelve attempts.
fn backoff(attempts: u32) -> Duration {
    Duration::from_secs(20 * 2u64.saturating_pow(attempts.min(12)))
}

/// The time is signed too, so that nobody can send an old message again much later.
fn signature(secret: &str, seconds: u64, body: &str) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).expect("any length");
    mac.update(format!("{seconds}.{body}").as_bytes());
    let code = mac.finalize().into_bytes();
    format!("t={seconds},v1={}", darkroom_delivery::hex(&code))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_signature_is_hmac_sha256_over_time_and_body() {
        // printf '17.{}' | openssl dgst -sha256 -hmac key
        let code = "e66392eac42eafc68c35a01c712811e016386c12456975fc3af80c9268568e3a";
        assert_eq!(signature("key", 17, "{}"), format!("t=17,v1={code}"));
    }
}
