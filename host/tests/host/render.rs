//! The host and the real image core together.

use std::fs;
use std::path::Path;
use std::sync::OnceLock;
use std::time::Duration;

use darkroom_host::{Code, Error, Options, Output, Processor, cache_folder};
use darkroom_recipe::{Format, Limits, Preset, Recipe};

use crate::guest;

fn load(options: Options) -> Processor {
    let cache = cache_folder();
    let code = guest::image_core();
    Processor::load(Code::Wasm { bytes: &code, cache: cache.as_deref() }, options).expect("the image core loads")
}

fn core() -> &'static Processor {
    static PROCESSOR: OnceLock<Processor> = OnceLock::new();
    PROCESSOR.get_or_init(|| load(Options::default()))
}

fn fixture(name: &str) -> Vec<u8> {
    fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/fixtures").join(name)).expect(name)
}

fn recipe(text: &str) -> Recipe {
    text.parse().expect(text)
}

fn render(name: &str, text: &str) -> Result<Output, Error> {
    let mut photo = core().render(&fixture(name), &[recipe(text)], &Limits::default())?;
    photo.outputs.remove(0)
}

#[test]
fn one_call_makes_every_preset() {
    let recipes: Vec<Recipe> = Preset::builtin().into_iter().map(|preset| preset.recipe).collect();
    let results =
        core().transform(&fixture("good/jpeg-420.jpg"), &recipes, &Limits::default()).expect("a photo").results;
    let formats: Vec<Format> = results.into_iter().map(|result| result.expect("an image").format).collect();
    assert_eq!(formats, [Format::WebP, Format::Jpeg, Format::Jpeg, Format::Jpeg]);
}

#[test]
fn a_wrong_recipe_costs_itself_alone() {
    let wrong = Recipe { blur: -1.0, ..Recipe::default() };
    let recipes = [wrong, Recipe::default()];
    let results =
        core().transform(&fixture("good/jpeg-420.jpg"), &recipes, &Limits::default()).expect("a photo").results;
    assert!(matches!(results[0], Err(Error::InvalidRecipe(_))), "{:?}", results[0]);
    assert!(results[1].is_ok());
}

#[test]
fn probe_tells_what_it_is() {
    let info = core().probe(&fixture("good/jpeg-orientation-6.jpg"), &Limits::default()).expect("a photo");
    assert_eq!((info.format, info.orientation, info.frames), (Format::Jpeg, 6, 1));
    let info = core().probe(&fixture("good/gif-animated.gif"), &Limits::default()).expect("an animation");
    assert!(info.frames > 1);
}

#[test]
fn an_animation_stays_one_unless_a_still_is_asked_for() {
    let source = fixture("good/gif-animated.gif");
    let original = Ok(Output::Original(source.clone()));
    let recipes = [("", 3), ("width=8", 3), ("width=8,format=gif", 3), ("width=8,format=png", 1), ("anim=false", 1)];
    for (recipe, frames) in recipes {
        let Ok(Output::Rendition(made)) = render("good/gif-animated.gif", recipe) else { panic!("{recipe}") };
        assert_eq!(core().probe(&made.bytes, &Limits::default()).expect(recipe).frames, frames, "{recipe}");
    }
    let limits = Limits { frames: 2, ..Limits::default() };
    let recipes = [Recipe::default(), "width=8".parse().expect("a recipe")];
    let outputs = core().render(&source, &recipes, &limits).expect("a source").outputs;
    assert!(outputs.iter().all(|output| *output == original), "beyond the limits it is passed on");
}

#[test]
fn a_larger_result_gives_way_to_the_original() {
    let original = Ok(Output::Original(fixture("good/jpeg-420.jpg")));
    assert_eq!(render("good/jpeg-420.jpg", "quality=100,format=jpeg"), original);
    for changed in ["width=8", "rotate=90", "format=png", "metadata=keep"] {
        let text = format!("quality=100,format=jpeg,{changed}");
        assert!(matches!(render("good/jpeg-420.jpg", &text), Ok(Output::Rendition(_))), "{text}");
    }
}

#[test]
fn the_original_never_brings_back_what_was_to_go() {
    for name in ["good/jpeg-orientation-6.jpg", "good/bmp-rgb.bmp"] {
        assert!(matches!(render(name, "quality=100,format=jpeg"), Ok(Output::Rendition(_))), "{name}");
    }
    let plain = fixture("good/jpeg-420.jpg");
    let exif = b"\xFF\xE1\0\x16Exif\0\0II*\0\x08\0\0\0\0\0\0\0\0\0";
    let private = [&plain[..2], exif, &plain[2..]].concat();
    assert!(core().probe(&private, &Limits::default()).expect("a photo").metadata);
    let photo = core().render(&private, &[recipe("quality=100,format=jpeg")], &Limits::default()).expect("a photo");
    assert_eq!(photo.outputs[0], Ok(Output::Original(plain)));
}

#[test]
fn limits_of_the_call_and_of_the_host_are_told_apart() {
    let source = fixture("good/jpeg-420.jpg");
    let none = Limits { pixels: 1, ..Limits::default() };
    assert!(matches!(core().probe(&source, &none), Err(Error::Limit(limit)) if limit.ends_with("must be at most 1")));
    // As much as the core takes before any image.
    let tight = load(Options { memory: 4 << 20, ..Options::default() });
    let big = vec![0; 5 << 20];
    assert_eq!(tight.probe(&big, &Limits::default()), Err(Error::Memory { allowed: 4 << 20 }));
    assert!(tight.probe(&source, &Limits::default()).is_ok(), "the next call works");
}

#[test]
fn the_deadline_stops_real_work() {
    let hasty = load(Options { deadline: Duration::from_millis(40), ..Options::default() });
    let text = "width=2500,height=2500,fit=squeeze,format=avif,effort=10";
    let result = hasty.transform(&fixture("good/jpeg-420.jpg"), &[recipe(text)], &Limits::default());
    let allowed = Duration::from_millis(40);
    assert_eq!(result, Err(Error::Deadline { allowed }));
    assert_eq!(Error::Deadline { allowed }.to_string(), "the image took too long: it may take 0.04 seconds");
}
