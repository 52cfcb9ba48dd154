//! The functions as they are deployed, on real servers that stand in for AWS.

mod arm64;
mod deliver;
mod infra;
mod lambda;
mod pipeline;
mod stores;
