//! The option names of Cloudflare Images' URLs, for the path. They are the recipe's names, and these in addition:
//!
//! | option | values |
//! |---|---|
//! | `format`, `f` | also `auto`, `json`, `baseline-jpeg` (JPEG at effort 0, which is not progressive) |
//! | `quality`, `q` | also `high` (90), `medium-high` (80), `medium-low` (65), `low` (50): numbers of our own |
//! | `slow-connection-quality`, `scq` | as `quality` |
//! | `width`, `w` | also `auto` |
//! | `compression` | `fast`: effort 0 |
//! | `background` | also CSS colour functions |
//! | `trim.top`, `.right`, `.bottom`, `.left` | one side of `trim`, in pixels |
//! | `onerror` | `redirect` |
//! | `preset` | ours: a preset's name |
//!
//! Not supported: options that need the source's size before the recipe is known (`trim.width`, `trim.height`,
//! fractions of a side), `trim.border.*`, `gravity=face`, `fit=aspect-crop` and `scale-up`, `border`, `brightness`,
//! `contrast`, `gamma`, `saturation`, `segment`, `upscale`, `zoom`, and the options that tune `width=auto`.
//!
//! A later option replaces an earlier one with the same meaning, as in a recipe.

use darkroom_recipe::{Edges, Format, InvalidRecipe, Recipe, Trim, apply_option, one_of};

use crate::{FormatChoice, Options};

/// The last part of an [`InvalidRecipe`] that describes the error.
type Result<T> = std::result::Result<T, String>;

/// Applies one option to `options`.
///
/// # Errors
/// The option is unknown, or its value is not allowed.
pub(crate) fn apply(options: &mut Options, name: &str, value: &str) -> std::result::Result<(), InvalidRecipe> {
    set(options, name, value).map_err(|allowed| InvalidRecipe { option: name.into(), value: value.into(), allowed })
}

fn set(options: &mut Options, name: &str, value: &str) -> Result<()> {
    let encoding = &mut options.recipe.encoding;
    match name {
        "width" | "w" => set_width(options, value)?,
        "format" | "f" => set_format(options, value)?,
        "quality" | "q" => encoding.quality = Some(quality(value)?),
        "slow-connection-quality" | "scq" => options.slow_quality = Some(quality(value)?),
        "compression" => encoding.effort = Some(only(value, "fast", 0)?),
        "onerror" => options.redirect_on_error = only(value, "redirect", true)?,
        "preset" => options.preset = Some(preset(value)?),
        "background" | "bg" if value.contains('(') => forward(&mut options.recipe, name, &color(value)?)?,
        _ => match name.strip_prefix("trim.") {
            Some(side) => trim_side(&mut options.recipe, side, value)?,
            None => forward(&mut options.recipe, name, value)?,
        },
    }
    Ok(())
}

const MORE: &str = "; in URLs also compression, onerror, preset, slow-connection-quality, trim.top, trim.right, \
                    trim.bottom, trim.left";

fn forward(recipe: &mut Recipe, name: &str, value: &str) -> Result<()> {
    apply_option(recipe, name, value).map_err(|error| {
        let more = if error.allowed.starts_with("unknown option") { MORE } else { "" };
        error.allowed + more
    })
}

fn set_width(options: &mut Options, value: &str) -> Result<()> {
    options.auto_width = value == "auto";
    if options.auto_width {
        options.recipe.resize.width = None;
        return Ok(());
    }
    forward(&mut options.recipe, "width", value).map_err(|allowed| format!("{allowed}, or auto"))
}

fn set_format(options: &mut Options, value: &str) -> Result<()> {
    let recipe = &mut options.recipe;
    options.format = match value {
        "auto" => FormatChoice::Auto,
        "json" => FormatChoice::Json,
        "baseline-jpeg" => {
            recipe.encoding.effort = Some(0);
            forward(recipe, "format", "jpeg")?;
            FormatChoice::Fixed
        }
        format => {
            let one = forward(recipe, "format", format).is_ok() && recipe.encoding.alternatives.is_empty();
            if !one {
                return Err(format!(
                    "must be {}",
                    one_of(&[&encodable()[..], &["baseline-jpeg", "auto", "json"]].concat())
                ));
            }
            FormatChoice::Fixed
        }
    };
    if options.format != FormatChoice::Fixed {
        recipe.encoding.format = Recipe::default().encoding.format;
    }
    Ok(())
}

/// A URL names one format; `auto` is the exception, a preference among several.
fn encodable() -> Vec<&'static str> {
    let words = |format: Format| [&[format.name()], format.info().aliases].concat();
    let mut words: Vec<_> = Format::encodable().flat_map(words).collect();
    words.sort_unstable();
    words
}

/// Cloudflare's quality words, with numbers of our own.
pub(crate) const QUALITIES: [(&str, u8); 4] = [("high", 90), ("medium-high", 80), ("medium-low", 65), ("low", 50)];

fn quality(value: &str) -> Result<u8> {
    if let Some((_, quality)) = QUALITIES.into_iter().find(|(word, _)| *word == value) {
        return Ok(quality);
    }
    let mut recipe = Recipe::default();
    forward(&mut recipe, "quality", value)
        .map_err(|allowed| format!("{allowed}, or high, medium-high, medium-low, low"))?;
    Ok(recipe.encoding.quality())
}

fn only<T>(value: &str, word: &str, meaning: T) -> Result<T> {
    if value == word { Ok(meaning) } else { Err(format!("must be {word}")) }
}

/// The syntax of presets' names; the configuration knows which exist.
pub(crate) fn preset(name: &str) -> Result<String> {
    let character = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    let valid = (1..=64).contains(&name.len()) && name.bytes().all(character);
    if valid { Ok(name.into()) } else { Err("must be from 1 to 64 lower-case letters, digits and hyphens".into()) }
}

/// A CSS colour function, such as `rgb(240,40,145)` or `hsl(120 100% 50% / 50%)`, as hexadecimal digits. A plus is a
/// space: @nuxt/image writes it so.
fn color(value: &str) -> Result<String> {
    let color = csscolorparser::parse(&value.replace('+', " "))
        .map_err(|_| "must be a CSS colour: a name, hexadecimal digits, or rgb(), rgba(), hsl() and the like")?;
    Ok(color.to_rgba8().iter().map(|channel| format!("{channel:02x}")).collect())
}

fn trim_side(recipe: &mut Recipe, side: &str, value: &str) -> Result<()> {
    let mut edges = match recipe.trim {
        Trim::Edges(edges) => edges,
        Trim::None | Trim::Border => Edges::default(),
    };
    let edge = match side {
        "top" => &mut edges.top,
        "right" => &mut edges.right,
        "bottom" => &mut edges.bottom,
        "left" => &mut edges.left,
        _ => return Err("unknown option; must be trim.top, trim.right, trim.bottom or trim.left".into()),
    };
    let mut pixels = Recipe::default();
    forward(&mut pixels, "trim", &format!("{value};0;0;0"))
        .map_err(|_| "must be an integer from 0 to 65535".to_owned())?;
    if let Trim::Edges(Edges { top, .. }) = pixels.trim {
        *edge = top;
    }
    recipe.trim = Trim::Edges(edges);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> std::result::Result<Options, InvalidRecipe> {
        let mut options = Options::default();
        for option in text.split(',').filter(|option| !option.is_empty()) {
            let (name, value) = option.split_once('=').unwrap_or((option, ""));
            apply(&mut options, name, value)?;
        }
        options.finish()
    }

    #[test]
    fn options_have_one_canonical_form() {
        for (text, canonical) in [
            ("format=auto", ""),
            (
                "w=800,h=600,fit=cover,g=left,q=75,f=avif",
                "fit=cover,format=avif,gravity=left,height=600,quality=75,width=800",
            ),
            ("f=webp,w=80", "format=webp,width=80"),
            ("format=json,width=80", "format=json,width=80"),
            ("f=webp,f=auto", ""),
            ("f=baseline-jpeg", "effort=0,format=jpeg"),
            ("compression=fast", "effort=0"),
            ("q=high", "quality=90"),
            ("scq=low,q=medium-high", "quality=80,slow-connection-quality=50"),
            ("width=auto,dpr=2", "dpr=2,width=auto"),
            ("width=auto,w=80", "width=80"),
            ("w=80,width=auto", "width=auto"),
            ("w=100,h=50,dpr=1.5", "height=75,width=150"),
            ("dpr=3", ""),
            ("fit=cover,g=0.5x0.25", ""),
            ("w=80,g=left,fit=cover", "fit=cover,width=80"),
            ("w=80,h=80,g=left", "height=80,width=80"),
            ("trim.left=5,trim.top=0", "trim=0;0;0;5"),
            ("trim=1;2;3;4,trim.right=9", "trim=1;9;3;4"),
            ("background=rgb(240 40 145)", "background=f02891"),
            ("background=rgb(240+40+145+/+50%)", "background=f0289180"),
            ("background=#fff", "background=ffffff"),
            ("onerror=redirect,preset=small,f=jpeg", "format=jpeg,onerror=redirect,preset=small"),
            ("w=1,w=2", "width=2"),
        ] {
            let options = read(text).expect(text);
            assert_eq!(options.to_string(), canonical, "{text}");
            assert_eq!(read(canonical).expect(canonical), options, "{text}");
        }
    }

    #[test]
    fn a_wrong_option_is_named_with_what_is_allowed() {
        for (text, message) in [
            ("width=big", "width=big: must be an integer from 1 to 65535, or auto"),
            ("format=bmp", "format=bmp: must be avif, gif, jpeg, jpg, jxl, png, webp, baseline-jpeg, auto or json"),
            ("scq=best", "scq=best: must be an integer from 1 to 100, or high, medium-high, medium-low, low"),
            ("compression=slow", "compression=slow: must be fast"),
            ("onerror=ignore", "onerror=ignore: must be redirect"),
            ("preset=Small", "preset=Small: must be from 1 to 64 lower-case letters, digits and hyphens"),
            ("preset=small,width=80", "width=80: must not stand beside preset: only format and onerror may"),
            ("trim.top=0.5", "trim.top=0.5: must be an integer from 0 to 65535"),
            ("trim.width=5", "trim.width=5: unknown option; must be trim.top, trim.right, trim.bottom or trim.left"),
            ("w=60000,dpr=2", "dpr=2: 60000 times that is 120000 pixels, must be at most 65535"),
            ("lossless=true,f=avif", "lossless=true: must be false with avif; webp, png and jxl can be lossless"),
        ] {
            assert_eq!(read(text).expect_err(text).to_string(), message);
        }
        let unknown = read("colour=red").expect_err("unknown").to_string();
        assert!(
            unknown.starts_with("colour=red: unknown option; must be anim") && unknown.ends_with(MORE),
            "{unknown}"
        );
    }
}
