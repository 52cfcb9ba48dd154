//! The upload pipeline on real servers: from a presigned PUT to the message, with faults on the way.

mod chain;
mod cloud;
mod faults;
mod formats;
mod inputs;
mod lambda;
mod limits;
mod originals;
mod permissions;
mod presign;
mod purge;
mod repeats;
mod sources;
