use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::{python, repository};

/// The second decoder's output: displayed pixels in sRGB.
#[derive(Clone)]
pub struct Picture {
    /// Columns.
    pub width: u32,
    /// Rows.
    pub height: u32,
    /// Four bytes a pixel, with straight alpha.
    pub rgba: Vec<u8>,
    /// The file's other properties.
    pub metadata: Metadata,
}

/// The tags that the tests read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[allow(missing_docs, reason = "named as EXIF does")]
pub struct Metadata {
    pub orientation: Option<u64>,
    pub make: Option<String>,
    pub artist: Option<String>,
    pub copyright: Option<String>,
    pub gps: bool,
    pub icc: bool,
    /// The packet.
    pub xmp: Option<String>,
    /// IPTC's.
    pub byline: Option<String>,
}

/// The difference between two pictures.
#[derive(Clone, Copy, Debug)]
pub struct Difference {
    /// The largest difference of a channel.
    pub max: u8,
    /// The mean difference of the channel where it is largest.
    pub mean: f64,
}

impl Picture {
    /// One pixel: red, green, blue, alpha.
    ///
    /// # Panics
    /// When it lies outside.
    #[must_use]
    pub fn at(&self, x: u32, y: u32) -> [u8; 4] {
        assert!(x < self.width && y < self.height, "({x}, {y}) is outside of {} × {}", self.width, self.height);
        let start = 4 * (y as usize * self.width as usize + x as usize);
        [self.rgba[start], self.rgba[start + 1], self.rgba[start + 2], self.rgba[start + 3]]
    }

    /// Channel by channel.
    ///
    /// # Panics
    /// When the sizes differ.
    #[must_use]
    pub fn difference(&self, other: &Self) -> Difference {
        assert_eq!((self.width, self.height), (other.width, other.height), "sizes");
        let (mut max, mut sums) = (0, [0u64; 4]);
        for (at, (a, b)) in self.rgba.iter().zip(&other.rgba).enumerate() {
            let apart = a.abs_diff(*b);
            max = max.max(apart);
            sums[at % 4] += u64::from(apart);
        }
        let most = sums.into_iter().max().unwrap_or_default();
        Difference { max, mean: most as f64 / f64::from(self.width * self.height) }
    }

    /// Lays it on white: what is transparent has no colour to compare.
    pub fn on_white(&mut self) {
        for pixel in self.rgba.as_chunks_mut::<4>().0 {
            let alpha = u32::from(pixel[3]);
            let mixed = |color: u8| ((u32::from(color) * alpha + 255 * (255 - alpha) + 127) / 255) as u8;
            *pixel = [mixed(pixel[0]), mixed(pixel[1]), mixed(pixel[2]), 255];
        }
    }

    /// The first three channels.
    #[must_use]
    pub fn rgb(&self) -> Vec<[u8; 3]> {
        self.rgba.chunks_exact(4).map(|pixel| [pixel[0], pixel[1], pixel[2]]).collect()
    }
}

/// A fixture's bytes, by its path in tests/fixtures.
///
/// # Panics
/// When it can't be read.
#[must_use]
pub fn fixture(name: &str) -> Vec<u8> {
    let path = repository().join("tests/fixtures").join(name);
    fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The names of all fixtures in `good` or `bad`, sorted.
///
/// # Panics
/// When the folder can't be read.
#[must_use]
pub fn fixtures(folder: &str) -> Vec<String> {
    let path = repository().join("tests/fixtures").join(folder);
    let entries = fs::read_dir(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let mut names: Vec<String> =
        entries.map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned()).collect();
    names.sort();
    names
}

/// Decodes `files` with Pillow, in one process.
///
/// # Panics
/// When it can't read one of them, or is not there: `make test` installs it.
#[must_use]
pub fn decode(files: &[PathBuf]) -> Vec<Picture> {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let arguments: Vec<&Path> = [folder.path()].into_iter().chain(files.iter().map(PathBuf::as_path)).collect();
    let facts: Vec<Value> = serde_json::from_str(&python("reference/decode.py", &arguments)).expect("JSON");
    let pixels = |number: usize| fs::read(folder.path().join(format!("{number}.rgba"))).expect("pixels");
    facts.iter().enumerate().map(|(number, facts)| picture(facts, pixels(number))).collect()
}

/// Decodes files in memory with Pillow.
///
/// # Panics
/// As [`decode`].
#[must_use]
pub fn decode_bytes(files: &[&[u8]]) -> Vec<Picture> {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let write = |(number, bytes): (usize, &&[u8])| {
        let path = folder.path().join(number.to_string());
        fs::write(&path, bytes).expect("writing a file");
        path
    };
    decode(&files.iter().enumerate().map(write).collect::<Vec<_>>())
}

/// An animation as the second decoder sees it.
pub struct Animation {
    /// As displayed, without metadata.
    pub frames: Vec<Picture>,
    /// How many milliseconds each is displayed, according to the file.
    pub delays: Vec<u64>,
    /// How many times it plays; 0 means forever.
    pub plays: u64,
}

/// Decodes animations in memory with Pillow. A still has one frame.
///
/// # Panics
/// As [`decode`].
#[must_use]
pub fn decode_frames(files: &[&[u8]]) -> Vec<Animation> {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = |number: usize| folder.path().join(number.to_string());
    let paths: Vec<PathBuf> = (0..files.len()).map(path).collect();
    files.iter().zip(&paths).for_each(|(bytes, path)| fs::write(path, bytes).expect("writing a file"));
    let arguments: Vec<&Path> = [folder.path()].into_iter().chain(paths.iter().map(PathBuf::as_path)).collect();
    let facts: Vec<Value> = serde_json::from_str(&python("reference/frames.py", &arguments)).expect("JSON");
    let number = |value: &Value| value.as_u64().expect("a number");
    let animation = |(file, facts): (usize, &Value)| {
        let delays: Vec<u64> = facts["delays"].as_array().expect("delays").iter().map(number).collect();
        let side = |key: &str| u32::try_from(number(&facts[key])).expect("a side");
        let frame = |at: usize| Picture {
            width: side("width"),
            height: side("height"),
            rgba: fs::read(folder.path().join(format!("{file}-{at}.rgba"))).expect("pixels"),
            metadata: Metadata::default(),
        };
        Animation { frames: (0..delays.len()).map(frame).collect(), delays, plays: number(&facts["plays"]) }
    };
    facts.iter().enumerate().map(animation).collect()
}

fn picture(facts: &Value, rgba: Vec<u8>) -> Picture {
    let side = |key: &str| u32::try_from(facts[key].as_u64().expect("a number")).expect("a side");
    let text = |key: &str| facts[key].as_str().map(String::from);
    let flag = |key: &str| facts[key].as_bool().expect("a flag");
    let metadata = Metadata {
        orientation: facts["orientation"].as_u64(),
        make: text("make"),
        artist: text("artist"),
        copyright: text("copyright"),
        gps: flag("gps"),
        icc: flag("icc"),
        xmp: text("xmp"),
        byline: text("byline"),
    };
    Picture { width: side("width"), height: side("height"), rgba, metadata }
}
