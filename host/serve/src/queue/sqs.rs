use async_trait::async_trait;
use aws_config::SdkConfig;
use aws_sdk_sqs::Client;
use aws_sdk_sqs::error::DisplayErrorContext;
use aws_sdk_sqs::types::{MessageSystemAttributeName, QueueAttributeName};
use darkroom_host::StoreError;
use darkroom_host::pipeline::{Failure, Upload, UploadEvent, redelivered_in};

use super::{Message, Queue};

/// An SQS queue whose redrive policy puts aside what fails too often.
pub(crate) struct Sqs {
    client: Client,
    url: String,
    /// The raw bucket.
    raw: String,
}

/// How long one call waits for a message, in seconds: as long as SQS allows.
const WAIT: i32 = 20;

impl Sqs {
    /// With the credentials, region and endpoint of `config`.
    pub(crate) fn new(config: &SdkConfig, url: String, raw: String) -> Self {
        // The configuration's time to read is shorter than the wait.
        let timeouts = aws_smithy_types::timeout::TimeoutConfig::builder()
            .read_timeout(std::time::Duration::from_secs(WAIT as u64 + 10))
            .build();
        let config = aws_sdk_sqs::config::Builder::from(config).timeout_config(timeouts).build();
        Self { client: Client::from_conf(config), url, raw }
    }
}

impl Sqs {
    /// S3's "Object Created" as EventBridge delivers it.
    fn upload(&self, body: &str) -> Result<Upload, Failure> {
        let event: Result<UploadEvent, _> = serde_json::from_str(body);
        event.map_err(|error| Failure::not_retryable(format!("not an S3 event: {error}")))?.upload(&self.raw)
    }
}

#[async_trait]
impl Queue for Sqs {
    async fn receive(&self) -> Result<Message, StoreError> {
        loop {
            let request = self.client.receive_message().queue_url(&self.url).wait_time_seconds(WAIT);
            let request = request.message_system_attribute_names(MessageSystemAttributeName::ApproximateReceiveCount);
            let answer = request.max_number_of_messages(1).send().await.map_err(unavailable)?;
            let Some(message) = answer.messages.unwrap_or_default().pop() else { continue };
            let receives = message.attributes.as_ref().and_then(|attributes| {
                attributes.get(&MessageSystemAttributeName::ApproximateReceiveCount)?.parse().ok()
            });
            return Ok(Message {
                receipt: message.receipt_handle.unwrap_or_default(),
                upload: self.upload(&message.body.unwrap_or_default()),
                receives: receives.unwrap_or(1),
            });
        }
    }

    async fn done(&self, message: &Message) -> Result<(), StoreError> {
        let request = self.client.delete_message().queue_url(&self.url).receipt_handle(&message.receipt);
        request.send().await.map_err(unavailable)?;
        Ok(())
    }

    /// The queue delivers it again within seconds, or puts it aside.
    async fn failed(&self, message: &Message) -> Result<(), StoreError> {
        let request = self.client.change_message_visibility().queue_url(&self.url).receipt_handle(&message.receipt);
        request.visibility_timeout(redelivered_in(message.receives)).send().await.map_err(unavailable)?;
        Ok(())
    }

    async fn postponed(&self, message: &Message) -> Result<(), StoreError> {
        self.failed(message).await
    }

    async fn depth(&self) -> Result<u64, StoreError> {
        let name = QueueAttributeName::ApproximateNumberOfMessages;
        let request = self.client.get_queue_attributes().queue_url(&self.url).attribute_names(name.clone());
        let answer = request.send().await.map_err(unavailable)?;
        Ok(answer.attributes.and_then(|all| all.get(&name)?.parse().ok()).unwrap_or(0))
    }
}

fn unavailable<E: std::error::Error>(error: E) -> StoreError {
    StoreError::Unavailable(format!("the queue: {}", DisplayErrorContext(&error)))
}
