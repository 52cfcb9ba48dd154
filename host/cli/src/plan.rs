//! The outputs to make of every photo.

use std::fmt;

use darkroom_recipe::{Preset, Recipe};

use crate::names::Name;

/// The preset whose output counts as the compressed photo.
const COMPRESSED: &str = "compressed";

/// One output of every photo.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Wanted {
    pub(crate) kind: Kind,
    pub(crate) recipe: Recipe,
}

/// The column and folder of an output.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Compressed,
    /// With its preset's name.
    Thumbnail(String),
    /// With its recipe's canonical text.
    Variant(String),
}

/// The named presets and given recipes, without duplicates; all presets if there are neither.
pub(crate) fn plan(presets: &[String], recipes: &[Recipe]) -> Vec<Wanted> {
    let all = presets.is_empty() && recipes.is_empty();
    let chosen = Preset::builtin().into_iter().filter(|preset| all || presets.contains(&preset.name));
    let mut wanted: Vec<Wanted> = chosen.map(Wanted::from).collect();
    for recipe in recipes {
        let variant = Wanted { kind: Kind::Variant(recipe.to_string()), recipe: recipe.clone() };
        if !wanted.contains(&variant) {
            wanted.push(variant);
        }
    }
    wanted
}

/// Describes everything besides the source that the outputs depend on: two plans with the same text make the same
/// files.
pub(crate) fn describe(wanted: &[Wanted]) -> String {
    let part = |wanted: &Wanted| format!("{}:{}", wanted.kind, wanted.recipe);
    wanted.iter().map(part).collect::<Vec<_>>().join(" ")
}

impl From<Preset> for Wanted {
    fn from(Preset { name, recipe }: Preset) -> Self {
        let kind = if name == COMPRESSED { Kind::Compressed } else { Kind::Thumbnail(name) };
        Self { kind, recipe }
    }
}

/// The name used in messages.
impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Compressed => COMPRESSED,
            Self::Thumbnail(preset) => preset,
            Self::Variant(recipe) if recipe.is_empty() => "original-size",
            Self::Variant(recipe) => recipe,
        })
    }
}

impl Kind {
    /// The output's path below the output folder.
    pub(crate) fn key(&self, name: &Name, extension: &str) -> String {
        match self {
            Self::Compressed => format!("{COMPRESSED}/{}.{extension}", name.stem),
            Self::Thumbnail(preset) => format!("thumbnails/{preset}/{}.{extension}", name.stem),
            Self::Variant(_) => format!("variants/{}/{self}.{extension}", name.key),
        }
    }
}
