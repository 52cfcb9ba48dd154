//! Each recipe option is one row: its syntax, its valid values, and its consequences.

use std::fmt::Write;

use crate::value::{Field, one_of};
use crate::{Encoder, Format, Recipe};

/// One option.
#[derive(Debug)]
pub struct Opt {
    /// The long name, used in canonical text.
    pub name: &'static str,
    /// The short name.
    pub short: Option<&'static str>,
    /// The accepted values.
    pub kind: Kind,
    /// The value if a recipe does not set the option.
    pub default: Default,
    /// A one-line description.
    pub doc: &'static str,
    /// Whether it multiplies the render time, or allows an unbounded number of variants.
    pub costly: When,
    /// Whether it changes the pixels other than by scaling.
    pub changes_pixels: When,
    /// Whether it has to inspect all pixels before it knows which of them it needs.
    pub needs_all_pixels: When,
    pub(crate) field: Field,
}

/// The values for which an option has a consequence; the default value never does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "each says when")]
pub enum When {
    Never,
    Always,
    Is(&'static str),
    IsNot(&'static str),
}

impl When {
    fn holds(self, value: &str) -> bool {
        match self {
            Self::Never => false,
            Self::Always => true,
            Self::Is(word) => word == value,
            Self::IsNot(word) => word != value,
        }
    }
}

/// The values that an option accepts.
#[derive(Clone, Copy, Debug)]
pub enum Kind {
    /// Digits, with a value in this range.
    Integer(u64, u64),
    /// Digits with at most one point, with a value in this range.
    Decimal(f32, f32),
    /// One of these words.
    Words(fn() -> Vec<&'static str>),
    /// One of these words, or a value that the text describes.
    WordsOr(fn() -> Vec<&'static str>, &'static str),
    /// A value that the text describes.
    Text(&'static str),
}

impl Kind {
    /// The expected value, phrased to follow "must be".
    #[must_use]
    pub fn expected(self) -> String {
        match self {
            Self::Integer(least, u64::MAX) => format!("an integer of at least {least}"),
            Self::Integer(least, most) => format!("an integer from {least} to {most}"),
            Self::Decimal(least, most) => format!("a number from {least} to {most}"),
            Self::Words(words) => one_of(&words()),
            Self::WordsOr(words, text) => format!("{}, or {text}", words().join(", ")),
            Self::Text(text) => text.to_owned(),
        }
    }
}

/// An option's default value.
#[derive(Clone, Copy, Debug)]
pub enum Default {
    /// The same for every format.
    Is(&'static str),
    /// A number that depends on the encoder.
    OfEncoder(fn(&Encoder) -> u8),
}

impl Default {
    /// The default as the documents show it.
    #[must_use]
    pub fn text(self) -> String {
        match self {
            Self::Is(text) => text.to_owned(),
            Self::OfEncoder(number) => {
                let each = |format: Format| Some(format!("{} {}", format.name(), number(format.encoder()?)));
                Format::encodable().filter_map(each).collect::<Vec<_>>().join(", ")
            }
        }
    }
}

impl Opt {
    /// An option without consequences.
    pub(crate) const fn new(
        name: &'static str,
        kind: Kind,
        default: &'static str,
        field: Field,
        doc: &'static str,
    ) -> Self {
        Self {
            name,
            short: None,
            kind,
            default: Default::Is(default),
            doc,
            costly: When::Never,
            changes_pixels: When::Never,
            needs_all_pixels: When::Never,
            field,
        }
    }

    /// The accepted words, each with its canonical form; that is empty if the word means the default.
    #[must_use]
    pub fn words(&self) -> Vec<(&'static str, String)> {
        let (Kind::Words(words) | Kind::WordsOr(words, _)) = self.kind else { return Vec::new() };
        let canonical = |word| {
            let mut recipe = Recipe::default();
            let read = (self.field.read)(&mut recipe, word, self.kind);
            read.then(|| self.value(&recipe)).flatten().unwrap_or_default()
        };
        words().into_iter().map(|word| (word, canonical(word))).collect()
    }

    /// The canonical text of a recipe's value; `None` if it is the default.
    #[must_use]
    pub fn value(&self, recipe: &Recipe) -> Option<String> {
        (self.field.write)(recipe)
    }
}

impl Recipe {
    /// The long names of the options that differ from their defaults, sorted.
    #[must_use]
    pub fn options(&self) -> Vec<(&'static str, String)> {
        self.set_options().map(|(option, value)| (option.name, value)).collect()
    }

    fn set_options(&self) -> impl Iterator<Item = (&'static Opt, String)> {
        crate::OPTIONS.iter().filter_map(|option| Some((*option, option.value(self)?)))
    }

    /// The first option that multiplies the render time, or allows an unbounded number of variants.
    #[must_use]
    pub fn costly(&self) -> Option<&'static str> {
        self.set_options().find(|(option, value)| option.costly.holds(value)).map(|(option, _)| option.name)
    }

    /// Whether the recipe does more than scale and encode.
    #[must_use]
    pub fn changes_pixels(&self) -> bool {
        self.set_options().any(|(option, value)| option.changes_pixels.holds(&value))
    }

    /// Whether it has to inspect all pixels before it knows which of them it needs.
    #[must_use]
    pub fn needs_all_pixels(&self) -> bool {
        self.set_options().any(|(option, value)| option.needs_all_pixels.holds(&value))
    }
}

/// The options as lines of a help text: `prefix`, the long name and the accepted values.
#[must_use]
pub fn help(prefix: &str) -> String {
    let mut lines = String::new();
    for Opt { name, kind, default, .. } in crate::OPTIONS {
        let _ = writeln!(lines, "  {prefix}{name:<11} {} ({})", kind.expected(), default.text());
    }
    lines
}

/// The options as a Markdown table, for docs/recipes.md.
#[must_use]
pub fn markdown() -> String {
    let mut table = String::from("| option | short | values | default | meaning |\n|---|---|---|---|---|\n");
    for Opt { name, short, kind, default, doc, .. } in crate::OPTIONS {
        let short = short.map(|short| format!("`{short}`")).unwrap_or_default();
        let values = match kind {
            Kind::Words(words) => quoted(&words()),
            Kind::WordsOr(words, text) => format!("{}, or {text}", quoted(&words())),
            other => other.expected(),
        };
        let _ = writeln!(table, "| `{name}` | {short} | {values} | {} | {doc} |", default.text());
    }
    table
}

fn quoted(words: &[&str]) -> String {
    words.iter().map(|word| format!("`{word}`")).collect::<Vec<_>>().join(", ")
}
