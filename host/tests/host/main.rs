//! The host with a component that misbehaves, and with the real one.

mod cache;
mod guest;
mod isolation;
mod render;
