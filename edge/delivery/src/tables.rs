//! What an edge needs that reads URLs in another language, as JSON: the words, ranges and names that this crate reads
//! itself, and the settings that have a say in it.

use std::collections::{BTreeMap, BTreeSet};

use darkroom_recipe::{Default, Format, Kind, OPTIONS, Opt};
use serde_json::{Value, json};

use crate::hints::DPR_STEPS;
use crate::{AcceptWord, AvifPolicy, Config, Mode, PREFIXES, cloudflare, imgix};

/// For the CloudFront Function, which decides by them as [`crate::plan()`] does by the same configuration. A table of
/// words is one text, with blanks between them: `jpeg` means itself, `jpg=jpeg` another word, `none=` the default.
#[must_use]
pub fn tables(config: &Config) -> Value {
    json!({
        "prefixes": PREFIXES,
        "options": options(),
        "short": words(short_names().chain([("scq", "slow-connection-quality")])),
        "qualities": words(cloudflare::QUALITIES.iter().map(|(word, quality)| (*word, quality.to_string()))),
        "sides": cloudflare::SIDES,
        "fits": words(imgix::FITS.iter().copied()),
        "crops": crops(),
        "formats": words(imgix::FORMATS.iter().copied()),
        "dprSteps": DPR_STEPS,
        "words": AcceptWord::ALL.map(AcceptWord::name),
        "mode": match config.mode {
            Mode::Open => "open",
            Mode::Presets => "presets",
            Mode::Signed => "signed",
        },
        "avif": match config.avif {
            AvifPolicy::Wait => "wait",
            AvifPolicy::Background => "background",
            AvifPolicy::Off => "off",
        },
        "ladder": config.ladder.widths(),
        "costly": config.costly_options,
        "autoWidth": config.auto_width,
        "saveDataQuality": config.save_data_quality.unwrap_or(0),
        "presets": presets(config),
        "origins": config.remote_origins.iter().map(ToString::to_string).collect::<Vec<_>>().join(" "),
        "errorMaxAge": config.caching.error_max_age,
    })
}

fn short_names() -> impl Iterator<Item = (&'static str, &'static str)> {
    OPTIONS.iter().filter_map(|option| Some((option.short?, option.name)))
}

/// `background` is a colour, which only the origin reads.
fn options() -> BTreeMap<&'static str, Value> {
    let known = OPTIONS.iter().filter_map(|option| Some((option.name, values(option)?)));
    known.chain([("onerror", json!("redirect"))]).collect()
}

fn values(option: &Opt) -> Option<Value> {
    Some(match option.kind {
        // A URL that names the default format means it, and one that names none does not.
        Kind::Words(_) | Kind::WordsOr(..) if option.name == "format" => json!(words(formats())),
        Kind::Words(_) | Kind::WordsOr(..) => json!(words(option.words())),
        // A whole number without an upper bound has 64 bits, more than a number in JavaScript.
        Kind::Integer(least, u64::MAX) => json!([least]),
        Kind::Integer(least, most) => json!([least, most]),
        Kind::Decimal(least, most) => match option.default {
            Default::Is(default) => json!([least, most, default.parse::<f32>().ok()]),
            Default::OfEncoder(_) => return None,
        },
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

/// With sides in the order of the alphabet: the other order means the same.
fn crops() -> String {
    let sorted = |word: &str| {
        let mut sides: Vec<&str> = word.split(',').collect();
        sides.sort_unstable();
        sides.join(",")
    };
    let known: BTreeSet<_> = imgix::CROPS.iter().filter(|(word, _)| sorted(word) == *word).copied().collect();
    words(known)
}

/// Whether each is lossless, and then never sent as AVIF.
fn presets(config: &Config) -> String {
    let preset = |preset: &darkroom_recipe::Preset| {
        let lossless = if preset.recipe.encoding.lossless { "=lossless" } else { "" };
        format!("{}{lossless}", preset.name)
    };
    config.presets.iter().map(preset).collect::<Vec<_>>().join(" ")
}
