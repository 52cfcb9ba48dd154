use std::collections::HashMap;

use async_trait::async_trait;
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::error::SdkError;
use aws_sdk_dynamodb::operation::put_item::PutItemError;
use aws_sdk_dynamodb::types::{AttributeValue, ReturnValuesOnConditionCheckFailure};
use darkroom_delivery::UploadKey;
use serde_dynamo::{from_item, to_item};

use super::{Before, Item, Recorded, Records};
use crate::StoreError;
use crate::aws::store_error;
use crate::pipeline::user;

/// A DynamoDB table, with the SDK, which retries transient failures twice.
pub struct DynamoDb {
    client: Client,
    table: String,
}

impl DynamoDb {
    /// Uses the credentials, region and endpoint of `config`.
    #[must_use]
    pub fn new(config: &aws_config::SdkConfig, table: String) -> Self {
        Self { client: Client::new(config), table }
    }

    /// The keys of an original's items. The index finds the few items of one user and second.
    async fn keys(&self, original: &UploadKey) -> Result<Vec<HashMap<String, AttributeValue>>, StoreError> {
        let query = self.client.query().table_name(&self.table).index_name(BY_USER);
        let query = query.key_condition_expression("userId = :user AND uploadedAt = :time");
        let query = query.filter_expression("originalKey = :key").projection_expression("imageId, uploadedAt");
        let query = query.expression_attribute_values(":user", AttributeValue::S(user::user(original.user())));
        let query = query.expression_attribute_values(":time", AttributeValue::N(original.time().to_string()));
        let query = query.expression_attribute_values(":key", AttributeValue::S(original.to_string()));
        query.into_paginator().items().send().collect::<Result<_, _>>().await.map_err(store_error)
    }
}

const BY_USER: &str = "user-id-index";

/// Repeated and late events don't change a completed item; a repeat may complete a failed one.
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

    async fn items(&self, user: &str, before: Option<&Before>, limit: u32) -> Result<Vec<Item>, StoreError> {
        let user = AttributeValue::S(user.into());
        let time = AttributeValue::N(before.map_or(i64::MAX as u64, |before| before.uploaded_at).to_string());
        let mut query = self.client.query().table_name(&self.table).index_name(BY_USER).scan_index_forward(false);
        // The index orders items of one second by itself; it goes on behind a key that has all that it knows one by.
        query = match before.and_then(|before| before.image_id.clone()) {
            Some(id) => query
                .key_condition_expression("userId = :user AND uploadedAt <= :before")
                .exclusive_start_key("userId", user.clone())
                .exclusive_start_key("uploadedAt", time.clone())
                .exclusive_start_key("imageId", AttributeValue::S(id)),
            None => query.key_condition_expression("userId = :user AND uploadedAt < :before"),
        };
        let query = query.expression_attribute_values(":user", user).expression_attribute_values(":before", time);
        let limit = i32::try_from(limit).unwrap_or(i32::MAX);
        let page = query.limit(limit).send().await.map_err(store_error)?;
        page.items.unwrap_or_default().into_iter().map(read).collect()
    }

    async fn item(&self, image_id: &str) -> Result<Option<Item>, StoreError> {
        let query = self.client.query().table_name(&self.table).key_condition_expression("imageId = :id");
        let query = query.expression_attribute_values(":id", AttributeValue::S(image_id.into())).limit(1);
        let found = query.send().await.map_err(store_error)?.items.unwrap_or_default().pop();
        found.map(read).transpose()
    }

    async fn delete_for_original(&self, original: &UploadKey) -> Result<usize, StoreError> {
        let keys = self.keys(original).await?;
        let count = keys.len();
        for key in keys {
            self.client.delete_item().table_name(&self.table).set_key(Some(key)).send().await.map_err(store_error)?;
        }
        Ok(count)
    }
}

fn already_completed(error: SdkError<PutItemError>) -> Result<Recorded, StoreError> {
    let Some(PutItemError::ConditionalCheckFailedException(failed)) = error.as_service_error() else {
        return Err(store_error(error));
    };
    read(failed.item().cloned().unwrap_or_default()).map(Recorded::AlreadyCompleted)
}

fn read(item: HashMap<String, AttributeValue>) -> Result<Item, StoreError> {
    from_item(item).map_err(|error| StoreError::Refused(format!("the stored item: {error}")))
}
