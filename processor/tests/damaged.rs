//! Files that are truncated or corrupt after their headers: available pixels are shown, missing ones are grey, and the
//! result reports the damage.

use std::fs;
use std::path::{Path, PathBuf};

use darkroom_processor::{Error, Format, Limits, Recipe, Transformed, decodes, describe, encodes, probe};
use image::RgbaImage;

const GREY: [u8; 4] = [128, 128, 128, 255];
const CLEAR: [u8; 4] = [0; 4];

fn folder(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/fixtures").join(name)
}

fn fixture(name: &str) -> Vec<u8> {
    fs::read(folder(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
}

fn fixtures(name: &str) -> Vec<String> {
    let entries = fs::read_dir(folder(name)).expect("a folder of fixtures");
    let mut names: Vec<String> =
        entries.map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned()).collect();
    names.sort();
    names
}

/// Whether this build decodes a fixture, whose name begins with its format's.
fn is_decoded(name: &str) -> bool {
    name.split(['-', '.']).next().and_then(Format::named).is_none_or(decodes)
}

/// How many formats this build decodes.
fn formats() -> usize {
    Format::decodable().filter(|format| decodes(*format)).count()
}

fn transform(source: &[u8], recipes: &[&str]) -> Result<Transformed, Error> {
    let recipes: Vec<Recipe> = recipes.iter().map(|text| text.parse().expect(text)).collect();
    darkroom_processor::transform(source, &recipes, &Limits::default())
}

fn picture(png: &[u8]) -> RgbaImage {
    image::load_from_memory(png).expect("a PNG").to_rgba8()
}

/// The file made with one recipe, and whether the source is damaged.
fn made(source: &[u8], recipe: &str) -> Result<(Vec<u8>, bool), Error> {
    let Transformed { info, mut results } = transform(source, &[recipe])?;
    Ok((results.remove(0)?.bytes, info.damaged))
}

fn rows(picture: &RgbaImage) -> Vec<&[u8]> {
    picture.as_raw().chunks_exact(4 * picture.width() as usize).collect()
}

/// The mean difference over all channels.
fn distance(a: &RgbaImage, b: &RgbaImage) -> f64 {
    let pairs = a.as_raw().iter().zip(b.as_raw());
    pairs.map(|(a, b)| f64::from(a.abs_diff(*b))).sum::<f64>() / a.as_raw().len() as f64
}

/// The expected result for a file without its last `lost` percent.
struct Cut {
    name: &'static str,
    lost: usize,
    /// Rows that equal those of the whole file: the uppermost or the lowest, at least this many of 47.
    rows: (Side, usize),
    /// The colour of all other rows, except a few where the data ends.
    missing: [u8; 4],
}

enum Side {
    Top,
    Bottom,
}

use Side::{Bottom, Top};

const fn cut(name: &'static str, lost: usize, rows: (Side, usize), missing: [u8; 4]) -> Cut {
    Cut { name, lost, rows, missing }
}

const CUTS: &[Cut] = &[
    cut("jpeg-420.jpg", 25, (Top, 14), GREY),
    cut("jpeg-444.jpg", 25, (Top, 14), GREY),
    cut("jpeg-grey.jpg", 25, (Top, 14), GREY),
    cut("jpeg-restart.jpg", 25, (Top, 14), GREY),
    cut("png-rgb-8.png", 50, (Top, 20), GREY),
    cut("png-rgba-8.png", 50, (Top, 20), GREY),
    cut("png-grey-16.png", 50, (Top, 20), GREY),
    cut("png-palette-8.png", 40, (Top, 15), GREY),
    cut("gif-still.gif", 40, (Top, 15), CLEAR),
    cut("bmp-rgb.bmp", 50, (Bottom, 22), GREY),
    cut("bmp-rle8.bmp", 40, (Bottom, 15), GREY),
    cut("qoi-rgb.qoi", 50, (Top, 20), GREY),
    cut("webp-lossy.webp", 40, (Top, 7), GREY),
    cut("webp-lossless.webp", 40, (Top, 7), GREY),
    cut("tiff-plain.tiff", 50, (Top, 15), GREY),
];

#[test]
fn what_is_there_is_shown_and_the_rest_is_grey() {
    for Cut { name, lost, rows: (side, least), missing } in CUTS.iter().filter(|cut| is_decoded(cut.name)) {
        let source = fixture(&format!("good/{name}"));
        let length = source.len() - source.len() * lost / 100;
        let (whole, intact) = made(&source, "format=png").expect(name);
        let (found, damaged) = made(&source[..length], "format=png").expect(name);
        assert!(damaged && !intact, "{name}: {damaged}, the whole {intact}");
        let (whole, found) = (picture(&whole), picture(&found));
        let (mut whole, mut found) = (rows(&whole), rows(&found));
        if matches!(side, Bottom) {
            whole.reverse();
            found.reverse();
        }
        let same = whole.iter().zip(&found).take_while(|(whole, found)| whole == found).count();
        let grey = |row: &&&[u8]| row.chunks_exact(4).all(|pixel| pixel == missing);
        let rest = found.iter().rev().take_while(grey).count();
        // A row of JPEG units, and the rows next to it, which are interpolated.
        let between = if name.starts_with("jpeg") { 18 } else { 1 };
        assert!(same >= *least && rest > 0, "{name}: {same} rows, {rest} missing");
        assert!(same + rest + between >= found.len(), "{name}: {same} rows, {rest} missing, of {}", found.len());
    }
}

#[test]
fn an_interlaced_image_is_coarse_and_whole() {
    let names = ["png-rgb-8-interlaced.png", "png-rgba-16-interlaced.png", "gif-interlaced.gif"];
    for name in names.into_iter().filter(|name| is_decoded(name)) {
        let source = fixture(&format!("good/{name}"));
        let (whole, _) = made(&source, "format=png").expect(name);
        let after = |percent: usize| {
            let (found, damaged) = made(&source[..source.len() * percent / 100], "format=png").expect(name);
            assert!(damaged, "{name}, {percent} %");
            distance(&picture(&found), &picture(&whole))
        };
        let distances = [40, 70, 95].map(after);
        assert!(distances.is_sorted_by(|a, b| a > b) && distances[0] < 40.0, "{name}: {distances:?}");
    }
}

#[test]
fn an_animation_has_the_frames_that_are_there() {
    let names = ["gif-animated.gif", "png-animated.png", "webp-animated.webp"];
    for name in names.into_iter().filter(|name| is_decoded(name)) {
        let source = fixture(&format!("good/{name}"));
        let frames = |file: &[u8]| probe(file, &Limits::default()).expect(name).frames;
        let (whole, _) = made(&source, "format=webp,lossless=true").expect(name);
        let mut before = 0;
        for percent in [50, 70, 90] {
            let part = &source[..source.len() * percent / 100];
            let (found, damaged) = made(part, "format=webp,lossless=true").expect(name);
            let shown = frames(&found);
            assert!(damaged && shown >= before && shown <= frames(&whole), "{name}, {percent} %: {shown} frames");
            before = shown;
            // The first frame is complete; the last one that the headers announce is not available.
            let first = made(part, "frame=1,format=png").expect(name).0;
            assert_eq!(first, made(&source, "frame=1,format=png").expect(name).0, "{name}");
        }
        assert!(before > 1, "{name}: {before} frames");
    }
}

#[test]
fn damage_is_refused_where_a_recipe_asks_for_that_and_no_other_is_spoilt() {
    let mut refused = 0;
    for name in fixtures("bad") {
        let source = fixture(&format!("bad/{name}"));
        let recipes = ["width=16", "width=16,on-damage=refuse"];
        let Ok(Transformed { info, results }) = transform(&source, &recipes) else { continue };
        if !info.damaged {
            assert_eq!(results[0].is_ok(), results[1].is_ok(), "{name}");
            continue;
        }
        assert!(results[0].is_ok(), "{name}");
        assert!(matches!(results[1], Err(Error::Malformed(_))), "{name}");
        refused += 1;
    }
    assert!(refused > 2 * formats(), "{refused}");
    let other = if encodes(Format::Gif) { "format=gif,on-damage=refuse" } else { "format=png,on-damage=refuse" };
    let whole = transform(&fixture("good/png-animated.png"), &["on-damage=refuse", other]).expect("headers");
    assert!(whole.results.iter().all(Result::is_ok) && !whole.info.damaged);
}

/// A rendition contains no damage from its source: a JPEG is transcoded only if all its coefficients are available.
#[cfg(feature = "jxl-encode")]
#[test]
fn a_damaged_jpeg_is_not_taken_over() {
    let recipe = "format=jxl,lossless=true";
    for (name, damaged) in [("good/jpeg-420.jpg", false), ("bad/truncated.jpg", true), ("bad/broken-codes.jpg", true)] {
        let source = fixture(name);
        let Transformed { info, mut results } = transform(&source, &[recipe]).expect(name);
        let file = results.remove(0).expect(name);
        assert_eq!((info.damaged, file.format), (damaged, darkroom_processor::Format::Jxl), "{name}");
        // The box that libjxl needs to reconstruct the JPEG.
        let restores = file.bytes.windows(4).any(|kind| kind == b"jbrd");
        assert!(!(damaged && restores), "{name}");
        let pixels = [(file.bytes, "format=png"), (source, "format=png")]
            .map(|(file, recipe)| made(&file, recipe).map(|(png, _)| png));
        if damaged {
            assert_eq!(pixels[0], pixels[1], "{name}");
        }
    }
}

#[test]
fn a_damaged_file_is_described() {
    let description = describe(&fixture("bad/truncated.jpg"), &Limits::default()).expect("an image");
    assert!(!description.thumb_hash.is_empty());
}

/// Pseudo-random numbers, the same in each run (xorshift64).
struct Random(u64);

impl Random {
    fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) as usize % end.max(1)
    }
}

/// Whether these files have data after the pixels that is lost when they are truncated: orientation, profile, text.
fn tells_more_behind(name: &str) -> bool {
    name.starts_with("webp-orientation") || name.starts_with("webp-exif") || name.starts_with("tiff")
}

#[test]
fn whatever_is_cut_off_or_changed_is_shown_told_or_refused() {
    const RECIPES: [&str; 3] = ["format=png,anim=false", "width=24,format=png,anim=false", "format=webp,effort=0"];
    let mut random = Random(0x2545_F491_4F6C_DD1D);
    let (mut shown, mut refused) = (0, 0);
    for name in fixtures("good") {
        let source = fixture(&format!("good/{name}"));
        let whole = match transform(&source, &RECIPES) {
            Err(Error::UnrecognizedFormat(_)) => continue, // a build may lack codecs
            whole => whole.expect(&name),
        };
        assert_eq!(whole.info.damaged, name.contains("restart-missing"), "{name}");
        for _ in 0..6 {
            let length = random.below(source.len());
            match transform(&source[..length], &RECIPES) {
                Ok(found) => {
                    // If the file is not reported as damaged, everything is available.
                    let same = found.info.damaged || tells_more_behind(&name) || found.results == whole.results;
                    let failed = found.results.iter().all(|result| matches!(result, Err(Error::Malformed(_))));
                    assert!(same || failed, "{name}, first {length} bytes");
                    shown += usize::from(found.info.damaged);
                }
                Err(error) => {
                    assert!(is_answer(&error), "{name}, first {length} bytes: {error}");
                    refused += 1;
                }
            }
            let mut changed = source.clone();
            for _ in 0..=random.below(3) {
                let (at, to) = (random.below(changed.len()), random.below(256) as u8);
                changed[at] = to;
            }
            let results = transform(&changed, &RECIPES).map_or_else(|error| vec![Err(error)], |made| made.results);
            for error in results.into_iter().filter_map(Result::err) {
                assert!(is_answer(&error), "{name}, changed: {error}");
            }
        }
    }
    assert!(shown > 25 * formats() && refused > 4 * formats(), "{shown} shown, {refused} refused");
}

/// Whether the core reported this error itself: not a crash, a memory cap, a deadline or an internal error.
fn is_answer(error: &Error) -> bool {
    use Error::{InvalidRecipe, Limit, Malformed, UnrecognizedFormat, UnsupportedFeature};
    matches!(error, UnrecognizedFormat(_) | UnsupportedFeature(_) | Malformed(_) | Limit(_) | InvalidRecipe(_))
}
