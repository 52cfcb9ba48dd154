use criterion::{BatchSize, BenchmarkId, Criterion};
use darkroom_jpeg::Reduction;
use fast_image_resize::images::{Image, ImageRef};
use fast_image_resize::{PixelType, ResizeOptions, Resizer};
use moxcms::{ColorProfile, Layout, TransformOptions};

use crate::photos::{self, Photo, Pixels};

/// The stages between the codecs. They are not public, so this repeats the calls of src/ops/resize.rs and src/color.rs,
/// with their settings.
pub(crate) fn bench(criterion: &mut Criterion, photos: &[Photo]) {
    for Photo { name, source } in photos {
        let (whole, quarter) = (photos::decode(source, Reduction::None), photos::decode(source, Reduction::Quarter));
        let mut group = criterion.benchmark_group("resize");
        for (what, pixels, side) in [("1/4 to 800", &quarter, 800), ("1 to 600", &whole, 600)] {
            group.bench_function(BenchmarkId::new(name, what), |bencher| bencher.iter(|| resize(pixels, side)));
        }
        group.finish();
        let mut group = criterion.benchmark_group("colour");
        group.bench_function(BenchmarkId::new(name, "Display P3 at 1/4"), |bencher| {
            bencher.iter_batched_ref(
                || quarter.data.clone(),
                |data| convert(data, quarter.width),
                BatchSize::LargeInput,
            );
        });
        group.finish();
    }
}

/// Scales with Lanczos3 to a width.
fn resize(source: &Pixels, width: u32) -> Vec<u8> {
    let height = (source.height * width).div_ceil(source.width);
    let mut target = vec![0; width as usize * height as usize * 3];
    let from = ImageRef::new(source.width, source.height, &source.data, PixelType::U8x3).expect("an image");
    let mut to = Image::from_slice_u8(width, height, &mut target, PixelType::U8x3).expect("an image");
    let options = ResizeOptions::new().crop(0.0, 0.0, f64::from(source.width), f64::from(source.height));
    Resizer::new().resize(&from, &mut to, &options).expect("a smaller image");
    target
}

/// Converts from another colour space to sRGB in place, including the tables, which are computed per image.
fn convert(data: &mut [u8], width: u32) {
    let (from, to) = (ColorProfile::new_display_p3(), ColorProfile::new_srgb());
    let options = TransformOptions::default();
    let conversion = from.create_transform_8bit(Layout::Rgb, &to, Layout::Rgb, options).expect("a conversion");
    let mut converted = vec![0; width as usize * 3];
    for row in data.chunks_exact_mut(converted.len()) {
        conversion.transform(row, &mut converted).expect("a row");
        row.copy_from_slice(&converted);
    }
}
