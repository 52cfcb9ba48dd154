use std::fmt;

/// The reason why a JPEG can't be decoded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Error {
    /// An unsupported process or layout. The text names it.
    Unsupported(String),
    /// The file contradicts itself or ITU-T T.81. The text describes how.
    Malformed(&'static str),
    /// The file ends before the image does.
    Truncated,
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unsupported(what) => f.write_str(what),
            Self::Malformed(what) => f.write_str(what),
            Self::Truncated => f.write_str("the file ends before the image does"),
        }
    }
}

impl std::error::Error for Error {}
