//! Broken, hostile or unknown input ends in a descriptive error, and never crashes the host.

use std::num::NonZeroU32;

use darkroom_host::{Error, Options};
use darkroom_recipe::{LimitExceeded, LimitKind, Limits, Recipe, Rendition};
use darkroom_tests::{Engine, fixture, fixtures, processor, processor_with};

/// The result of a bad file.
enum End {
    Unrecognized,
    Unsupported,
    Malformed,
    Pixels,
    Memory,
    /// The intact part of an image, reported as damaged.
    Damaged,
    /// An image: nothing in the format shows that it is wrong, or it is only large.
    Image,
}

use End::{Damaged, Image, Malformed, Memory, Pixels, Unrecognized, Unsupported};

impl End {
    /// `result` says whether an image was damaged.
    fn is(&self, result: &Result<bool, Error>) -> bool {
        let error = match result {
            Ok(damaged) => return matches!((self, damaged), (Damaged, true) | (Image, false)),
            Err(error) => error,
        };
        match self {
            Unrecognized => matches!(error, Error::UnrecognizedFormat(_)),
            Unsupported => matches!(error, Error::UnsupportedFeature(_)),
            Malformed => matches!(error, Error::Malformed(_)),
            Pixels => matches!(error, Error::Limit(limit) if limit.starts_with("source pixels")),
            Memory => matches!(error, Error::Limit(limit) if limit.starts_with("memory")),
            Damaged | Image => false,
        }
    }
}

const TOO_SHORT: &str = "the file ends before the image does";
const TOO_LARGE: &str = "source pixels: 4225000000, must be at most 50000000";

/// Each file, its result, and the text of its message.
const ENDS: &[(&str, End, &str)] = &[
    ("12-bit.jpg", Unsupported, "samples of 12 bits"),
    ("apple.png", Unsupported, "Apple's CgBI"),
    ("arithmetic.jpg", Unsupported, "arithmetic coding; baseline and progressive JPEG are read"),
    ("bomb.png", Memory, "memory in bytes: "),
    ("broken-codes.jpg", Damaged, ""),
    ("canvas-larger.webp", Malformed, "an image of 61 × 47, where its container says 71 × 71"),
    ("clip.mp4", Unrecognized, "a video, or an image in another codec"),
    ("codestream.jxl", Malformed, "broken data"),
    ("corrupt.bmp", Image, ""),
    ("corrupt.gif", Damaged, ""),
    ("corrupt.jpg", Damaged, ""),
    ("corrupt.png", Damaged, ""),
    ("corrupt.tiff", Damaged, ""),
    ("corrupt.webp", Image, ""),
    ("drawing.svgz", Unrecognized, "gzip data, such as a compressed SVG"),
    ("empty.jpg", Unrecognized, "the source is empty"),
    ("few-strips.tiff", Malformed, "1 strips or tiles; the image takes 2"),
    ("first-scan.jpg", Damaged, ""),
    ("frame-beyond.webp", Malformed, "frame 1 does not lie on its canvas"),
    ("frame-smaller.webp", Malformed, "an image of 61 × 47, where its container says 62 × 47"),
    ("header-only.bmp", Malformed, TOO_SHORT),
    ("header-only.gif", Malformed, "Unexpected End of File"),
    ("header-only.jpg", Malformed, "the file ends, or is broken, before the image begins"),
    ("header-only.png", Malformed, TOO_SHORT),
    ("header-only.tiff", Malformed, TOO_SHORT),
    ("header-only.webp", Malformed, TOO_SHORT),
    ("huge-lossless.webp", Pixels, "source pixels: 268402689, must be at most 50000000"),
    ("huge-progressive.jpg", Pixels, TOO_LARGE),
    ("huge.bmp", Pixels, TOO_LARGE),
    ("huge.gif", Pixels, TOO_LARGE),
    ("huge.jpg", Pixels, TOO_LARGE),
    ("huge.png", Pixels, TOO_LARGE),
    ("huge.tiff", Pixels, TOO_LARGE),
    ("huge.webp", Pixels, TOO_LARGE),
    ("icon.ico", Malformed, TOO_SHORT),
    ("jpeg-of-tiff-6.tiff", Unsupported, "old-style JPEG compression"),
    ("lab.tiff", Unsupported, "CIELAB colours"),
    ("last-bytes.jpg", Damaged, ""),
    ("last-row.bmp", Damaged, ""),
    ("lossless.jpg", Unsupported, "lossless JPEG; baseline and progressive are read"),
    ("lzma.tiff", Unsupported, "LZMA compression"),
    ("no-canvas.webp", Malformed, "an animation without VP8X, which tells its size"),
    ("no-checksum.png", Image, ""),
    ("no-data.jpg", Malformed, TOO_SHORT),
    ("no-data.png", Malformed, TOO_SHORT),
    ("no-height.gif", Malformed, "the size is 61 × 0; both must be at least 1"),
    ("no-image.webp", Malformed, "no image in the file"),
    ("no-scan.jpg", Malformed, "the file ends, or is broken, before the image begins"),
    ("no-trailer.gif", Damaged, ""),
    ("no-width.png", Malformed, "Invalid image dimensions"),
    ("page.pdf", Unrecognized, "PDF"),
    ("photo.avif", Unsupported, "no still image in the file"),
    ("photo.heic", Unsupported, "no still image in the file"),
    // Its profile is ignored: it would inflate to 64 MiB.
    ("profile-bomb.png", Image, ""),
    ("short-data.gif", Damaged, ""),
    ("short-data.png", Malformed, "Corrupt deflate stream"),
    ("small-tiles.tiff", Malformed, "TileWidth 8: must be a multiple of 16"),
    ("text.jpg", Unrecognized, "not the first bytes of any image format known here"),
    ("truncated-alpha.webp", Damaged, ""),
    ("truncated-animated.gif", Damaged, ""),
    ("truncated-animated.png", Image, ""), // its first frame is whole
    ("truncated-animated.webp", Damaged, ""),
    ("truncated-cmyk.jpg", Damaged, ""),
    ("truncated-interlaced.gif", Damaged, ""),
    ("truncated-interlaced.png", Damaged, ""),
    ("truncated-jpeg.tiff", Malformed, TOO_SHORT),
    ("truncated-lossless.webp", Damaged, ""),
    ("truncated-progressive.jpg", Damaged, ""),
    ("truncated-rgb.ico", Damaged, ""),
    ("truncated-runs.bmp", Damaged, ""),
    ("truncated-still.avif", Malformed, TOO_SHORT),
    ("truncated-still.heic", Malformed, TOO_SHORT),
    ("truncated-tiles.tiff", Damaged, ""),
    ("truncated.bmp", Damaged, ""),
    ("truncated.gif", Damaged, ""),
    ("truncated.jpg", Damaged, ""),
    ("truncated.jxl", Malformed, TOO_SHORT),
    ("truncated.png", Damaged, ""),
    ("truncated.qoi", Damaged, ""),
    ("truncated.tiff", Malformed, TOO_SHORT),
    ("truncated.webp", Damaged, ""),
    ("wrong-checksum.png", Image, ""),
    ("zeros.jpg", Unrecognized, "not the first bytes of any image format known here"),
    ("zeros.jxl", Malformed, "broken data"),
];

fn transform(processor: &Engine, source: &[u8], recipe: &str, limits: &Limits) -> Result<Rendition, Error> {
    let recipe: Recipe = recipe.parse().expect("a recipe");
    processor.transform(source, &[recipe], limits)?.results.remove(0)
}

/// A processor with so little memory that a file which passes the core's own account would hit the cap.
fn small() -> (Engine, Limits) {
    let options = Options { memory: 192 << 20, instances: NonZeroU32::new(2).expect("two"), ..Options::default() };
    (processor_with(options), Limits { memory: 128 << 20, ..Limits::default() })
}

/// Whether the core itself returned this error: no crash, no cap, no deadline, no internal error.
fn is_answer(error: &Error) -> bool {
    use Error::{InvalidRecipe, Limit, UnrecognizedFormat, UnsupportedFeature};
    matches!(error, UnrecognizedFormat(_) | UnsupportedFeature(_) | Error::Malformed(_) | Limit(_) | InvalidRecipe(_))
}

#[test]
fn every_bad_file_ends_as_it_should() {
    let (processor, limits) = small();
    let mut wrong = Vec::new();
    for name in fixtures("bad").into_iter().filter(|name| processor.has(name, "")) {
        let recipe = "width=50,format=png".parse().expect("a recipe");
        let transformed = processor.transform(&fixture(&format!("bad/{name}")), &[recipe], &limits);
        let result = transformed.and_then(|mut made| made.results.remove(0).map(|_| made.info.damaged));
        let message = result.as_ref().map_or_else(ToString::to_string, |_| String::new());
        let expected = ENDS.iter().find(|(file, ..)| *file == name);
        let fits = expected.is_some_and(|(_, end, text)| end.is(&result) && message.contains(text));
        if !fits {
            wrong.push(format!("{name}: {message} {:?}", result.err()));
        }
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

#[test]
fn the_table_names_fixtures_that_exist() {
    let names: Vec<&str> = ENDS.iter().map(|(name, ..)| *name).collect();
    assert_eq!(fixtures("bad"), names);
}

/// 40 million pixels in 39 kB: within the default limits, so it costs only time.
#[test]
fn a_bomb_within_the_limits_is_an_image() {
    let result = transform(&processor(), &fixture("bad/bomb.png"), "width=50,format=png", &Limits::default());
    let image = result.expect("an image");
    assert_eq!((image.width, image.height), (50, 5));
}

#[test]
fn probe_agrees_on_what_headers_tell() {
    let processor = processor();
    for (name, end, text) in ENDS.iter().filter(|(name, ..)| processor.has(name, "")) {
        let result = processor.probe(&fixture(&format!("bad/{name}")), &Limits::default());
        match (end, result) {
            (Unrecognized | Unsupported | Pixels, Err(error)) => {
                assert!(error.to_string().contains(text), "{name}: {error}")
            }
            (Unrecognized | Unsupported | Pixels, Ok(info)) => panic!("{name}: {info:?}"),
            (Malformed, Err(error)) => assert!(matches!(error, Error::Malformed(_)), "{name}: {error}"),
            (Malformed | Memory | Damaged | Image, Ok(info)) => assert!(!info.damaged, "{name}"),
            (Memory | Damaged | Image, Err(error)) => panic!("{name}: {error}"),
        }
    }
}

/// One small file for each decoder.
const CUT: &[&str] = &[
    "avif-alpha.avif",
    "bmp-palette.bmp",
    "bmp-rgb.bmp",
    "gif-animated.gif",
    "gif-interlaced.gif",
    "heic-444.heic",
    "jpeg-420.jpg",
    "jpeg-cmyk-icc.jpg",
    "jpeg-exif.jpg",
    "jpeg-progressive.jpg",
    "jpeg-restart.jpg",
    "jxl-exif.jxl",
    "jxl-lossy-alpha.jxl",
    "png-animated.png",
    "png-icc-p3-alpha.png",
    "png-palette-4-interlaced.png",
    "tiff-lzw.tiff",
    "tiff-rgb-16.tiff",
    "webp-animated.webp",
    "webp-lossless-alpha.webp",
    "webp-lossy-alpha.webp",
];

/// Every prefix of the first 64 bytes, which hold the headers, then about a hundred more.
fn prefixes(length: usize) -> impl Iterator<Item = usize> {
    (0..64.min(length)).chain((64..length).step_by((length / 100).max(1)))
}

#[test]
fn a_file_cut_anywhere_is_an_error_or_an_image() {
    let (processor, limits) = small();
    for name in CUT.iter().filter(|name| processor.has(name, "")) {
        let source = fixture(&format!("good/{name}"));
        for length in prefixes(source.len()) {
            // A target this small makes the JPEG decoder scale: the test tries both paths.
            for recipe in ["format=png,anim=false", "width=16,format=png,anim=false"] {
                if let Err(error) = transform(&processor, &source[..length], recipe, &limits) {
                    assert!(is_answer(&error), "{name}, first {length} bytes, {recipe}: {error}");
                }
            }
        }
    }
}

#[test]
fn a_file_with_any_byte_changed_is_an_error_or_an_image() {
    let (processor, limits) = small();
    for name in CUT.iter().filter(|name| processor.has(name, "")) {
        let source = fixture(&format!("good/{name}"));
        for at in prefixes(source.len()) {
            let mut changed = source.clone();
            changed[at] ^= 0xFF;
            if let Err(error) = transform(&processor, &changed, "width=16,format=png,anim=false", &limits) {
                assert!(is_answer(&error), "{name}, byte {at} inverted: {error}");
            }
        }
    }
}

fn limit(kind: LimitKind, actual: u64, allowed: u64) -> Error {
    LimitExceeded { kind, actual, allowed }.into()
}

#[test]
fn each_limit_tells_what_was_asked_and_what_may_be() {
    let processor = processor();
    let source = fixture("good/jpeg-even-420.jpg"); // 96 × 64
    let (bytes, wide) = (source.len() as u64, "width=200,fit=contain");
    let default = Limits::default();
    let cases = [
        (Limits { source_bytes: bytes - 1, ..default }, "", limit(LimitKind::SourceBytes, bytes, bytes - 1)),
        (Limits { pixels: 96 * 64 - 1, ..default }, "", limit(LimitKind::Pixels, 96 * 64, 96 * 64 - 1)),
        (Limits { output_side: 199, ..default }, wide, limit(LimitKind::OutputSide, 200, 199)),
        (
            Limits { output_pixels: 200 * 133 - 1, ..default },
            wide,
            limit(LimitKind::OutputPixels, 200 * 133, 200 * 133 - 1),
        ),
        (Limits { enlargement: 2, ..default }, wide, limit(LimitKind::Enlargement, 3, 2)),
        (Limits { enlargement: 2, ..default }, "height=129,fit=cover,width=9", limit(LimitKind::Enlargement, 3, 2)),
        (
            Limits { slow_pixels: 47 * 32, ..default },
            "width=48,format=avif",
            limit(LimitKind::SlowPixels, 48 * 32, 47 * 32),
        ),
    ];
    for (limits, recipe, expected) in cases {
        assert_eq!(transform(&processor, &source, recipe, &limits), Err(expected));
    }
    let recipes = vec![Recipe::default(); 3];
    let outputs = processor.transform(&source, &recipes, &Limits { outputs: 2, ..default });
    assert_eq!(outputs, Err(limit(LimitKind::Outputs, 3, 2)));
}

#[test]
fn limits_allow_what_is_exactly_as_much() {
    let source = fixture("good/jpeg-even-420.jpg");
    let limits = Limits {
        source_bytes: source.len() as u64,
        pixels: 96 * 64,
        slow_pixels: 96 * 64,
        outputs: 1,
        output_side: 96,
        output_pixels: 96 * 64,
        enlargement: 1,
        ..Limits::default()
    };
    transform(&processor(), &source, "format=avif,effort=0", &limits).expect("within every limit");
    let twice = Limits { enlargement: 2, ..Limits::default() };
    for recipe in ["width=192,fit=contain", "width=100,height=128,fit=cover", "width=192,height=128,fit=squeeze"] {
        transform(&processor(), &source, recipe, &twice).expect(recipe);
    }
}

#[test]
fn memory_is_refused_before_it_is_taken() {
    let source = fixture("good/jpeg-even-420.jpg");
    let limits = Limits { memory: 100_000, ..Limits::default() };
    let result = transform(&processor(), &source, "width=9000,fit=contain,format=png", &limits);
    let Err(Error::Limit(text)) = result else { panic!("{result:?}") };
    let actual = text.strip_prefix("memory in bytes: ").and_then(|text| text.strip_suffix(", must be at most 100000"));
    let actual: u64 = actual.expect(&text).parse().expect(&text);
    assert!(actual >= 9000 * 6000 * 3, "{actual}: less than the output alone takes");
}

#[test]
fn one_bad_recipe_spoils_no_other() {
    let source = fixture("good/jpeg-even-420.jpg");
    let recipes = ["width=48", "width=48,trim=40;0;40;0", "width=24,format=jpeg"].map(|text| text.parse().expect(text));
    let results = processor().transform(&source, &recipes, &Limits::default()).expect("the source is good").results;
    let failed: Vec<bool> = results.iter().map(Result::is_err).collect();
    assert_eq!(failed, [false, true, false], "{results:?}");
    let message = results[1].as_ref().expect_err("nothing is left").to_string();
    assert!(message.contains("trim=40;0;40;0: nothing would be left of 96 × 64"), "{message}");
}

#[test]
fn an_image_after_a_bad_one_is_as_before() {
    let (processor, limits) = small();
    let good = fixture("good/jpeg-420.jpg");
    let before = transform(&processor, &good, "", &limits).expect("an image");
    for name in fixtures("bad") {
        let _ = transform(&processor, &fixture(&format!("bad/{name}")), "", &limits);
    }
    assert_eq!(transform(&processor, &good, "", &limits), Ok(before));
}
