pub(crate) mod completions;
pub(crate) mod precompile;
pub(crate) mod probe;
pub(crate) mod process;
#[cfg(feature = "aws")]
pub(crate) mod purge;
pub(crate) mod sign;
