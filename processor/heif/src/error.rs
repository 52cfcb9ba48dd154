use std::fmt;

/// Why a file is not decoded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Error {
    /// A kind of item, a codec's profile or a layout that this decoder does not know. The text says which.
    Unsupported(String),
    /// What the file says contradicts itself or its standard. The text says what.
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
