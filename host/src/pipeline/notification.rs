use serde::Serialize;

use crate::records::Item;

/// What subscribers get, and the attributes by which they filter.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Notification {
    /// Of the item.
    pub image_id: String,
    /// Of the item.
    pub user_id: String,
    /// `completed` or `failed`.
    pub status: String,
    /// The item as JSON, with an `id`: the same for every delivery of one outcome of one image.
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
            // Numbers and strings under strings: there is nothing in it that JSON can't hold.
            notification_message: serde_json::json!(message).to_string(),
        }
    }
}
