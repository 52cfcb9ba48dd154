//! `darkroom serve`, as built: uploads, delivery, shutdowns and crashes.

mod attacks;
mod aws;
mod bodies;
mod deletion;
mod delivery;
mod disk;
mod fair;
mod folder;
mod http2;
mod identity;
mod inputs;
mod kills;
mod limits;
mod notices;
mod originals;
mod origins;
mod page;
mod parts;
mod races;
mod renditions;
mod server;
mod shutdown;
mod soak;
mod taking;
mod telemetry;
mod upload;
