//! The operator's settings, for every shell and for edges that run JavaScript.

pub(crate) mod edge;
pub(crate) mod settings;
pub(crate) mod tables;
