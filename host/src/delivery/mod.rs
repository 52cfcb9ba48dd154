//! Answers to requests for images: [`darkroom_delivery`]'s rules over this host's stores and image core.

mod begun;
mod deliver;
mod error;
#[cfg(feature = "aws")]
mod invocation;
mod shell;
mod single_flight;

pub use deliver::{Answered, Deliver, Elsewhere, Errand};
#[cfg(feature = "aws")]
pub use invocation::Invocation;
pub use shell::{Capacity, Remotes, World};
