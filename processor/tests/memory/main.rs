//! No call allocates more memory than its budget, at any size: a call whose budget equals the allocated amount is
//! refused.

mod files;
mod formats;

use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use darkroom_processor::{Error, Format, LimitExceeded, LimitKind, Limits, Recipe, encodes, transform};
use png::{BitDepth, ColorType, Encoder};
use proptest::prelude::*;

/// Counts allocated bytes, and their maximum.
struct Counting;

static NOW: AtomicUsize = AtomicUsize::new(0);
static MOST: AtomicUsize = AtomicUsize::new(0);

// SAFETY: the system's allocator does the work.
#[allow(unsafe_code)]
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        let now = NOW.fetch_add(layout.size(), Ordering::Relaxed) + layout.size();
        MOST.fetch_max(now, Ordering::Relaxed);
        // SAFETY: the caller upholds the contract.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        NOW.fetch_sub(layout.size(), Ordering::Relaxed);
        // SAFETY: the caller upholds the contract.
        unsafe { System.dealloc(pointer, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// Small allocations of constant size: tables, and the minimum of an encoder.
const REST: u64 = 3 << 20;

/// One test at a time, because the counters are global to the process.
static TURN: Mutex<()> = Mutex::new(());

/// The most bytes that a call has allocated at once, excluding its source.
fn taken(source: &[u8], recipe: &Recipe, limits: &Limits) -> Result<u64, Error> {
    let before = NOW.load(Ordering::Relaxed);
    MOST.store(before, Ordering::Relaxed);
    transform(source, std::slice::from_ref(recipe), limits)?.results.remove(0)?;
    Ok((MOST.load(Ordering::Relaxed) - before) as u64)
}

/// A PNG of a single colour, which is small at any size.
fn flat(width: u32, height: u32, color: ColorType) -> Vec<u8> {
    let mut file = Vec::new();
    let mut encoder = Encoder::new(&mut file, width, height);
    encoder.set_color(color);
    encoder.set_depth(BitDepth::Eight);
    let row = width as usize * color.samples();
    let mut writer = encoder.write_header().expect("a header");
    writer.write_image_data(&vec![0x55; row * height as usize]).expect("pixels");
    writer.finish().expect("an end");
    file
}

/// An animated PNG whose frames differ in every pixel.
fn moving(width: u32, height: u32, frames: u32) -> Vec<u8> {
    let mut file = Vec::new();
    let mut encoder = Encoder::new(&mut file, width, height);
    encoder.set_color(ColorType::Rgba);
    encoder.set_depth(BitDepth::Eight);
    encoder.set_animated(frames, 0).expect("frames");
    let mut writer = encoder.write_header().expect("a header");
    for frame in 0..frames {
        let sample = |at: u32| (at.wrapping_mul(2_654_435_761 + frame) >> 24) as u8;
        let pixels: Vec<u8> = (0..width * height * 4).map(sample).collect();
        writer.write_image_data(&pixels).expect("pixels");
    }
    writer.finish().expect("an end");
    file
}

fn turn() -> MutexGuard<'static, ()> {
    TURN.lock().unwrap_or_else(PoisonError::into_inner)
}

fn check(source: &[u8], text: &str) {
    let recipe: Recipe = text.parse().expect(text);
    let limits = Limits { memory: 1 << 30, ..Limits::default() };
    let taken = match taken(source, &recipe, &limits) {
        Ok(taken) => taken,
        Err(Error::Limit(_) | Error::InvalidRecipe(_)) => return,
        Err(other) => panic!("{text}: {other}"),
    };
    let Some(memory) = taken.checked_sub(REST) else { return };
    let exceeded = transform(source, &[recipe], &Limits { memory, ..limits }).map(|mut made| made.results.remove(0));
    let exceeded = exceeded.and_then(|result| result).err();
    assert!(
        matches!(exceeded, Some(Error::Limit(LimitExceeded { kind: LimitKind::Memory, .. }))),
        "{text}: {taken} bytes were taken, and an account of {memory} was enough"
    );
}

#[test]
fn a_wide_source_that_becomes_a_high_image_is_charged_for_what_lies_between() {
    let _turn = turn();
    for color in [ColorType::Grayscale, ColorType::Rgba] {
        let source = flat(20_000, 200, color);
        check(&source, "width=384,height=2800,fit=squeeze");
        let limits = Limits { memory: 100 << 20, ..Limits::default() };
        let recipe: Recipe = "width=384,height=2800,fit=squeeze".parse().expect("a recipe");
        let result = transform(&source[..], &[recipe], &limits).expect("a source").results.remove(0);
        assert!(matches!(result, Err(Error::Limit(limit)) if limit.actual > 20_000 * 2800 * 3), "{result:?}");
    }
}

#[test]
fn no_image_in_between_is_too_large_to_be_refused() {
    let _turn = turn();
    let source = flat(50_000, 1000, ColorType::Grayscale);
    let recipe: Recipe = "width=3840,height=16000,fit=squeeze".parse().expect("a recipe");
    let result = transform(&source[..], &[recipe], &Limits::default()).expect("a source").results.remove(0);
    assert!(matches!(result, Err(Error::Limit(limit)) if limit.kind == LimitKind::Memory), "{result:?}");
}

/// For any number of frames, only the file grows.
#[test]
fn an_animation_is_charged_for_one_frame() {
    let format = if encodes(Format::Gif) { "gif" } else { "webp" };
    let _turn = turn();
    for frames in [2, 12] {
        let source = moving(700, 500, frames);
        for recipe in ["", "format=FORMAT", "width=300,format=FORMAT,blur=1", "frame=2,format=png"] {
            check(&source, &recipe.replace("FORMAT", format));
        }
        let limits = Limits { memory: 12 << 20, ..Limits::default() };
        let made = transform(&source[..], &[format!("width=200,format={format}").parse().expect("a recipe")], &limits);
        let made = made.expect("a source").results.remove(0);
        assert!(made.is_ok(), "{frames} frames of 1.4 MB: {made:?}");
    }
}

/// Elements, nested layers, filter results and dashes: a drawing needs memory for more than its pixels.
#[cfg(feature = "svg")]
#[test]
fn a_drawing_is_charged_before_it_is_drawn() {
    let _turn = turn();
    let filter = "<feGaussianBlur stdDeviation='3'/>".repeat(20);
    let clip = "<clipPath id='c'><circle cx='300' cy='300' r='250'/></clipPath>";
    for (what, content) in [
        ("elements", "<path d='M0 0h9v9z'/>".repeat(20_000)),
        ("strokes", "<path d='M0 0h9v9z' stroke='red' stroke-width='2' fill='none'/>".repeat(20_000)),
        ("segments", format!("<path stroke='red' d='M0 0{}'/>", "h1v1".repeat(50_000))),
        ("curves", format!("<path stroke='red' d='M0 0{}'/>", "c1 2 3 4 5 6".repeat(20_000))),
        ("dashes", "<path d='M0 0h600' stroke='red' stroke-dasharray='0.004'/>".into()),
        (
            "round dashes",
            "<path d='M0 0c9 9 600 9 600 0' stroke='red' stroke-linecap='round' stroke-dasharray='.01'/>".into(),
        ),
        ("layers", format!("{}<path d='M0 0h600v600z'/>{}", "<g opacity='.9'>".repeat(40), "</g>".repeat(40))),
        ("filters", format!("<filter id='f'>{filter}</filter><path filter='url(#f)' d='M0 0h600v600z'/>")),
        ("clips", format!("{clip}<g clip-path='url(#c)'><path d='M0 0h600v600z' clip-path='url(#c)'/></g>")),
        ("attributes", "<a b='' c='' d='' e='' f='' g=''/>".repeat(30_000)),
        ("uses", format!("<g id='g'>{}</g>{}", "<path d='M0 0h9v9z'/>".repeat(200), "<use href='#g'/>".repeat(100))),
    ] {
        let source = format!("<svg xmlns='http://www.w3.org/2000/svg' width='600' height='600'>{content}</svg>");
        println!("{what}");
        check(source.as_bytes(), "format=png");
        check(source.as_bytes(), "width=900,fit=contain,format=png");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn the_account_is_never_below_what_is_taken(
        (width, height) in prop_oneof![(1u32..20_000, 1u32..100), (1u32..100, 1u32..20_000), (1u32..1500, 1u32..1500)],
        color in prop_oneof![Just(ColorType::Grayscale), Just(ColorType::Rgb), Just(ColorType::Rgba)],
        (to_width, to_height) in prop_oneof![(1u32..300, 1u32..3000), (1u32..3000, 1u32..300), (1u32..1500, 1u32..1500)],
        fit in prop_oneof!["squeeze", "cover", "contain", "pad", "scale-down"],
        more in prop_oneof!["", ",blur=3", ",blur=40", ",sharpen=1", ",rotate=90", ",trim=border", ",gravity=auto", ",format=png"],
    ) {
        let _turn = turn();
        check(&flat(width, height, color), &format!("width={to_width},height={to_height},fit={fit}{more}"));
    }
}
