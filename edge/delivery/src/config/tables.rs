//! Tables, as JSON, for an edge that reads URLs in another language: this crate's own words, ranges and names, and the
//! settings that affect parsing.

use std::collections::{BTreeMap, BTreeSet};

use darkroom_recipe::{Format, Kind, OPTIONS, Opt};
use serde_json::{Value, json};

use crate::negotiate::accept_class::{ANY, SHOWN};
use crate::negotiate::hints::DPR_STEPS;
use crate::url::cloudflare;
use crate::url::imgix;
use crate::{AvifPolicy, Config, Mode, PREFIXES};

/// The tables for the CloudFront Function. With them it normalises URLs for [`crate::plan_verified()`]. A table of
/// words is one text, separated by blanks: `jpeg` means itself, `jpg=jpeg` is an alias, `none=` is the default. A
/// number has its minimum and its maximum, and a decimal number also a 0.
#[must_use]
pub fn tables(config: &Config) -> Value {
    json!({
        "prefixes": PREFIXES,
        "options": options(),
        "short": words(short_names().chain([("scq", "slow-connection-quality")])),
        "qualities": words(cloudflare::QUALITIES.iter().map(|(word, quality)| (*word, quality.to_string()))),
        "fits": words(imgix::FITS.iter().copied()),
        "formats": words(imgix::FORMATS.iter().copied()),
        "crops": crops(),
        "dprSteps": DPR_STEPS,
        "offers": offers(config.avif),
        "mode": match config.mode {
            Mode::Open => "open",
            Mode::Presets => "presets",
            Mode::Signed => "signed",
        },
        "widths": config.widths.as_slice(),
        "autoWidth": config.auto_width,
        "saveDataQuality": config.save_data_quality.unwrap_or(0),
        "errorMaxAge": config.caching.error_max_age,
    })
}

/// The words of an [`crate::AcceptClass`] by rank, each with the subtypes of `image` that it stands for.
fn offers(avif: AvifPolicy) -> Vec<Vec<&'static str>> {
    let subtype = |format: Format| format.media_type().trim_start_matches("image/");
    let named = Format::negotiable().into_iter().filter(|format| avif.offers(*format));
    let any = [ANY].into_iter().chain(SHOWN.map(subtype)).collect();
    named.map(|format| vec![format.name(), subtype(format)]).chain([any]).collect()
}

fn short_names() -> impl Iterator<Item = (&'static str, &'static str)> {
    OPTIONS.iter().filter_map(|option| Some((option.short?, option.name)))
}

fn options() -> BTreeMap<&'static str, Value> {
    let known = OPTIONS.iter().filter_map(|option| Some((option.name, values(option)?)));
    known.chain([("onerror", json!("redirect"))]).collect()
}

/// None for text, such as colours, which only the component reads.
fn values(option: &Opt) -> Option<Value> {
    Some(match option.kind {
        // A URL that names the default format fixes it; a URL that names none does not.
        Kind::Words(_) | Kind::WordsOr(..) if option.name == "format" => json!(words(formats())),
        Kind::Words(_) | Kind::WordsOr(..) => json!(words(option.words())),
        // A whole number without an upper bound has 64 bits, more than a number in JavaScript.
        Kind::Integer(least, u64::MAX) => json!([least]),
        Kind::Integer(least, most) => json!([least, most]),
        Kind::Decimal(least, most) => json!([least, most, 0]),
        Kind::Text(_) => return None,
    })
}

fn formats() -> impl Iterator<Item = (&'static str, &'static str)> {
    let words = |format: Format| {
        [&[format.name()], format.info().aliases].concat().into_iter().map(move |word| (word, format.name()))
    };
    Format::encodable().flat_map(words)
}

fn words<M: AsRef<str>>(table: impl IntoIterator<Item = (&'static str, M)>) -> String {
    let word = |(word, meaning): (&str, M)| match meaning.as_ref() {
        same if same == word => word.to_owned(),
        other => format!("{word}={other}"),
    };
    table.into_iter().map(word).collect::<Vec<_>>().join(" ")
}

/// With sides in alphabetical order: the other order means the same.
fn crops() -> String {
    let sorted = |word: &str| {
        let mut sides: Vec<&str> = word.split(',').collect();
        sides.sort_unstable();
        sides.join(",")
    };
    let known: BTreeSet<_> = imgix::CROPS.iter().filter(|(word, _)| sorted(word) == *word).copied().collect();
    words(known)
}
