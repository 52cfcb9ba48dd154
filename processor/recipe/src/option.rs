//! An option of a recipe is one row: how it is written and read, what it may be, and what follows from it.

use std::fmt::Write;

use crate::value::{Field, one_of};
use crate::{Encoder, Format, Recipe};

/// One option.
#[derive(Debug)]
pub struct Opt {
    /// Its long name, which canonical text uses.
    pub name: &'static str,
    /// Its short name.
    pub short: Option<&'static str>,
    /// What may stand after it.
    pub kind: Kind,
    /// What holds where it is not named.
    pub default: Default,
    /// One line about it.
    pub doc: &'static str,
    /// Whether it takes a multiple of the time, or opens endless variants.
    pub costly: When,
    /// Whether it does more to the pixels than to scale them.
    pub changes_pixels: When,
    /// Whether it looks at all pixels before it knows which of them it wants.
    pub needs_all_pixels: When,
    pub(crate) field: Field,
}

/// For which values something follows from an option; the default value never counts.
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

/// What may stand after an option's name.
#[derive(Clone, Copy, Debug)]
pub enum Kind {
    /// Digits, with a value within these.
    Integer(u64, u64),
    /// Digits with at most one point, with a value within these.
    Decimal(f32, f32),
    /// One of these words.
    Words(fn() -> Vec<&'static str>),
    /// One of these words, or what the text tells.
    WordsOr(fn() -> Vec<&'static str>, &'static str),
    /// What the text tells.
    Text(&'static str),
}

impl Kind {
    /// What is expected, in words that follow "must be".
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

/// What holds where an option is not named.
#[derive(Clone, Copy, Debug)]
pub enum Default {
    /// The same for every format.
    Is(&'static str),
    /// A number that each encoder has for itself.
    OfEncoder(fn(&Encoder) -> u8),
}

impl Default {
    /// As documents write it.
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
    /// An option that nothing follows from.
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

    /// Its words, each with the canonical one; that is empty where the option then is the default.
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

    /// The value in a recipe, canonically written; none where it is the default.
    #[must_use]
    pub fn value(&self, recipe: &Recipe) -> Option<String> {
        (self.field.write)(recipe)
    }
}

impl Recipe {
    /// The options that differ from the default, by their long names, sorted.
    #[must_use]
    pub fn options(&self) -> Vec<(&'static str, String)> {
        self.set_options().map(|(option, value)| (option.name, value)).collect()
    }

    fn set_options(&self) -> impl Iterator<Item = (&'static Opt, String)> {
        crate::OPTIONS.iter().filter_map(|option| Some((*option, option.value(self)?)))
    }

    /// The first option that takes a multiple of the time, or opens endless variants.
    #[must_use]
    pub fn costly(&self) -> Option<&'static str> {
        self.set_options().find(|(option, value)| option.costly.holds(value)).map(|(option, _)| option.name)
    }

    /// Whether it does more than to scale and to encode.
    #[must_use]
    pub fn changes_pixels(&self) -> bool {
        self.set_options().any(|(option, value)| option.changes_pixels.holds(&value))
    }

    /// Whether it looks at all pixels before it knows which of them it wants.
    #[must_use]
    pub fn needs_all_pixels(&self) -> bool {
        self.set_options().any(|(option, value)| option.needs_all_pixels.holds(&value))
    }
}

/// The options as lines of a help text, each as `prefix` and its long name, and what it takes.
#[must_use]
pub fn help(prefix: &str) -> String {
    let mut lines = String::new();
    for Opt { name, kind, default, .. } in crate::OPTIONS {
        let _ = writeln!(lines, "  {prefix}{name:<11} {} ({})", kind.expected(), default.text());
    }
    lines
}

/// The options as a table of Markdown: docs/recipes.md has it.
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
