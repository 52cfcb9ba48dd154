pub(crate) mod completions;
pub(crate) mod licenses;
pub(crate) mod precompile;
pub(crate) mod probe;
pub(crate) mod process;
pub(crate) mod purge;
pub(crate) mod serve;
pub(crate) mod sign;
