//! The functions as deployed, on real servers that emulate AWS.

mod arm64;
mod deliver;
mod infra;
mod lambda;
mod pipeline;
mod stores;
