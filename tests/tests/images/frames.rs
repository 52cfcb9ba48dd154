//! Animations: compares every frame, its duration and the loop count with a second decoder.

use darkroom_host::Error;
use darkroom_recipe::{Format, LimitExceeded, LimitKind, Limits, Recipe, Rendition};
use darkroom_tests::{Animation, Engine, Picture, decode_bytes, decode_frames, fixture, processor};

fn animated() -> Vec<String> {
    let mut names = processor().fixtures();
    names.retain(|name| name.contains("-animated"));
    assert!(names.len() >= 2, "{names:?}");
    names
}

fn results(processor: &Engine, source: &[u8], recipes: &[&str], limits: &Limits) -> Vec<Result<Rendition, Error>> {
    let recipes: Vec<Recipe> = recipes.iter().map(|text| text.parse().expect(text)).collect();
    processor.transform(source, &recipes, limits).expect("a source").results
}

fn rendition(processor: &Engine, source: &[u8], recipe: &str) -> Rendition {
    let result = results(processor, source, &[recipe], &Limits::default()).remove(0);
    result.unwrap_or_else(|error| panic!("{recipe}: {error}"))
}

/// Browsers' interpretation of a delay: see docs/recipes.md.
fn shown_for(milliseconds: u64) -> u64 {
    if milliseconds <= 10 { 100 } else { milliseconds }
}

/// Transparent pixels are black.
fn seen(mut picture: Picture) -> Picture {
    picture.rgba.chunks_exact_mut(4).filter(|pixel| pixel[3] == 0).for_each(|pixel| pixel.fill(0));
    picture
}

/// The file of which Pillow knows all frames: make.py made a JPEG XL from another animation's file.
fn known(name: &str) -> &str {
    match name {
        "jxl-animated.jxl" => "png-animated.png",
        "jxl-animated-alpha.jxl" => "webp-animated-alpha.webp",
        other => other,
    }
}

/// The sources, and their outputs by `recipe`.
fn before_and_after(names: &[String], recipe: &str) -> Vec<(Animation, Animation)> {
    let processor = processor();
    let sources: Vec<Vec<u8>> = names.iter().map(|name| fixture(&format!("good/{name}"))).collect();
    let known: Vec<Vec<u8>> = names.iter().map(|name| fixture(&format!("good/{}", known(name)))).collect();
    let made: Vec<Vec<u8>> = sources.iter().map(|source| rendition(&processor, source, recipe).bytes).collect();
    let decoded = |files: &[Vec<u8>]| decode_frames(&files.iter().map(Vec::as_slice).collect::<Vec<_>>());
    decoded(&known).into_iter().zip(decoded(&made)).collect()
}

#[test]
fn every_frame_is_that_of_a_second_decoder() {
    let names = animated();
    for (name, (before, after)) in names.iter().zip(before_and_after(&names, "lossless=true")) {
        assert_eq!(after.frames.len(), before.frames.len(), "{name}: frames");
        for (number, (expected, found)) in before.frames.into_iter().zip(after.frames).enumerate() {
            let apart = seen(found).difference(&seen(expected));
            assert!(apart.max == 0, "{name}, frame {number}: {apart:?}");
        }
    }
}

#[test]
fn times_are_kept_as_browsers_show_them() {
    let names = animated();
    for recipe in ["width=30", "width=30,format=gif"].into_iter().filter(|recipe| processor().has("", recipe)) {
        for (name, (before, after)) in names.iter().zip(before_and_after(&names, recipe)) {
            // The tool that converts another animation to JPEG XL drops the loop count: it plays forever.
            let plays = if name.starts_with("jxl-") { 0 } else { before.plays };
            assert_eq!(after.plays, plays, "{name}, {recipe}: how often it is played");
            // Rounded to hundredths of a second; the rounding errors don't add up.
            let unit = if recipe.ends_with("gif") { 10 } else { 1 };
            let (mut end, mut written) = (0, 0);
            for (number, (expected, found)) in before.delays.iter().zip(&after.delays).enumerate() {
                end += shown_for(*expected);
                let rounded = (end + unit / 2) / unit * unit;
                assert_eq!(*found, rounded - written, "{name}, {recipe}, frame {number}");
                written = rounded;
            }
            assert_eq!(after.delays.len(), before.delays.len(), "{name}, {recipe}");
        }
    }
}

#[test]
fn a_gif_has_the_colors_that_256_can_show() {
    if !processor().encodes(Format::Gif) {
        return;
    }
    let names = animated();
    for (name, (before, after)) in names.iter().zip(before_and_after(&names, "format=gif")) {
        assert_eq!(after.frames.len(), before.frames.len(), "{name}: frames");
        // A GIF's own colours are few enough to keep; all others are dithered, and no pixel is semi-transparent.
        let exact = name.starts_with("gif");
        for (number, (mut expected, found)) in before.frames.into_iter().zip(after.frames).enumerate() {
            expected.rgba.chunks_exact_mut(4).for_each(|pixel| pixel[3] = if pixel[3] < 128 { 0 } else { 255 });
            let apart = seen(found).difference(&seen(expected));
            let fits = if exact { apart.max == 0 } else { apart.mean <= 4.5 };
            assert!(fits, "{name}, frame {number}: {apart:?}");
        }
    }
}

/// Each frame of an animation equals a still of that frame.
#[test]
fn every_operation_is_done_on_every_frame() {
    const RECIPES: [&str; 4] = [
        "width=30,rotate=90,flip=h",
        "width=40,height=20,fit=cover,gravity=0.2x0.1,sharpen=1",
        "width=40,height=40,fit=pad,background=336699,blur=2",
        "trim=3;4;5;6,width=120,fit=contain,background=00f8",
    ];
    let processor = processor();
    let names = ["gif-animated-parts.gif", "png-animated-parts.png", "webp-animated-alpha.webp"];
    for name in names.into_iter().filter(|name| processor.has(name, "")) {
        let source = fixture(&format!("good/{name}"));
        for recipe in RECIPES {
            let animation = rendition(&processor, &source, &format!("{recipe},lossless=true")).bytes;
            let animation = decode_frames(&[&animation]).remove(0);
            let still = |number| rendition(&processor, &source, &format!("{recipe},frame={number},format=png")).bytes;
            let stills: Vec<Vec<u8>> = (1..=animation.frames.len()).map(still).collect();
            let stills = decode_bytes(&stills.iter().map(Vec::as_slice).collect::<Vec<_>>());
            assert!(stills.len() >= 4, "{name}");
            for (number, (frame, still)) in animation.frames.into_iter().zip(stills).enumerate() {
                let apart = seen(frame).difference(&seen(still));
                assert_eq!(apart.max, 0, "{name}, {recipe}, frame {number}");
            }
        }
    }
}

#[test]
fn formats_without_frames_show_the_first_one_and_a_preference_finds_those_with_them() {
    let processor = processor();
    if !processor.decodes(Format::Gif) {
        return;
    }
    let source = fixture("good/gif-animated.gif");
    for (recipe, format, frames) in [
        ("", Format::WebP, 3),
        ("anim=false", Format::WebP, 1),
        ("frame=1", Format::WebP, 1),
        ("format=gif,anim=false", Format::Gif, 1),
        ("format=png", Format::Png, 1),
        ("format=jpeg", Format::Jpeg, 1),
        ("format=avif,effort=0", Format::Avif, 1),
        ("format=jpeg;png;gif", Format::Gif, 3),
        ("format=avif;webp", Format::WebP, 3),
        ("format=jpeg;gif;png,anim=false", Format::Gif, 1),
    ] {
        let made = rendition(&processor, &source, recipe);
        assert_eq!(made.format, format, "{recipe}");
        assert_eq!(processor.probe(&made.bytes, &Limits::default()).expect("an image").frames, frames, "{recipe}");
    }
    let stills = ["anim=false,format=png", "frame=1,format=png", "format=png"]
        .map(|recipe| rendition(&processor, &source, recipe));
    assert!(stills[0] == stills[1] && stills[1] == stills[2], "the first frame");
}

#[test]
fn a_frame_that_is_not_there_is_named() {
    let processor = processor();
    for (name, recipe, message) in [
        ("gif-animated.gif", "frame=4", "frame=4: must be an integer from 1 to 3 for this source"),
        ("jpeg-420.jpg", "frame=2", "frame=2: must be an integer from 1 to 1 for this source"),
        ("tiff-pages.tiff", "frame=4", "frame=4: must be an integer from 1 to 3 for this source"),
    ] {
        if !processor.has(name, recipe) {
            continue;
        }
        let result = results(&processor, &fixture(&format!("good/{name}")), &[recipe], &Limits::default()).remove(0);
        let Err(Error::InvalidRecipe(found)) = result else { panic!("{name}: {result:?}") };
        assert_eq!(found, message, "{name}");
    }
}

/// It costs as much as the frames before it, since they must be decoded too.
#[test]
fn a_late_frame_is_within_the_limits_of_an_animation() {
    let processor = processor();
    let source = fixture("good/png-animated.png"); // 61 × 47, three frames
    let limit = |kind, actual, allowed| Error::from(LimitExceeded { kind, actual, allowed });
    let (pixels, two) = (61 * 47, 2 * 61 * 47);
    for (limits, error) in [
        (Limits { frames: 2, ..Limits::default() }, limit(LimitKind::Frames, 3, 2)),
        (Limits { frame_pixels: two, ..Limits::default() }, limit(LimitKind::FramePixels, 3 * pixels, two)),
    ] {
        let mut made = results(&processor, &source, &["anim=false", "frame=2", "frame=3"], &limits);
        assert_eq!(made.pop().expect("three results"), Err(error));
        assert!(made.iter().all(Result::is_ok), "the frames before it");
    }
}

/// Each page of a TIFF has its own size.
#[test]
fn pages_are_images_beside_each_other() {
    let processor = processor();
    if !processor.decodes(Format::Tiff) {
        return;
    }
    let source = fixture("good/tiff-pages.tiff");
    let made = results(&processor, &source, &["frame=2", "", "frame=3,format=png", "format=png"], &Limits::default());
    let sizes: Vec<(u32, u32)> =
        made.iter().map(|made| made.as_ref().expect("a page")).map(|made| (made.width, made.height)).collect();
    assert_eq!(sizes, [(96, 64), (61, 47), (61, 47), (61, 47)]);
    let [third, first] = [2, 3].map(|at| made[at].as_ref().expect("a page").bytes.as_slice());
    let (grey, color) = (fixture("good/tiff-grey.tiff"), fixture("good/tiff-plain.tiff"));
    let pictures = decode_bytes(&[third, &grey, first, &color]);
    assert_eq!(pictures[0].difference(&pictures[1]).max, 0, "the third page");
    assert_eq!(pictures[2].difference(&pictures[3]).max, 0, "the first page");
    let limits = Limits { pixels: 96 * 64 - 1, ..Limits::default() };
    let made = results(&processor, &source, &["frame=2", ""], &limits);
    assert!(matches!(&made[0], Err(Error::Limit(_))) && made[1].is_ok(), "limits are each page's");
}

#[test]
fn stills_and_animations_come_of_one_decode() {
    let processor = processor();
    let source = fixture("good/png-animated-parts.png");
    let recipes = ["width=20,frame=5,format=png", "width=40", "frame=9", "width=30,anim=false", "width=20,format=gif"];
    let recipes: Vec<&str> = recipes.into_iter().filter(|recipe| processor.has("", recipe)).collect();
    let together = results(&processor, &source, &recipes, &Limits::default());
    for (recipe, result) in recipes.iter().zip(together) {
        match result {
            Err(Error::InvalidRecipe(_)) => assert_eq!(*recipe, "frame=9"),
            result => assert_eq!(result.expect(recipe).width.to_string(), recipe[6..8], "{recipe}"),
        }
    }
}

#[test]
fn an_animation_fits_into_max_bytes() {
    let processor = processor();
    let source = fixture("good/png-animated.png");
    for format in [Format::WebP, Format::Gif].into_iter().filter(|format| processor.encodes(*format)).map(Format::name)
    {
        let free = rendition(&processor, &source, &format!("format={format},quality=90"));
        let most = free.bytes.len() * 3 / 4;
        let fitted = rendition(&processor, &source, &format!("format={format},quality=90,max-bytes={most}"));
        let quality = fitted.quality.expect("a lossy output");
        assert!(fitted.bytes.len() <= most && quality < 90, "{format}: {} of {most}", fitted.bytes.len());
        let again = rendition(&processor, &source, &format!("format={format},quality={quality}"));
        assert!(again == fitted, "{format}: as if that quality had been asked for");
    }
}

#[test]
fn frames_are_limited_and_so_are_their_pixels() {
    let processor = processor();
    let source = fixture("good/png-animated.png"); // 3 frames of 61 × 47
    let limit = |kind, actual, allowed| Error::from(LimitExceeded { kind, actual, allowed });
    let default = Limits::default();
    let pixels = 3 * 61 * 47;
    for (limits, recipe, expected) in [
        (Limits { frames: 2, ..default }, "", limit(LimitKind::Frames, 3, 2)),
        (Limits { frame_pixels: pixels - 1, ..default }, "width=9", limit(LimitKind::FramePixels, pixels, pixels - 1)),
        (
            Limits { frame_pixels: pixels, ..default },
            "width=122,fit=contain",
            limit(LimitKind::FramePixels, 4 * pixels, pixels),
        ),
    ] {
        let made = results(&processor, &source, &[recipe, "anim=false", "format=jpeg"], &limits);
        assert_eq!(made[0], Err(expected), "{recipe}");
        assert!(made[1].is_ok() && made[2].is_ok(), "a still is none of it");
    }
    let limits = Limits { frames: 3, frame_pixels: pixels, ..default };
    assert!(results(&processor, &source, &[""], &limits)[0].is_ok(), "exactly as much");
}

#[test]
fn what_ends_within_its_frames_keeps_those_that_are_there() {
    let processor = processor();
    for name in ["gif-animated.gif", "png-animated.png"].into_iter().filter(|name| processor.has(name, "")) {
        let source = fixture(&format!("good/{name}"));
        let cut = &source[..source.len() * 3 / 4];
        let recipes: Vec<Recipe> =
            ["width=20", "width=20,anim=false"].map(|text| text.parse().expect("a recipe")).into();
        let made = processor.transform(cut, &recipes, &Limits::default()).expect("headers");
        assert!(made.info.damaged, "{name}");
        assert!(made.results.iter().all(Result::is_ok), "{name}: {:?}", made.results);
    }
}
