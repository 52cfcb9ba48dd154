//! rav1d 0.1.3, the AV1 decoder, as it is, behind an interface for stills: one item's data in, one picture out. It works
//! on the calling thread and imports nothing. <https://github.com/memorysafety/rav1d>

// rav1d is not ours to mend.
#![allow(warnings, clippy::all, clippy::pedantic, clippy::nursery, clippy::restriction, unsafe_code, rustdoc::all)]

mod libc;
mod picture;

pub use picture::{decode, sequence, Error, Layout, Picture, Sequence, Settings};

include!(concat!(env!("OUT_DIR"), "/rav1d/lib.rs"));
