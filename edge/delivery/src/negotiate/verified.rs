//! Facts about a request that an edge in front has verified, for the shells behind it. They trust these facts, which
//! are part of every cache key.

use std::fmt;
use std::str::FromStr;

use crate::AcceptClass;

/// Written as `avif-webp-any`, or `avif-webp-any;signed` if the URL's signature was verified. Trust it only from an
/// edge that overwrites the field [`Verified::FIELD`] on every request.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Verified {
    /// The client's accept class.
    pub class: AcceptClass,
    /// Whether the URL is signed.
    pub signed: bool,
}

impl Verified {
    /// The field's name, in lower case.
    pub const FIELD: &'static str = "x-darkroom-verified";

    /// Reads the field. If it is invalid or absent, returns the least privileged value.
    #[must_use]
    pub fn read(field: Option<&str>) -> Self {
        field.and_then(|text| text.parse().ok()).unwrap_or(Self { class: AcceptClass::ANY, signed: false })
    }
}

const SIGNED: &str = ";signed";

impl fmt::Display for Verified {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", self.class, if self.signed { SIGNED } else { "" })
    }
}

impl FromStr for Verified {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let class = text.strip_suffix(SIGNED);
        Ok(Self { class: class.unwrap_or(text).parse()?, signed: class.is_some() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_read_as_it_is_written() {
        for (text, signed) in [("avif-webp-any", false), ("any;signed", true)] {
            let verified: Verified = text.parse().expect(text);
            assert_eq!((verified.to_string().as_str(), verified.signed), (text, signed));
        }
        for text in ["", ";signed", "any;", "any;signed;signed", "any; signed", "any;exp=1"] {
            assert!(text.parse::<Verified>().is_err(), "{text}");
            assert_eq!(Verified::read(Some(text)).to_string(), "any");
        }
    }
}
