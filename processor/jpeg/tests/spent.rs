//! The spent part of an owned source may be overwritten.

#[allow(dead_code, reason = "nothing is corrupted here")]
mod common;

use std::borrow::Cow;

use common::{fixtures, repository};
use darkroom_jpeg::{Decoder, Error, Reduction};

/// Decodes all rows, overwriting the spent part of the source after each one.
fn decode<'a>(source: impl Into<Cow<'a, [u8]>>, reduction: Reduction) -> Result<(Vec<u8>, usize), Error> {
    let mut rows = Decoder::new(source)?.rows(reduction)?;
    let (width, height) = rows.size();
    let mut row = vec![0; width * rows.channels()];
    let (mut pixels, mut least) = (Vec::new(), usize::MAX);
    for _ in 0..height {
        rows.read(&mut row)?;
        rows.spent().fill(0xFF);
        least = least.min(rows.spent().len());
        pixels.extend_from_slice(&row);
    }
    Ok((pixels, least))
}

#[test]
fn spent_bytes_are_not_read_again() {
    let mut sources = fixtures();
    let photo = repository().join("examples/photos/seeding.jpg");
    sources.push((photo.clone(), std::fs::read(photo).expect("a photo")));
    let mut compared = 0;
    for (path, source) in sources {
        if !Decoder::new(&source).is_ok_and(|decoder| decoder.size().0 < 10_000) {
            continue;
        }
        for reduction in [Reduction::None, Reduction::Quarter, Reduction::Eighth] {
            let pixels = |decoded: Result<(Vec<u8>, usize), Error>| decoded.map(|(pixels, _)| pixels);
            let (lent, given) = (decode(&source, reduction), decode(source.clone(), reduction));
            if let (Ok((_, 0)), Ok((_, least))) = (&lent, &given) {
                assert!(*least > 0, "{}: the headers at least are spent", path.display());
                compared += 1;
            }
            assert!(pixels(lent) == pixels(given), "{}, {reduction:?}", path.display());
        }
    }
    assert!(compared > 60, "only {compared} images");
}

#[test]
fn the_source_comes_back_with_what_was_written() {
    let source = std::fs::read(repository().join("tests/fixtures/good/jpeg-420.jpg")).expect("a fixture");
    let mut rows = Decoder::new(source.clone()).and_then(|decoder| decoder.rows(Reduction::None)).expect("an image");
    rows.spent()[..4].copy_from_slice(b"mine");
    let back = rows.into_source().expect("it was given away");
    assert_eq!((&back[..4], &back[4..]), (&b"mine"[..], &source[4..]));
    let lent = Decoder::new(&source).and_then(|decoder| decoder.rows(Reduction::None)).expect("an image");
    assert_eq!(lent.into_source(), None);
}
