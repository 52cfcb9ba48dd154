//! Photos in, web images out. [`probe`] reads headers, [`transform`] decodes a source once and renders every recipe,
//! and [`describe`] makes a placeholder.
//!
//! Pure: no I/O, no clock, no randomness. Equal arguments give equal bytes, natively and as WebAssembly, as long as
//! [`OUTPUT_VERSION`] stays the same.

#![forbid(unsafe_code)]

mod black;
mod budget;
mod color;
mod decode;
mod description;
mod embedded;
mod encode;
mod error;
mod exif;
mod frame;
#[cfg_attr(not(feature = "tiff"), allow(dead_code, reason = "EXIF needs less of it than TIFF"))]
mod ifd;
mod iptc;
mod job;
mod ops;
mod pixels;
mod plan;
mod render;
mod saliency;
mod sample;
mod shrink;
#[cfg(feature = "jxl-encode")]
mod transcode;
mod transform;
mod trim;
mod vocabulary;
mod xmp;

pub use darkroom_recipe::*;
pub use error::Error;
pub use transform::{Transformed, describe, probe, transform};
#[cfg(feature = "serde")]
pub use vocabulary::formats;
pub use vocabulary::{decodes, encodes};
