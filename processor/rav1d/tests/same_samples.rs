//! All samples equal re_rav1d's, at 8 and 12 bits, with and without chroma.

use std::fs;
use std::path::Path;

use darkroom_rav1d::{decode, sequence, Error, Layout, Settings};
use re_rav1d::dav1d::{Decoder, PlanarImageComponent};

const SETTINGS: Settings = Settings { operating_point: 0, pixels: 120 * 88 };

fn file(name: &str) -> Vec<u8> {
    fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests").join(name)).expect("a file")
}

/// A plane's samples as decoded by re_rav1d.
fn theirs(data: &[u8], plane: usize, size: (usize, usize), wide: bool) -> Vec<u16> {
    let mut settings = re_rav1d::dav1d::Settings::new();
    settings.set_n_threads(1);
    let mut decoder = Decoder::with_settings(&settings).expect("a decoder");
    decoder.send_data(data.to_vec(), None, None, None).expect("data");
    let picture = decoder.get_picture().expect("a picture");
    let component = PlanarImageComponent::from(plane);
    let (stride, bytes) = (picture.stride(component) as usize, picture.plane(component));
    let at = |x: usize, y: usize| match wide {
        true => u16::from_ne_bytes([bytes[y * stride + 2 * x], bytes[y * stride + 2 * x + 1]]),
        false => bytes[y * stride + x].into(),
    };
    (0..size.1).flat_map(|y| (0..size.0).map(move |x| (x, y))).map(|(x, y)| at(x, y)).collect()
}

#[test]
fn samples_are_the_same() {
    let cases = [("420.obu", 8, Layout::I420), ("12-bits.obu", 12, Layout::I444), ("gray.obu", 8, Layout::I400)];
    for (name, bits, layout) in cases {
        let data = file(name);
        let picture = decode(&data, &SETTINGS).expect("a picture");
        let found = picture.sequence();
        assert_eq!((found.width, found.height, found.bits, found.layout), (120, 88, bits, layout), "{name}");
        assert_eq!(sequence(&data).expect("a header"), found, "{name}");
        for plane in 0..if layout == Layout::I400 { 1 } else { 3 } {
            let halved = plane > 0 && layout == Layout::I420;
            let (width, height) = if halved { (60, 44) } else { (120, 88) };
            let mut ours = vec![0; width * height];
            for (y, row) in ours.chunks_exact_mut(width).enumerate() {
                picture.row(plane, y, row);
            }
            assert!(ours == theirs(&data, plane, (width, height), bits > 8), "{name}, plane {plane}");
        }
    }
}

#[test]
fn what_is_not_decoded_is_told_apart() {
    let data = file("420.obu");
    let cases: [(&[u8], Settings, Error); 3] = [
        (&data, Settings { pixels: 120 * 88 - 1, ..SETTINGS }, Error::TooLarge),
        (&data[..data.len() / 2], SETTINGS, Error::Malformed),
        (b"no stream", SETTINGS, Error::Malformed),
    ];
    for (data, settings, expected) in cases {
        assert_eq!(decode(data, &settings).err(), Some(expected));
    }
}
