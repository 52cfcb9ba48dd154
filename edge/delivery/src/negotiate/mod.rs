//! What a client takes and says of itself, as words that are short enough for a cache's key.

pub(crate) mod accept;
pub(crate) mod accept_class;
pub(crate) mod hints;
pub(crate) mod verified;
