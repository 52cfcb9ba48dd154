//! `darkroom serve`, as it is built: uploads, delivery, ends of all kinds.

mod aws;
mod bodies;
mod delivery;
mod endings;
mod http2;
mod identity;
mod limits;
mod notices;
mod origins;
mod page;
mod server;
mod soak;
mod telemetry;
mod upload;
