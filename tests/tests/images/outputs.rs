//! Outputs: every format's pixels, metadata, size in bytes and limits, as a second decoder reads them.

use darkroom_host::Error;
use darkroom_recipe::{Format, Limits, Recipe, Rendition};
use darkroom_tests::{Engine, Metadata, decode_bytes, fixture, processor};

fn results(processor: &Engine, source: &[u8], recipes: &[String]) -> Vec<Result<Rendition, Error>> {
    let recipes: Vec<Recipe> = recipes.iter().map(|text| text.parse().expect(text)).collect();
    processor.transform(source, &recipes, &Limits::default()).expect("a source").results
}

fn rendition(processor: &Engine, source: &[u8], recipe: &str) -> Rendition {
    results(processor, source, &[recipe.into()]).remove(0).unwrap_or_else(|error| panic!("{recipe}: {error}"))
}

#[test]
fn formats_without_transparency_get_the_background() {
    let processor = processor();
    let source = fixture("good/png-rgba-8.png");
    let cases: [(&str, [u8; 3]); 3] = [
        ("format=jpeg,quality=100", [255, 255, 255]),
        ("format=jpeg,quality=100,background=336699", [0x33, 0x66, 0x99]),
        ("format=png,background=336699", [0x33, 0x66, 0x99]),
    ];
    let outputs: Vec<Rendition> = cases.iter().map(|(recipe, _)| rendition(&processor, &source, recipe)).collect();
    let mut files: Vec<&[u8]> = outputs.iter().map(|output| output.bytes.as_slice()).collect();
    files.push(&source);
    let mut pictures = decode_bytes(&files);
    let original = pictures.pop().expect("the source");
    for ((recipe, background), flat) in cases.iter().zip(pictures) {
        // Transparent, half and fully opaque.
        for (x, y) in [(58, 45), (42, 20), (4, 4)] {
            let [red, green, blue, alpha] = original.at(x, y).map(f64::from);
            let found = flat.at(x, y);
            assert_eq!(found[3], 255, "{recipe}");
            for (channel, ink) in [red, green, blue].into_iter().enumerate() {
                let expected = (ink * alpha + f64::from(background[channel]) * (255.0 - alpha)) / 255.0;
                let off = (f64::from(found[channel]) - expected).abs();
                assert!(off <= 8.0, "{recipe} at ({x}, {y}): {found:?}, expected {expected} in channel {channel}");
            }
        }
    }
}

#[test]
fn transparency_stays_where_the_format_has_it() {
    let processor = processor();
    let source = fixture("good/png-rgba-8.png");
    let formats = Format::encodable().filter(|format| format.has_alpha() && processor.encodes(*format));
    let outputs: Vec<Rendition> =
        formats.map(|format| rendition(&processor, &source, &format!("format={}", format.name()))).collect();
    let pictures = decode_bytes(&outputs.iter().map(|output| output.bytes.as_slice()).collect::<Vec<_>>());
    for (output, picture) in outputs.iter().zip(pictures) {
        let (opaque, clear) = (picture.at(4, 4)[3], picture.at(58, 45)[3]);
        assert!(opaque >= 253 && clear <= 2, "{:?}: {opaque} and {clear}", output.format);
    }
}

/// GIF has no place for it.
fn with_exif(processor: &Engine) -> impl Iterator<Item = Format> + '_ {
    Format::encodable().filter(|format| *format != Format::Gif && processor.encodes(*format))
}

#[test]
fn metadata_is_kept_as_the_recipe_says() {
    metadata_is_kept("jpeg-exif.jpg", true);
    metadata_is_kept("tiff-exif.tiff", true);
    // A JPEG has no room for all of it.
    metadata_is_kept("png-exif-long.png", false);
}

/// The metadata of a fixture that each format keeps; `fits` says whether a JPEG has room for all of it.
fn metadata_is_kept(name: &str, fits: bool) {
    let processor = processor();
    if !processor.has(name, "") {
        return;
    }
    let source = fixture(&format!("good/{name}"));
    let policies = ["none", "copyright", "keep"];
    let recipes: Vec<String> = with_exif(&processor)
        .flat_map(|format| policies.map(|policy| format!("format={},metadata={policy}", format.name())))
        .collect();
    let outputs: Vec<Vec<u8>> =
        results(&processor, &source, &recipes).into_iter().map(|result| result.expect("an output").bytes).collect();
    let pictures = decode_bytes(&outputs.iter().map(Vec::as_slice).collect::<Vec<_>>());
    for (recipe, picture) in recipes.iter().zip(pictures) {
        assert_eq!((picture.width, picture.height), (61, 47), "{name}, {recipe}: shown as the source is");
        let Metadata { orientation, make, artist, copyright, gps, icc, .. } = picture.metadata;
        assert!(
            matches!(orientation, None | Some(1)),
            "{name}, {recipe}: it is in the pixels, and still tagged {orientation:?}"
        );
        // For a JPEG XL, Pillow's plug-in generates one from the header.
        assert!(!icc || recipe.starts_with("format=jxl"), "{name}, {recipe}: the pixels are sRGB");
        let kept = recipe.ends_with("keep") && (fits || !recipe.contains("jpeg"));
        // Pillow writes no GPS fields into a TIFF.
        let place = kept && !name.starts_with("tiff");
        assert_eq!((make.is_some(), gps), (kept, place), "{name}, {recipe}: camera and place");
        let named = !recipe.ends_with("none");
        assert_eq!(artist.as_deref(), named.then_some("Ana Artist"), "{name}, {recipe}");
        assert_eq!(copyright.as_deref(), named.then_some("2026 Ana Artist"), "{name}, {recipe}");
    }
}

/// A packet says what it says of the picture wherever a format has a place for it, and so does IPTC's data in a JPEG. The
/// second decoder's packet is the fixture's own without what tells of that file.
#[test]
fn xmp_and_iptc_go_along_where_they_are_kept() {
    const OF_THE_FILE: [&str; 2] =
        [r#" tiff:ImageWidth="4000""#, "<xmp:Thumbnails><rdf:Alt><rdf:li>AAAA</rdf:li></rdf:Alt></xmp:Thumbnails>"];
    let processor = processor();
    let policies = ["none", "copyright", "keep"];
    let recipes: Vec<String> = with_exif(&processor)
        .flat_map(|format| policies.map(|policy| format!("format={},metadata={policy}", format.name())))
        .collect();
    let packet = |file: &[u8]| {
        let text = String::from_utf8_lossy(file);
        let (start, end) = (text.find("<x:xmpmeta")?, text.find("</x:xmpmeta>")? + "</x:xmpmeta>".len());
        Some(text[start..end].to_owned())
    };
    let mut names = processor.fixtures();
    names.retain(|name| name.contains("-xmp."));
    assert!(names.len() >= 3, "{names:?}");
    for name in names {
        let source = fixture(&format!("good/{name}"));
        let whole = packet(&source).expect("the fixture has one");
        let right = OF_THE_FILE.iter().fold(whole.clone(), |text, part| text.replace(part, ""));
        assert!(right.contains("Ana Artist") && right.len() + 80 < whole.len(), "{name}: {right}");
        let outputs: Vec<Vec<u8>> =
            results(&processor, &source, &recipes).into_iter().map(|result| result.expect("an output").bytes).collect();
        let pictures = decode_bytes(&outputs.iter().map(Vec::as_slice).collect::<Vec<_>>());
        for ((recipe, picture), bytes) in recipes.iter().zip(pictures).zip(&outputs) {
            let kept = recipe.ends_with("keep");
            assert_eq!(picture.metadata.xmp.as_deref(), kept.then_some(right.as_str()), "{name}, {recipe}");
            let iptc = kept && recipe.contains("jpeg") && (name.starts_with("jpeg") || name.starts_with("tiff"));
            assert_eq!(picture.metadata.byline.as_deref(), iptc.then_some("Bo Byline"), "{name}, {recipe}");
            let left = ["Ana Artist", "Bo Byline", "preview", "thumbnail"]
                .map(|text| bytes.windows(text.len()).any(|found| found == text.as_bytes()));
            assert_eq!(left, [kept, iptc, false, false], "{name}, {recipe}: what is in the bytes");
        }
    }
}

/// What is removed is gone from the bytes, not only from what a reader looks at.
#[test]
fn nothing_of_removed_metadata_is_left_in_the_bytes() {
    let processor = processor();
    let source = fixture("good/jpeg-exif.jpg");
    let contains = |bytes: &[u8], text: &str| bytes.windows(text.len()).any(|window| window == text.as_bytes());
    assert!(contains(&source, "Camera") && contains(&source, "Ana Artist"), "the fixture says so");
    for format in with_exif(&processor) {
        let none = rendition(&processor, &source, &format!("format={}", format.name())).bytes;
        assert!(!contains(&none, "Camera") && !contains(&none, "Ana Artist"), "{format:?}");
        let copyright = rendition(&processor, &source, &format!("format={},metadata=copyright", format.name())).bytes;
        assert!(!contains(&copyright, "Camera") && contains(&copyright, "Ana Artist"), "{format:?}");
    }
}

#[test]
fn lossless_outputs_give_every_pixel_back() {
    let processor = processor();
    for name in ["png-rgb-8.png", "png-rgba-8.png", "png-palette-4.png", "webp-lossy-even.webp"] {
        let source = fixture(&format!("good/{name}"));
        let recipes = ["format=png", "format=webp,lossless=true", "format=jxl,lossless=true"];
        let recipes = recipes.into_iter().filter(|recipe| processor.has(name, recipe));
        let outputs: Vec<Rendition> = recipes.map(|recipe| rendition(&processor, &source, recipe)).collect();
        let files = [source.as_slice()].into_iter().chain(outputs.iter().map(|output| output.bytes.as_slice()));
        let pictures = decode_bytes(&files.collect::<Vec<_>>());
        for (output, picture) in outputs.iter().zip(&pictures[1..]) {
            assert_eq!(output.quality, None, "{name} as {:?}", output.format);
            let pixels = pictures[0].rgba.chunks_exact(4).zip(picture.rgba.chunks_exact(4));
            // A fully transparent pixel has no visible colour to lose.
            let same = pixels.into_iter().all(|(from, to)| from == to || (from[3] == 0 && to[3] == 0));
            assert!(same, "{name} as {:?}", output.format);
        }
    }
}

/// Palettes, grey and few bits take no more bytes than before: these sources are maximally compressed.
#[test]
fn a_png_is_no_larger_than_the_png_that_it_was_made_of() {
    let processor = processor();
    for name in [
        "grey-1",
        "grey-2",
        "grey-4",
        "grey-8",
        "palette-1",
        "palette-2",
        "palette-4",
        "palette-8",
        "palette-1-transparent",
        "palette-4-transparent",
        "palette-8-transparent",
        "flat-colours",
    ] {
        let source = fixture(&format!("good/png-{name}.png"));
        let output = rendition(&processor, &source, "format=png,effort=10").bytes;
        assert!(output.len() <= source.len(), "{name}: {} bytes of {}", output.len(), source.len());
    }
}

#[test]
fn max_bytes_takes_the_highest_quality_that_fits() {
    let processor = processor();
    let source = fixture("good/jpeg-even-420.jpg");
    for format in ["webp", "jpeg", "avif", "jxl"] {
        if !processor.has("", &format!("format={format}")) {
            continue;
        }
        let free = rendition(&processor, &source, &format!("format={format},quality=90"));
        assert_eq!(free.quality, Some(90), "{format}");
        let most = free.bytes.len() * 2 / 3;
        let recipe = format!("format={format},quality=90,max-bytes={most}");
        let fitted = rendition(&processor, &source, &recipe);
        let quality = fitted.quality.expect("a lossy output");
        assert!(
            fitted.bytes.len() <= most && quality < 90,
            "{recipe}: {} bytes, quality {quality}",
            fitted.bytes.len()
        );
        let next = rendition(&processor, &source, &format!("format={format},quality={}", quality + 1));
        assert!(next.bytes.len() > most, "{recipe}: quality {} fits as well", quality + 1);
        let same = rendition(&processor, &source, &format!("format={format},quality={quality}"));
        assert_eq!(same.bytes, fitted.bytes, "{recipe}: the quality that it says");
    }
}

#[test]
fn max_bytes_that_nothing_fits_is_an_error_that_tells_how_many_it_takes() {
    let processor = processor();
    let source = fixture("good/jpeg-even-420.jpg");
    let recipes = ["format=jpeg,max-bytes=100", "format=png,max-bytes=100"].map(String::from);
    let expected = ["at quality 1 it takes ", "a lossless file takes "];
    for (result, expected) in results(&processor, &source, &recipes).into_iter().zip(expected) {
        let Err(Error::InvalidRecipe(message)) = result else { panic!("{result:?}") };
        assert!(message.starts_with("max-bytes=100: ") && message.contains(expected), "{message}");
    }
}

#[test]
fn what_is_too_large_for_webp_is_scaled_down_or_refused() {
    let processor = processor();
    let limits = Limits { output_side: 20_000, ..Limits::default() };
    let recipe: Recipe = "width=17000,height=20,fit=squeeze,format=png,effort=0".parse().expect("a recipe");
    let mut wide = processor.transform(&fixture("good/png-rgb-8.png"), &[recipe], &limits).expect("a source").results;
    let source = wide.remove(0).expect("a wide image").bytes;
    let results = results(&processor, &source, &["effort=0".into(), "oversize=refuse".into()]);
    let scaled = results[0].as_ref().expect("scaled down");
    assert_eq!((scaled.width, scaled.height), (16_383, 19));
    let picture = &decode_bytes(&[&scaled.bytes])[0];
    assert_eq!((picture.width, picture.height), (16_383, 19));
    let Err(Error::InvalidRecipe(message)) = &results[1] else { panic!("{:?}", results[1]) };
    assert_eq!(message, "format=webp: the output's longer side would be 17000 pixels; must be at most 16383");
}
