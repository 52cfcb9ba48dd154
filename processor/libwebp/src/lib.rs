//! libwebp's encoders and decoder behind a safe interface, with the code to compile them for wasm32-unknown-unknown:
//! headers and SIMD intrinsics in `include/`, the C library's five functions in `libc`.
//!
//! Relaxed SIMD is not used: on wasm the same pixels and settings give the same bytes on every machine.

mod animation;
mod decode;
mod encode;
mod error;
#[cfg(any(target_arch = "wasm32", test))]
mod libc;
mod rows;
#[cfg(target_arch = "wasm32")]
mod simd;

pub use animation::Animation;
pub use decode::{DecodeError, Features, PixelsMut, decode, decode_rows, features};
pub use encode::{Image, MAX_SIDE, Pixels, Settings, encode};
pub use error::Error;
pub use rows::Rows;
