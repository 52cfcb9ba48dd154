use std::path::Path;

use anyhow::Context;
use aws_smithy_types::body::SdkBody;
use dynoxide::{Database, DynoxideError};
use http::{Request, Response};
use http_body_util::BodyExt;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::json;
use tokio::task::spawn_blocking;

/// A DynamoDB in a file.
#[derive(Clone)]
pub(crate) struct Tables(Database);

/// The operation's name follows it.
const TARGET: &str = "DynamoDB_20120810.";

impl Tables {
    /// Opens the file, or makes it, and in it the pipeline's table.
    pub(crate) fn open(path: &Path, table: &str) -> anyhow::Result<Self> {
        let database = Database::new(&path.to_string_lossy()).with_context(|| path.display().to_string())?;
        let tables = Self(database);
        let there: serde_json::Value = serde_json::from_str(&tables.call("ListTables", "{}")?)?;
        if !there["TableNames"].as_array().is_some_and(|names| names.contains(&json!(table))) {
            tables.call("CreateTable", &schema(table).to_string())?;
            let lifetime = json!({"Enabled": true, "AttributeName": "expiresAt"});
            let lifetime = json!({"TableName": table, "TimeToLiveSpecification": lifetime});
            tables.call("UpdateTimeToLive", &lifetime.to_string())?;
        }
        Ok(tables)
    }

    /// Deletes items whose time is over, as DynamoDB does by itself.
    pub(crate) async fn sweep(&self) -> anyhow::Result<usize> {
        let database = self.0.clone();
        Ok(spawn_blocking(move || database.sweep_ttl()).await??)
    }

    pub(crate) async fn answer(&self, request: Request<SdkBody>) -> anyhow::Result<Response<SdkBody>> {
        let (head, body) = request.into_parts();
        let target = head.headers.get("x-amz-target").and_then(|target| target.to_str().ok()).unwrap_or_default();
        let operation = target.strip_prefix(TARGET).unwrap_or_default().to_owned();
        let body = body.collect().await.map_err(anyhow::Error::from_boxed)?.to_bytes();
        let tables = self.clone();
        let answer = spawn_blocking(move || {
            let body = String::from_utf8_lossy(&body);
            tables.call(&operation, &body)
        });
        let (status, body) = match answer.await? {
            Ok(body) => (200, body),
            Err(error) => (error.status_code(), error.to_json()),
        };
        let response = Response::builder().status(status).header("content-type", "application/x-amz-json-1.0");
        Ok(response.body(SdkBody::from(body))?)
    }

    /// What the pipeline and this server call.
    fn call(&self, operation: &str, body: &str) -> Result<String, DynoxideError> {
        let database = &self.0;
        match operation {
            "PutItem" => run(body, |request| database.put_item(request)),
            "Query" => run(body, |request| database.query(request)),
            "GetItem" => run(body, |request| database.get_item(request)),
            "DeleteItem" => run(body, |request| database.delete_item(request)),
            "ListTables" => run(body, |request| database.list_tables(request)),
            "DescribeTable" => run(body, |request| database.describe_table(request)),
            "CreateTable" => run(body, |request| database.create_table(request)),
            "UpdateTimeToLive" => run(body, |request| database.update_time_to_live(request)),
            other => Err(DynoxideError::ValidationException(format!("{other:?} is not called here"))),
        }
    }
}

fn run<Input: DeserializeOwned, Output: Serialize>(
    body: &str,
    call: impl FnOnce(Input) -> dynoxide::Result<Output>,
) -> Result<String, DynoxideError> {
    let input = serde_json::from_str(body).map_err(|error| DynoxideError::ValidationException(error.to_string()))?;
    serde_json::to_string(&call(input)?).map_err(|error| DynoxideError::InternalServerError(error.to_string()))
}

/// As host/infra/template.yaml has it.
fn schema(table: &str) -> serde_json::Value {
    let key = |name: &str, kind: &str| json!({"AttributeName": name, "KeyType": kind});
    let attribute = |name: &str, kind: &str| json!({"AttributeName": name, "AttributeType": kind});
    json!({
        "TableName": table,
        "BillingMode": "PAY_PER_REQUEST",
        "KeySchema": [key("imageId", "HASH"), key("uploadedAt", "RANGE")],
        "AttributeDefinitions": [attribute("imageId", "S"), attribute("uploadedAt", "N"), attribute("userId", "S")],
        "GlobalSecondaryIndexes": [{
            "IndexName": "user-id-index",
            "KeySchema": [key("userId", "HASH"), key("uploadedAt", "RANGE")],
            "Projection": {"ProjectionType": "ALL"},
        }],
    })
}
