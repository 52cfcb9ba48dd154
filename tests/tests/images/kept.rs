//! `color=keep`: samples in their own colours and bit depth, as a second decoder reads them from the output.

use std::fs;

use darkroom_recipe::{Limits, Recipe};
use darkroom_tests::{decode_bytes, fixture, processor, python, repository};
use serde_json::Value;

/// The properties that an output shares with its source.
struct Kept {
    source: &'static str,
    /// Options besides `color=keep`.
    recipe: &'static str,
    bits: u64,
    /// The same ICC profile.
    profile: bool,
    /// Code points in an AVIF: primaries and transfer characteristics.
    codes: Option<[u64; 2]>,
    /// The allowed difference of samples, in units of 1/65,535: at most, and in the mean.
    within: (u64, f64),
}

const fn kept(source: &'static str, recipe: &'static str, bits: u64, within: (u64, f64)) -> Kept {
    Kept { source, recipe, bits, profile: true, codes: None, within }
}

const EXACT: (u64, f64) = (0, 0.0);
/// A rounding.
const STEP: (u64, f64) = (1, 1.0);
/// Half a step of ten bits: the other decoder rounds colours to them.
const HEIC: (u64, f64) = (40, 20.0);
/// A step of ten bits is 64 shares; one of eight bits is 257.
const AVIF: (u64, f64) = (400, 64.0);
const JXL: (u64, f64) = (8_000, 600.0);
const P3: Option<[u64; 2]> = Some([12, 13]);
const UNNAMED: Option<[u64; 2]> = Some([2, 2]);

#[test]
fn samples_stay_what_they_are() {
    let cases = [
        kept("png-icc-p3.png", "format=webp,lossless=true", 8, EXACT),
        kept("png-icc-p3-alpha.png", "format=webp,lossless=true", 8, EXACT),
        kept("tiff-icc-p3.tiff", "format=webp,lossless=true", 8, EXACT),
        kept("webp-icc-p3.webp", "format=png", 8, EXACT),
        kept("jpeg-icc-adobe-rgb.jpg", "format=png", 8, EXACT),
        // Chroma is subsampled; AVIF's is full at this quality.
        kept("png-icc-p3.png", "format=jpeg,quality=100", 8, (27_000, 2_200.0)),
        Kept { profile: false, codes: P3, ..kept("png-icc-p3.png", "format=avif,quality=100", 10, AVIF) },
        Kept { profile: false, codes: P3, ..kept("png-icc-p3-alpha.png", "format=avif,quality=100", 10, AVIF) },
        Kept { codes: UNNAMED, ..kept("jpeg-icc-adobe-rgb.jpg", "format=avif,quality=100", 10, AVIF) },
        // libjxl generates the profile that it reports from the file's fields.
        Kept { profile: false, ..kept("png-icc-p3.png", "format=jxl,lossless=true", 8, EXACT) },
        Kept { profile: false, ..kept("png-icc-p3.png", "format=jxl,quality=100", 8, JXL) },
        kept("png-rgb-16.png", "format=png", 16, EXACT),
        kept("png-rgba-16.png", "format=png", 16, EXACT),
        kept("tiff-rgb-16.tiff", "format=png", 16, EXACT),
        kept("tiff-grey-16.tiff", "format=png", 16, EXACT),
        kept("png-rgb-16.png", "format=avif,quality=100", 10, AVIF),
        kept("png-rgba-16.png", "format=avif,quality=100", 10, AVIF),
        kept("avif-rgb-10.avif", "format=png", 16, STEP),
        kept("avif-rgb-12.avif", "format=png", 16, STEP),
        kept("avif-rgba-10.avif", "format=png", 16, STEP),
        kept("heic-rgb-10.heic", "format=png", 16, HEIC),
        kept("heic-rgb-12.heic", "format=png", 16, HEIC),
        kept("avif-rgb-10.avif", "format=avif,quality=100", 10, AVIF),
        kept("heic-rgb-10.heic", "format=avif,quality=100", 10, AVIF),
        Kept { profile: false, ..kept("avif-rgb-12.avif", "format=jxl,lossless=true", 16, STEP) },
        Kept { profile: false, ..kept("png-rgb-16.png", "format=jxl,lossless=true", 16, EXACT) },
        Kept { profile: false, ..kept("png-rgba-16.png", "format=jxl,lossless=true", 16, EXACT) },
        Kept { profile: false, ..kept("png-rgb-16.png", "format=jxl,quality=100", 16, JXL) },
    ];
    let processor = processor();
    let folder = tempfile::tempdir().expect("a temporary folder");
    let mut files = Vec::new();
    let cases = cases.map(Some).map(|case| case.filter(|case| processor.has(case.source, case.recipe)));
    let cases: Vec<Kept> = cases.into_iter().flatten().collect();
    for (number, Kept { source, recipe, .. }) in cases.iter().enumerate() {
        let recipe: Recipe = format!("{recipe},color=keep").parse().expect(recipe);
        let source = repository().join("tests/fixtures/good").join(source);
        let bytes = fs::read(&source).expect("a fixture");
        let mut made = processor.transform(&bytes, &[recipe], &Limits::default()).expect("a source").results;
        let output = folder.path().join(number.to_string());
        fs::write(&output, made.remove(0).expect("an output").bytes).expect("writing");
        files.extend([source, output]);
    }
    let paths: Vec<_> = files.iter().map(|path| path.as_path()).collect();
    let found: Vec<Value> = serde_json::from_str(&python("reference/kept.py", &paths)).expect("JSON");
    for (case, found) in cases.iter().zip(found) {
        let name = format!("{}, {}: {found}", case.source, case.recipe);
        assert_eq!(found["bits"], case.bits, "{name}");
        assert_eq!(found["profile"], case.profile, "{name}");
        assert_eq!(found["codes"], serde_json::json!(case.codes), "{name}");
        let (max, mean) = (found["max"].as_u64().expect("a number"), found["mean"].as_f64().expect("a number"));
        assert!(max <= case.within.0 && mean <= case.within.1, "{name}");
    }
}

/// The forms of one decode do not mix: each recipe of a call gets the same result as alone.
#[test]
fn recipes_that_keep_and_others_share_a_decode() {
    let processor = processor();
    let recipes = ["format=png", "format=png,color=keep", "format=jpeg,color=keep", "format=gif,color=keep"];
    let recipes: Vec<Recipe> = recipes.iter().map(|recipe| recipe.parse().expect("a recipe")).collect();
    let recipes: Vec<Recipe> = recipes.into_iter().filter(|it| processor.has("", &it.to_string())).collect();
    let names = ["png-rgb-16.png", "avif-rgba-10.avif", "png-icc-p3.png", "jpeg-icc-adobe-rgb.jpg"];
    for name in names.into_iter().filter(|name| processor.has(name, "")) {
        let source = fixture(&format!("good/{name}"));
        let together = processor.transform(&source, &recipes, &Limits::default()).expect("a source").results;
        for (recipe, together) in recipes.iter().zip(together) {
            let alone = processor.transform(&source, std::slice::from_ref(recipe), &Limits::default());
            let alone = alone.expect("a source").results.remove(0).expect("an output");
            assert_eq!(together.expect("an output").bytes, alone.bytes, "{name}, {recipe}");
        }
    }
}

/// The profile in an output describes its samples: converted to sRGB they equal the source's.
#[test]
fn colors_are_shown_alike() {
    let processor = processor();
    for (name, recipe, max, mean) in [
        // Its coefficients are transcoded: libjxl's pixels differ from Pillow's, because of its own chroma
        // interpolation.
        ("jpeg-icc-adobe-rgb.jpg", "format=jxl,lossless=true", 25, 1.0),
        ("jpeg-icc-adobe-rgb.jpg", "format=jxl,quality=100", 60, 3.2),
        ("jpeg-icc-adobe-rgb.jpg", "format=avif,quality=100", 26, 0.9),
        ("png-icc-p3.png", "format=jxl,lossless=true", 1, 0.1),
        ("png-icc-p3.png", "format=jxl,quality=100", 30, 2.6),
        ("png-icc-p3.png", "format=webp,lossless=true", 0, 0.0),
    ] {
        if !processor.has(name, recipe) {
            continue;
        }
        let source = fixture(&format!("good/{name}"));
        let recipe: Recipe = format!("{recipe},color=keep").parse().expect(recipe);
        let made = processor.transform(&source, std::slice::from_ref(&recipe), &Limits::default());
        let output = made.expect("a source").results.remove(0).expect("an output").bytes;
        let pictures = decode_bytes(&[&source, &output]);
        assert!(pictures[1].metadata.icc, "{name}, {recipe}");
        let found = pictures[1].difference(&pictures[0]);
        assert!(found.max <= max && found.mean <= mean, "{name}, {recipe}: {found:?}");
    }
}

/// The background is an sRGB colour, in every output.
#[test]
fn a_background_is_shown_as_it_is_named() {
    let processor = processor();
    let source = fixture("good/png-icc-p3.png");
    let recipe: Recipe =
        "width=100,height=100,fit=pad,background=c86432,format=png,color=keep".parse().expect("a recipe");
    let mut made = processor.transform(&source, &[recipe], &Limits::default()).expect("a source").results;
    let picture = &decode_bytes(&[&made.remove(0).expect("an output").bytes])[0];
    assert!(picture.metadata.icc);
    let near =
        picture.at(50, 1).iter().zip([200, 100, 50, 255]).all(|(found, right): (&u8, u8)| found.abs_diff(right) <= 1);
    assert!(near, "{:?}", picture.at(50, 1));
}
