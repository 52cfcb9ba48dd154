//! Guards speed with a measure that is the same on every machine: the instructions that ten jobs take. `make bench`
//! measures time.
//!
//! tests/golden/instructions.txt has the figures, in millions. After a change that is meant to affect them, run
//! `UPDATE_GOLDEN=1 cargo test --release --test images instructions`, and explain it in the commit message.

use std::fmt::Write as _;
use std::fs;

use darkroom_recipe::Recipe;
use darkroom_tests::{Counter, fixture, outputs, repository};

/// A larger difference in either direction needs an explanation.
const TOLERANCE: f64 = 0.03;

/// Its name, the recipe that makes its source from a photo of 1992 × 1120 pixels, and its job.
const JOBS: [(&str, Option<&str>, &str); 9] = [
    ("800 px WebP of a JPEG", None, "width=800"),
    ("800 px AVIF of a JPEG", None, "width=800,format=avif"),
    ("800 px JPEG XL of a JPEG", None, "width=800,format=jxl"),
    ("JPEG XL of a JPEG's coefficients", None, "format=jxl,lossless=true"),
    ("512 px JPEG of a JPEG", None, "width=512,format=jpeg"),
    ("512 px WebP of a WebP", Some("width=1200"), "width=512"),
    ("512 px PNG of a PNG", Some("width=1200,format=png"), "width=512,format=png"),
    ("512 px WebP of an AVIF", Some("width=1200,format=avif"), "width=512"),
    ("lossless WebP of a PNG", Some("width=600,format=png"), "lossless=true"),
];

#[test]
fn no_job_takes_more_instructions_than_it_did() {
    let counter = Counter::new();
    let photo = fs::read(repository().join("examples/photos/seeding.jpg")).expect("a photo");
    let recipe = |text: &str| -> Recipe { text.parse().expect("a recipe") };
    let mut counted = String::new();
    let mut count = |name: &str, source: &[u8], recipes: &[Recipe]| {
        let millions = counter.transform(source, recipes).instructions as f64 / 1e6;
        writeln!(counted, "{millions:8.1} {name}").expect("text");
    };
    let upload: Vec<Recipe> = outputs("upload").expect("the presets").into_iter().map(|(_, recipe)| recipe).collect();
    count("upload of a JPEG", &photo, &upload);
    count("animated WebP of a GIF", &fixture("good/gif-animated.gif"), &[recipe("width=32")]);
    for (name, source, made) in JOBS {
        let source = source.map(|text| counter.transform(&photo, &[recipe(text)]).bytes);
        count(name, source.as_deref().unwrap_or(&photo), &[recipe(made)]);
    }
    compare(&counted);
}

fn compare(counted: &str) {
    let path = repository().join("tests/golden/instructions.txt");
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        return fs::write(path, counted).expect("writing the figures");
    }
    let stored = fs::read_to_string(path).expect("the figures");
    let read = |line: &str| -> (f64, String) {
        let (figure, name) = line.trim().split_once(' ').expect("a figure and a name");
        (figure.parse().expect("a figure"), name.to_owned())
    };
    let changed = |(old, new): (&str, &str)| {
        let ((before, name), (after, same)) = (read(old), read(new));
        assert_eq!(name, same, "another job: run with UPDATE_GOLDEN=1");
        ((after / before - 1.0).abs() > TOLERANCE).then(|| format!("{name}: {before} million before, {after} now"))
    };
    assert_eq!(stored.lines().count(), counted.lines().count(), "other jobs: run with UPDATE_GOLDEN=1");
    let changes: Vec<String> = stored.lines().zip(counted.lines()).filter_map(changed).collect();
    assert!(changes.is_empty(), "{}", changes.join("\n"));
}
