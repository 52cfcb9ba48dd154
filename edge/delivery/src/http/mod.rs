//! A request and an answer as HTTP has them: what of a head counts, conditions and ranges, header fields, errors.

pub(crate) mod conditional;
pub(crate) mod error;
pub(crate) mod fields;
pub(crate) mod headers;
pub(crate) mod lists;
