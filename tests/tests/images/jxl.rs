//! JPEG XL: the core's own decoder and libjxl's read the output back; and JPEG files are restored.

use std::fs;
use std::path::{Path, PathBuf};

use darkroom_host::Error;
use darkroom_recipe::{Format, Limits, Recipe, Rendition};
use darkroom_tests::{Engine, decode_bytes, fixture, processor, python, repository, sha256};

const KEPT: &str = "format=jxl,lossless=true,metadata=keep";

fn try_rendition(processor: &Engine, source: &[u8], recipe: &str) -> Result<Rendition, Error> {
    let recipe: Recipe = recipe.parse().expect(recipe);
    let limits = Limits { pixels: 20_000_000, memory: 512 << 20, ..Limits::default() };
    processor.transform(source, &[recipe], &limits)?.results.remove(0)
}

fn bytes(processor: &Engine, source: &[u8], recipe: &str) -> Vec<u8> {
    try_rendition(processor, source, recipe).unwrap_or_else(|error| panic!("{recipe}: {error}")).bytes
}

fn has(file: &[u8], text: &[u8]) -> bool {
    file.windows(text.len()).any(|window| window == text)
}

/// Whether it contains the data that a decoder needs to restore the JPEG.
fn restores(file: &[u8]) -> bool {
    has(file, b"jbrd")
}

/// JPEG files of a folder, by name.
fn jpegs(folder: &Path) -> Vec<(String, Vec<u8>)> {
    let mut paths: Vec<PathBuf> =
        fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry").path()).collect();
    paths.retain(|path| path.extension().is_some_and(|ending| ending == "jpg"));
    paths.sort();
    let file = |path: &PathBuf| {
        (path.file_name().unwrap_or_default().to_string_lossy().into(), fs::read(path).expect("a file"))
    };
    paths.iter().map(file).collect()
}

/// The SHA-256 of the JPEG that libjxl's decoder restores from each file.
fn restored(files: &[Vec<u8>]) -> Vec<Option<String>> {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let paths: Vec<PathBuf> = (0..files.len()).map(|number| folder.path().join(format!("{number}.jxl"))).collect();
    for (path, file) in paths.iter().zip(files) {
        fs::write(path, file).expect("writing");
    }
    let paths: Vec<&Path> = paths.iter().map(PathBuf::as_path).collect();
    serde_json::from_str(&python("reference/restore.py", &paths)).expect("JSON")
}

#[test]
fn a_jpeg_comes_back_to_the_byte() {
    if !processor().encodes(Format::Jxl) {
        return;
    }
    let made = tempfile::tempdir().expect("a temporary folder");
    let printed = python("reference/jpegs.py", &[made.path(), Path::new("100")]);
    assert!(printed.is_empty(), "{printed}");
    let mut sources = jpegs(made.path());
    assert_eq!(sources.len(), 100);
    sources.extend(jpegs(&repository().join("examples/photos")));
    let processor = processor();
    let files: Vec<Vec<u8>> = sources.iter().map(|(_, source)| bytes(&processor, source, KEPT)).collect();
    for ((name, source), restored) in sources.iter().zip(restored(&files)) {
        assert_eq!(restored, Some(sha256(source)), "{name}");
    }
    let (before, after) = (sources.iter().map(|(_, source)| source.len()), files.iter().map(Vec::len));
    let saved = before.zip(after).rev().take(3).all(|(before, after)| after * 10 < before * 9);
    assert!(saved, "a tenth of each photo at least");
}

/// Every kind of JPEG looks the same, whether or not its coefficients can be transcoded.
#[test]
fn a_lossless_jpeg_looks_the_same() {
    if !processor().encodes(Format::Jxl) {
        return;
    }
    let processor = processor();
    // libjxl's inverse DCT and its chroma interpolation differ from libjpeg-turbo's; JPEG XL has no CMYK.
    for (name, source) in jpegs(&repository().join("tests/fixtures/good")) {
        let file = bytes(&processor, &source, "format=jxl,lossless=true");
        assert!(!restores(&file), "{name}: nothing was asked to be kept");
        let [expected, found] = [&source, &file].map(|file| bytes(&processor, file, "format=png"));
        let pictures = decode_bytes(&[&expected, &found]);
        let apart = pictures[0].difference(&pictures[1]);
        assert!(apart.mean < 2.0, "{name}: {apart:?}");
        let whole = bytes(&processor, &source, KEPT);
        // CMYK, profiles that don't fit the image, and files that libjxl's JPEG reader considers broken.
        const OWN: [&str; 8] = ["cmyk", "ycck", "broken", "wrong", "missing", "no-tables", "same-names", "two-adobe"];
        let own = OWN.iter().any(|kind| name.contains(kind));
        assert_eq!(restores(&whole), !own, "{name}");
    }
}

#[test]
fn what_is_not_asked_for_is_not_kept() {
    if !processor().encodes(Format::Jxl) {
        return;
    }
    let processor = processor();
    let source = fixture("good/jpeg-exif.jpg");
    for (metadata, camera, artist, restored) in
        [("none", false, false, false), ("copyright", false, true, false), ("keep", true, true, true)]
    {
        let file = bytes(&processor, &source, &format!("format=jxl,lossless=true,metadata={metadata}"));
        let found = (has(&file, b"Camera"), has(&file, b"Ana Artist"), restores(&file));
        assert_eq!(found, (camera, artist, restored), "metadata={metadata}");
    }
}

/// Only if the recipe changes no pixel.
#[test]
fn other_pixels_are_encoded() {
    if !processor().encodes(Format::Jxl) {
        return;
    }
    let processor = processor();
    let source = fixture("good/jpeg-even-420.jpg"); // 96 × 64
    for (options, same) in [
        ("", true),
        ("width=96", true),
        ("width=500", true),
        ("background=red", true),
        ("width=96,height=64,fit=pad", true),
        ("width=95", false),
        ("width=64,height=64,fit=cover", false),
        ("width=100,height=64,fit=pad", false),
        ("rotate=90", false),
        ("flip=h", false),
        ("blur=1", false),
        ("sharpen=1", false),
        ("trim=1;0;0;0", false),
        ("trim=border", false),
    ] {
        let separator = if options.is_empty() { "" } else { "," };
        let file = bytes(&processor, &source, &format!("{KEPT}{separator}{options}"));
        assert_eq!(restores(&file), same, "{options}");
    }
    let lossy = bytes(&processor, &source, "format=jxl,metadata=keep");
    assert!(!restores(&lossy), "a lossy file has pixels of its own");
}

#[test]
fn a_size_that_is_too_much_to_ask_for_is_told() {
    if !processor().encodes(Format::Jxl) {
        return;
    }
    let processor = processor();
    let source = fixture("good/jpeg-even-420.jpg");
    let message = try_rendition(&processor, &source, "format=jxl,lossless=true,max-bytes=50").expect_err("too few");
    assert!(message.to_string().contains("max-bytes=50: a lossless file takes "), "{message}");
    let free = bytes(&processor, &source, "format=jxl,lossless=true");
    let bounded = format!("format=jxl,lossless=true,max-bytes={}", free.len());
    assert_eq!(bytes(&processor, &source, &bounded), free);
}

/// Cut anywhere, or with any byte inverted: an error or an image, and never a trap.
#[test]
fn a_broken_jpeg_is_an_error_or_an_image() {
    if !processor().encodes(Format::Jxl) {
        return;
    }
    let processor = processor();
    let is_answer = |error: &Error| {
        matches!(
            error,
            Error::Malformed(_) | Error::UnsupportedFeature(_) | Error::UnrecognizedFormat(_) | Error::Limit(_)
        )
    };
    let mut taken = 0;
    for name in ["420", "exif", "grey", "progressive", "restart", "icc-p3"] {
        let source = fixture(&format!("good/jpeg-{name}.jpg"));
        let places = (0..64).chain((64..source.len()).step_by((source.len() / 60).max(1)));
        for at in places {
            let mut changed = source.clone();
            changed[at] ^= 0xFF;
            for (broken, how) in [(&source[..at], "cut"), (&changed[..], "inverted")] {
                match try_rendition(&processor, broken, KEPT) {
                    Ok(made) => taken += usize::from(restores(&made.bytes)),
                    Err(error) => assert!(is_answer(&error), "{name}, {how} at {at}: {error}"),
                }
            }
        }
    }
    assert!(taken > 50, "only {taken} were read by libjxl");
}

/// If the recipe keeps the source's samples, the file has its 16 bits, and looks as it would with 8.
#[test]
fn sixteen_bits_are_kept_where_they_are_asked_for() {
    if !processor().encodes(Format::Jxl) {
        return;
    }
    let processor = processor();
    for name in ["rgb-16", "rgb-16-interlaced", "grey-16"] {
        let source = fixture(&format!("good/png-{name}.png"));
        for (options, bits) in [("", 8), (",color=keep", 16)] {
            let file = bytes(&processor, &source, &format!("format=jxl,lossless=true{options}"));
            let info = processor.probe(&file, &Limits::default()).expect("a JPEG XL");
            assert_eq!(info.bits_per_channel, bits, "{name}{options}");
            let pictures =
                decode_bytes(&[&bytes(&processor, &source, "format=png"), &bytes(&processor, &file, "format=png")]);
            let apart = pictures[0].difference(&pictures[1]);
            assert!(apart.max <= 1, "{name}{options}: {apart:?}");
        }
        let lossy = bytes(&processor, &source, "format=jxl,color=keep,quality=95");
        assert_eq!(processor.probe(&lossy, &Limits::default()).expect("a JPEG XL").bits_per_channel, 16, "{name}");
    }
}
