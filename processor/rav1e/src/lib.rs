//! rav1e 0.8.1, the AV1 encoder, as it is but for its transforms: without assembly they work on one column at a time,
//! which in WebAssembly takes a third of all its time. `lanes` has them for four, with the same results; `build.rs` puts
//! it in their place. <https://github.com/xiph/rav1e>

// rav1e is not ours to mend.
#![allow(warnings, clippy::all, clippy::pedantic, clippy::nursery, clippy::restriction, unsafe_code, rustdoc::all)]

include!(concat!(env!("OUT_DIR"), "/rav1e/lib.rs"));

// Where rustfmt finds it. It becomes a part of rav1e's `transform`.
#[cfg(any())]
mod lanes;
