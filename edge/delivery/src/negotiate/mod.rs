//! A client's accepted formats and hints, as words that are short enough for a cache key.

pub(crate) mod accept;
pub(crate) mod accept_class;
pub(crate) mod hints;
pub(crate) mod verified;
