//! Every format in, every format out, every operation, at sizes that nobody chose. `DARKROOM_ACCOUNT=1000` tries a thousand.

use proptest::prelude::*;

use crate::files::{KINDS, Kind};
use crate::{check, turn};

/// Tried where nobody asks for more.
const CASES: u32 = 24;

const OUTPUTS: &[&str] = &[
    "format=webp",
    "format=webp,effort=0",
    "format=webp,lossless=true,effort=2",
    "format=webp,max-bytes=60000,effort=1",
    "format=jpeg",
    "format=jpeg,effort=0,quality=95",
    "format=jpeg,effort=10",
    "format=png",
    "format=png,effort=0",
    #[cfg(feature = "gif")]
    "format=gif",
    #[cfg(feature = "avif")]
    "format=avif,effort=0",
    #[cfg(feature = "jxl-encode")]
    "format=jxl,effort=1",
    #[cfg(feature = "jxl-encode")]
    "format=jxl",
    #[cfg(feature = "jxl-encode")]
    "format=jxl,lossless=true,effort=1",
];

const OPERATIONS: &[&str] = &[
    "",
    "blur=0.5",
    "blur=30",
    "sharpen=1",
    "sharpen=8",
    "rotate=90",
    "rotate=180",
    "flip=h",
    "flip=v",
    "trim=border",
    "trim=3;5;7;9",
    "gravity=auto",
    "gravity=0.2x0.9",
    "background=red",
    "color=keep",
    "metadata=keep",
    "dpr=1.5",
];

const FITS: &[&str] = &["scale-down", "contain", "cover", "crop", "pad", "squeeze"];

/// Long and thin both ways, and anything between; within what a kind can be.
fn size(kind: Kind) -> impl Strategy<Value = (u32, u32)> {
    let long = kind.max_side.min(kind.max_pixels / 100);
    let side = f64::from(kind.max_pixels).sqrt() as u32;
    prop_oneof![(1..=long, 1..=100u32), (1..=100u32, 1..=long), (side / 4..=side, side / 4..=side)]
}

fn source() -> impl Strategy<Value = (Kind, (u32, u32))> {
    prop::sample::select(KINDS).prop_flat_map(|kind| (Just(kind), size(kind)))
}

/// How the output is to be; what is slow stays small.
fn recipe() -> impl Strategy<Value = String> {
    let any = prop::sample::select;
    (any(OUTPUTS), any(FITS), any(OPERATIONS), any(OPERATIONS), 1..=1600u32, 1..=1600u32, 0..4u8).prop_map(
        |(output, fit, first, second, width, height, sides)| {
            let most = if output.contains("avif") || output.contains("gif") { 700 } else { 1600 };
            let (width, height) = (width.min(most), height.min(most));
            let sides = match sides {
                0 => format!("width={width}"),
                1 => format!("height={height}"),
                _ => format!("width={width},height={height}"),
            };
            let parts = [sides, format!("fit={fit}"), first.to_owned(), second.to_owned(), output.to_owned()];
            parts.iter().filter(|part| !part.is_empty()).map(String::as_str).collect::<Vec<_>>().join(",")
        },
    )
}

fn cases() -> u32 {
    std::env::var("DARKROOM_ACCOUNT").map_or(CASES, |cases| cases.parse().expect("a number"))
}

/// Blocks at the edges are nearly all that an encoder works on. The property found it.
#[cfg(feature = "avif")]
#[test]
fn an_avif_of_a_few_columns_is_charged_for_its_blocks() {
    let _turn = turn();
    let kind = KINDS.iter().find(|kind| kind.name == "PNG").expect("a kind");
    for (width, height) in [(1, 6375), (64, 6375), (6375, 1)] {
        check(&kind.file(width, height), "format=avif,effort=0");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { max_shrink_iters: 60, ..ProptestConfig::with_cases(cases()) })]

    #[test]
    fn no_format_takes_more_than_its_account_says(((kind, (width, height)), recipe) in (source(), recipe())) {
        let _turn = turn();
        let file = kind.file(width, height);
        println!("{} {width} × {height}: {recipe}", kind.name);
        check(&file, &recipe);
    }
}
