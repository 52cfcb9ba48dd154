//! The text form: options separated by commas, with the words and short forms of Cloudflare Images.

use std::fmt::{self, Display};
use std::str::FromStr;

use crate::value::one_of;
use crate::{Format, OPTIONS, Recipe};

/// An invalid recipe. The message names the option, its value and the expected values.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{option}={value}: {allowed}")]
pub struct InvalidRecipe {
    /// The option's name as it was written.
    pub option: String,
    /// Its value as it was written.
    pub value: String,
    /// A description of the valid values.
    pub allowed: String,
}

/// Sets one option of `recipe`, such as `width` to `800`. A later option replaces an earlier one with the same name.
///
/// # Errors
/// If the option is unknown or does not accept the value; `recipe` is then unchanged.
pub fn apply_option(recipe: &mut Recipe, option: &str, value: &str) -> Result<(), InvalidRecipe> {
    let invalid = |allowed| InvalidRecipe { option: option.into(), value: value.into(), allowed };
    let Some(row) = OPTIONS.iter().find(|row| row.name == option || row.short == Some(option)) else {
        let names: Vec<_> = OPTIONS.iter().map(|row| row.name).collect();
        return Err(invalid(format!("unknown option; must be {}", one_of(&names))));
    };
    let read = (row.field.read)(recipe, value, row.kind);
    if read { Ok(()) } else { Err(invalid(format!("must be {}", row.kind.expected()))) }
}

impl FromStr for Recipe {
    type Err = InvalidRecipe;

    /// Reads `option=value` pairs, separated by commas; an empty text is the default recipe.
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
    /// Checks every range, and the rules that involve several options. Parsed recipes have already passed.
    ///
    /// # Errors
    /// Names the first invalid option.
    pub fn validate(&self) -> Result<(), InvalidRecipe> {
        // The check is a round trip: a value that the text form can't express is invalid.
        let mut read = Self::default();
        for (option, value) in self.options() {
            apply_option(&mut read, option, &value)?;
        }
        match self.encoding.formats().find(|format| !format.can_be_lossless()) {
            Some(format) if self.encoding.lossless => Err(InvalidRecipe {
                option: "lossless".into(),
                value: "true".into(),
                allowed: format!("must be false with {}; {} can be lossless", format.name(), lossless()),
            }),
            _ => Ok(()),
        }
    }
}

/// The formats that can be lossless, as a phrase.
fn lossless() -> String {
    let names: Vec<&str> = Format::encodable().filter(|format| format.can_be_lossless()).map(Format::name).collect();
    match names.split_last() {
        Some((last, others)) if !others.is_empty() => format!("{} and {last}", others.join(", ")),
        _ => names.concat(),
    }
}

/// The canonical text: options by their long names, sorted, without those that have their defaults.
impl Display for Recipe {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let options: Vec<_> = self.options().iter().map(|(option, value)| format!("{option}={value}")).collect();
        f.write_str(&options.join(","))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::Kind;

    #[test]
    fn spellings_have_one_canonical_form() {
        for (text, canonical) in [
            ("", ""),
            ("width=800,format=webp,quality=75", "quality=75,width=800"),
            ("q=75,w=800", "quality=75,width=800"),
            ("h=10,w=20,fit=cover,g=0.5x1", "fit=cover,gravity=0.5x1,height=10,width=20"),
            ("f=jpg,fit=scale-down,dpr=1,anim=true", "format=jpeg"),
            ("f=jpg;png", "format=jpeg;png"),
            ("f=webp;png;webp", "format=webp;png"),
            ("f=png,f=webp", ""),
            ("background=red", "background=ff0000"),
            ("background=#00f8", "background=0000ff88"),
            ("trim=1;2;3;4,rotate=90,flip=vh", "flip=hv,rotate=90,trim=1;2;3;4"),
            ("w=1,w=2", "width=2"),
        ] {
            assert_eq!(text.parse::<Recipe>().expect(text).to_string(), canonical, "{text}");
        }
    }

    #[test]
    fn a_wrong_option_is_named_with_what_is_expected() {
        for (text, message) in [
            ("width=0", "width=0: must be an integer from 1 to 65535"),
            ("width=+5", "width=+5: must be an integer from 1 to 65535"),
            ("quality=101", "quality=101: must be an integer from 1 to 100"),
            ("max-bytes=0", "max-bytes=0: must be an integer of at least 1"),
            ("dpr=1e0", "dpr=1e0: must be a number from 1 to 4"),
            ("blur=NaN", "blur=NaN: must be a number from 0 to 250"),
            ("fit=fill", "fit=fill: must be scale-down, contain, cover, crop, pad or squeeze"),
            ("rotate=45", "rotate=45: must be 0, 90, 180 or 270"),
            ("anim=no", "anim=no: must be true or false"),
            ("frame=0", "frame=0: must be an integer from 1 to 4294967295"),
            (
                "format=bmp",
                "format=bmp: must be avif, gif, jpeg, jpg, jxl, png, webp, or several in the order of preference, such as jpeg;png",
            ),
            ("lossless=true,format=jpeg", "lossless=true: must be false with jpeg; webp, png and jxl can be lossless"),
        ] {
            assert_eq!(text.parse::<Recipe>().expect_err(text).to_string(), message);
        }
        let unknown = "colour=red".parse::<Recipe>().expect_err("unknown").to_string();
        assert!(unknown.starts_with("colour=red: unknown option; must be anim, background, blur"), "{unknown}");
    }

    #[test]
    fn rows_are_sorted_and_read_their_own_bounds() {
        assert!(OPTIONS.is_sorted_by_key(|row| row.name));
        for row in OPTIONS {
            let reads = |value: &str| apply_option(&mut Recipe::default(), row.name, value).is_ok();
            let (right, wrong) = match row.kind {
                Kind::Words(words) | Kind::WordsOr(words, _) => {
                    (words().into_iter().map(String::from).collect(), "no".into())
                }
                Kind::Integer(least, most) => {
                    (vec![least.to_string(), most.to_string()], (u128::from(most) + 1).to_string())
                }
                Kind::Decimal(least, most) => (vec![least.to_string(), most.to_string()], (most + 0.1).to_string()),
                Kind::Text(_) => (vec!["red".into()], "no".into()),
            };
            assert!(right.iter().all(|value: &String| reads(value)), "{}: {right:?}", row.name);
            assert!(!reads(&wrong), "{}={wrong}", row.name);
        }
    }

    #[test]
    fn what_follows_from_a_recipe() {
        let recipe = |text: &str| text.parse::<Recipe>().expect(text);
        for (text, costly) in [
            ("width=9,quality=5,format=png", None),
            ("effort=0", None),
            ("effort=1", Some("effort")),
            ("max-bytes=9,lossless=true", Some("lossless")),
            ("oversize=refuse", Some("oversize")),
        ] {
            assert_eq!(recipe(text).costly(), costly, "{text}");
        }
        for (text, changes, all) in [
            ("width=9,fit=cover,background=red", false, false),
            ("gravity=auto", false, true),
            ("gravity=top", false, false),
            ("trim=border", true, true),
            ("trim=1;1;1;1", true, false),
            ("blur=1", true, false),
        ] {
            assert_eq!((recipe(text).changes_pixels(), recipe(text).needs_all_pixels()), (changes, all), "{text}");
        }
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
