//! libjxl's encoder behind a safe interface, and what it needs to compile for wasm32-unknown-unknown: lossy with
//! efforts of 1 to 5, lossless with 2 to 7, and JPEG files without loss. Decoder, colour management, Brotli, patches
//! and splines are not in it; `c` has what stands in for them.
//!
//! Relaxed SIMD is not used: on wasm the same pixels and settings give the same bytes on every machine.

mod encode;
mod error;
mod sys;
mod transcode;

pub use encode::{Colors, Image, MAX_SIDE, Pixels, Settings, encode};
pub use error::Error;
pub use transcode::{Kept, transcode_jpeg};

// Its allocator is what `malloc` is there.
#[cfg(target_arch = "wasm32")]
use darkroom_libwebp as _;
