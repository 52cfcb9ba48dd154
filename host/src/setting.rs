/// An invalid environment variable.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{name}={value}: {allowed}")]
#[allow(missing_docs, reason = "the message says what they are")]
pub struct InvalidSetting {
    pub name: &'static str,
    pub value: String,
    pub allowed: &'static str,
}
