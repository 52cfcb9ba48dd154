//! rav1d 0.1.3, the AV1 decoder, unmodified, behind an interface for stills: takes one item's data, and returns one
//! picture. It runs on the calling thread and imports nothing. <https://github.com/memorysafety/rav1d>

// rav1d's code is not ours to fix.
#![allow(warnings, clippy::all, clippy::pedantic, clippy::nursery, clippy::restriction, unsafe_code, rustdoc::all)]

mod libc;
mod picture;

pub use picture::{decode, sequence, Error, Layout, Picture, Sequence, Settings};

include!(concat!(env!("OUT_DIR"), "/rav1d/lib.rs"));
