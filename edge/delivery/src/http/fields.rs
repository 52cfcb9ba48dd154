//! The parts of a request's head that affect the response.

use std::collections::BTreeMap;
use std::str::FromStr;

use crate::Error;

/// The request's method (RFC 9110 §9.3). An image has no other methods.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "each is the method's own name")]
pub enum Method {
    Get,
    Head,
    Options,
}

impl Method {
    /// In upper case, as it is sent.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Head => "HEAD",
            Self::Options => "OPTIONS",
        }
    }
}

impl FromStr for Method {
    type Err = Error;

    /// Reads the name, in upper case as it is sent.
    fn from_str(name: &str) -> Result<Self, Error> {
        match name {
            "GET" => Ok(Self::Get),
            "HEAD" => Ok(Self::Head),
            "OPTIONS" => Ok(Self::Options),
            other => Err(Error::Method(other.into())),
        }
    }
}

/// A request's header fields; only [`Fields::NAMES`] are kept.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Fields(BTreeMap<&'static str, String>);

impl Fields {
    /// The fields that delivery reads, in lower case: a cache in front must forward them.
    pub const NAMES: [&'static str; 14] = [
        "accept",
        "dpr",
        "ect",
        "if-match",
        "if-modified-since",
        "if-none-match",
        "if-range",
        "if-unmodified-since",
        "origin",
        "range",
        "save-data",
        "sec-ch-dpr",
        "sec-ch-width",
        "width",
    ];

    /// Accepts names in any case and any order; commas join the values of a repeated one (RFC 9110 §5.3).
    pub fn from_pairs<'a>(pairs: impl IntoIterator<Item = (&'a str, &'a str)>) -> Self {
        let mut fields = BTreeMap::<&'static str, String>::new();
        for (name, value) in pairs {
            let Some(known) = Self::NAMES.into_iter().find(|known| known.eq_ignore_ascii_case(name)) else { continue };
            let all = fields.entry(known).or_default();
            if !all.is_empty() {
                all.push_str(", ");
            }
            all.push_str(value);
        }
        Self(fields)
    }

    /// The value of one of [`Fields::NAMES`], without white space around it.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(|value| value.trim_matches([' ', '\t']))
    }
}
