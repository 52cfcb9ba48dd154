//! The `Accept` field (RFC 9110 §12.5.1).

use std::fmt;
use std::str::FromStr;

use crate::http::lists::{elements, is_token};

/// A weight (RFC 9110 §12.4.2) in thousandths, 0 ("not acceptable") to 1000.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct QValue(u16);

impl QValue {
    /// Not acceptable.
    pub const ZERO: Self = Self(0);
    /// The weight of a range that names none.
    pub const ONE: Self = Self(1000);

    /// 0 to 1000.
    #[must_use]
    pub const fn thousandths(self) -> u16 {
        self.0
    }
}

/// Text that is no weight.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("must be a weight from 0 to 1 with at most three decimals")]
pub struct InvalidQValue;

impl FromStr for QValue {
    type Err = InvalidQValue;

    /// By the grammar and nothing else: `str::parse::<f32>` takes `1e0`, `.5`, `inf` and `NaN`.
    fn from_str(text: &str) -> Result<Self, InvalidQValue> {
        let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
        if fraction.len() > 3 || !fraction.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(InvalidQValue);
        }
        let thousandths = format!("{fraction:0<3}").parse().map_err(|_| InvalidQValue)?;
        match (whole, thousandths) {
            ("0", thousandths) => Ok(Self(thousandths)),
            ("1", 0) => Ok(Self::ONE),
            _ => Err(InvalidQValue),
        }
    }
}

impl fmt::Display for QValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{:03}", self.0 / 1000, self.0 % 1000)
    }
}

/// The formats that a client accepts. Elements that violate the grammar are ignored; without any valid element, as
/// without the field, the client accepts everything.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Accept {
    ranges: Vec<(Range, QValue)>,
}

/// Sorted by specificity, so that the greatest match takes precedence. Names are in lower case.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Range {
    /// It has parameters; none of our types has any.
    Other,
    Any,
    Type(String),
    Exact(String, String),
}

/// How much a client prefers one media type; greater means more.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Preference {
    /// Zero if the client refuses the type, or omits it.
    pub weight: QValue,
    /// Whether the client names the type, rather than covering it by a wildcard.
    pub named: bool,
}

impl Accept {
    /// Reads the field's lines; several form one list, in their order (RFC 9110 §5.3).
    pub fn parse<'a>(lines: impl IntoIterator<Item = &'a str>) -> Self {
        Self { ranges: lines.into_iter().flat_map(|line| elements(line, ',')).filter_map(element).collect() }
    }

    /// The client's preference for `media_type`, which is in lower case and without parameters. The most specific
    /// matching range decides; of two equal ones, the greater weight.
    #[must_use]
    pub fn preference(&self, media_type: &str) -> Preference {
        if self.ranges.is_empty() {
            return Preference { weight: QValue::ONE, named: false };
        }
        let matching = self.ranges.iter().filter(|(range, _)| range.matches(media_type));
        match matching.max() {
            Some((range, weight)) => Preference { weight: *weight, named: matches!(range, Range::Exact(..)) },
            None => Preference { weight: QValue::ZERO, named: false },
        }
    }
}

impl Range {
    fn matches(&self, media_type: &str) -> bool {
        let (kind, subtype) = media_type.split_once('/').unwrap_or((media_type, ""));
        match self {
            Self::Other => false,
            Self::Any => true,
            Self::Type(own) => own == kind,
            Self::Exact(own, own_subtype) => own == kind && own_subtype == subtype,
        }
    }
}

/// One media range and its weight; none if malformed.
fn element(text: &str) -> Option<(Range, QValue)> {
    let mut parts = elements(text, ';');
    let mut range = range(parts.next()?)?;
    let mut weight = None;
    for parameter in parts {
        let (name, value) = parameter.split_once('=')?;
        if !name.eq_ignore_ascii_case("q") {
            range = Range::Other;
        } else if weight.replace(value.parse().ok()?).is_some() {
            return None; // two weights are as invalid as a malformed one
        }
    }
    Some((range, weight.unwrap_or(QValue::ONE)))
}

fn range(text: &str) -> Option<Range> {
    let text = text.to_ascii_lowercase();
    let (kind, subtype) = text.split_once('/')?;
    match (kind, subtype) {
        ("*", "*") => Some(Range::Any),
        ("*", _) => None,
        (kind, _) if !is_token(kind) => None,
        (kind, "*") => Some(Range::Type(kind.into())),
        (kind, subtype) => is_token(subtype).then(|| Range::Exact(kind.into(), subtype.into())),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn weights_follow_the_grammar() {
        for (text, thousandths) in
            [("0", 0), ("0.", 0), ("0.0", 0), ("0.5", 500), ("0.05", 50), ("0.999", 999), ("1", 1000), ("1.000", 1000)]
        {
            assert_eq!(text.parse::<QValue>().map(QValue::thousandths), Ok(thousandths), "{text}");
        }
        for text in ["", ".5", "1.001", "2", "-0", "+1", "0.1234", "1e0", "NaN", "0,5", " 1", "00"] {
            assert_eq!(text.parse::<QValue>(), Err(InvalidQValue), "{text}");
        }
    }

    #[test]
    fn the_most_specific_range_decides() {
        let weight = |header, media_type| Accept::parse([header]).preference(media_type).weight.thousandths();
        for (header, media_type, expected) in [
            ("image/*;q=0.5, image/webp;q=0.1", "image/webp", 100),
            ("image/webp;q=0.1, image/*;q=0.5", "image/avif", 500),
            ("*/*, image/*;q=0", "image/avif", 0),
            ("image/webp;q=0.2, image/webp;q=0.9", "image/webp", 900),
            ("IMAGE/WebP ; Q=0.3", "image/webp", 300),
            ("image/webp;v=1", "image/webp", 0),
            ("text/html", "image/webp", 0),
        ] {
            assert_eq!(weight(header, media_type), expected, "{header}");
        }
    }

    #[test]
    fn nothing_but_garbage_accepts_everything() {
        for header in ["", " , ,", "garbage", "*", "image/webp;q=2", "image/", "/webp", "*/webp", "image/we bp", "a/b;"]
        {
            let preference = Accept::parse([header]).preference("image/webp");
            assert!(!preference.named, "{header}");
            assert_eq!(preference.weight == QValue::ONE, header != "a/b;", "{header}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_read(text in ".{0,80}") {
            let _ = Accept::parse([text.as_str()]).preference("image/webp");
        }

        #[test]
        fn lines_are_one_list(a in "[a-z/*;=0-9. ,]{0,40}", b in "[a-z/*;=0-9. ,]{0,40}") {
            prop_assert_eq!(Accept::parse([a.as_str(), b.as_str()]), Accept::parse([format!("{a},{b}").as_str()]));
        }
    }
}
