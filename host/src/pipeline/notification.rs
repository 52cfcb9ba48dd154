use serde::Serialize;

use crate::records::Item;

/// A message to subscribers, with the attributes that they filter by.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Notification {
    /// From the item.
    pub image_id: String,
    /// From the item.
    pub user_id: String,
    /// `completed` or `failed`.
    pub status: String,
    /// The item as JSON, with an `id` that is the same for every delivery of one image's outcome.
    pub notification_message: String,
}

#[derive(Serialize)]
struct Message<'a> {
    id: String,
    #[serde(flatten)]
    item: &'a Item,
}

impl From<&Item> for Notification {
    fn from(item: &Item) -> Self {
        let status = item.outcome.status();
        let message = Message { id: format!("{}:{status}", item.image_id), item };
        Self {
            image_id: item.image_id.clone(),
            user_id: item.user_id.clone(),
            status: status.into(),
            // It contains only strings and numbers under string keys, all of which JSON can represent.
            notification_message: serde_json::json!(message).to_string(),
        }
    }
}
