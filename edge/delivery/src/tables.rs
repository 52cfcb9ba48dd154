//! What an edge needs that reads URLs in another language, as JSON: the words, ranges and names that this crate reads
//! itself, and the settings that have a say in it.

use std::collections::{BTreeMap, BTreeSet};

use darkroom_recipe::{SHORT_NAMES, Values, vocabulary};
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
        "short": words(SHORT_NAMES.into_iter().chain([("scq", "slow-connection-quality")])),
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

fn options() -> BTreeMap<&'static str, Value> {
    let value = |values| match values {
        Values::Words(known) => json!(words(known)),
        // A whole number without an upper bound has 64 bits, more than a number in JavaScript.
        Values::Whole(least, u64::MAX) => json!([least]),
        Values::Whole(least, most) => json!([least, most]),
        Values::Decimal(least, most, default) => json!([least, most, default]),
    };
    let known = vocabulary().into_iter().map(|(name, values)| (name, value(values)));
    known.chain([("onerror", json!("redirect"))]).collect()
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
