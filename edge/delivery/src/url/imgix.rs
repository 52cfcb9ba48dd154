//! The parameters of imgix's URLs, for the query. Options that imgix lacks, or has on another scale (`blur`), are as in
//! the path.
//!
//! | parameter | here |
//! |---|---|
//! | `w`, `h`, `q`, `dpr`, and `width`, `height`, `quality` | as in the path |
//! | `fm`, and `format` | `format`; `pjpg` is JPEG, `png32` PNG |
//! | `auto` | `format` and `compress`, both without effect: they are the default |
//! | `fit` | see [`FITS`] |
//! | `crop` | `gravity`; `entropy` and `edges` are `auto` |
//! | `bg`, `rot` | `background`, `rotate` |
//! | `trim` | `auto` is `border` |

use darkroom_recipe::{InvalidRecipe, one_of};

use crate::Options;
use crate::url::cloudflare;

/// imgix's word, and the one in the path. Where imgix has none, the path's own word is used.
pub(crate) const FITS: &[(&str, &str)] = &[
    ("clip", "contain"),
    ("max", "scale-down"),
    ("crop", "cover"),
    // imgix also crops a source that is too small; `crop` leaves it whole.
    ("min", "crop"),
    ("scale", "squeeze"),
    ("fill", "pad"),
    ("scale-down", "scale-down"),
    ("contain", "contain"),
    ("cover", "cover"),
    ("pad", "pad"),
    ("squeeze", "squeeze"),
];

pub(crate) const CROPS: &[(&str, &str)] = &[
    ("center", "center"),
    ("top", "top"),
    ("bottom", "bottom"),
    ("left", "left"),
    ("right", "right"),
    ("top,left", "top-left"),
    ("left,top", "top-left"),
    ("top,right", "top-right"),
    ("right,top", "top-right"),
    ("bottom,left", "bottom-left"),
    ("left,bottom", "bottom-left"),
    ("bottom,right", "bottom-right"),
    ("right,bottom", "bottom-right"),
    ("entropy", "auto"),
    ("edges", "auto"),
];

pub(crate) const FORMATS: &[(&str, &str)] = &[
    ("avif", "avif"),
    ("webp", "webp"),
    ("jpg", "jpeg"),
    ("jpeg", "jpeg"),
    ("pjpg", "jpeg"),
    ("png", "png"),
    ("png32", "png"),
    ("gif", "gif"),
    ("jxl", "jxl"),
    ("json", "json"),
];

/// Applies one decoded parameter to `options`.
///
/// # Errors
/// The parameter is unknown, or its value is not allowed.
pub(crate) fn apply(options: &mut Options, name: &str, value: &str) -> Result<(), InvalidRecipe> {
    let word = |words| word(name, value, words);
    match name {
        "fit" => cloudflare::apply(options, "fit", word(FITS)?),
        "crop" => cloudflare::apply(options, "gravity", word(CROPS)?),
        "fm" => cloudflare::apply(options, "format", word(FORMATS)?),
        "trim" if value == "auto" => cloudflare::apply(options, "trim", "border"),
        "rot" => rename(options, name, "rotate", value),
        "auto" => match value.split(',').find(|word| !matches!(*word, "format" | "compress")) {
            None => Ok(()),
            Some(_) => Err(wrong(name, value, "must be format, compress or both".into())),
        },
        _ => cloudflare::apply(options, name, value),
    }
}

fn rename(options: &mut Options, name: &str, to: &str, value: &str) -> Result<(), InvalidRecipe> {
    cloudflare::apply(options, to, value).map_err(|error| wrong(name, value, error.allowed))
}

fn word(name: &str, value: &str, words: &[(&'static str, &'static str)]) -> Result<&'static str, InvalidRecipe> {
    words.iter().find(|(word, _)| *word == value).map(|(_, meaning)| *meaning).ok_or_else(|| {
        let words: Vec<&str> = words.iter().map(|(word, _)| *word).collect();
        wrong(name, value, format!("must be {}", one_of(&words)))
    })
}

fn wrong(name: &str, value: &str, allowed: String) -> InvalidRecipe {
    InvalidRecipe { option: name.into(), value: value.into(), allowed }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(parameters: &[(&str, &str)]) -> Result<String, String> {
        let mut options = Options::default();
        for (name, value) in parameters {
            apply(&mut options, name, value).map_err(|error| error.to_string())?;
        }
        options.finish().map(|options| options.to_string()).map_err(|error| error.to_string())
    }

    #[test]
    fn imgix_words_mean_ours() {
        for (parameters, canonical) in [
            (&[("w", "80"), ("auto", "format,compress")][..], "width=80"),
            (&[("width", "80"), ("quality", "50"), ("format", "webp")], "format=webp,quality=50,width=80"),
            (
                &[("w", "80"), ("h", "60"), ("fit", "crop"), ("crop", "top,left")],
                "fit=cover,gravity=top-left,height=60,width=80",
            ),
            (&[("w", "80"), ("fit", "max")], "width=80"),
            (&[("w", "80"), ("fit", "min")], "fit=crop,width=80"),
            (&[("w", "80"), ("fit", "clip"), ("fm", "pjpg")], "fit=contain,format=jpeg,width=80"),
            (&[("w", "80"), ("dpr", "2"), ("bg", "fff"), ("rot", "90")], "background=ffffff,rotate=90,width=160"),
            (&[("preset", "small")], "preset=small"),
        ] {
            assert_eq!(read(parameters).as_deref(), Ok(canonical), "{parameters:?}");
        }
    }

    #[test]
    fn other_words_are_refused() {
        for (parameter, start) in [
            (("fit", "facearea"), "fit=facearea: must be clip, max, crop, min, scale, fill"),
            (("fm", "mp4"), "fm=mp4: must be avif, webp, jpg"),
            (("auto", "format,enhance"), "auto=format,enhance: must be format, compress or both"),
            (("crop", "faces"), "crop=faces: must be center, top"),
            (("rot", "45"), "rot=45: must be 0, 90, 180 or 270"),
            (("sharp", "5"), "sharp=5: unknown option"),
        ] {
            let message = read(&[parameter]).expect_err("refused");
            assert!(message.starts_with(start), "{message}");
        }
    }
}
