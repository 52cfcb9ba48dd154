//! Compares with a second decoder: beside each fixture is its rendering by libavif or libheif as PNG.

use std::fs;
use std::path::{Path, PathBuf};

#[cfg(feature = "heic")]
use darkroom_heif::Nclx;
use darkroom_heif::{Decoder, Image};

/// Two decoders of one bitstream produce the same samples, but round products differently. Mean and largest difference,
/// in steps of 255.
const CLOSE: Tolerance = Tolerance { mean: 0.4, worst: 10 };

/// At tile seams, libavif interpolates chroma across tiles, and this decoder does not.
const SEAMS: Tolerance = Tolerance { mean: 0.4, worst: 24 };

struct Tolerance {
    mean: f64,
    worst: u8,
}

fn fixtures(extension: &str) -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures");
    let files = fs::read_dir(folder).expect("fixtures").map(|entry| entry.expect("an entry").path());
    let files = files.filter(|path| path.extension().is_some_and(|found| found == extension));
    files.filter(|path| second(path).exists()).collect()
}

fn second(path: &Path) -> PathBuf {
    PathBuf::from(format!("{}.png", path.display()))
}

fn png(path: &Path) -> Image {
    let decoder = png::Decoder::new(std::io::BufReader::new(fs::File::open(path).expect("a PNG")));
    let mut reader = decoder.read_info().expect("headers");
    let mut data = vec![0; reader.output_buffer_size().expect("a size")];
    let info = reader.next_frame(&mut data).expect("pixels");
    let channels = info.color_type.samples();
    Image { width: info.width as usize, height: info.height as usize, channels, data, damage: None }
}

/// Applies `orientation`.
fn upright(image: &Image, orientation: u8) -> Image {
    let (width, height, n) = (image.width, image.height, image.channels);
    let turned = orientation > 4;
    let (across, down) = if turned { (height, width) } else { (width, height) };
    let mut data = Vec::with_capacity(image.data.len());
    for y in 0..down {
        for x in 0..across {
            let (x, y) = if turned { (y, x) } else { (x, y) };
            let x = if matches!(orientation, 2 | 3 | 7 | 8) { width - 1 - x } else { x };
            let y = if matches!(orientation, 3 | 4 | 6 | 7) { height - 1 - y } else { y };
            data.extend_from_slice(&image.data[(y * width + x) * n..][..n]);
        }
    }
    Image { width: across, height: down, channels: n, data, damage: None }
}

/// Averages of `reduction` pixels along both axes. The colours of transparent pixels are ignored.
fn reduced(image: &Image, reduction: usize) -> Image {
    let (width, height, n) = (image.width.div_ceil(reduction), image.height.div_ceil(reduction), image.channels);
    let mut data = Vec::new();
    for (y, x) in (0..height).flat_map(|y| (0..width).map(move |x| (y, x))) {
        let rows = y * reduction..((y + 1) * reduction).min(image.height);
        let columns = x * reduction..((x + 1) * reduction).min(image.width);
        let block = rows.flat_map(|y| columns.clone().map(move |x| (y * image.width + x) * n));
        let block: Vec<&[u8]> = block.map(|at| &image.data[at..at + n]).collect();
        let weight = |pixel: &[u8]| if n % 2 == 0 { f64::from(pixel[n - 1]) } else { 1.0 };
        let weights: f64 = block.iter().map(|pixel| weight(pixel)).sum();
        for channel in 0..n {
            let alpha = n % 2 == 0 && channel == n - 1;
            let value = |pixel: &&[u8]| f64::from(pixel[channel]) * if alpha { 1.0 } else { weight(pixel) };
            let all = if alpha { block.len() as f64 } else { weights.max(1.0) };
            data.push((block.iter().map(value).sum::<f64>() / all).round() as u8);
        }
    }
    Image { width, height, channels: n, data, damage: None }
}

/// Colours premultiplied by alpha, because the colours of faint pixels were rounded with it.
fn seen(image: &Image) -> Vec<u8> {
    if image.channels % 2 == 1 {
        return image.data.clone();
    }
    let times = |value: u8, alpha: u8| ((u16::from(value) * u16::from(alpha) + 127) / 255) as u8;
    let pixels = image.data.chunks_exact(image.channels).map(|pixel| pixel.split_last().expect("alpha"));
    pixels.flat_map(|(&alpha, colors)| colors.iter().map(move |&color| times(color, alpha)).chain([alpha])).collect()
}

fn compare(path: &Path, reduction: u32) -> Result<(), String> {
    let source = fs::read(path).expect("a fixture");
    let decoder = Decoder::new(&source).map_err(|error| error.to_string())?;
    let image = decoder.decode(reduction).map_err(|error| error.to_string())?;
    let (found, right) = (upright(&image, decoder.orientation()), reduced(&png(&second(path)), reduction as usize));
    let shape = |image: &Image| (image.width, image.height, image.channels);
    if shape(&found) != shape(&right) {
        return Err(format!("{:?}, and not {:?}", shape(&found), shape(&right)));
    }
    let (found, right) = (seen(&found), seen(&right));
    let errors: Vec<u8> = found.iter().zip(&right).map(|(a, b)| a.abs_diff(*b)).collect();
    let mean = errors.iter().map(|&error| f64::from(error)).sum::<f64>() / errors.len() as f64;
    let worst = errors.iter().copied().max().unwrap_or(0);
    let tolerance = if decoder.tiles() > 1 { SEAMS } else { CLOSE };
    let close = mean <= tolerance.mean && worst <= tolerance.worst;
    if close { Ok(()) } else { Err(format!("mean {mean:.2}, worst {worst}")) }
}

fn conforms(cases: impl Iterator<Item = (PathBuf, u32)>) {
    let wrong: Vec<_> =
        cases.filter_map(|(path, by)| compare(&path, by).err().map(|error| (path, by, error))).collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// Chroma is interpolated only at full size: for subsampled chroma, libavif's averages differ.
#[test]
fn avif_is_what_libavif_shows() {
    let files = fixtures("avif");
    assert_eq!(files.len(), 20, "{files:?}");
    let exact = ["444", "gray", "identity", "12-bits"];
    let reductions = |path: &Path| {
        let exact = path.file_stem().is_some_and(|stem| exact.iter().any(|name| stem == *name));
        if exact { &[1, 2, 4, 8][..] } else { &[1] }
    };
    conforms(files.iter().flat_map(|path| reductions(path).iter().map(|&by| (path.clone(), by))));
}

/// libheif repeats chroma, as this decoder does when it reduces.
#[test]
#[cfg(feature = "heic")]
fn heic_is_what_libheif_shows() {
    let files = fixtures("heic");
    assert_eq!(files.len(), 15, "{files:?}");
    conforms(files.iter().flat_map(|path| [2, 4, 8].map(|by| (path.clone(), by))));
}

#[test]
#[cfg(feature = "heic")]
fn a_phones_file_tells_what_it_has() {
    let source =
        fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/metadata.heic")).expect("a fixture");
    let decoder = Decoder::new(&source).expect("a HEIC");
    assert_eq!(decoder.size(), (64, 64));
    assert_eq!((decoder.bits(), decoder.alpha(), decoder.gray(), decoder.tiles()), (8, false, false, 1));
    assert_eq!(decoder.nclx(), Some(Nclx { primaries: 12, transfer: 13, matrix: 6, full_range: true }));
    assert_eq!(decoder.icc_profile(), None);
    assert_eq!(decoder.exif().as_deref(), Some(&b"MM\0*\0\0\0\x08\0\0"[..]));
    assert_eq!(decoder.xmp().as_deref(), Some(&b"<x:xmpmeta/>"[..]));
    assert!(decoder.gain_map());
}

#[test]
#[cfg(not(feature = "heic"))]
fn heic_is_refused_by_name() {
    let source = fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/420.heic")).expect("a fixture");
    let error = Decoder::new(&source).err().expect("no decoder of HEVC");
    assert!(error.to_string().starts_with("HEIC"), "{error}");
}
