//! Each option's effect on the pixels, and the tables of docs/recipes.md.

use std::fs;

use darkroom_recipe::{Layout, Limits, Orientation, Recipe, Rect, Size};
use darkroom_tests::{Engine, Picture, decode_bytes, fixture, processor, repository};

/// Rows of the table whose header starts with this text, cell by cell.
fn table(text: &str, header: &str) -> Vec<Vec<String>> {
    let lines = text.lines().skip_while(|line| !line.starts_with(header)).take_while(|line| line.starts_with('|'));
    let cells = |line: &str| line.trim_matches('|').split('|').map(|cell| cell.trim().into()).collect();
    lines.map(cells).collect()
}

/// A size as the table writes it: `1000×500`, after any words.
fn size(cell: &str) -> Size {
    let last = cell.rsplit(' ').next().unwrap_or_default();
    let (width, height) = last.split_once('×').unwrap_or_else(|| panic!("no size in {cell}"));
    Size::new(width.parse().expect("a width"), height.parse().expect("a height"))
}

#[test]
fn the_table_of_fits_tells_the_truth() {
    let document = fs::read_to_string(repository().join("docs/recipes.md")).expect("docs/recipes.md");
    let rows = table(&document, "| fit |");
    let fits: Vec<&str> = rows[2..].iter().map(|row| row[0].trim_matches('`')).collect();
    assert_eq!(fits, ["scale-down", "contain", "cover", "crop", "pad", "squeeze"]);
    for (fit, row) in fits.iter().zip(&rows[2..]) {
        for (column, cell) in row.iter().enumerate().skip(1) {
            let head = &rows[0][column];
            let asked = if head.starts_with("width only") { "width=400" } else { "width=400,height=300" };
            let recipe: Recipe = format!("{asked},fit={fit}").parse().expect("a recipe");
            let (source, limits) = (Rect::whole(size(head)), Limits::default());
            let layout = Layout::resolve(&recipe, source, Orientation::default(), &limits, |_| (0.5, 0.5));
            assert_eq!(layout.expect("a layout").canvas, size(cell), "{recipe} of {head}");
        }
    }
}

/// The table is generated from the options; `UPDATE_DOCS=1` rewrites it.
#[test]
fn the_table_of_options_is_that_of_the_code() {
    let path = repository().join("docs/recipes.md");
    let document = fs::read_to_string(&path).expect("docs/recipes.md");
    let made = darkroom_recipe::markdown();
    let start = document.find("| option |").expect("the table");
    let end = start + document[start..].find("\n\n").expect("its end") + 1;
    if std::env::var_os("UPDATE_DOCS").is_some() {
        fs::write(&path, [&document[..start], &made, &document[end..]].concat()).expect("writing docs/recipes.md");
    } else {
        assert!(document[start..end] == made, "docs/recipes.md: expected\n{made}");
    }
}

fn render(processor: &Engine, source: &[u8], recipes: &[&str]) -> Vec<Picture> {
    let parse = |text: &&str| format!("{text},format=png").parse().expect(text);
    let recipes: Vec<Recipe> = recipes.iter().map(parse).collect();
    let results = processor.transform(source, &recipes, &Limits::default()).expect("a source").results;
    let outputs: Vec<Vec<u8>> = results.into_iter().map(|result| result.expect("a rendition").bytes).collect();
    decode_bytes(&outputs.iter().map(Vec::as_slice).collect::<Vec<_>>())
}

/// The part of `whole` at `left`, `top` with the size of `part` is `part`, to the bit.
fn assert_part(whole: &Picture, part: &Picture, (left, top): (u32, u32), recipe: &str) {
    for y in 0..part.height {
        for x in 0..part.width {
            assert_eq!(part.at(x, y), whole.at(x + left, y + top), "{recipe} at ({x}, {y})");
        }
    }
}

/// Recipes that crop and don't scale, with where the crop begins: 96 × 64 is the whole.
const CROPS: &[(&str, (u32, u32))] = &[
    ("width=64,height=64,fit=cover", (16, 0)),
    ("width=64,height=64,fit=cover,gravity=left", (0, 0)),
    ("width=64,height=64,fit=cover,gravity=right", (32, 0)),
    ("width=64,height=64,fit=cover,gravity=top", (16, 0)),
    ("width=64,height=64,fit=cover,gravity=top-left", (0, 0)),
    ("width=64,height=64,fit=cover,gravity=bottom-right", (32, 0)),
    ("width=64,height=64,fit=crop,gravity=0.625x0.5", (28, 0)),
    ("width=64,height=64,fit=cover,gravity=0x0", (0, 0)),
    ("width=96,height=32,fit=cover", (0, 16)),
    ("width=96,height=32,fit=cover,gravity=top-right", (0, 0)),
    ("width=96,height=32,fit=cover,gravity=bottom-left", (0, 32)),
    ("width=96,height=32,fit=cover,gravity=bottom", (0, 32)),
    ("width=96,height=32,fit=crop,gravity=0.1x0.375", (0, 8)),
    ("trim=3;5;7;11", (11, 3)),
];

#[test]
fn a_crop_keeps_the_part_that_gravity_names() {
    let source = fixture("good/webp-lossy-even.webp");
    let recipes: Vec<&str> = [""].into_iter().chain(CROPS.iter().map(|(recipe, _)| *recipe)).collect();
    let pictures = render(&processor(), &source, &recipes);
    for ((recipe, offset), part) in CROPS.iter().zip(&pictures[1..]) {
        assert_part(&pictures[0], part, *offset, recipe);
    }
    assert_eq!((pictures[14].width, pictures[14].height), (96 - 16, 64 - 10), "trim");
}

#[test]
fn gravity_and_trim_mean_the_image_as_shown() {
    let source = fixture("good/png-orientation-6.png"); // 61 × 47 as shown
    let recipes =
        ["", "width=47,height=47,fit=cover,gravity=left", "width=47,height=47,fit=cover,gravity=right", "trim=1;2;3;4"];
    let pictures = render(&processor(), &source, &recipes);
    for (picture, (recipe, offset)) in pictures[1..].iter().zip(recipes[1..].iter().zip([(0, 0), (14, 0), (4, 1)])) {
        assert_part(&pictures[0], picture, offset, recipe);
    }
    assert_eq!((pictures[3].width, pictures[3].height), (61 - 6, 47 - 4));
}

#[test]
fn gravity_auto_finds_what_is_not_flat() {
    let processor = processor();
    let recipe: Recipe =
        "width=400,height=64,fit=pad,gravity=right,background=808080,format=png".parse().expect("a recipe");
    let wide = processor.transform(&fixture("good/webp-lossy-even.webp"), &[recipe], &Limits::default());
    let source = wide.expect("a source").results.remove(0).expect("a wide image").bytes;
    let pictures =
        render(&processor, &source, &["width=64,height=64,fit=cover", "width=64,height=64,fit=cover,gravity=auto"]);
    let flat = |picture: &Picture| picture.rgb().iter().filter(|pixel| **pixel == [0x80; 3]).count();
    assert_eq!(flat(&pictures[0]), 64 * 64, "the middle is flat");
    assert!(flat(&pictures[1]) <= 64 * 64 / 50, "{} pixels of the crop are flat", flat(&pictures[1]));
}

/// The source of an output pixel, in the image as displayed, which is 61 × 47.
type From = fn(u32, u32) -> (u32, u32);

const TURNS: &[(&str, From)] = &[
    ("flip=h", |x, y| (60 - x, y)),
    ("flip=v", |x, y| (x, 46 - y)),
    ("flip=hv", |x, y| (60 - x, 46 - y)),
    ("rotate=90", |x, y| (y, 46 - x)),
    ("rotate=180", |x, y| (60 - x, 46 - y)),
    ("rotate=270", |x, y| (60 - y, x)),
    // Mirrored first, then turned.
    ("flip=h,rotate=90", |x, y| (60 - y, 46 - x)),
    ("flip=v,rotate=90", |x, y| (y, x)),
];

#[test]
fn flips_and_rotations_move_every_pixel_to_its_place() {
    let processor = processor();
    for name in ["png-rgb-8.png", "png-rgba-8.png", "png-orientation-6.png"] {
        let recipes: Vec<&str> = [""].into_iter().chain(TURNS.iter().map(|(recipe, _)| *recipe)).collect();
        let pictures = render(&processor, &fixture(&format!("good/{name}")), &recipes);
        for ((recipe, from), turned) in TURNS.iter().zip(&pictures[1..]) {
            for (x, y) in (0..turned.height).flat_map(|y| (0..turned.width).map(move |x| (x, y))) {
                let (column, row) = from(x, y);
                assert_eq!(turned.at(x, y), pictures[0].at(column, row), "{name}, {recipe} at ({x}, {y})");
            }
        }
    }
}

#[test]
fn sizes_refer_to_the_axes_after_rotation_and_are_multiplied_by_dpr() {
    let recipes = [
        ("width=32", (32, 21)),
        ("rotate=90,width=32", (32, 48)),
        ("rotate=90,width=32,height=32", (21, 32)),
        ("width=24,dpr=2", (48, 32)),
        ("width=24,dpr=1.5", (36, 24)),
        ("width=90,dpr=4", (96, 64)),
        ("width=30,dpr=4,fit=contain", (120, 80)),
    ];
    let pictures = render(&processor(), &fixture("good/webp-lossy-even.webp"), &recipes.map(|(recipe, _)| recipe));
    for ((recipe, expected), picture) in recipes.iter().zip(pictures) {
        assert_eq!((picture.width, picture.height), *expected, "{recipe}");
    }
}

/// The colour of a margin; none inside the image.
type Fill = Option<[u8; 4]>;

#[test]
fn pad_puts_the_image_where_gravity_says_and_fills_the_rest() {
    let red = [255, 0, 0, 255];
    // Two pixels each: one in the top margin or its place, one in the bottom margin.
    let recipes: [(&str, Fill, Fill); 5] = [
        ("background=red", Some(red), Some(red)),
        ("background=red,gravity=top", None, Some(red)),
        ("background=red,gravity=bottom", Some(red), None),
        ("gravity=top", None, Some([255; 4])),
        ("gravity=top,background=00ff0080", None, Some([0, 255, 0, 128])),
    ];
    let full = recipes.map(|(recipe, ..)| format!("width=122,height=122,fit=pad,{recipe}"));
    let pictures = render(&processor(), &fixture("good/png-rgb-8.png"), &full.each_ref().map(String::as_str));
    for ((recipe, top, bottom), picture) in recipes.iter().zip(pictures) {
        assert_eq!((picture.width, picture.height), (122, 122), "{recipe}");
        for (expected, y) in [(top, 1), (bottom, 120)] {
            let filled = [0, 60, 121].map(|x| Some(picture.at(x, y)) == *expected);
            assert_eq!(filled, [expected.is_some(); 3], "{recipe}, row {y}: {:?}", picture.at(60, y));
        }
    }
}

#[test]
fn trim_finds_the_border_that_pad_made() {
    let processor = processor();
    for (name, background) in [("png-rgb-8.png", "white"), ("png-orientation-6.png", "black")] {
        let source = fixture(&format!("good/{name}"));
        // Only the height has room: the image is not scaled.
        let recipe = format!("width=61,height=99,fit=pad,gravity=0.5x0.25,background={background},format=png");
        let padded = processor.transform(&source, &[recipe.parse().expect("a recipe")], &Limits::default());
        let padded = padded.expect("a source").results.remove(0).expect("a padded image").bytes;
        let whole = &render(&processor, &source, &[""])[0];
        let trimmed = &render(&processor, &padded, &["trim=border"])[0];
        assert_eq!((trimmed.width, trimmed.height), (61, 47), "{name}");
        assert_eq!(trimmed.rgba, whole.rgba, "{name}");
    }
}
