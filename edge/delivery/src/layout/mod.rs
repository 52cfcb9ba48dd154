//! The names of objects: keys, the keys of uploads, and the hashes that identify.

pub(crate) mod identity;
pub(crate) mod keys;
pub(crate) mod upload;
