//! Every kind of input, compared with Pillow's pixels; and its `probe` result.

use darkroom_recipe::{Format, Limits, Recipe};
use darkroom_tests::{Engine, Picture, decode, decode_bytes, fixture, processor, repository};

/// The allowed difference of a channel, at most and in the mean, by the start of a fixture's name. The first match
/// counts.
struct Tolerance {
    name: &'static str,
    max: u8,
    mean: f64,
}

const fn within(name: &'static str, max: u8, mean: f64) -> Tolerance {
    Tolerance { name, max, mean }
}

const TOLERANCES: &[Tolerance] = &[
    // Two colour engines differ in how they read a profile's table,
    // whose black becomes black after it was rounded to eight bits,
    within("jpeg-cmyk-icc-black", 4, 0.9),
    within("jpeg-cmyk-icc", 3, 0.7),
    // and in how they round.
    within("jpeg-icc", 1, 0.1),
    within("png-icc-grey-lab", 1, 0.05),
    within("png-icc", 1, 0.05),
    // Light and colours are converted here, and in the script that made the fixture.
    within("png-chromaticities", 1, 0.3),
    within("png-cicp", 1, 0.3),
    within("png-gamma", 2, 0.5),
    // Pillow rounds down where it divides the alpha out.
    within("tiff-associated-alpha", 1, 0.5),
    within("tiff-cmyk-icc", 3, 0.9),
    within("tiff-icc", 1, 0.05),
    within("webp-icc", 1, 0.05),
    // One side rounds matrices once more.
    within("avif-icc", 5, 0.6),
    within("avif", 2, 0.5),
    within("heic", 3, 0.7),
    // XYB is rounded once more,
    within("jxl-lossy", 1, 0.4),
    // Pillow's plug-in turns a JPEG XL that was a JPEG back into it, and shows that; libjxl's own pixels are within 1.
    within("jxl-transcoded", 32, 2.0),
    // Pillow rounds samples of five bits down.
    within("bmp-rgb-5", 1, 0.7),
    // Everything else is exact, including JPEG, whose decoder here rounds as the other one does, and lossy WebP, whose
    // decoding is defined to the bit.
    within("", 0, 0.0),
];

/// Pillow truncates 16-bit colours to 8 bits, reads no colours but those of a profile, does not scale samples of every length, and leaves a cursor's mask alone.
/// Each of these fixtures is the named one stored in another way, or with noise below half a step, so that rounding
/// gives the same pixels.
const ROUNDED: &[(&str, &str)] = &[
    ("bmp-alpha-bitfields.bmp", "bmp-alpha.bmp"),
    ("bmp-alpha-of-v5.bmp", "bmp-alpha.bmp"),
    ("bmp-os2-2-short.bmp", "bmp-os2-2.bmp"),
    ("bmp-palette-300.bmp", "bmp-os2-2.bmp"),
    ("bmp-unused-alpha.bmp", "bmp-rgb.bmp"),
    ("ico-cursor.ico", "ico-rgb.ico"),
    // Pillow's plug-in shows the last frame.
    ("jxl-animated-alpha.jxl", "webp-animated-alpha.webp"),
    ("jxl-animated.jxl", "png-animated.png"),
    ("png-chromaticities-p3.png", "png-rgb-8.png"),
    ("png-cicp-p3.png", "png-rgb-8.png"),
    ("png-gamma-linear.png", "png-rgb-8.png"),
    ("png-grey-alpha-16.png", "png-grey-alpha-8.png"),
    ("png-grey-alpha-16-interlaced.png", "png-grey-alpha-8.png"),
    ("png-rgb-16.png", "png-rgb-8.png"),
    ("png-rgb-16-interlaced.png", "png-rgb-8.png"),
    ("png-rgb-16-transparent.png", "png-rgb-8-transparent.png"),
    ("png-rgba-16.png", "png-rgba-8.png"),
    ("png-rgba-16-interlaced.png", "png-rgba-8.png"),
    ("tiff-cmyk-alpha.tiff", "tiff-cmyk.tiff"),
    ("tiff-grey-12.tiff", "png-grey-8.png"),
    ("tiff-grey-32.tiff", "png-grey-8.png"),
    ("tiff-grey-float-16.tiff", "png-grey-8.png"),
    ("tiff-grey-float-32.tiff", "png-grey-8.png"),
    ("tiff-grey-float-64.tiff", "png-grey-8.png"),
    ("tiff-grey-signed-16.tiff", "png-grey-8.png"),
    ("tiff-planar-tiles-16.tiff", "png-rgba-8.png"),
    ("tiff-rgb-16.tiff", "png-rgb-8.png"),
];

/// The core's pixels of a source: no resize, no loss.
fn to_png(processor: &Engine, source: &[u8]) -> Vec<u8> {
    let recipe: Recipe = "format=png,anim=false".parse().expect("a recipe");
    let mut results = processor.transform(source, &[recipe], &Limits::default()).expect("a source").results;
    results.remove(0).expect("a rendition").bytes
}

fn by_core(names: &[String]) -> Vec<Picture> {
    let processor = processor();
    let outputs: Vec<Vec<u8>> =
        names.iter().map(|name| to_png(&processor, &fixture(&format!("good/{name}")))).collect();
    decode_bytes(&outputs.iter().map(Vec::as_slice).collect::<Vec<_>>())
}

fn by_pillow(names: &[String]) -> Vec<Picture> {
    let folder = repository().join("tests/fixtures/good");
    let file = |name: &String| {
        let narrow = ROUNDED.iter().find(|(wide, _)| wide == name).map(|(_, narrow)| *narrow);
        folder.join(narrow.unwrap_or(name))
    };
    decode(&names.iter().map(file).collect::<Vec<_>>())
}

/// Transparent pixels of these decode to black: they are invisible, and a file should not reveal them.
const HIDDEN: [&str; 6] =
    ["avif-alpha", "avif-rgba-10", "gif-animated-", "heic-alpha", "jxl-animated-alpha", "webp-animated-alpha"];

fn blacken_hidden(picture: &mut Picture) {
    for pixel in picture.rgba.chunks_exact_mut(4).filter(|pixel| pixel[3] == 0) {
        pixel.fill(0);
    }
}

#[test]
fn pixels_are_those_of_a_second_decoder() {
    let names = processor().fixtures();
    let mut wrong = Vec::new();
    for ((name, core), mut pillow) in names.iter().zip(by_core(&names)).zip(by_pillow(&names)) {
        if HIDDEN.iter().any(|start| name.starts_with(start)) {
            blacken_hidden(&mut pillow);
        }
        let allowed = TOLERANCES.iter().find(|tolerance| name.starts_with(tolerance.name)).expect("a tolerance");
        let found = core.difference(&pillow);
        println!("{name}: max {}, mean {:.3}", found.max, found.mean);
        if found.max > allowed.max || found.mean > allowed.mean {
            wrong.push(format!(
                "{name}: max {} of {}, mean {:.3} of {}",
                found.max, allowed.max, found.mean, allowed.mean
            ));
        }
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

/// A pixel inside each shape of the picture, and its colour before any codec: make.py draws one in every corner.
const CORNERS: [(u32, u32, [u8; 3]); 4] =
    [(12, 12, [214, 40, 40]), (50, 11, [30, 60, 180]), (6, 40, [240, 200, 30]), (48, 35, [20, 120, 60])];

#[test]
fn all_eight_orientations_are_shown_alike() {
    let mut names: Vec<String> = (1..=8).map(|value| format!("jpeg-orientation-{value}.jpg")).collect();
    names.extend(["png", "webp", "tiff"].map(|ending| format!("{ending}-orientation-6.{ending}")));
    names.retain(|name| processor().has(name, "format=png"));
    for (name, shown) in names.iter().zip(by_core(&names)) {
        assert_eq!((shown.width, shown.height), (61, 47), "{name}");
        for (x, y, expected) in CORNERS {
            let found = shown.at(x, y);
            let near = found.iter().zip(expected).all(|(a, b)| a.abs_diff(b) <= 16);
            assert!(near, "{name}: {found:?} at ({x}, {y}), expected {expected:?}");
        }
    }
}

/// The `probe` results of fixtures that differ from the default: a still of 61 × 47 without orientation, alpha, profile
/// or metadata, with 8 bits a channel. The first row whose name is a prefix counts.
struct Facts {
    name: &'static str,
    size: (u32, u32),
    orientation: u8,
    frames: u32,
    alpha: bool,
    bits: u8,
    icc: bool,
    metadata: bool,
}

const fn plain(name: &'static str) -> Facts {
    Facts { name, size: (61, 47), orientation: 1, frames: 1, alpha: false, bits: 8, icc: false, metadata: false }
}

const fn alpha(name: &'static str) -> Facts {
    Facts { alpha: true, ..plain(name) }
}

const fn icc(name: &'static str) -> Facts {
    Facts { icc: true, ..plain(name) }
}

const fn bits(name: &'static str, bits: u8) -> Facts {
    Facts { bits, ..plain(name) }
}

const fn orientation(name: &'static str, orientation: u8) -> Facts {
    Facts { orientation, metadata: true, ..plain(name) }
}

const FACTS: &[Facts] = &[
    alpha("avif-alpha"),
    icc("avif-icc"),
    bits("avif-rgb-10", 10),
    bits("avif-rgb-12", 12),
    Facts { bits: 10, ..alpha("avif-rgba-10") },
    Facts { metadata: true, ..plain("avif-xmp") },
    alpha("bmp-alpha"),
    alpha("bmp-unused-alpha"),
    // Any frame of a GIF may be partly transparent.
    Facts { frames: 6, ..alpha("gif-animated-parts") },
    Facts { frames: 3, ..alpha("gif-animated") },
    Facts { metadata: true, ..alpha("gif-xmp") },
    alpha("gif-"),
    alpha("heic-alpha"),
    bits("heic-rgb-10", 10),
    bits("heic-rgb-12", 12),
    Facts { metadata: true, ..plain("heic-xmp") },
    alpha("ico-"),
    icc("jpeg-cmyk-icc"),
    Facts { size: (96, 64), ..plain("jpeg-even-420") },
    orientation("jpeg-exif", 6),
    icc("jpeg-icc"),
    orientation("jpeg-orientation-1", 1),
    orientation("jpeg-orientation-2", 2),
    orientation("jpeg-orientation-3", 3),
    orientation("jpeg-orientation-4", 4),
    orientation("jpeg-orientation-5", 5),
    orientation("jpeg-orientation-6", 6),
    orientation("jpeg-orientation-7", 7),
    orientation("jpeg-orientation-8", 8),
    Facts { metadata: true, ..plain("jpeg-xmp") },
    Facts { frames: 4, ..alpha("jxl-animated-alpha") },
    Facts { frames: 3, ..alpha("jxl-animated") },
    Facts { metadata: true, ..plain("jxl-exif") },
    alpha("jxl-lossless-alpha"),
    alpha("jxl-lossy-alpha"),
    Facts { metadata: true, ..plain("jxl-xmp") },
    Facts { frames: 2, ..alpha("png-animated-default") },
    Facts { frames: 6, ..alpha("png-animated-parts") },
    Facts { frames: 3, ..plain("png-animated") },
    Facts { bits: 16, ..icc("png-chromaticities-p3") },
    Facts { bits: 16, ..icc("png-cicp-p3") },
    Facts { bits: 16, ..icc("png-gamma-linear") },
    icc("png-icc-grey-lab"),
    Facts { bits: 16, ..plain("png-grey-16") },
    Facts { metadata: true, ..plain("png-exif") },
    alpha("png-grey-1-transparent"),
    alpha("png-grey-8-transparent"),
    Facts { bits: 16, ..alpha("png-grey-alpha-16") },
    alpha("png-grey-alpha-8"),
    Facts { icc: true, ..alpha("png-icc-grey-alpha") },
    Facts { icc: true, ..alpha("png-icc-p3-alpha") },
    icc("png-icc-p3"),
    orientation("png-orientation-6", 6),
    alpha("png-palette-1-transparent"),
    alpha("png-palette-2-transparent"),
    alpha("png-palette-4-transparent"),
    alpha("png-palette-8-transparent"),
    Facts { bits: 16, ..alpha("png-rgb-16-transparent") },
    Facts { bits: 16, ..plain("png-rgb-16") },
    alpha("png-rgb-8-transparent"),
    Facts { bits: 16, ..alpha("png-rgba-16") },
    alpha("png-rgba-8"),
    Facts { metadata: true, ..plain("png-xmp") },
    alpha("qoi-alpha"),
    alpha("tiff-alpha"),
    alpha("tiff-associated-alpha"),
    bits("tiff-cmyk-16", 16),
    icc("tiff-cmyk-icc"),
    Facts { metadata: true, ..plain("tiff-exif") },
    bits("tiff-fax", 1),
    bits("tiff-grey-12", 12),
    bits("tiff-grey-16", 16),
    bits("tiff-grey-1-", 1),
    bits("tiff-grey-2", 2),
    bits("tiff-grey-32", 32),
    bits("tiff-grey-4", 4),
    alpha("tiff-grey-alpha"),
    bits("tiff-grey-float-16", 16),
    bits("tiff-grey-float-32", 32),
    bits("tiff-grey-float-64", 64),
    bits("tiff-grey-signed-16", 16),
    icc("tiff-icc-p3"),
    // TIFF is the format of EXIF itself: its orientation is no embedded metadata.
    Facts { metadata: false, ..orientation("tiff-orientation-6", 6) },
    bits("tiff-palette-1", 1),
    bits("tiff-palette-4", 4),
    Facts { bits: 16, ..alpha("tiff-planar-tiles-16") },
    bits("tiff-predictor-16", 16),
    bits("tiff-rgb-16", 16),
    Facts { metadata: true, ..plain("tiff-xmp") },
    Facts { frames: 4, ..alpha("webp-animated-alpha") },
    Facts { frames: 3, ..alpha("webp-animated") },
    orientation("webp-exif-prefix", 6),
    icc("webp-icc-p3"),
    alpha("webp-lossless-alpha"),
    alpha("webp-lossy-alpha"),
    Facts { size: (96, 64), ..plain("webp-lossy-even") },
    orientation("webp-orientation-6", 6),
    Facts { metadata: true, ..plain("webp-xmp") },
    plain(""),
];

#[test]
fn probe_tells_what_a_source_is() {
    let processor = processor();
    for name in processor.fixtures() {
        let facts = FACTS.iter().find(|facts| name.starts_with(facts.name)).expect("the last row fits all");
        let info = processor.probe(&fixture(&format!("good/{name}")), &Limits::default()).expect("a source");
        let format = Format::ALL.into_iter().find(|format| name.starts_with(format.name())).expect("a format");
        assert_eq!(info.format, format, "{name}");
        assert_eq!((info.width, info.height), facts.size, "{name}: size");
        assert_eq!((info.orientation, info.frames), (facts.orientation, facts.frames), "{name}: orientation, frames");
        assert_eq!((info.alpha, info.bits_per_channel), (facts.alpha, facts.bits), "{name}: alpha, bits");
        assert_eq!((info.icc_profile, info.metadata), (facts.icc, facts.metadata), "{name}: profile, metadata");
    }
}
