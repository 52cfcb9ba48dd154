//! The fuzz targets. The regression test replays the same functions natively.

use darkroom_jpeg::{Decoder, Reduction, Sampling};
use darkroom_libjxl::{Colors, Image, Kept, Pixels, Settings, encode, transcode_jpeg};
use darkroom_libwebp::{Features, PixelsMut, Rows};
use darkroom_processor::{Error, Format, Limits, Recipe, describe, probe, transform};

/// Small enough that an input takes milliseconds: the goal is to find crashes, not slow photos.
fn limits() -> Limits {
    Limits {
        pixels: 1 << 20,
        slow_pixels: 1 << 12,
        output_side: 512,
        frames: 16,
        frame_pixels: 1 << 18,
        memory: 64 << 20,
        ..Limits::default()
    }
}

/// Any bytes yield an image or an error.
pub(crate) fn probe_target(data: &[u8]) {
    let _ = probe(data, &limits());
}

/// Any bytes can be described, and rendered with one of a few recipes, or yield an error that is not an internal one.
/// The first byte selects the recipe, and whether an animation stays one.
pub(crate) fn transform_target(data: &[u8]) {
    const RECIPES: [&str; 8] = [
        "width=32",
        "width=16,height=48,fit=cover,gravity=auto,format=jpeg",
        "format=png,trim=border,width=64,metadata=keep",
        "width=24,height=24,fit=pad,rotate=90,flip=h,blur=2,sharpen=1,metadata=copyright",
        "width=8,format=avif",
        "width=40,lossless=true,trim=1;2;3;4",
        "format=jxl,lossless=true,metadata=keep",
        "width=24,format=jxl",
    ];
    let Some((first, source)) = data.split_first() else { return };
    let described = describe(source, &limits());
    assert!(!matches!(described, Err(Error::Internal(_))), "{described:?}");
    let text = RECIPES[usize::from(*first) % RECIPES.len()];
    let recipe: Recipe = text.parse().expect("a recipe of the table");
    let recipe = match *first < 128 {
        true => Recipe { animation: false, ..recipe },
        false if *first % 2 == 0 => recipe,
        false => recipe.in_format(Format::Gif),
    };
    if let Ok(transformed) = transform(source.to_vec(), std::slice::from_ref(&recipe), &limits()) {
        for result in transformed.results {
            assert!(!matches!(result, Err(Error::Internal(_))), "{text}: {result:?}");
        }
    }
}

/// Any bytes, with the reduction in the first byte, yield pixels and planes or an error.
pub(crate) fn jpeg_target(data: &[u8]) {
    const REDUCTIONS: [Reduction; 4] = [Reduction::None, Reduction::Half, Reduction::Quarter, Reduction::Eighth];
    let Some((first, source)) = data.split_first() else { return };
    let reduction = REDUCTIONS[usize::from(*first) % REDUCTIONS.len()];
    let open = || Decoder::new(source).ok().filter(|decoder| decoder.rows_memory(reduction) < 8 << 20);
    if let Some(mut rows) = open().and_then(|decoder| decoder.rows(reduction).ok()) {
        let (width, height) = rows.size();
        let mut row = vec![0; width * rows.channels()];
        let _ = (0..height).try_for_each(|_| rows.read(&mut row));
    }
    if let Some(mut planes) = open().and_then(|decoder| decoder.planes(reduction, Sampling::Stored).ok()) {
        while matches!(planes.next_band(), Ok(true)) {}
    }
}

/// Any bytes, reduced as the first one says and with 16 bits a channel where it does, are an AVIF's or a HEIC's pixels or
/// an error.
pub(crate) fn heif_target(data: &[u8]) {
    let Some((first, source)) = data.split_first() else { return };
    let reduction = 1 << (first % 4);
    let Ok(decoder) = darkroom_heif::Decoder::new(source) else { return };
    let _ = (decoder.exif(), decoder.xmp(), decoder.gain_map());
    if decoder.memory(reduction).is_ok_and(|memory| memory < 16 << 20)
        && let Ok(image) = decoder.decode(reduction)
    {
        assert_eq!(image.data.len(), image.width * image.height * image.channels);
    }
    if first & 4 != 0
        && decoder.memory_wide().is_ok_and(|memory| memory < 16 << 20)
        && let Ok(image) = decoder.decode_wide()
    {
        assert_eq!(image.data.len(), image.width * image.height * image.channels);
    }
}

/// Any bytes yield a still in that format, at full size and reduced, or an error that is not an internal one. Each
/// decoder has its own target, and therefore its own seeds.
pub(crate) fn decoder_target(format: Format, data: &[u8]) {
    const RECIPES: [&str; 3] = [
        "format=png,anim=false",
        "width=16,height=16,fit=cover,format=png,anim=false",
        "format=png,anim=false,color=keep,metadata=keep",
    ];
    if Format::of(data) != Some(format) {
        return;
    }
    let limits = Limits { pixels: 1 << 17, ..limits() };
    for text in RECIPES {
        let recipe: Recipe = text.parse().expect("a recipe of the table");
        if let Ok(transformed) = transform(data.to_vec(), &[recipe], &limits) {
            for result in transformed.results {
                assert!(!matches!(result, Err(Error::Internal(_))), "{text}: {result:?}");
            }
        }
    }
}

/// Any bytes yield a WebP's pixels or an error, with the same result row by row.
pub(crate) fn webp_target(data: &[u8]) {
    let Ok(Features { width, height, .. }) = darkroom_libwebp::features(data) else { return };
    let (stride, height) = (width as usize * 3, height as usize);
    if stride * height > 8 << 20 {
        return;
    }
    let mut pixels = vec![0; stride * height];
    let whole = darkroom_libwebp::decode(data, PixelsMut::Rgb(&mut pixels), 32 << 20);
    let Ok(mut rows) = Rows::new(data, 0..data.len()) else { return };
    let mut row = vec![0; stride];
    for expected in pixels.chunks_exact(stride) {
        if rows.read(&mut row).is_err() {
            assert!(whole.is_err(), "all at once they are pixels");
            return;
        }
        assert!(whole.is_err() || row == expected, "a row differs");
    }
}

/// Any bytes are either transcoded as a JPEG, if that is possible, or encoded as pixels, lossless or lossy; every output
/// can be decoded.
pub(crate) fn jxl_encode_target(data: &[u8]) {
    let Some((&[kind, width, effort], rest)) = data.split_first_chunk() else { return };
    let file = if kind % 2 == 0 {
        if probe(rest, &limits()).is_err() {
            return; // sizes are checked earlier
        }
        let kept = [Kept::File, Kept::Image, Kept::Exif(b"II*\0")][usize::from(effort % 3)];
        transcode_jpeg(rest, kept).ok()
    } else {
        let (lossless, alpha) = (kind & 2 != 0, kind & 4 != 0);
        let (width, channels) = (u32::from(width) + 1, if alpha { 4 } else { 3 });
        let height = rest.len() / (width as usize * channels);
        let samples = &rest[..height * width as usize * channels];
        let pixels = if alpha { Pixels::Rgba(samples) } else { Pixels::Rgb(samples) };
        let effort = if lossless { 2 + effort % 4 } else { 1 + effort % 5 };
        let settings = Settings {
            lossless,
            effort,
            distance: f32::from(kind >> 3) / 4.0 + 0.01,
            colors: Colors::Srgb,
            exif: None,
        };
        let Ok(height) = u32::try_from(height) else { return };
        if height == 0 {
            return;
        }
        Some(encode(Image { width, height, pixels }, &settings).expect("pixels are encoded"))
    };
    let Some(file) = file else { return };
    let recipe: Recipe = "format=png,effort=0".parse().expect("a recipe");
    let shown = transform(file, &[recipe], &limits()).and_then(|mut made| made.results.remove(0));
    assert!(!matches!(shown, Err(Error::Internal(_) | Error::Malformed(_))), "{shown:?}");
}

/// Any text yields a recipe or an error, and a recipe's canonical text is a fixed point.
pub(crate) fn recipe_target(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    if let Ok(recipe) = text.parse::<Recipe>() {
        let canonical = recipe.to_string();
        let again: Recipe = canonical.parse().expect("canonical text is a recipe");
        assert_eq!(again.to_string(), canonical);
        assert_eq!(again, recipe);
    }
}
