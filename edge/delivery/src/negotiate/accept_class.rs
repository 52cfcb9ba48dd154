//! Proactive negotiation of the image format (RFC 9110 §12.1): condenses a client's `Accept` to a list that is short
//! enough for a cache key.

use std::cmp::Reverse;
use std::fmt;
use std::str::FromStr;

use darkroom_recipe::Format;

use crate::{Accept, QValue};

/// The formats that a client accepts, most preferred first: those of [`Format::negotiable`], and then `any`, if it
/// accepts the formats that every browser shows. The list omits formats that the client prefers less than `any`, since
/// it never gets them. Written as `avif-webp-any`; `none` if the client refuses all formats.
///
/// ```
/// use darkroom_delivery::{Accept, AcceptClass};
///
/// let chrome = Accept::parse(["image/avif,image/webp,image/*,*/*;q=0.8"]);
/// assert_eq!(AcceptClass::of(&chrome).to_string(), "avif-webp-any");
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct AcceptClass {
    formats: Vec<Format>,
    any: bool,
}

/// The client accepts no format on offer (406).
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("Accept: must take {}, image/jpeg, image/png or image/gif", named())]
pub struct NotAcceptable;

fn named() -> String {
    let types: Vec<_> = Format::negotiable().into_iter().map(Format::media_type).collect();
    types.join(", ")
}

/// The formats that every browser shows.
pub(crate) const SHOWN: [Format; 3] = [Format::Jpeg, Format::Png, Format::Gif];
/// Their name in the list.
pub(crate) const ANY: &str = "any";
const NONE: &str = "none";

impl AcceptClass {
    /// A client that names no format gets the formats that every browser shows.
    pub const ANY: Self = Self { formats: Vec::new(), any: true };

    /// Sorted by weight, then named formats before those that only a wildcard covers, then by rank. Of the formats that
    /// only a wildcard covers, `any` comes first: a client that sends `*/*` may know no other format.
    #[must_use]
    pub fn of(accept: &Accept) -> Self {
        let offers = Format::negotiable().into_iter().map(Some).chain([None]);
        let mut ranked: Vec<_> = offers
            .enumerate()
            .filter_map(|(rank, offer)| {
                let types: &[Format] = offer.as_ref().map_or(&SHOWN, std::slice::from_ref);
                let preference = types.iter().map(|format| accept.preference(format.media_type())).max()?;
                let safe = !preference.named && offer.is_none();
                (preference.weight > QValue::ZERO).then_some((Reverse((preference, safe)), rank, offer))
            })
            .collect();
        ranked.sort_by_key(|(preference, rank, _)| (*preference, *rank));
        let formats: Vec<Format> = ranked.iter().map_while(|(.., offer)| *offer).collect();
        let any = formats.len() < ranked.len();
        Self { formats, any }
    }

    /// Without the formats that are not on offer.
    ///
    /// # Errors
    /// The client accepts no other format.
    pub fn offered(&self, on_offer: impl Fn(Format) -> bool) -> Result<Self, NotAcceptable> {
        let formats: Vec<_> = self.formats.iter().copied().filter(|format| on_offer(*format)).collect();
        if self.any || !formats.is_empty() { Ok(Self { formats, any: self.any }) } else { Err(NotAcceptable) }
    }

    /// The list; none stands for the formats that every browser shows.
    pub fn preferences(&self) -> impl Iterator<Item = Option<Format>> {
        self.formats.iter().copied().map(Some).chain(self.any.then_some(None))
    }

    /// Whether a file of this type may be sent. Negotiated formats must be in the list, since an old browser's `*/*`
    /// covers them too.
    #[must_use]
    pub fn takes(&self, media_type: &str) -> bool {
        match Format::negotiable().into_iter().find(|format| format.media_type() == media_type) {
            Some(format) => self.formats.contains(&format),
            None => self.any,
        }
    }
}

impl fmt::Display for AcceptClass {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let words: Vec<_> = self.preferences().map(|format| format.map_or(ANY, Format::name)).collect();
        let joined = words.join("-");
        f.write_str(if words.is_empty() { NONE } else { &joined })
    }
}

impl FromStr for AcceptClass {
    type Err = String;

    /// Only the written form of a class.
    fn from_str(text: &str) -> Result<Self, String> {
        let negotiable = Format::negotiable();
        let format = |word: &str| negotiable.iter().copied().find(|format| format.name() == word);
        let class = Self { formats: text.split('-').filter_map(format).collect(), any: text.ends_with(ANY) };
        if class.to_string() == text {
            return Ok(class);
        }
        let names: Vec<_> = negotiable.iter().map(|format| format.name()).collect();
        Err(format!("{text}: must be {} and {ANY}, joined by hyphens, or {NONE}", names.join(", ")))
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    fn class(header: &str) -> String {
        AcceptClass::of(&Accept::parse([header])).to_string()
    }

    /// Browsers' fields for images, from MDN's list of default values and from captured requests; those of crawlers and
    /// previews were captured. Slack's and Googlebot's are not documented: theirs are those of a plain fetch and of
    /// their Chromium.
    const CLIENTS: [(&str, &str, &str); 20] = [
        (
            "Chrome and Edge since 155",
            "image/jxl,image/avif,image/webp,image/apng,image/svg+xml,image/*,*/*;q=0.8",
            "jxl-avif-webp-any",
        ),
        (
            "Chrome 85 to 154, Edge since 121",
            "image/avif,image/webp,image/apng,image/svg+xml,image/*,*/*;q=0.8",
            "avif-webp-any",
        ),
        (
            "Chrome, the image in a tab of its own",
            "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,image/apng,*/*;q=0.8,\
             application/signed-exchange;v=b3;q=0.7",
            "avif-webp-any",
        ),
        ("Edge 18 to 79", "image/webp,image/apng,image/*,*/*;q=0.8", "webp-any"),
        (
            "Firefox 128 to 154",
            "image/avif,image/webp,image/png,image/svg+xml,image/*;q=0.8,*/*;q=0.5",
            "avif-webp-any",
        ),
        ("Firefox 92 to 127", "image/avif,image/webp,*/*", "avif-webp-any"),
        ("Firefox 65 to 91", "image/webp,*/*", "webp-any"),
        ("Firefox 47 to 64", "*/*", "any"),
        (
            "Safari 17",
            "image/webp,image/avif,image/jxl,image/heic,image/heic-sequence,video/*;q=0.8,image/png,image/svg+xml,\
             image/*;q=0.8,*/*;q=0.5",
            "jxl-avif-webp-any",
        ),
        (
            "Safari 16",
            "image/webp,image/avif,video/*;q=0.8,image/png,image/svg+xml,image/*;q=0.8,*/*;q=0.5",
            "avif-webp-any",
        ),
        ("Safari 14", "image/webp,image/png,image/svg+xml,image/*;q=0.8,video/*;q=0.8,*/*;q=0.5", "webp-any"),
        ("Safari 13", "image/png,image/svg+xml,image/*;q=0.8,video/*;q=0.8,*/*;q=0.5", "any"),
        ("Internet Explorer 11", "image/png, image/svg+xml, image/jxr, image/*;q=0.8, */*;q=0.5", "any"),
        ("curl, Wget, Slack, WhatsApp for pages", "*/*", "any"),
        ("WhatsApp for images", "image/*", "any"),
        (
            "Googlebot, rendering a page",
            "image/avif,image/webp,image/apng,image/svg+xml,image/*,*/*;q=0.8",
            "avif-webp-any",
        ),
        ("Googlebot, the page itself", "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", "any"),
        ("facebookexternalhit, without the field", "", "any"),
        ("Java", "text/html, image/gif, image/jpeg, *; q=.2, */*; q=.2", "any"),
        ("okhttp with Coil", "image/webp,image/*", "webp-any"),
    ];

    #[test]
    fn real_clients_are_of_few_classes() {
        for (client, header, expected) in CLIENTS {
            assert_eq!(class(header), expected, "{client}");
        }
        let classes: BTreeSet<_> = CLIENTS.map(|(.., class)| class).into();
        assert!(classes.len() <= Format::negotiable().len() + 1, "{classes:?}");
    }

    #[test]
    fn rules() {
        for (header, expected) in [
            ("image/avif;q=0.5,image/webp;q=0.9", "webp-avif"),
            ("image/avif;q=0.5,image/jpeg;q=0.9", "any"),
            ("image/avif;q=0,image/webp;q=0,*/*", "any"),
            ("image/avif;q=0,*/*;q=0.1,image/webp;q=0.1", "webp-any"),
            ("image/*", "any"),
            ("image/*;q=0.8,image/webp;q=0.7", "any"),
            ("image/webp,image/jpeg", "webp-any"),
            ("image/webp,image/avif,image/jpeg", "avif-webp-any"),
            ("image/jpeg,image/*", "any"),
            ("image/png", "any"),
            ("image/gif,*/*;q=0", "any"),
            ("*/*,image/jpeg;q=0,image/png;q=0,image/gif;q=0", "jxl-avif-webp"),
            ("image/avif;q=0.001", "avif"),
            ("*/*;q=0", "none"),
            ("image/*;q=0,*/*", "none"),
            ("text/html", "none"),
            ("image/heic", "none"),
        ] {
            assert_eq!(class(header), expected, "{header}");
        }
    }

    #[test]
    fn only_what_is_written_is_read() {
        for (text, valid) in [
            ("avif-webp-any", true),
            ("webp-avif", true),
            ("any", true),
            ("none", true),
            ("none-any", false),
            ("webp-none", false),
            ("", false),
            ("-any", false),
            ("any-webp", false),
            ("webp-", false),
            ("jpeg-any", false),
            ("image/webp", false),
        ] {
            assert_eq!(text.parse::<AcceptClass>().is_ok_and(|class| class.to_string() == text), valid, "{text}");
        }
    }

    #[test]
    fn what_is_negotiated_has_to_be_named() {
        let old_browser = AcceptClass::of(&Accept::parse(["*/*"]));
        assert!(old_browser.takes("image/gif") && old_browser.takes("image/bmp") && !old_browser.takes("image/webp"));
        let strict: AcceptClass = "webp".parse().expect("a class");
        assert!(strict.takes("image/webp") && !strict.takes("image/jpeg"));
    }

    proptest! {
        #[test]
        fn order_and_case_do_not_matter_and_every_class_is_read_as_it_is_written(
            mut ranges in proptest::collection::vec(
                "(image/(avif|webp|jpeg|png|\\*)|\\*/\\*)(;q=(0|0\\.[0-9]{1,3}|1))?", 0..6)) {
            let forwards = class(&ranges.join(","));
            ranges.reverse();
            prop_assert_eq!(&class(&ranges.join(" ,\t").to_ascii_uppercase()), &forwards);
            prop_assert_eq!(forwards.parse::<AcceptClass>().map(|class| class.to_string()), Ok(forwards));
        }
    }
}
