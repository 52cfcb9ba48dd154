use std::env;
use std::fs;
use std::path::{Path, PathBuf};

use darkroom_jpeg::{Decoder, Reduction};

/// A JPEG.
pub(crate) struct Photo {
    pub(crate) name: String,
    pub(crate) source: Vec<u8>,
}

/// RGB, rows from the top.
pub(crate) struct Pixels {
    pub(crate) width: u32,
    pub(crate) height: u32,
    pub(crate) data: Vec<u8>,
}

/// The photos of scripts/photos.sh, one baseline and one progressive; if they have not been downloaded, smaller
/// samples.
pub(crate) fn photos() -> Vec<Photo> {
    let fetched = ["kleiber-20mp-baseline.jpg", "dragonfly-13mp-progressive.jpg"].map(|name| cache().join(name));
    let samples = Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples/photos");
    let chosen = if fetched.iter().all(|path| path.exists()) {
        fetched
    } else {
        ["aitzgorri.jpg", "seeding.jpg"].map(|name| samples.join(name))
    };
    let read = |path: PathBuf| Photo {
        name: path.file_stem().expect("a name").to_string_lossy().into_owned(),
        source: fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display())),
    };
    chosen.into_iter().map(read).collect()
}

/// The cache folder, located as in the scripts.
fn cache() -> PathBuf {
    let variable = |name: &str| env::var_os(name).map(PathBuf::from);
    let user = variable("XDG_CACHE_HOME").or_else(|| Some(env::home_dir()?.join(".cache"))).unwrap_or_default();
    variable("DARKROOM_CACHE").unwrap_or_else(|| user.join("darkroom")).join("photos")
}

/// Decodes all pixels of a photo.
pub(crate) fn decode(source: &[u8], reduction: Reduction) -> Pixels {
    let mut rows = Decoder::new(source).and_then(|decoder| decoder.rows(reduction)).expect("a JPEG");
    let (width, height) = rows.size();
    let stride = width * rows.channels();
    let mut data = vec![0; stride * height];
    for row in data.chunks_exact_mut(stride) {
        rows.read(row).expect("a whole JPEG");
    }
    Pixels { width: width as u32, height: height as u32, data }
}
