//! What the text form knows, as data: for edges that read URLs without this code.

use crate::text::{
    BLUR, BOOLEANS, BYTES, DPR, EFFORT, FITS, FLIPS, FORMATS, GRAVITIES, METADATA, OVERSIZE, QUALITY, ROTATIONS,
    SHARPEN, SIDE, TRIMS, Words,
};
use crate::{Recipe, apply_option};

/// What may stand after an option's name.
#[derive(Clone, Debug, PartialEq)]
pub enum Values {
    /// One of these words, each with its canonical one, which is empty where the option then is the default.
    Words(Vec<(&'static str, String)>),
    /// A whole number from the first to the second.
    Whole(u64, u64),
    /// A decimal number from the first to the second; the third is the default.
    Decimal(f32, f32, f32),
}

/// Every option by its long name, except `background`, which is a colour. `gravity` is also a point, `0.5x0.25`, and
/// `trim` four whole numbers.
#[must_use]
pub fn vocabulary() -> Vec<(&'static str, Values)> {
    let plain = Recipe::default();
    let whole = |(least, most): (u32, u32)| Values::Whole(least.into(), most.into());
    let small = |(least, most): (u8, u8)| Values::Whole(least.into(), most.into());
    vec![
        ("anim", words("anim", BOOLEANS)),
        ("blur", Values::Decimal(BLUR.0, BLUR.1, plain.blur)),
        ("dpr", Values::Decimal(DPR.0, DPR.1, plain.resize.dpr)),
        ("effort", small(EFFORT)),
        ("fit", words("fit", FITS)),
        ("flip", words("flip", FLIPS)),
        ("format", named(FORMATS)),
        ("gravity", words("gravity", GRAVITIES)),
        ("height", whole(SIDE)),
        ("lossless", words("lossless", BOOLEANS)),
        ("max-bytes", Values::Whole(BYTES.0, BYTES.1)),
        ("metadata", words("metadata", METADATA)),
        ("oversize", words("oversize", OVERSIZE)),
        ("quality", small(QUALITY)),
        ("rotate", words("rotate", ROTATIONS)),
        ("sharpen", Values::Decimal(SHARPEN.0, SHARPEN.1, plain.sharpen)),
        ("trim", words("trim", TRIMS)),
        ("width", whole(SIDE)),
    ]
}

/// Short names, and what each stands for.
pub const SHORT_NAMES: [(&str, &str); 6] =
    [("bg", "background"), ("f", "format"), ("g", "gravity"), ("h", "height"), ("q", "quality"), ("w", "width")];

/// Reading a word and writing what it means gives the canonical one.
fn words<T>(option: &'static str, words: Words<T>) -> Values {
    let canonical = |word: &str| {
        let mut recipe = Recipe::default();
        apply_option(&mut recipe, option, word).expect("a word of the table");
        let written = recipe.options().into_iter().find(|(name, _)| *name == option);
        written.map(|(_, value)| value).unwrap_or_default()
    };
    Values::Words(words.iter().map(|(word, _)| (*word, canonical(word))).collect())
}

/// A URL that names the default format means it, and one that names none does not.
fn named(formats: Words<crate::Format>) -> Values {
    Values::Words(formats.iter().map(|(word, format)| (*word, format.name().to_owned())).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reads(option: &str, value: &str) -> bool {
        apply_option(&mut Recipe::default(), option, value).is_ok()
    }

    #[test]
    fn the_vocabulary_is_what_is_read() {
        for (option, values) in vocabulary() {
            let (right, wrong) = match values {
                Values::Words(words) => (words.iter().map(|(word, _)| (*word).to_owned()).collect(), vec!["no".into()]),
                Values::Whole(least, most) => {
                    (vec![least.to_string(), most.to_string()], vec![(u128::from(most) + 1).to_string()])
                }
                Values::Decimal(least, most, default) => {
                    (vec![least.to_string(), most.to_string(), default.to_string()], vec![(most + 0.1).to_string()])
                }
            };
            assert!(right.iter().all(|value| reads(option, value)), "{option}: {right:?}");
            assert!(!wrong.iter().any(|value| reads(option, value)), "{option}: {wrong:?}");
        }
        for (short, long) in SHORT_NAMES {
            let value = match vocabulary().into_iter().find(|(name, _)| *name == long) {
                Some((_, Values::Words(words))) => words[0].0,
                Some(_) => "9",
                None => "red",
            };
            assert!(reads(short, value) && reads(long, value), "{short}");
        }
    }
}
