//! Reads and writes the values of options.

use std::fmt::Display;
use std::str::FromStr;

use crate::option::Kind;
use crate::{
    Color, ColorSpace, Edges, Fit, Flip, Format, Gravity, Metadata, OnDamage, Oversize, Recipe, Rotation, Trim,
};

/// Functions that set an option in a recipe and read it back.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Field {
    /// Returns whether the text was a valid value; if not, the recipe is unchanged.
    pub(crate) read: fn(&mut Recipe, &str, Kind) -> bool,
    /// `None` if it is the default.
    pub(crate) write: fn(&Recipe) -> Option<String>,
}

/// The [`Field`] at that path in a recipe.
macro_rules! field {
    ($($path:ident).+) => {
        $crate::value::Field {
            read: |recipe, text, kind| {
                let value = $crate::value::Value::read(text, kind);
                value.map(|value| recipe.$($path).+ = value).is_some()
            },
            write: |recipe| {
                let (value, default) = (&recipe.$($path).+, &$crate::Recipe::default().$($path).+);
                (value != default).then(|| $crate::value::Value::write(value))
            },
        }
    };
}
pub(crate) use field;

/// The value of an option.
pub(crate) trait Value: Sized {
    /// `None` if `text` is not a valid value.
    fn read(text: &str, kind: Kind) -> Option<Self>;

    /// The canonical text.
    fn write(&self) -> String;
}

/// A value from a fixed list of words.
pub(crate) trait Word: Copy + PartialEq + 'static {
    /// The first word for each meaning is the canonical one.
    const WORDS: &'static [(&'static str, Self)];
}

/// The words of `T`.
pub(crate) fn words<T: Word>() -> Vec<&'static str> {
    T::WORDS.iter().map(|(word, _)| *word).collect()
}

/// Joins words for a sentence: `a, b or c`.
#[must_use]
pub fn one_of(words: &[&str]) -> String {
    match words {
        [others @ .., last] if !others.is_empty() => format!("{} or {last}", others.join(", ")),
        _ => words.concat(),
    }
}

impl<T: Word> Value for T {
    fn read(text: &str, _: Kind) -> Option<Self> {
        Self::WORDS.iter().find(|(word, _)| *word == text).map(|(_, value)| *value)
    }

    fn write(&self) -> String {
        Self::WORDS.iter().find(|(_, value)| value == self).map_or("", |(word, _)| word).to_owned()
    }
}

impl<T: Value> Value for Option<T> {
    fn read(text: &str, kind: Kind) -> Option<Self> {
        T::read(text, kind).map(Some)
    }

    fn write(&self) -> String {
        self.as_ref().map(T::write).unwrap_or_default()
    }
}

/// Digits alone: no sign, no space.
macro_rules! integer {
    ($($type:ty)*) => {$(
        impl Value for $type {
            fn read(text: &str, kind: Kind) -> Option<Self> {
                let Kind::Integer(least, most) = kind else { return None };
                digits(text, least, most)?.try_into().ok()
            }

            fn write(&self) -> String {
                self.to_string()
            }
        }
    )*};
}
integer!(u8 u32 u64);

fn digits(text: &str, least: u64, most: u64) -> Option<u64> {
    let plain = text.bytes().all(|byte| byte.is_ascii_digit());
    text.parse().ok().filter(|number| plain && (least..=most).contains(number))
}

/// Digits with at most one point: no sign, no exponent, no NaN.
impl Value for f32 {
    fn read(text: &str, kind: Kind) -> Option<Self> {
        let Kind::Decimal(least, most) = kind else { return None };
        decimal(text, least, most)
    }

    fn write(&self) -> String {
        self.to_string()
    }
}

fn decimal(text: &str, least: f32, most: f32) -> Option<f32> {
    let plain = text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
    f32::from_str(text).ok().filter(|number| plain && *number >= least && *number <= most)
}

impl Word for bool {
    const WORDS: &'static [(&'static str, Self)] = &[("true", true), ("false", false)];
}

impl Word for Fit {
    const WORDS: &'static [(&'static str, Self)] = &[
        ("scale-down", Self::ScaleDown),
        ("contain", Self::Contain),
        ("cover", Self::Cover),
        ("crop", Self::Crop),
        ("pad", Self::Pad),
        ("squeeze", Self::Squeeze),
    ];
}

impl Word for Flip {
    const WORDS: &'static [(&'static str, Self)] =
        &[("none", Self::None), ("h", Self::Horizontal), ("v", Self::Vertical), ("hv", Self::Both), ("vh", Self::Both)];
}

impl Word for Rotation {
    const WORDS: &'static [(&'static str, Self)] =
        &[("0", Self::None), ("90", Self::Quarter), ("180", Self::Half), ("270", Self::ThreeQuarters)];
}

impl Word for ColorSpace {
    const WORDS: &'static [(&'static str, Self)] = &[("srgb", Self::Srgb), ("keep", Self::Keep)];
}

impl Word for OnDamage {
    const WORDS: &'static [(&'static str, Self)] = &[("show", Self::Show), ("refuse", Self::Refuse)];
}

impl Word for Metadata {
    const WORDS: &'static [(&'static str, Self)] =
        &[("none", Self::None), ("copyright", Self::Copyright), ("keep", Self::Keep)];
}

impl Word for Oversize {
    const WORDS: &'static [(&'static str, Self)] = &[("scale-down", Self::ScaleDown), ("refuse", Self::Refuse)];
}

/// A colour in CSS Color 4 syntax without commas: a name, or hex digits with or without `#`.
impl Value for Color {
    fn read(text: &str, _: Kind) -> Option<Self> {
        let plain = text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'#');
        Self::from_css(text).filter(|_| plain)
    }

    fn write(&self) -> String {
        self.css().split_off(1)
    }
}

/// The words of [`Gravity`]; the other syntax is a point.
const GRAVITIES: &[(&str, Gravity)] = &[
    ("center", Gravity::Center),
    ("left", Gravity::Left),
    ("right", Gravity::Right),
    ("top", Gravity::Top),
    ("bottom", Gravity::Bottom),
    ("top-left", Gravity::TopLeft),
    ("top-right", Gravity::TopRight),
    ("bottom-left", Gravity::BottomLeft),
    ("bottom-right", Gravity::BottomRight),
    ("auto", Gravity::Auto),
];

pub(crate) fn gravities() -> Vec<&'static str> {
    GRAVITIES.iter().map(|(word, _)| *word).collect()
}

impl Value for Gravity {
    fn read(text: &str, _: Kind) -> Option<Self> {
        if let Some((x, y)) = text.split_once('x')
            && let (Some(x), Some(y)) = (decimal(x, 0.0, 1.0), decimal(y, 0.0, 1.0))
        {
            return Some(Self::Focus { x, y });
        }
        GRAVITIES.iter().find(|(word, _)| *word == text).map(|(_, gravity)| *gravity)
    }

    fn write(&self) -> String {
        match self {
            Self::Focus { x, y } => format!("{x}x{y}"),
            word => GRAVITIES.iter().find(|(_, gravity)| gravity == word).map_or("", |(word, _)| word).to_owned(),
        }
    }
}

pub(crate) fn trims() -> Vec<&'static str> {
    vec!["none", "border"]
}

/// No format supports more; the limits of a call may be lower.
pub(crate) const MAX_SIDE: u64 = 65_535;

impl Value for Trim {
    fn read(text: &str, _: Kind) -> Option<Self> {
        match text {
            "none" => return Some(Self::None),
            "border" => return Some(Self::Border),
            _ => {}
        }
        let side = |side| digits(side, 0, MAX_SIDE)?.try_into().ok();
        let sides: Option<Vec<u32>> = text.split(';').map(side).collect();
        let [top, right, bottom, left] = sides?.try_into().ok()?;
        Some(Self::Edges(Edges { top, right, bottom, left }))
    }

    fn write(&self) -> String {
        match self {
            Self::None => "none".to_owned(),
            Self::Border => "border".to_owned(),
            Self::Edges(Edges { top, right, bottom, left }) => format!("{top};{right};{bottom};{left}"),
        }
    }
}

impl Display for Trim {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.write())
    }
}

/// The names of the formats that can be encoded.
pub(crate) fn formats() -> Vec<&'static str> {
    let words = |format: Format| [&[format.name()], format.info().aliases].concat();
    let mut words: Vec<_> = Format::encodable().flat_map(words).collect();
    words.sort_unstable();
    words
}

/// The field of `format`: one format or several in order of preference.
pub(crate) const FORMAT: Field = Field {
    read: |recipe, text, _| {
        let encodable = |word: &str| Format::named(word).filter(|format| format.encoder().is_some());
        let formats: Option<Vec<Format>> = text.split(';').map(encodable).collect();
        formats.is_some_and(|formats| recipe.encoding.prefer(&formats))
    },
    write: |recipe| {
        let names: Vec<_> = recipe.encoding.formats().map(Format::name).collect();
        (recipe.encoding.formats().ne([Recipe::default().encoding.format])).then(|| names.join(";"))
    },
};
