use async_trait::async_trait;
use aws_sdk_sns::Client;
use aws_sdk_sns::error::BuildError;
use aws_sdk_sns::types::MessageAttributeValue;

use super::Topic;
use crate::StoreError;
use crate::aws::store_error;
use crate::pipeline::Notification;

/// An SNS topic, with the SDK, which retries transient failures twice.
pub struct Sns {
    client: Client,
    topic_arn: String,
}

impl Sns {
    /// Uses the credentials, region and endpoint of `config`.
    #[must_use]
    pub fn new(config: &aws_config::SdkConfig, topic_arn: String) -> Self {
        Self { client: Client::new(config), topic_arn }
    }
}

#[async_trait]
impl Topic for Sns {
    async fn publish(&self, notification: &Notification) -> Result<(), StoreError> {
        let Notification { image_id, user_id, status, notification_message } = notification;
        let mut request = self.client.publish().topic_arn(&self.topic_arn).message(notification_message);
        for (name, value) in [("imageId", image_id), ("userId", user_id), ("status", status)] {
            request = request.message_attributes(name, attribute(value).map_err(refused)?);
        }
        request.send().await.map_err(store_error)?;
        Ok(())
    }
}

fn attribute(value: &str) -> Result<MessageAttributeValue, BuildError> {
    MessageAttributeValue::builder().data_type("String").string_value(value).build()
}

fn refused(error: BuildError) -> StoreError {
    StoreError::Refused(error.to_string())
}
