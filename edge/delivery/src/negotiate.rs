//! Proactive negotiation of the image format (RFC 9110 §12.1).

use std::cmp::Reverse;

use crate::{Accept, Preference};

/// What negotiation gives: known before the source is, so that it can be part of a cache key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Negotiated {
    /// AVIF.
    Avif,
    /// WebP.
    WebP,
    /// What every browser shows: JPEG, PNG, or the source's own type. The source decides.
    Fallback,
}

impl Negotiated {
    /// All of them, in the order in which ties between named formats are decided.
    pub const ALL: [Self; 3] = [Self::Avif, Self::WebP, Self::Fallback];

    /// `avif`, `webp` or `fallback`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Avif => "avif",
            Self::WebP => "webp",
            Self::Fallback => "fallback",
        }
    }

    /// The shortest `Accept` that gives this result: what a cache in front can put in the client's place, so that its
    /// key has three values.
    #[must_use]
    pub const fn accept(self) -> &'static str {
        match self {
            Self::Avif => "image/avif,image/webp,*/*;q=0.1",
            Self::WebP => "image/webp,*/*;q=0.1",
            Self::Fallback => "*/*",
        }
    }

    const fn media_types(self) -> &'static [&'static str] {
        match self {
            Self::Avif => &["image/avif"],
            Self::WebP => &["image/webp"],
            Self::Fallback => &["image/jpeg", "image/png", "image/gif"],
        }
    }

    fn preference(self, accept: &Accept) -> Option<Preference> {
        self.media_types().iter().map(|media_type| accept.preference(media_type)).max()
    }
}

/// The client refuses every format on offer (406).
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("Accept: must take image/avif, image/webp, image/jpeg, image/png or image/gif")]
pub struct NotAcceptable;

/// The one of `offers`, best first, that the client wants most: by weight; then one that it names before one that a
/// wildcard covers; then, of named ones, by the order of `offers`. Of those that only a wildcard covers the fallback
/// comes first: `*/*` is what a client sends that may know neither AVIF nor WebP.
///
/// # Errors
/// When none of them has a weight above zero.
pub fn negotiate(accept: &Accept, offers: &[Negotiated]) -> Result<Negotiated, NotAcceptable> {
    let ranked = offers.iter().enumerate().filter_map(|(order, offer)| {
        let preference = offer.preference(accept)?;
        let safe = !preference.named && *offer == Negotiated::Fallback;
        (preference.weight.thousandths() > 0).then_some(((preference, safe, Reverse(order)), *offer))
    });
    ranked.max_by_key(|(rank, _)| *rank).map(|(_, offer)| offer).ok_or(NotAcceptable)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use Negotiated::{Avif, Fallback, WebP};

    fn answer(header: &str) -> Result<Negotiated, NotAcceptable> {
        negotiate(&Accept::parse([header]), &Negotiated::ALL)
    }

    /// Browsers for images, as MDN's list of default values and captured requests have them; crawlers and previews as
    /// captured. Slack's and Googlebot's are not documented: theirs are what a plain fetch and their Chromium send.
    #[test]
    fn real_clients() {
        for (client, header, expected) in [
            (
                "Chrome and Edge since 85 and 121",
                "image/avif,image/webp,image/apng,image/svg+xml,image/*,*/*;q=0.8",
                Avif,
            ),
            (
                "Chrome, the image in a tab of its own",
                "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,image/apng,*/*;q=0.8,\
                 application/signed-exchange;v=b3;q=0.7",
                Avif,
            ),
            ("Edge 18 to 79", "image/webp,image/apng,image/*,*/*;q=0.8", WebP),
            ("Firefox 128 to 154", "image/avif,image/webp,image/png,image/svg+xml,image/*;q=0.8,*/*;q=0.5", Avif),
            ("Firefox 92 to 127", "image/avif,image/webp,*/*", Avif),
            ("Firefox 65 to 91", "image/webp,*/*", WebP),
            ("Firefox 47 to 64", "*/*", Fallback),
            (
                "Safari 17",
                "image/webp,image/avif,image/jxl,image/heic,image/heic-sequence,video/*;q=0.8,image/png,image/svg+xml,\
                 image/*;q=0.8,*/*;q=0.5",
                Avif,
            ),
            ("Safari 16", "image/webp,image/avif,video/*;q=0.8,image/png,image/svg+xml,image/*;q=0.8,*/*;q=0.5", Avif),
            ("Safari 14", "image/webp,image/png,image/svg+xml,image/*;q=0.8,video/*;q=0.8,*/*;q=0.5", WebP),
            ("Safari 13", "image/png,image/svg+xml,image/*;q=0.8,video/*;q=0.8,*/*;q=0.5", Fallback),
            ("Internet Explorer 11", "image/png, image/svg+xml, image/jxr, image/*;q=0.8, */*;q=0.5", Fallback),
            ("curl, Wget, Slack, WhatsApp for pages", "*/*", Fallback),
            ("WhatsApp for images", "image/*", Fallback),
            ("Googlebot, rendering a page", "image/avif,image/webp,image/apng,image/svg+xml,image/*,*/*;q=0.8", Avif),
            ("Googlebot, the page itself", "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", Fallback),
            ("facebookexternalhit, without the field", "", Fallback),
            ("Java", "text/html, image/gif, image/jpeg, *; q=.2, */*; q=.2", Fallback),
            ("okhttp with Coil", "image/webp,image/*", WebP),
        ] {
            assert_eq!(answer(header), Ok(expected), "{client}");
        }
    }

    #[test]
    fn rules() {
        for (header, expected) in [
            ("image/avif;q=0.5,image/webp;q=0.9", Ok(WebP)),
            ("image/avif;q=0.5,image/jpeg;q=0.9", Ok(Fallback)),
            ("image/avif;q=0,image/webp;q=0,*/*", Ok(Fallback)),
            ("image/avif;q=0,*/*;q=0.1,image/webp;q=0.1", Ok(WebP)),
            ("image/*", Ok(Fallback)),
            ("image/*;q=0.8,image/webp;q=0.7", Ok(Fallback)),
            ("image/webp,image/jpeg", Ok(WebP)),
            ("image/webp,image/avif,image/jpeg", Ok(Avif)),
            ("image/jpeg,image/*", Ok(Fallback)),
            ("image/png", Ok(Fallback)),
            ("image/gif,*/*;q=0", Ok(Fallback)),
            ("*/*,image/jpeg;q=0,image/png;q=0,image/gif;q=0", Ok(Avif)),
            ("image/avif;q=0.001", Ok(Avif)),
            ("*/*;q=0", Err(NotAcceptable)),
            ("image/*;q=0,*/*", Err(NotAcceptable)),
            ("text/html", Err(NotAcceptable)),
            ("image/heic", Err(NotAcceptable)),
        ] {
            assert_eq!(answer(header), expected, "{header}");
        }
    }

    #[test]
    fn the_normalised_field_gives_the_same_result() {
        for word in Negotiated::ALL {
            assert_eq!(answer(word.accept()), Ok(word));
        }
    }

    proptest! {
        #[test]
        fn order_and_case_do_not_matter(mut ranges in proptest::collection::vec(
            "(image/(avif|webp|jpeg|png|\\*)|\\*/\\*)(;q=(0|0\\.[0-9]{1,3}|1))?", 0..6)) {
            let forwards = answer(&ranges.join(","));
            ranges.reverse();
            prop_assert_eq!(answer(&ranges.join(" ,\t").to_ascii_uppercase()), forwards);
        }
    }
}
