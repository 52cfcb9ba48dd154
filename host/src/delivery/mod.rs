//! Answers image requests: applies [`darkroom_delivery`]'s rules with this host's stores and image core.

mod deliver;
mod error;
mod failures;
#[cfg(feature = "aws")]
mod invocation;
mod recent_keys;
mod shell;
mod single_flight;
mod turns;

pub use deliver::{Answered, Deliver, JobQueue, RenderJob};
#[cfg(feature = "aws")]
pub use invocation::Invocation;
pub use shell::{Capacity, Services};
