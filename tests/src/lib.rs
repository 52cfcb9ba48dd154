//! What the tests share: where the built components are, the golden matrix, and how other engines and another decoder
//! are asked.

mod cases;
mod reference;
mod tools;

pub use cases::{Case, cases};
pub use reference::{Difference, Metadata, Picture, decode, decode_bytes, fixture, fixtures};
pub use tools::{component, node, processor, python, repository, sha256, venv};
