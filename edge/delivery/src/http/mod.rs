//! Requests and responses in HTTP: relevant header fields, conditions and ranges, response headers, errors.

pub(crate) mod conditional;
pub(crate) mod error;
pub(crate) mod fields;
pub(crate) mod headers;
pub(crate) mod lists;
