//! `darkroom serve`, as built: uploads, delivery, shutdowns and crashes.

mod aws;
mod bodies;
mod delivery;
mod folder;
mod http2;
mod identity;
mod kills;
mod limits;
mod notices;
mod originals;
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
