//! Shared test code: paths of the built components, the golden matrix, and access to other engines and another decoder.

mod cases;
mod engine;
mod http;
mod inputs;
mod instructions;
mod jobs;
mod reference;
mod s3;
mod tools;

pub use cases::{Case, cases};
pub use engine::{Engine, processor, processor_with};
pub use http::{Answer, agent, answer, presign_event, put, try_put};
pub use inputs::{INPUTS, Input};
pub use instructions::{Counted, Counter};
pub use jobs::outputs;
pub use reference::{Animation, Difference, Metadata, Picture, decode, decode_bytes, decode_frames, fixture, fixtures};
pub use s3::S3Server;
pub use tools::{component, lambda_package, node, python, repository, run, sha256, venv, venv_of};
