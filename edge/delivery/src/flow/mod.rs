//! The way of a request: planned, looked up or made, answered.

pub(crate) mod deliver;
pub(crate) mod facts;
pub(crate) mod plan;
pub(crate) mod respond;
pub(crate) mod shell;
pub(crate) mod steps;
