//! Options and formats as data, for users that don't link this crate: a web page, another language's types, a fuzzer.

use serde::Serialize;

use crate::{Format, Kind, Lossless, OPTIONS, When};

/// An option as listed by [`vocabulary`].
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct OptionEntry {
    name: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    short: Option<&'static str>,
    #[serde(flatten)]
    values: Values,
    expected: String,
    default: String,
    /// Whether a value other than the default multiplies the render time, or allows an unbounded number of variants.
    costly: bool,
    doc: &'static str,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase", tag = "kind")]
enum Values {
    Integer { least: u64, most: u64 },
    Decimal { least: f32, most: f32 },
    Words { words: Vec<&'static str> },
    Text,
}

/// Every option, sorted by its name.
#[must_use]
pub fn vocabulary() -> Vec<OptionEntry> {
    let entry = |row: &&'static crate::Opt| OptionEntry {
        name: row.name,
        short: row.short,
        values: match row.kind {
            Kind::Integer(least, most) => Values::Integer { least, most },
            Kind::Decimal(least, most) => Values::Decimal { least, most },
            Kind::Words(words) | Kind::WordsOr(words, _) => Values::Words { words: words() },
            Kind::Text(_) => Values::Text,
        },
        expected: row.kind.expected(),
        default: row.default.text(),
        costly: row.costly != When::Never,
        doc: row.doc,
    };
    OPTIONS.iter().map(entry).collect()
}

/// A format as listed by [`formats`].
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct FormatEntry {
    name: &'static str,
    extensions: &'static [&'static str],
    media_type: &'static str,
    decoded: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    encoder: Option<EncoderEntry>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct EncoderEntry {
    alpha: bool,
    animation: bool,
    lossless: &'static str,
    max_side: u32,
    default_quality: u8,
    default_effort: u8,
    slow: bool,
}

/// Every format, as a build with every codec has it.
#[must_use]
pub fn formats() -> Vec<FormatEntry> {
    formats_of(|_| true, |_| true)
}

/// Every format, of a build that decodes and encodes no others than these of them.
pub fn formats_of(decodes: impl Fn(Format) -> bool, encodes: impl Fn(Format) -> bool) -> Vec<FormatEntry> {
    let encoder = |encoder: &crate::Encoder| EncoderEntry {
        alpha: encoder.alpha,
        animation: encoder.animation,
        lossless: match encoder.lossless {
            Lossless::Never => "never",
            Lossless::Asked => "asked",
            Lossless::Always => "always",
        },
        max_side: encoder.max_side,
        default_quality: encoder.default_quality,
        default_effort: encoder.default_effort,
        slow: encoder.slow,
    };
    let entry = |format: Format| FormatEntry {
        name: format.name(),
        extensions: format.info().extensions,
        media_type: format.media_type(),
        decoded: format.info().decoded && decodes(format),
        encoder: format.encoder().filter(|_| encodes(format)).map(encoder),
    };
    Format::ALL.into_iter().map(entry).collect()
}
