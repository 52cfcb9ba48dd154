//! The text form: options separated by commas, with the words and short forms of Cloudflare Images.

use std::fmt::{self, Display};
use std::str::FromStr;

use crate::{Color, Edges, Encoding, Fit, Flip, Format, Gravity, Metadata, Oversize, Recipe, Rotation, Trim};

/// A recipe that can't be followed. The message says which option, its value, and what is allowed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{option}={value}: {allowed}")]
pub struct InvalidRecipe {
    /// The option's name as it was written.
    pub option: String,
    /// Its value as it was written.
    pub value: String,
    /// What could stand there.
    pub allowed: String,
}

const OPTIONS: &str = "unknown option; known are anim, background, blur, dpr, effort, fit, flip, format, gravity, \
                       height, lossless, max-bytes, metadata, oversize, quality, rotate, sharpen, trim, width";

/// Puts one option, such as `width` and `800`, into `recipe`. A later one replaces an earlier one of the same name.
///
/// # Errors
/// When the option is unknown or its value not allowed; `recipe` is then unchanged.
pub fn apply_option(recipe: &mut Recipe, option: &str, value: &str) -> Result<(), InvalidRecipe> {
    set(recipe, option, value).map_err(|allowed| InvalidRecipe { option: option.into(), value: value.into(), allowed })
}

fn set(recipe: &mut Recipe, option: &str, value: &str) -> Result<(), String> {
    match option {
        "anim" => recipe.animation = boolean(value)?,
        "background" | "bg" => recipe.background = Some(color(value)?),
        "blur" => recipe.blur = decimal(value, BLUR)?,
        "dpr" => recipe.resize.dpr = decimal(value, DPR)?,
        "effort" => recipe.encoding.effort = Some(integer(value, EFFORT)?),
        "fit" => recipe.resize.fit = word(value, FITS)?,
        "flip" => recipe.flip = word(value, FLIPS)?,
        "format" | "f" => recipe.encoding.format = word(value, FORMATS)?,
        "gravity" | "g" => recipe.resize.gravity = gravity(value)?,
        "height" | "h" => recipe.resize.height = Some(integer(value, SIDE)?),
        "lossless" => recipe.encoding.lossless = boolean(value)?,
        "max-bytes" => recipe.encoding.max_bytes = Some(integer(value, BYTES)?),
        "metadata" => recipe.metadata = word(value, METADATA)?,
        "oversize" => recipe.encoding.oversize = word(value, OVERSIZE)?,
        "quality" | "q" => recipe.encoding.quality = Some(integer(value, QUALITY)?),
        "rotate" => recipe.rotate = word(value, ROTATIONS)?,
        "sharpen" => recipe.sharpen = decimal(value, SHARPEN)?,
        "trim" => recipe.trim = trim(value)?,
        "width" | "w" => recipe.resize.width = Some(integer(value, SIDE)?),
        _ => return Err(OPTIONS.into()),
    }
    Ok(())
}

/// No format expresses more; what a call really allows stands in its limits.
const MAX_SIDE: u32 = 65_535;

pub(crate) const BLUR: (f32, f32) = (0.0, 250.0);
pub(crate) const BYTES: (u64, u64) = (1, u64::MAX);
pub(crate) const DPR: (f32, f32) = (1.0, 4.0);
pub(crate) const EFFORT: (u8, u8) = (0, 10);
pub(crate) const QUALITY: (u8, u8) = (1, 100);
pub(crate) const SHARE: (f32, f32) = (0.0, 1.0);
pub(crate) const SHARPEN: (f32, f32) = (0.0, 10.0);
pub(crate) const SIDE: (u32, u32) = (1, MAX_SIDE);

/// Words and what they mean. The first word of a meaning is the canonical one.
pub(crate) type Words<T> = &'static [(&'static str, T)];

pub(crate) const FITS: Words<Fit> = &[
    ("scale-down", Fit::ScaleDown),
    ("contain", Fit::Contain),
    ("cover", Fit::Cover),
    ("crop", Fit::Crop),
    ("pad", Fit::Pad),
    ("squeeze", Fit::Squeeze),
];
pub(crate) const FLIPS: Words<Flip> =
    &[("none", Flip::None), ("h", Flip::Horizontal), ("v", Flip::Vertical), ("hv", Flip::Both), ("vh", Flip::Both)];
pub(crate) const FORMATS: Words<Format> = &[
    ("avif", Format::Avif),
    ("jpeg", Format::Jpeg),
    ("jpg", Format::Jpeg),
    ("png", Format::Png),
    ("webp", Format::WebP),
];
pub(crate) const METADATA: Words<Metadata> =
    &[("none", Metadata::None), ("copyright", Metadata::Copyright), ("keep", Metadata::Keep)];
pub(crate) const OVERSIZE: Words<Oversize> = &[("scale-down", Oversize::ScaleDown), ("refuse", Oversize::Refuse)];
pub(crate) const ROTATIONS: Words<Rotation> =
    &[("0", Rotation::None), ("90", Rotation::Quarter), ("180", Rotation::Half), ("270", Rotation::ThreeQuarters)];
pub(crate) const GRAVITIES: Words<Gravity> = &[
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

pub(crate) const BOOLEANS: Words<bool> = &[("true", true), ("false", false)];
pub(crate) const TRIMS: Words<Trim> = &[("none", Trim::None), ("border", Trim::Border)];

fn word<T: Copy>(value: &str, words: Words<T>) -> Result<T, String> {
    let found = words.iter().find(|(word, _)| *word == value);
    found.map(|(_, meaning)| *meaning).ok_or_else(|| format!("allowed are {}", list(words)))
}

fn list<T>(words: Words<T>) -> String {
    words.iter().map(|(word, _)| *word).collect::<Vec<_>>().join(", ")
}

fn name<T: Copy + PartialEq>(meaning: T, words: Words<T>) -> &'static str {
    words.iter().find(|(_, m)| *m == meaning).map_or("", |(word, _)| word)
}

fn boolean(value: &str) -> Result<bool, String> {
    word(value, BOOLEANS)
}

/// Digits alone: no sign, no blank.
fn integer<T: FromStr + PartialOrd + Display>(value: &str, (least, most): (T, T)) -> Result<T, String> {
    let digits = value.bytes().all(|byte| byte.is_ascii_digit());
    match value.parse() {
        Ok(number) if digits && number >= least && number <= most => Ok(number),
        _ => Err(format!("allowed is a whole number from {least} to {most}")),
    }
}

/// Digits with at most one point: no sign, no exponent, no NaN.
fn decimal(value: &str, (least, most): (f32, f32)) -> Result<f32, String> {
    let plain = value.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
    match value.parse() {
        Ok(number) if plain && number >= least && number <= most => Ok(number),
        _ => Err(format!("allowed is a number from {least} to {most}")),
    }
}

/// A colour as CSS writes it (CSS Color 4), where commas can't come in the way: a name, or hex digits with `#` or
/// without.
fn color(value: &str) -> Result<Color, String> {
    let plain = value.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'#');
    match csscolorparser::parse(value) {
        Ok(color) if plain => {
            let [red, green, blue, alpha] = color.to_rgba8();
            Ok(Color { red, green, blue, alpha })
        }
        _ => Err("allowed is a CSS colour name, or hex digits: RGB, RRGGBB or RRGGBBAA".into()),
    }
}

fn gravity(value: &str) -> Result<Gravity, String> {
    if let Some((x, y)) = value.split_once('x')
        && let (Ok(x), Ok(y)) = (decimal(x, SHARE), decimal(y, SHARE))
    {
        return Ok(Gravity::Focus { x, y });
    }
    word(value, GRAVITIES).map_err(|words| format!("{words}, or a point such as 0.5x0.25"))
}

fn trim(value: &str) -> Result<Trim, String> {
    if let Ok(trim) = word(value, TRIMS) {
        return Ok(trim);
    }
    let sides: Option<Vec<u32>> = value.split(';').map(|side| integer(side, (0, MAX_SIDE)).ok()).collect();
    match sides.as_deref() {
        Some(&[top, right, bottom, left]) => Ok(Trim::Edges(Edges { top, right, bottom, left })),
        _ => Err(format!("allowed are border, or four numbers from 0 to {MAX_SIDE}: top;right;bottom;left")),
    }
}

impl FromStr for Recipe {
    type Err = InvalidRecipe;

    /// Reads `option=value`, separated by commas; an empty text is the default recipe.
    fn from_str(text: &str) -> Result<Self, InvalidRecipe> {
        let mut recipe = Self::default();
        for option in text.split(',').filter(|option| !option.is_empty()) {
            let (name, value) = option.split_once('=').unwrap_or((option, ""));
            apply_option(&mut recipe, name, value)?;
        }
        recipe.validate()?;
        Ok(recipe)
    }
}

impl Recipe {
    /// Checks every range, and what no option forbids by itself. Parsed recipes have passed it.
    ///
    /// # Errors
    /// Names the first option that is wrong.
    pub fn validate(&self) -> Result<(), InvalidRecipe> {
        // Writing and reading again is the check: what the text form can't say isn't allowed.
        let mut read = Self::default();
        for (option, value) in self.options() {
            apply_option(&mut read, option, &value)?;
        }
        let Encoding { format, lossless, .. } = self.encoding;
        if lossless && matches!(format, Format::Jpeg | Format::Avif) {
            return Err(InvalidRecipe {
                option: "lossless".into(),
                value: "true".into(),
                allowed: format!("{} can't be lossless here; allowed with webp and png", format.name()),
            });
        }
        Ok(())
    }

    /// The options that differ from the default, by their long names, sorted.
    #[must_use]
    pub fn options(&self) -> Vec<(&'static str, String)> {
        let Self { trim, flip, rotate, resize, background, blur, sharpen, encoding, metadata, animation } = self;
        let mut options = Vec::new();
        let mut put = |differs: bool, option, value: &dyn Display| {
            if differs {
                options.push((option, value.to_string()));
            }
        };
        put(!animation, "anim", animation);
        put(background.is_some(), "background", &background.unwrap_or(Color::WHITE));
        put(*blur != 0.0, "blur", blur);
        put(resize.dpr != 1.0, "dpr", &resize.dpr);
        put(encoding.effort.is_some(), "effort", &encoding.effort.unwrap_or_default());
        put(resize.fit != Fit::ScaleDown, "fit", &name(resize.fit, FITS));
        put(*flip != Flip::None, "flip", &name(*flip, FLIPS));
        put(encoding.format != Format::WebP, "format", &encoding.format.name());
        put(resize.gravity != Gravity::Center, "gravity", &resize.gravity);
        put(resize.height.is_some(), "height", &resize.height.unwrap_or_default());
        put(encoding.lossless, "lossless", &encoding.lossless);
        put(encoding.max_bytes.is_some(), "max-bytes", &encoding.max_bytes.unwrap_or_default());
        put(*metadata != Metadata::None, "metadata", &name(*metadata, METADATA));
        put(encoding.oversize != Oversize::ScaleDown, "oversize", &name(encoding.oversize, OVERSIZE));
        put(encoding.quality.is_some(), "quality", &encoding.quality.unwrap_or_default());
        put(*rotate != Rotation::None, "rotate", &name(*rotate, ROTATIONS));
        put(*sharpen != 0.0, "sharpen", sharpen);
        put(*trim != Trim::None, "trim", trim);
        put(resize.width.is_some(), "width", &resize.width.unwrap_or_default());
        options
    }
}

/// The canonical text: options by their long names, sorted, without those that are the default.
impl Display for Recipe {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let options: Vec<_> = self.options().iter().map(|(option, value)| format!("{option}={value}")).collect();
        f.write_str(&options.join(","))
    }
}

impl Display for Color {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { red, green, blue, alpha } = self;
        write!(f, "{red:02x}{green:02x}{blue:02x}")?;
        if *alpha == 255 { Ok(()) } else { write!(f, "{alpha:02x}") }
    }
}

impl Display for Gravity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Focus { x, y } => write!(f, "{x}x{y}"),
            other => f.write_str(name(*other, GRAVITIES)),
        }
    }
}

impl Display for Trim {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::None => f.write_str("none"),
            Self::Border => f.write_str("border"),
            Self::Edges(Edges { top, right, bottom, left }) => write!(f, "{top};{right};{bottom};{left}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn spellings_have_one_canonical_form() {
        for (text, canonical) in [
            ("", ""),
            ("width=800,format=webp,quality=75", "quality=75,width=800"),
            ("q=75,w=800", "quality=75,width=800"),
            ("h=10,w=20,fit=cover,g=0.5x1", "fit=cover,gravity=0.5x1,height=10,width=20"),
            ("f=jpg,fit=scale-down,dpr=1,anim=true", "format=jpeg"),
            ("background=red", "background=ff0000"),
            ("background=#00f8", "background=0000ff88"),
            ("trim=1;2;3;4,rotate=90,flip=vh", "flip=hv,rotate=90,trim=1;2;3;4"),
            ("w=1,w=2", "width=2"),
        ] {
            assert_eq!(text.parse::<Recipe>().expect(text).to_string(), canonical, "{text}");
        }
    }

    #[test]
    fn a_wrong_option_is_named_with_what_is_allowed() {
        for (text, message) in [
            ("width=0", "width=0: allowed is a whole number from 1 to 65535"),
            ("width=+5", "width=+5: allowed is a whole number from 1 to 65535"),
            ("quality=101", "quality=101: allowed is a whole number from 1 to 100"),
            ("dpr=1e0", "dpr=1e0: allowed is a number from 1 to 4"),
            ("blur=NaN", "blur=NaN: allowed is a number from 0 to 250"),
            ("fit=fill", "fit=fill: allowed are scale-down, contain, cover, crop, pad, squeeze"),
            ("rotate=45", "rotate=45: allowed are 0, 90, 180, 270"),
            ("lossless=true,format=jpeg", "lossless=true: jpeg can't be lossless here; allowed with webp and png"),
        ] {
            assert_eq!(text.parse::<Recipe>().expect_err(text).to_string(), message);
        }
        let unknown = "colour=red".parse::<Recipe>().expect_err("unknown").to_string();
        assert!(unknown.starts_with("colour=red: unknown option; known are anim"), "{unknown}");
    }

    proptest! {
        #[test]
        fn any_text_is_a_recipe_or_an_error_and_canonical_text_is_a_fixed_point(text in "[a-z0-9=,.;#x-]{0,60}") {
            if let Ok(recipe) = text.parse::<Recipe>() {
                let canonical = recipe.to_string();
                let again: Recipe = canonical.parse().expect("canonical text");
                prop_assert_eq!(&again, &recipe);
                prop_assert_eq!(again.to_string(), canonical);
            }
        }

        #[test]
        fn options_round_trip(
            w in 1u32..5000, q in 1u8..=100, dpr in 1f32..4.0, blur in 0f32..250.0, x in 0f32..1.0, y in 0f32..1.0,
        ) {
            let text = format!("w={w},q={q},dpr={dpr},blur={blur},g={x}x{y}");
            let recipe: Recipe = text.parse().expect("in range");
            prop_assert_eq!(recipe.to_string().parse::<Recipe>().expect("canonical"), recipe);
        }
    }
}
