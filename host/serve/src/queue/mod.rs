//! Where uploads wait to be worked on: the store's own table, or SQS.

mod local;
mod sqs;

use async_trait::async_trait;
use darkroom_host::StoreError;
use darkroom_host::pipeline::{Failure, Upload};
pub(crate) use local::{LocalQueue, milliseconds, rest};
pub(crate) use sqs::Sqs;

/// An upload, to be worked on by whoever received it.
#[derive(Clone, Debug)]
pub(crate) struct Message {
    /// For [`Queue::done`] and [`Queue::failed`].
    pub(crate) receipt: String,
    /// Or why it is none.
    pub(crate) upload: Result<Upload, Failure>,
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

    /// It is to be delivered again once there may be room for its outputs. As far as the queue can do that, it does not count
    /// as a try.
    async fn postponed(&self, message: &Message) -> Result<(), StoreError>;

    /// Uploads that wait or are worked on, as far as that is known.
    async fn depth(&self) -> Result<u64, StoreError>;
}
