//! The request lifecycle: plan, look up or render, respond.

pub(crate) mod deliver;
pub(crate) mod facts;
pub(crate) mod plan;
pub(crate) mod respond;
pub(crate) mod shell;
pub(crate) mod steps;
