//! Assigns names to outputs, so that no two photos share one.

use std::collections::HashMap;

use icu_normalizer::ComposingNormalizerBorrowed;

use crate::sources::Source;

/// The name from which a photo's output names are derived.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Name {
    /// The source's key.
    pub(crate) key: String,
    /// The key without its extension, or with it if another photo of the same run has the same stem.
    pub(crate) stem: String,
}

/// A name for each source, in the same order. For a source whose outputs would overwrite an earlier one's, the index of
/// that one.
pub(crate) fn assign(sources: &[Source]) -> Vec<Result<Name, usize>> {
    let mut sharing: HashMap<String, u32> = HashMap::new();
    for source in sources {
        *sharing.entry(folded(stem(&source.key))).or_default() += 1;
    }
    let mut owners = HashMap::new();
    let name = |(index, source): (usize, &Source)| {
        let alone = sharing.get(&folded(stem(&source.key))) == Some(&1);
        let stem = if alone { stem(&source.key) } else { &source.key };
        let owner = *owners.entry(folded(stem)).or_insert(index);
        if owner == index { Ok(Name { key: source.key.clone(), stem: stem.into() }) } else { Err(owner) }
    };
    sources.iter().enumerate().map(name).collect()
}

fn stem(key: &str) -> &str {
    let file = key.rfind('/').map_or(0, |slash| slash + 1);
    match key[file..].rfind('.') {
        Some(dot) if dot > 0 => &key[..file + dot],
        _ => key,
    }
}

/// Some file systems take `A` and `a` for the same name, and `é` in one character and in two.
fn folded(name: &str) -> String {
    ComposingNormalizerBorrowed::new_nfc().normalize(&name.to_lowercase()).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stems(keys: &[&str]) -> Vec<Result<String, usize>> {
        let sources: Vec<_> = keys.iter().map(|key| Source { path: key.into(), key: (*key).into() }).collect();
        assign(&sources).into_iter().map(|name| name.map(|name| name.stem)).collect()
    }

    #[test]
    fn a_stem_that_is_shared_keeps_its_extension() {
        assert_eq!(stems(&["a.jpg", "b.jpg"]), [Ok("a".into()), Ok("b".into())]);
        assert_eq!(stems(&["x/a.jpg", "x/a.png"]), [Ok("x/a.jpg".into()), Ok("x/a.png".into())]);
        assert_eq!(stems(&["x/a.jpg", "y/a.png"]), [Ok("x/a".into()), Ok("y/a".into())]);
        assert_eq!(stems(&["a.JPG", "A.png"]), [Ok("a.JPG".into()), Ok("A.png".into())]);
        let (composed, decomposed) = ("caf\u{e9}.jpg", "CAFE\u{301}.png");
        assert_eq!(stems(&[composed, decomposed]), [Ok(composed.into()), Ok(decomposed.into())]);
        assert_eq!(stems(&["v1.2/a", ".b"]), [Ok("v1.2/a".into()), Ok(".b".into())]);
    }

    #[test]
    fn what_would_overwrite_another_names_it() {
        assert_eq!(stems(&["b.png", "a.jpg", "a.jpg"]), [Ok("b".into()), Ok("a.jpg".into()), Err(1)]);
        assert_eq!(stems(&["a.jpg", "a.png", "a.jpg.png"])[2], Err(0));
        assert_eq!(stems(&["\u{e9}.jpg", "e\u{301}.jpg"])[1], Err(0));
    }
}
