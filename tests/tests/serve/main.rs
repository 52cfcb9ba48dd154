//! `darkroom serve`, as it is built: uploads, delivery, ends of all kinds.

mod aws;
mod bodies;
mod delivery;
mod folder;
mod http2;
mod identity;
mod inputs;
mod limits;
mod notices;
mod origins;
mod page;
mod races;
mod renditions;
mod server;
mod shutdown;
mod soak;
mod taking;
mod telemetry;
mod upload;
