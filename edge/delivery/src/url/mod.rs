//! URL parsing: spellings, options, source, signature, and size bounds.

pub(crate) mod bounds;
pub(crate) mod cloudflare;
pub(crate) mod imgix;
pub(crate) mod options;
pub(crate) mod percent;
pub(crate) mod query;
pub(crate) mod remote;
pub(crate) mod request;
pub(crate) mod signature;
pub(crate) mod source;
pub(crate) mod widths;
