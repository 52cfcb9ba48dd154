//! Runs the image component in wasmtime: one [`Processor`] for many threads, a fresh instance for each image, a
//! deadline and a memory cap. A crash of the component costs one image, and never brings down the host.
//!
//! Without the feature `compile` the crate contains no compiler, and only precompiled components load. The feature
//! `delivery` adds answers to image requests, `pipeline` the [`handlers`] of the upload pipeline, and `aws` the stores
//! for both.

#[cfg(feature = "aws")]
pub mod aws;
#[cfg(feature = "compile")]
mod cache;
#[cfg(feature = "pipeline")]
pub mod caches;
#[cfg(feature = "delivery")]
pub mod clock;
#[cfg(feature = "delivery")]
pub mod delivery;
mod engine;
mod error;
#[cfg(feature = "pipeline")]
pub mod handlers;
#[cfg(feature = "delivery")]
pub mod objects;
#[cfg(feature = "pipeline")]
pub mod pipeline;
mod pool;
mod processor;
#[cfg(feature = "pipeline")]
pub mod records;
mod render;
mod savings;
#[cfg(feature = "delivery")]
mod setting;
mod slots;
#[cfg(feature = "pipeline")]
pub mod topic;

#[cfg(feature = "compile")]
pub use cache::cache_folder;
#[cfg(feature = "delivery")]
pub use darkroom_delivery::store::StoreError;
#[cfg(feature = "compile")]
pub use engine::precompile;
pub use engine::{Code, Options};
pub use error::{Error, LoadError};
pub use processor::{Processor, Transformed};
pub use render::{Output, Photo};
pub use savings::savings_percent;
#[cfg(feature = "delivery")]
pub use setting::InvalidSetting;
