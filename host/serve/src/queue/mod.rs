//! Where uploads wait to be worked on: the store's own table, or SQS.

mod local;
mod sqs;

use async_trait::async_trait;
use darkroom_host::StoreError;
pub(crate) use local::{LocalQueue, milliseconds, now, rest};
use serde_json::{Value, json};
pub(crate) use sqs::Sqs;

/// An event about an upload, to be worked on by whoever received it.
#[derive(Clone, Debug)]
pub(crate) struct Message {
    /// For [`Queue::done`] and [`Queue::failed`].
    pub(crate) receipt: String,
    /// S3's "Object Created" as EventBridge delivers it.
    pub(crate) body: String,
    /// How often it was received, this time included.
    pub(crate) receives: u32,
}

/// A queue that delivers each message until it is done, or was tried too often.
#[async_trait]
pub(crate) trait Queue: Send + Sync {
    /// Waits for the next message.
    async fn receive(&self) -> Result<Message, StoreError>;

    /// It needs no more work.
    async fn done(&self, message: &Message) -> Result<(), StoreError>;

    /// It is to be delivered again after a while, or put aside.
    async fn failed(&self, message: &Message) -> Result<(), StoreError>;

    /// Uploads that wait or are worked on, as far as that is known.
    async fn depth(&self) -> Result<u64, StoreError>;
}

/// What S3 says of an object that was created, as far as the pipeline reads it.
pub(crate) fn created(bucket: &str, key: &str, size: u64, etag: &str) -> Value {
    let object = json!({"key": key, "size": size, "etag": etag});
    json!({"detail-type": "Object Created", "source": "aws.s3", "detail": {"bucket": {"name": bucket}, "object": object}})
}
