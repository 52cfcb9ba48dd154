//! Decodes the files with jxl-rs, which shares no code with libjxl.

use darkroom_libjxl::{Error, Image, Kept, MAX_SIDE, Pixels, Settings, encode, transcode_jpeg};
use jxl::api::{
    Endianness, Event, JxlColorType, JxlDataFormat, JxlDecoder, JxlDecoderOptions, JxlOutputBuffer, JxlPixelFormat,
};

/// Width, height, and the samples with 8 bits each.
fn decode(file: &[u8], alpha: bool) -> (usize, usize, Vec<u8>) {
    samples(file, alpha, JxlDataFormat::U8 { bit_depth: 8 })
}

/// The samples with 16 bits each.
fn decode_16(file: &[u8], alpha: bool) -> Vec<u16> {
    let (.., bytes) = samples(file, alpha, JxlDataFormat::U16 { endianness: Endianness::LittleEndian, bit_depth: 16 });
    bytes.chunks_exact(2).map(|pair| u16::from_le_bytes([pair[0], pair[1]])).collect()
}

/// Width, height, and the samples in the requested format.
fn samples(mut file: &[u8], alpha: bool, format: JxlDataFormat) -> (usize, usize, Vec<u8>) {
    let mut decoder = JxlDecoder::new(JxlDecoderOptions::default());
    while decoder.process(&mut file, None, None).expect("a header") != Event::BasicInfo {}
    let (width, height) = decoder.basic_info().expect("read").size;
    let color_type = if alpha { JxlColorType::Rgba } else { JxlColorType::Rgb };
    let extra_channel_format = vec![None; usize::from(alpha)];
    let bytes = format.bytes_per_sample();
    let color_data_format = Some(format);
    decoder
        .set_pixel_format(JxlPixelFormat { color_type, color_data_format, extra_channel_format })
        .expect("supported");
    let stride = width * bytes * if alpha { 4 } else { 3 };
    let mut data = vec![0; stride * height];
    let mut rows = [JxlOutputBuffer::new(&mut data, height, stride)];
    while !matches!(decoder.process(&mut file, Some(&mut rows), None).expect("a frame"), Event::FrameComplete { .. }) {}
    (width, height, data)
}

/// Waves of colour with some noise, which an encoder treats like a photo.
fn picture(width: u32, height: u32, channels: u32) -> Vec<u8> {
    let sample = |x: u32, y: u32, channel: u32| {
        let noise = x.wrapping_mul(2_654_435_761).wrapping_add(y.wrapping_mul(40_503)).wrapping_add(channel) >> 13 & 7;
        let wave = ((x + channel * 40) as f32 / 23.0).sin() + ((y + channel * 9) as f32 / 31.0).cos();
        (wave * 50.0 + 120.0) as u8 + noise as u8
    };
    let pixel = |at: u32| (0..channels).map(move |channel| sample(at % width, at / width, channel));
    (0..width * height).flat_map(pixel).collect()
}

fn image(width: u32, height: u32, channels: u32, bytes: &[u8]) -> Image<'_> {
    let pixels = if channels == 4 { Pixels::Rgba(bytes) } else { Pixels::Rgb(bytes) };
    Image { width, height, pixels }
}

/// The PSNR of two images with the same channels.
fn psnr(one: &[u8], other: &[u8]) -> f64 {
    let squares: u64 = one.iter().zip(other).map(|(one, other)| u64::from(one.abs_diff(*other)).pow(2)).sum();
    10.0 * (255.0 * 255.0 * one.len() as f64 / squares.max(1) as f64).log10()
}

/// Sizes within a group, of several groups, and of several large ones, which are streamed; some are odd.
const SIZES: [(u32, u32); 5] = [(1, 1), (7, 3), (257, 130), (700, 533), (2100, 300)];

#[test]
fn lossless_files_give_the_same_pixels() {
    for (width, height) in SIZES {
        for channels in [3, 4] {
            for effort in [2, 5, 7] {
                if effort > 5 && width > 700 {
                    continue; // it runs the same code, and takes seconds
                }
                let mut bytes = picture(width, height, channels);
                bytes.chunks_exact_mut(channels as usize).for_each(|pixel| {
                    if let [.., alpha] = pixel {
                        *alpha = (*alpha).max(1);
                    }
                });
                let settings = Settings { lossless: true, effort, ..Settings::default() };
                let file = encode(image(width, height, channels, &bytes), &settings).expect("encodes");
                let (found_width, found_height, found) = decode(&file, channels == 4);
                assert_eq!((found_width, found_height), (width as usize, height as usize));
                assert!(found == bytes, "{width}x{height}x{channels} at effort {effort}");
            }
        }
    }
}

#[test]
fn lossy_files_come_near() {
    for (width, height) in SIZES {
        for channels in [3, 4] {
            let bytes = picture(width, height, channels);
            for (distance, effort, least) in
                [(0.5, 5, 38.0), (1.0, 1, 33.0), (1.0, 3, 33.0), (1.0, 5, 33.0), (4.0, 4, 27.0)]
            {
                let settings = Settings { distance, effort, ..Settings::default() };
                let file = encode(image(width, height, channels, &bytes), &settings).expect("encodes");
                let (_, _, found) = decode(&file, channels == 4);
                let near = psnr(&found, &bytes);
                assert!(near > least, "{width}x{height}x{channels}, distance {distance}, effort {effort}: {near} dB");
                let alpha = |bytes: &[u8]| bytes.iter().skip(3).step_by(4).copied().collect::<Vec<_>>();
                assert!(channels == 3 || alpha(&found) == alpha(&bytes), "alpha of {width}x{height}");
            }
        }
    }
}

/// The same picture with eight more bits; no two samples are alike.
fn picture_16(width: u32, height: u32, channels: u32) -> Vec<u16> {
    let more = |(at, sample): (usize, u8)| u16::from(sample) << 8 | (at as u16).wrapping_mul(97) & 0xFF;
    picture(width, height, channels).into_iter().enumerate().map(more).collect()
}

#[test]
fn sixteen_bits_are_kept() {
    for (width, height) in SIZES {
        for channels in [3, 4] {
            let words = picture_16(width, height, channels);
            let pixels = if channels == 4 { Pixels::Rgba16(&words) } else { Pixels::Rgb16(&words) };
            let image = Image { width, height, pixels };
            let exact = encode(image, &Settings { lossless: true, ..Settings::default() }).expect("encodes");
            assert!(decode_16(&exact, channels == 4) == words, "{width}x{height}x{channels}");
            let lossy = encode(image, &Settings { distance: 0.1, ..Settings::default() }).expect("encodes");
            let found = decode_16(&lossy, channels == 4);
            let alpha = |words: &[u16]| words.iter().skip(3).step_by(4).copied().collect::<Vec<_>>();
            assert!(channels == 3 || alpha(&found) == alpha(&words), "alpha of {width}x{height}");
            // A root mean square error of two 8-bit steps.
            let squares: f64 = found.iter().zip(&words).map(|(a, b)| f64::from(a.abs_diff(*b)).powi(2)).sum();
            let error = (squares / words.len() as f64).sqrt();
            assert!(error < 514.0, "{width}x{height}x{channels}: {error}");
        }
    }
}

#[test]
fn every_distance_is_encoded() {
    let bytes = picture(300, 280, 3);
    let mut last = usize::MAX;
    for distance in [0.01, 0.1, 0.3, 1.0, 2.0, 3.5, 6.0, 10.0, 16.0, 25.0] {
        let settings = Settings { distance, ..Settings::default() };
        let file = encode(image(300, 280, 3, &bytes), &settings).expect("encodes");
        assert!(file.len() < last, "{distance}: {} after {last} bytes", file.len());
        last = file.len();
    }
}

#[test]
fn exif_stands_in_a_box() {
    let bytes = picture(8, 8, 3);
    let plain = encode(image(8, 8, 3, &bytes), &Settings::default()).expect("encodes");
    assert!(plain.starts_with(b"\xFF\x0A"));
    let settings = Settings { exif: Some(b"MM\0*\0\0\0\x08"), ..Settings::default() };
    let file = encode(image(8, 8, 3, &bytes), &settings).expect("encodes");
    assert!(file.starts_with(b"\0\0\0\x0CJXL \r\n\x87\n"));
    let exif = b"\0\0\0\x14Exif\0\0\0\0MM\0*\0\0\0\x08";
    assert!(file.windows(exif.len()).any(|window| window == exif));
    assert_eq!(decode(&file, false), decode(&plain, false));
}

#[test]
fn what_is_out_of_range_is_refused() {
    let refusal = |width, height, length: usize, settings: &Settings<'_>| {
        let bytes = vec![0; length];
        encode(image(width, height, 3, &bytes), settings).expect_err("is refused")
    };
    let fine = Settings::default();
    for (width, height) in [(0, 1), (1, 0), (MAX_SIDE + 1, 1), (1, u32::MAX)] {
        assert_eq!(refusal(width, height, 3, &fine), Error::Dimensions { width, height });
    }
    assert_eq!(refusal(2, 2, 11, &fine), Error::Length { actual: 11, expected: 12 });
    for distance in [0.0, -1.0, 25.1, f32::NAN, f32::INFINITY] {
        let error = refusal(1, 1, 3, &Settings { distance, ..fine });
        assert!(matches!(error, Error::Distance(_)), "{error}");
    }
    for (effort, lossless, message) in [
        (0, false, "effort 0; must be from 1 to 5"),
        (6, false, "effort 6; must be from 1 to 5"),
        (1, true, "effort 1; must be from 2 to 7"),
        (8, true, "effort 8; must be from 2 to 7"),
    ] {
        assert_eq!(refusal(1, 1, 3, &Settings { effort, lossless, ..fine }).to_string(), message);
    }
}

#[test]
fn what_is_no_jpeg_is_refused() {
    for file in [&b""[..], b"\xFF", b"\xFF\xD8\xFF", b"\x89PNG\r\n\x1A\n", &[0xFF; 300]] {
        for kept in [Kept::Image, Kept::File, Kept::Exif(b"II*\0")] {
            assert_eq!(transcode_jpeg(file, kept), Err(Error::Jpeg));
        }
    }
}
