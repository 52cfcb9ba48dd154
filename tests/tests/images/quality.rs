//! Visual quality by SSIMULACRA2 (100 means identical, 90 indistinguishable side by side, 70 high quality), on pixels
//! that Pillow decoded.

use std::fs;

use darkroom_recipe::{Limits, Recipe};
use darkroom_tests::{Engine, Picture, decode_bytes, processor, repository};
use ssimulacra2::{ColorPrimaries, Rgb, TransferCharacteristic, compute_frame_ssimulacra2};

const PHOTOS: [&str; 2] = ["seeding.jpg", "aitzgorri.jpg"];

fn photo(name: &str) -> Vec<u8> {
    let path = repository().join("examples/photos").join(name);
    fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn linear(picture: &Picture) -> Rgb {
    let pixels = picture.rgb().iter().map(|pixel| pixel.map(|channel| f32::from(channel) / 255.0)).collect();
    let (width, height) = (picture.width as usize, picture.height as usize);
    Rgb::new(pixels, width, height, TransferCharacteristic::SRGB, ColorPrimaries::BT709).expect("an image")
}

fn score(reference: &Picture, distorted: &Picture) -> f64 {
    compute_frame_ssimulacra2(linear(reference), linear(distorted)).expect("a score")
}

fn outputs(processor: &Engine, source: &[u8], recipes: &[&str]) -> Vec<Vec<u8>> {
    let recipes: Vec<Recipe> = recipes.iter().map(|text| text.parse().expect(text)).collect();
    let results = processor.transform(source, &recipes, &Limits::default()).expect("a source").results;
    results.into_iter().map(|result| result.expect("a rendition").bytes).collect()
}

fn decoded(files: &[Vec<u8>]) -> Vec<Picture> {
    decode_bytes(&files.iter().map(Vec::as_slice).collect::<Vec<_>>())
}

/// Each lossy format, at its default quality and effort.
const FORMATS: [&str; 4] = ["webp", "jpeg", "avif", "jxl"];

/// The minimum for each format and photo. Measured were 74.7, 82.1, 74.4 and 76.5; 69.8, 74.9, 66.2 and 63.5.
const FLOORS: [[f64; 4]; 2] = [[74.0, 81.0, 73.0, 75.5], [69.0, 74.0, 64.0, 62.5]];

#[test]
fn every_lossy_format_holds_its_quality() {
    let processor = processor();
    for (name, floors) in PHOTOS.iter().zip(FLOORS) {
        let formats = FORMATS.into_iter().zip(floors);
        let formats: Vec<(&str, f64)> =
            formats.filter(|(format, _)| processor.has("", &format!("format={format}"))).collect();
        // The reference comes first; all are made of the same pixels.
        let recipes: Vec<String> =
            [("png", 100.0)].iter().chain(&formats).map(|(format, _)| format!("width=640,format={format}")).collect();
        let recipes: Vec<&str> = recipes.iter().map(String::as_str).collect();
        let files = outputs(&processor, &photo(name), &recipes);
        let pictures = decoded(&files);
        for (at, (format, floor)) in formats.into_iter().enumerate() {
            let score = score(&pictures[0], &pictures[at + 1]);
            println!("{name}, 640 px, {format}: {} bytes, SSIMULACRA2 {score:.2}", files[at + 1].len());
            assert!(score >= floor, "{name} as {format}: SSIMULACRA2 {score:.2}, at least {floor}");
        }
    }
}

/// A full-size output in the same call forces the core to decode every pixel, and to make no small output from another.
const WHOLE: &str = "format=jpeg,effort=0";

/// The bound for shrinking while decoding, and for making thumbnails from thumbnails.
const ALIKE: f64 = 90.0;

#[test]
fn a_reduced_decode_looks_like_a_full_one() {
    let processor = processor();
    for name in PHOTOS {
        let source = photo(name);
        for width in [600, 400, 300, 200, 150] {
            let small = format!("width={width},format=png");
            let reduced = outputs(&processor, &source, &[&small]).remove(0);
            let direct = outputs(&processor, &source, &[&small, WHOLE]).remove(0);
            let pictures = decoded(&[direct, reduced]);
            let score = score(&pictures[0], &pictures[1]);
            println!("{name}, {width} px, reduced against full decode: SSIMULACRA2 {score:.2}");
            assert!(score >= ALIKE, "{name}, {width} px: SSIMULACRA2 {score:.2}, at least {ALIKE}");
        }
    }
}

#[test]
fn a_thumbnail_of_a_thumbnail_looks_like_one_of_the_photo() {
    let processor = processor();
    for name in PHOTOS {
        let source = photo(name);
        let recipes = [600, 300, 150].map(|side| format!("width={side},height={side},format=png"));
        let chained = outputs(&processor, &source, &recipes.each_ref().map(String::as_str));
        for (recipe, chained) in recipes.iter().zip(chained) {
            let direct = outputs(&processor, &source, &[recipe, WHOLE]).remove(0);
            let pictures = decoded(&[direct, chained]);
            let score = score(&pictures[0], &pictures[1]);
            println!("{name}, {recipe}, of the next larger one: SSIMULACRA2 {score:.2}");
            assert!(score >= ALIKE, "{name}, {recipe}: SSIMULACRA2 {score:.2}, at least {ALIKE}");
        }
    }
}
