//! Runs the image component in wasmtime: one [`Processor`] for many threads, a fresh instance for each image, a
//! deadline and a memory cap. A crash of the component costs one image and never the host.
//!
//! Without the feature `compile` there is no compiler inside, and only precompiled components load.

#[cfg(feature = "compile")]
mod cache;
mod convert;
mod engine;
mod error;
mod processor;
mod render;
mod slots;

#[cfg(feature = "compile")]
pub use cache::cache_folder;
#[cfg(feature = "compile")]
pub use engine::precompile;
pub use engine::{Code, Options};
pub use error::{Error, LoadError};
pub use processor::Processor;
pub use render::{Output, Photo};
