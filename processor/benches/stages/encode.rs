use std::io::Cursor;

use criterion::{BenchmarkId, Criterion};
use darkroom_libwebp::{Image, Pixels as Layout, Settings};
use darkroom_processor::{Limits, Recipe, transform};
use image::{DynamicImage, ImageFormat, RgbImage};

use crate::photos::Photo;

/// Encodes each photo at 800 pixels with the default efforts. WebP uses darkroom-libwebp, whose defaults are the
/// core's. The core's calls of the other two encoders are not public, so a recipe encodes a BMP of the target size,
/// which adds only the time to copy its pixels.
pub(crate) fn bench(criterion: &mut Criterion, photos: &[Photo]) {
    let mut group = criterion.benchmark_group("encode");
    for Photo { name, source } in photos {
        let pixels = small(source);
        let image = Image { width: pixels.width(), height: pixels.height(), pixels: Layout::Rgb(pixels.as_raw()) };
        group.bench_function(BenchmarkId::new(name, "WebP"), |bencher| {
            bencher.iter(|| darkroom_libwebp::encode(image, &Settings::default()).expect("a WebP"));
        });
        let mut bmp = Cursor::new(Vec::new());
        DynamicImage::from(pixels.clone()).write_to(&mut bmp, ImageFormat::Bmp).expect("a BMP");
        for (what, recipe) in [("JPEG", "format=jpeg"), ("AVIF", "format=avif")] {
            group
                .bench_function(BenchmarkId::new(name, what), |bencher| bencher.iter(|| render(bmp.get_ref(), recipe)));
        }
    }
    group.finish();
}

fn small(photo: &[u8]) -> RgbImage {
    let png = render(photo, "width=800,height=800,format=png");
    image::load_from_memory(&png).expect("a PNG").into_rgb8()
}

fn render(source: &[u8], recipe: &str) -> Vec<u8> {
    let recipe: Recipe = recipe.parse().expect("a recipe");
    let mut renditions = transform(source, &[recipe], &Limits::default()).expect("an image");
    renditions.results.remove(0).expect("a rendition").bytes
}
