//! Shared code of the upload pipeline's functions.

mod event;
mod failure;
mod images;
mod metrics;
mod notification;
mod progress;
mod settings;
pub mod user;

pub use event::{DeletionEvent, Upload, UploadEvent};
pub use failure::{Class, Failure, redelivered_in};
pub use images::{Images, StoredImage, StoredImages};
pub use metrics::{Emit, Measurement};
pub use notification::Notification;
pub use progress::Progress;
pub use settings::{Settings, presets};
