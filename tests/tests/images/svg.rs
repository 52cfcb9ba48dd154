//! SVG: equals a second renderer's drawing, at the requested size; nothing is loaded; bombs are refused.

use darkroom_host::Error;
use darkroom_recipe::{Format, Limits, Recipe};
use darkroom_tests::{Picture, decode, decode_bytes, fixture, fixtures, processor, python, repository};

const WIDTH: u32 = 160;

/// Drawings that CairoSVG supports, and the allowed mean difference of a channel: it antialiases differently.
const DRAWN: [(&str, f64); 5] =
    [("clips.svg", 1.5), ("gradients.svg", 1.5), ("paths.svg", 1.5), ("references.svg", 1.5), ("shapes.svg", 1.5)];

fn drawn(source: &[u8], recipe: &str) -> Result<Picture, Error> {
    let recipe: Recipe = recipe.parse().expect("a recipe");
    let transformed = processor().transform(source, &[recipe], &Limits::default())?;
    let png = transformed.results.into_iter().next().expect("a result")?.bytes;
    Ok(decode_bytes(&[&png]).remove(0))
}

#[test]
fn pixels_are_those_of_a_second_renderer() {
    if !processor().decodes(Format::Svg) {
        return;
    }
    let folder = tempfile::tempdir().expect("a temporary folder");
    let files: Vec<_> = DRAWN.iter().map(|(name, _)| repository().join("tests/fixtures/svg").join(name)).collect();
    let width = WIDTH.to_string();
    let arguments: Vec<_> =
        [folder.path(), width.as_ref()].into_iter().chain(files.iter().map(std::path::PathBuf::as_path)).collect();
    let _ = python("reference/svg.py", &arguments);
    let outputs: Vec<_> = (0..files.len()).map(|number| folder.path().join(format!("{number}.png"))).collect();
    let mut wrong = Vec::new();
    for ((name, most), mut reference) in DRAWN.iter().zip(decode(&outputs)) {
        let mut core =
            drawn(&fixture(&format!("svg/{name}")), &format!("format=png,width={WIDTH},fit=contain")).expect(name);
        [&mut core, &mut reference].into_iter().for_each(Picture::on_white);
        let found = core.difference(&reference);
        println!("{name}: max {}, mean {:.3}", found.max, found.mean);
        if found.mean > *most {
            wrong.push(format!("{name}: mean {:.3} of {most}", found.mean));
        }
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

#[test]
fn filters_do_as_their_definition_says_and_nothing_is_loaded() {
    if !processor().decodes(Format::Svg) {
        return;
    }
    let shown = drawn(&fixture("svg/filters.svg"), "format=png").expect("an image");
    for (x, y, expected, what) in [
        (5, 5, [0, 0, 0, 0], "it has moved away"),
        (25, 15, [214, 40, 40, 255], "by 20 and 10"),
        (16, 30, [0, 0, 0, 255], "far from a blurred edge"),
        (62, 30, [0, 0, 0, 0], "on the other side of it"),
        // 0.2126, 0.7152 and 0.0722 are a grey's shares: 0.072 of 255.
        (6, 42, [18, 18, 18, 255], "a blue without saturation"),
        (50, 40, [0, 0, 0, 0], "no image in a drawing is loaded"),
        (45, 8, [0, 0, 0, 0], "there is no font"),
    ] {
        let found = shown.at(x, y);
        assert!(found.iter().zip(expected).all(|(a, b)| a.abs_diff(b) <= 1), "{what}: {found:?}, not {expected:?}");
    }
    // A Gaussian's distribution function: half at the edge, 0.84 one standard deviation inside, 0.16 outside. Three box
    // filters may replace it (Filter Effects 1, feGaussianBlur), and are a little wider.
    for (x, share) in [(32, 0.45), (28, 0.81), (36, 0.13)] {
        let alpha = f64::from(shown.at(x, 30)[3]) / 255.0;
        assert!((alpha - share).abs() < 0.05, "{alpha} at {x}, not {share}");
    }
}

#[test]
fn a_drawing_has_the_size_that_is_asked_for() {
    if !processor().decodes(Format::Svg) {
        return;
    }
    let source = br#"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 10 10"><path d="M0 0h5v10h-5z"/></svg>"#;
    for (recipe, size) in [
        ("format=png", (10, 10)),
        // No fit enlarges unless asked to.
        ("format=png,width=400", (10, 10)),
        ("format=png,width=400,fit=contain", (400, 400)),
        ("format=png,width=400,height=200,fit=cover", (400, 200)),
        ("format=png,width=200,height=400,fit=squeeze,trim=border", (200, 400)),
        ("format=png,width=200,height=100,fit=cover,gravity=auto", (200, 100)),
        ("format=png,width=4", (4, 4)),
    ] {
        let shown = drawn(source, recipe).expect(recipe);
        assert_eq!((shown.width, shown.height), size, "{recipe}");
        if shown.width == 400 {
            // Enlarged pixels would have other values near the edge.
            let edge = [198, 199, 200, 201].map(|x| shown.at(x, 100)[3]);
            assert_eq!(edge, [255, 255, 0, 0], "{recipe}");
        }
    }
}

#[test]
fn every_drawing_is_probed() {
    if !processor().decodes(Format::Svg) {
        return;
    }
    for (name, size) in fixtures("svg").iter().zip([(64, 48), (64, 48), (64, 48), (60, 40), (64, 48), (64, 48)]) {
        let info = processor().probe(&fixture(&format!("svg/{name}")), &Limits::default()).expect(name);
        assert_eq!((info.format.name(), info.width, info.height, info.alpha), ("svg", size.0, size.1, true), "{name}");
    }
}

/// Refused drawings, and the text of their errors.
fn bombs() -> Vec<(&'static str, String, &'static str)> {
    const SVG: &str = "<svg xmlns='http://www.w3.org/2000/svg' width='100' height='100'>";
    let svg = |content: &str| format!("{SVG}{content}</svg>");
    let doubled =
        |level: usize| format!("<g id='a{}'>{}</g>", level + 1, format!("<use href='#a{level}'/>").repeat(10));
    let uses: String = (0..8).map(doubled).collect();
    let laughs: String =
        (1..9).map(|level| format!("<!ENTITY a{level} '{}'>", format!("&a{};", level - 1).repeat(10))).collect();
    let references = "&a;".repeat(10_000);
    let long = format!("<!DOCTYPE svg [<!ENTITY a '{}'>]>", "x".repeat(10_000));
    let points = "h1".repeat(10_000);
    let content = "<rect width='1' height='1'/>".repeat(1000);
    vec![
        ("uses", svg(&format!("<rect id='a0' width='9' height='9'/>{uses}")), "elements, references followed"),
        (
            "laughs",
            format!("<!DOCTYPE svg [<!ENTITY a0 'x'>{laughs}]>{}", svg("<desc>&a8;</desc>")),
            "entity reference loop",
        ),
        ("entities", format!("{long}{}", svg(&format!("<desc>{references}</desc>"))), "entities that may become"),
        (
            "markers",
            svg(&format!("<marker id='m'>{content}</marker><path marker-mid='url(#m)' d='M0 0{points}'/>")),
            "elements, references",
        ),
        ("nested", svg(&format!("{}{}", "<g>".repeat(1000), "</g>".repeat(1000))), "nested more than"),
        (
            "layers",
            svg(&format!("{}<rect width='7000' height='7000'/>{}", "<g opacity='.5'>".repeat(15), "</g>".repeat(15)))
                .replace("'100'", "'7000'"),
            "memory in bytes",
        ),
        (
            "morphology",
            svg("<filter id='f'><feMorphology radius='5000'/></filter><rect width='99' height='99' filter='url(#f)'/>")
                .replace("'100'", "'900'")
                .replace("'99'", "'900'"),
            "pixels to paint",
        ),
        (
            "turbulence",
            svg(
                "<filter id='f'><feTurbulence baseFrequency='.1' numOctaves='1000000'/></filter><rect width='99' height='99' filter='url(#f)'/>",
            ),
            "pixels to paint",
        ),
        (
            "pattern",
            svg(
                "<pattern id='p' width='3e4' height='3e4' patternUnits='userSpaceOnUse'><rect width='9' height='9'/></pattern><rect width='99' height='99' fill='url(#p)'/>",
            ),
            "memory in bytes",
        ),
        (
            "blur",
            svg(
                "<filter id='f'><feGaussianBlur stdDeviation='1e9'/></filter><rect width='99' height='99' filter='url(#f)'/>",
            ),
            "pixels to paint",
        ),
        ("far", svg("<path d='M0 0h90' stroke='red' stroke-width='1e30'/>"), "reaches farther than 1000000 pixels"),
        ("large", svg("").replace("'100'", "'100000'"), "source pixels"),
        ("no size", svg("").replace("'100'", "'0'"), "both must be more than 0"),
        ("broken", svg("<g>"), "broken data"),
    ]
}

#[test]
fn bombs_are_refused_by_name() {
    if !processor().decodes(Format::Svg) {
        return;
    }
    for (name, source, words) in bombs() {
        let error = drawn(source.as_bytes(), "format=png").map(|_| ()).expect_err(name).to_string();
        assert!(error.contains(words), "{name}: {error}");
    }
}

#[test]
fn a_blur_of_any_radius_and_dashes_of_any_length_end() {
    if !processor().decodes(Format::Svg) {
        return;
    }
    for content in [
        "<filter id='f'><feGaussianBlur stdDeviation='1e5'/></filter><rect width='99' height='99' filter='url(#f)'/>",
        "<path d='M0 0h90' stroke='red' stroke-dasharray='0.0001'/>",
        "<g transform='scale(1e-30)'><rect width='1e38' height='1e38'/></g>",
    ] {
        let source = format!("<svg xmlns='http://www.w3.org/2000/svg' width='100' height='100'>{content}</svg>");
        drawn(source.as_bytes(), "format=png").expect(content);
    }
}
