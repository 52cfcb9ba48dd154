//! What the functions of the upload pipeline share.

mod event;
mod failure;
mod images;
pub mod metrics;
mod notification;
mod settings;
pub mod user;

pub use event::{DeletionEvent, Upload, UploadEvent};
pub use failure::{Class, Failure, redelivered_in};
pub use images::{Images, StoredImage, StoredImages};
pub use notification::Notification;
pub use settings::{Settings, presets};
