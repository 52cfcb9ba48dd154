//! rav1e 0.8.1, the AV1 encoder, unmodified except for its transforms: without assembly they work on one column at a
//! time, which takes a third of the total time in WebAssembly. `lanes` contains versions for four columns with the same
//! results; `build.rs` substitutes them. <https://github.com/xiph/rav1e>

// rav1e's code is not ours to fix.
#![allow(warnings, clippy::all, clippy::pedantic, clippy::nursery, clippy::restriction, unsafe_code, rustdoc::all)]

include!(concat!(env!("OUT_DIR"), "/rav1e/lib.rs"));

// Lets rustfmt find it. It becomes a part of rav1e's `transform`.
#[cfg(any())]
mod lanes;
