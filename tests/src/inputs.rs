use std::path::Path;

use crate::{Picture, decode, decode_bytes, decode_frames, fixture, python, repository};

/// An upload of one of the kinds that people make beside JPEG and PNG.
pub struct Input {
    /// In tests/fixtures.
    pub file: &'static str,
    /// As browsers name it.
    pub media_type: &'static str,
    /// How many frames the compressed image has.
    pub frames: usize,
}

/// One of each kind, no larger than any thumbnail.
pub const INPUTS: [Input; 5] = [
    Input { file: "good/heic-444.heic", media_type: "image/heic", frames: 1 },
    Input { file: "good/avif-444.avif", media_type: "image/avif", frames: 1 },
    Input { file: "good/jxl-lossy.jxl", media_type: "image/jxl", frames: 1 },
    Input { file: "good/gif-animated.gif", media_type: "image/gif", frames: 3 },
    Input { file: "svg/shapes.svg", media_type: "image/svg+xml", frames: 1 },
];

/// How far the mean of a channel may be off. These pictures are small and full of edges: Pillow's own WebP and JPEG of them,
/// at quality 75 to 90, are up to 12.2 off.
const MEAN: f64 = 13.0;

impl Input {
    /// The name of the file that is uploaded.
    #[must_use]
    pub fn name(&self) -> &'static str {
        self.file.rsplit('/').next().unwrap_or(self.file)
    }

    /// Its bytes.
    #[must_use]
    pub fn bytes(&self) -> Vec<u8> {
        fixture(self.file)
    }

    /// What a second decoder shows of it.
    fn picture(&self) -> Picture {
        let path = repository().join("tests/fixtures").join(self.file);
        if self.media_type != "image/svg+xml" {
            return decode(&[path]).remove(0);
        }
        let folder = tempfile::tempdir().expect("a temporary folder");
        let width = Path::new("64"); // as it says itself
        let _ = python("reference/svg.py", &[folder.path(), width, &path]);
        decode(&[folder.path().join("0.png")]).remove(0)
    }

    /// Checks what has become of it: the compressed image, and stills.
    ///
    /// # Panics
    /// When one shows something else.
    pub fn assert_shown(&self, compressed: &[u8], stills: &[&[u8]]) {
        let mut right = self.picture();
        right.on_white();
        let frames = &decode_frames(&[compressed])[0].frames;
        assert_eq!(frames.len(), self.frames, "{}: frames", self.file);
        for (number, mut found) in frames[..1].iter().cloned().chain(decode_bytes(stills)).enumerate() {
            found.on_white();
            let difference = found.difference(&right);
            assert!(difference.mean <= MEAN, "{}, image {number}: {difference:?}", self.file);
        }
    }
}
