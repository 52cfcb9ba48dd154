//! The host with a component that misbehaves, and with the real one.

mod cache;
#[cfg(feature = "delivery")]
mod delivery;
mod guest;
mod isolation;
mod render;
