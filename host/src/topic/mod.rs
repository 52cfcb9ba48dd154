//! Notifies subscribers about finished images.

#[cfg(feature = "aws")]
mod sns;

use async_trait::async_trait;
#[cfg(feature = "aws")]
pub use sns::Sns;

use crate::StoreError;
use crate::pipeline::Notification;

/// A topic with subscribers.
#[async_trait]
pub trait Topic: Send + Sync {
    /// Notifies the subscribers at least once.
    ///
    /// # Errors
    /// If the topic refuses it, or fails.
    async fn publish(&self, notification: &Notification) -> Result<(), StoreError>;
}
