//! libjxl's encoder behind a safe interface, with the code to compile it for wasm32-unknown-unknown: lossy with efforts
//! 1 to 5, lossless with 2 to 7, and JPEG files without loss. The decoder, colour management, Brotli, patches and
//! splines are excluded; `c` contains their replacements.
//!
//! Relaxed SIMD is not used: on wasm the same pixels and settings give the same bytes on every machine.

mod encode;
mod error;
mod sys;
mod transcode;

pub use encode::{Colors, Image, MAX_SIDE, Pixels, Settings, encode};
pub use error::Error;
pub use transcode::{Kept, transcode_jpeg};

// Its allocator implements `malloc` there.
#[cfg(target_arch = "wasm32")]
use darkroom_libwebp as _;
