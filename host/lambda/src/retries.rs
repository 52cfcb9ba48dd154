//! Makes failed messages visible again within seconds.

use std::collections::HashMap;

use aws_config::SdkConfig;
use aws_lambda_events::sqs::{SqsBatchResponse, SqsEvent, SqsMessage};
use aws_sdk_sqs::Client;
use darkroom_host::pipeline::redelivered_in;
use futures_util::future::join_all;

use crate::batch::attempt;

/// The queue that delivers the batches.
pub(crate) struct Retries {
    client: Client,
    url: String,
}

/// For each message ID in a batch: the receipt handle and the number of deliveries.
pub(crate) struct Receipts(HashMap<String, (String, u32)>);

impl Retries {
    /// Uses the credentials, region and endpoint of `config`.
    pub(crate) fn new(config: &SdkConfig, url: String) -> Self {
        Self { client: Client::new(config), url }
    }

    /// Makes failed messages visible again soon. If that fails too, the message returns after its visibility timeout.
    pub(crate) async fn hasten(&self, receipts: &Receipts, response: &SqsBatchResponse) {
        let failed = response.batch_item_failures.iter().filter_map(|failure| receipts.0.get(&failure.item_identifier));
        join_all(failed.map(|(handle, receives)| self.show(handle, redelivered_in(*receives)))).await;
    }

    async fn show(&self, handle: &str, seconds: i32) {
        let request = self.client.change_message_visibility().queue_url(&self.url).receipt_handle(handle);
        if let Err(error) = request.visibility_timeout(seconds).send().await {
            let code = error.into_service_error().meta().code().unwrap_or("no code").to_owned();
            tracing::warn!(code, "a failed message comes back late");
        }
    }
}

impl From<&SqsEvent> for Receipts {
    /// A backfill's messages don't come from a queue, and have no receipt handles.
    fn from(event: &SqsEvent) -> Self {
        let receipt = |message: &SqsMessage| {
            Some((message.message_id.clone()?, (message.receipt_handle.clone()?, attempt(message))))
        };
        Self(event.records.iter().filter_map(receipt).collect())
    }
}
