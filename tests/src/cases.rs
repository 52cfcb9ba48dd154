use std::fs;
use std::path::PathBuf;

use darkroom_recipe::Recipe;
use serde_json::{Value, json};

use crate::repository;

/// One source and one recipe of the golden matrix.
pub struct Case {
    /// The source's file name and the recipe's text.
    pub name: String,
    /// Where the source is.
    pub source: PathBuf,
    /// Its recipe.
    pub recipe: Recipe,
}

impl Case {
    /// In the form that the JavaScript engines take.
    #[must_use]
    pub fn to_json(&self) -> Value {
        json!({ "name": self.name, "source": self.source, "recipe": self.recipe.to_string() })
    }
}

/// Covers every codec and every step of the pipeline: with photos where that takes milliseconds, with fixtures
/// otherwise.
const PHOTO_RECIPES: &[&str] = &[
    "width=320",
    "width=320,format=jpeg",
    "width=160,format=avif",
    "width=160,format=png",
    "width=200,lossless=true",
    "width=320,format=jxl",
    "width=320,format=jxl,effort=3,quality=60",
    "format=jxl,lossless=true,metadata=keep",
    "width=150,height=150,fit=cover,gravity=auto,format=jpeg,quality=85",
    "width=200,height=200,fit=pad,background=336699,rotate=90,flip=h",
    "width=200,dpr=1.5,fit=contain,blur=3,sharpen=1.5,max-bytes=9000,metadata=keep",
];

const FIXTURE_RECIPES: &[&str] = &["format=png,anim=false", "width=40,anim=false"];

/// The frames of an animation, as each encoder writes them.
const ANIMATED_RECIPES: &[&str] =
    &["width=40", "width=40,format=gif", "lossless=true", "format=gif", "frame=2,format=png"];

/// The golden matrix.
///
/// # Panics
/// When a folder can't be read.
#[must_use]
pub fn cases() -> Vec<Case> {
    let photos = in_folder("examples/photos", PHOTO_RECIPES);
    let fixtures = in_folder("tests/fixtures/good", FIXTURE_RECIPES);
    let mut animated = in_folder("tests/fixtures/good", ANIMATED_RECIPES);
    animated.retain(|case| case.name.contains("-animated"));
    photos.into_iter().chain(fixtures).chain(animated).collect()
}

fn in_folder(folder: &str, recipes: &[&str]) -> Vec<Case> {
    let entries = fs::read_dir(repository().join(folder)).unwrap_or_else(|error| panic!("{folder}: {error}"));
    let mut sources: Vec<PathBuf> = entries.map(|entry| entry.expect("an entry").path()).collect();
    sources.retain(|path| path.extension().is_some_and(|ending| ending != "md" && ending != "py"));
    sources.sort();
    let case = |source: &PathBuf, text: &str| {
        let file = source.file_name().unwrap_or_default().to_string_lossy();
        let recipe = text.parse().unwrap_or_else(|error| panic!("{text}: {error}"));
        Case { name: format!("{file}:{text}"), source: source.clone(), recipe }
    };
    sources.iter().flat_map(|source| recipes.iter().map(move |text| case(source, text))).collect()
}
