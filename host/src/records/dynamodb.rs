use async_trait::async_trait;
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::error::SdkError;
use aws_sdk_dynamodb::operation::put_item::PutItemError;
use aws_sdk_dynamodb::types::{AttributeValue, ReturnValuesOnConditionCheckFailure};
use serde_dynamo::{from_item, to_item};

use super::{Item, Recorded, Records};
use crate::StoreError;
use crate::aws::store_error;

/// A DynamoDB table, through the SDK, which repeats a call that failed for a passing reason twice.
pub struct DynamoDb {
    client: Client,
    table: String,
}

impl DynamoDb {
    /// With the credentials, region and endpoint of `config`.
    #[must_use]
    pub fn new(config: &aws_config::SdkConfig, table: String) -> Self {
        Self { client: Client::new(config), table }
    }
}

/// A repeated or late event changes nothing that is completed; a repeat may complete what had failed.
const NOT_COMPLETED: &str = "attribute_not_exists(imageId) OR #status <> :completed";

#[async_trait]
impl Records for DynamoDb {
    async fn record(&self, item: &Item) -> Result<Recorded, StoreError> {
        let attributes = to_item(item).map_err(|error| StoreError::Refused(error.to_string()))?;
        let request = self.client.put_item().table_name(&self.table).set_item(Some(attributes));
        let request = request.condition_expression(NOT_COMPLETED).expression_attribute_names("#status", "status");
        let request = request.expression_attribute_values(":completed", AttributeValue::S("completed".into()));
        let request = request.return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
        match request.send().await {
            Ok(_) => Ok(Recorded::Written),
            Err(error) => already_completed(error),
        }
    }
}

fn already_completed(error: SdkError<PutItemError>) -> Result<Recorded, StoreError> {
    let Some(PutItemError::ConditionalCheckFailedException(failed)) = error.as_service_error() else {
        return Err(store_error(error));
    };
    let item = failed.item().cloned().unwrap_or_default();
    let item = from_item(item).map_err(|error| StoreError::Refused(format!("the stored item: {error}")))?;
    Ok(Recorded::AlreadyCompleted(item))
}
