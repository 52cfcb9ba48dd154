//! Decodes and scales at once: the source's pixels are never all in memory, and the scaled image overwrites the file if
//! the source is owned.

use std::collections::VecDeque;

use darkroom_recipe::{Layout, Rect, Size};

use crate::Error;
use crate::budget::Budget;
use crate::color::Conversion;
use crate::decode::{Decoded, Rows, reduced};
use crate::ops::{SUPPORT, resize};
use crate::pixels::Pixels;

/// The number of rows scaled per step, and decoded per step.
const BAND: u32 = 16;

/// Decodes and scales the part that `layout` shows, converted by `colors`, still as stored; it has fewer rows than are
/// decoded. Also returns the source's damage, including rows outside the layout.
///
/// # Errors
/// The errors of the source.
pub(crate) fn shrink(
    rows: Rows<'_>,
    colors: Conversion<u8>,
    layout: &Layout,
    budget: &Budget,
) -> Result<(Pixels, Option<Error>), Error> {
    let (crop, target) = (reduced(layout.crop, rows.reduction), layout.scaled_as_stored());
    let scale = crop.height / f64::from(target.height);
    let reach = SUPPORT * scale;
    // Keeps the source's width here: one horizontal pass at the end is cheaper than one per band, each of which
    // computes the weights.
    let squeezed = Size { height: target.height, ..rows.size };
    let mut window = Window::open(rows, colors, f64::from(BAND) * scale + 2.0 * reach, budget)?;
    let mut made = Made::default();
    for first in (0..target.height).step_by(BAND as usize) {
        let count = BAND.min(target.height - first);
        let (top, height) = (crop.y + f64::from(first) * scale, f64::from(count) * scale);
        window.show(top - reach, top + height + reach, budget)?;
        let part = Rect { x: 0.0, y: top - f64::from(window.first), width: f64::from(squeezed.width), height };
        let band = resize(&window.pixels, part, Size { height: count, ..squeezed }, budget)?;
        made.add(band, &mut window.rows);
    }
    let space = window.pixels.space.clone();
    let rows = window.finish(budget)?;
    let damage = rows.damage();
    let squeezed = made.finish(squeezed, rows, budget)?.within(space);
    let pixels = resize(&squeezed, Rect { y: 0.0, height: f64::from(target.height), ..crop }, target, budget)?;
    Ok((pixels, damage))
}

/// The bands so far: the number of bytes written over the source's spent part, and the bands that wait for room.
#[derive(Default)]
struct Made {
    written: usize,
    waiting: VecDeque<Pixels>,
}

impl Made {
    fn add(&mut self, band: Pixels, rows: &mut Rows<'_>) {
        self.waiting.push_back(band);
        while let Some(Pixels { data, .. }) = self.waiting.front() {
            let end = self.written + data.len();
            let Some(room) = rows.spent().get_mut(self.written..end) else { return };
            room.copy_from_slice(data);
            self.written = end;
            self.waiting.pop_front();
        }
    }

    /// Joins all bands to one image, in the source's memory if they fit.
    fn finish(self, size: Size, rows: Rows<'_>, budget: &Budget) -> Result<Pixels, Error> {
        let length = size.pixels().saturating_mul(3);
        let reservation = budget.reserve(length)?;
        let mut data = rows.into_source().unwrap_or_default();
        data.truncate(self.written);
        data.reserve_exact(length as usize - self.written);
        self.waiting.iter().for_each(|band| data.extend_from_slice(&band.data));
        data.shrink_to_fit();
        Ok(Pixels::from_parts(size, false, data, reservation))
    }
}

/// The rows in memory.
struct Window<'a> {
    rows: Rows<'a>,
    colors: Conversion<u8>,
    pixels: Pixels,
    /// The index of its topmost row in the image.
    first: u32,
    /// The number of rows of the image decoded so far.
    decoded: u32,
}

impl<'a> Window<'a> {
    fn open(rows: Rows<'a>, colors: Conversion<u8>, height: f64, budget: &Budget) -> Result<Self, Error> {
        const ROUNDING: u32 = 2;
        let size = Size { height: (height as u32 + ROUNDING).min(rows.size.height), ..rows.size };
        Ok(Self { rows, colors, pixels: Pixels::empty(size, budget)?, first: 0, decoded: 0 })
    }

    /// Moves down to the rows between `top` and `bottom`.
    fn show(&mut self, top: f64, bottom: f64, budget: &Budget) -> Result<(), Error> {
        let first = (top.max(0.0) as u32).max(self.first);
        let end = (bottom.ceil() as u32).min(self.rows.size.height);
        self.decode(first, budget)?;
        self.pixels.keep_lowest(self.decoded - first);
        self.first = first;
        while self.decoded < end {
            let next = self.next(end, budget)?;
            let rows = self.colors.convert(next, budget)?;
            self.pixels.space = rows.space.clone();
            self.pixels.append(&rows);
        }
        Ok(())
    }

    /// Decodes the remaining rows, which may be corrupt.
    fn finish(mut self, budget: &Budget) -> Result<Rows<'a>, Error> {
        self.decode(self.rows.size.height, budget)?;
        Ok(self.rows)
    }

    /// Decodes up to row `end` without keeping the rows.
    fn decode(&mut self, end: u32, budget: &Budget) -> Result<(), Error> {
        while self.decoded < end {
            self.next(end, budget)?;
        }
        Ok(())
    }

    fn next(&mut self, end: u32, budget: &Budget) -> Result<Decoded, Error> {
        let count = BAND.min(end - self.decoded);
        self.decoded += count;
        self.rows.take(count, budget)
    }
}

#[cfg(test)]
mod tests {
    use std::borrow::Cow;
    use std::fs;
    use std::path::Path;

    use darkroom_recipe::{Limits, Orientation, Profiles, Recipe};

    use super::*;
    use crate::decode::{self, Header};

    /// Sources that can be decoded row by row.
    fn sources() -> Vec<(String, Vec<u8>)> {
        let repository = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
        let files = ["tests/fixtures/good", "examples/photos"]
            .iter()
            .flat_map(|folder| fs::read_dir(repository.join(folder)).expect("a folder of images"))
            .map(|entry| entry.expect("an entry").path());
        let jpegs = files
            .filter(|path| path.extension().is_some_and(|ending| ending == "jpg"))
            .map(|path| (path.display().to_string(), fs::read(path).expect("a JPEG")));
        jpegs.chain([("a large WebP".into(), webp(1100, 960))]).collect()
    }

    fn webp(width: u32, height: u32) -> Vec<u8> {
        let color = |at: u32| [at % width / 5, at / width / 4, at % 251].map(|value| value as u8);
        let pixels: Vec<u8> = (0..width * height).flat_map(color).collect();
        let pixels = darkroom_libwebp::Pixels::Rgb(&pixels);
        let image = darkroom_libwebp::Image { width, height, pixels };
        darkroom_libwebp::encode(image, &darkroom_libwebp::Settings::default()).expect("a WebP")
    }

    /// The alternative: all pixels, then one resize.
    fn whole(source: &[u8], header: &Header, reduction: u32, layout: &Layout, budget: &Budget) -> Pixels {
        let mut decoder = decode::open(source.into(), &Limits::default()).expect("headers").1;
        let decoded = decoder.next_frame(reduction, budget).expect("an image").expect("a frame");
        let crop = reduced(layout.crop, decoded.reduction);
        let pixels = Conversion::new(header.icc.as_deref(), decoded.model, Profiles::None)
            .convert(decoded, budget)
            .expect("colours");
        resize(&pixels, crop, layout.scaled_as_stored(), budget).expect("a smaller image")
    }

    #[test]
    fn bands_differ_from_the_whole_by_rounding_alone() {
        const RECIPES: [&str; 5] = [
            "width=40",
            "width=51,height=13,fit=cover",
            "width=24,height=24,fit=cover,gravity=right",
            "width=30,height=35,fit=squeeze",
            "width=45,trim=11;3;7;2",
        ];
        let limits = Limits::default();
        let mut compared = 0;
        for (name, source) in sources() {
            let budget = Budget::new(limits.memory);
            let header = decode::open(source[..].into(), &limits).expect("headers").0;
            for (recipe, reduction) in RECIPES.iter().flat_map(|recipe| [(recipe, 1), (recipe, 2)]) {
                let parsed: Recipe = recipe.parse().expect("a recipe");
                let kept =
                    crate::trim::kept::<u8>(parsed.trim, header.size, Orientation::default(), None).expect("a part");
                let layout = Layout::resolve(&parsed, kept, header.orientation, &limits, |_| (0.5, 0.5));
                let layout = layout.expect("a layout");
                if f64::from(layout.scaled_as_stored().height) >= reduced(layout.crop, reduction).height {
                    continue;
                }
                compared += 1;
                let expected = whole(&source, &header, reduction, &layout, &budget);
                for source in [Cow::Borrowed(&source[..]), Cow::Owned(source.clone())] {
                    let mut decoder = decode::open(source, &limits).expect("headers").1;
                    let rows = decoder.rows(reduction, &budget).expect("rows").expect("a format that has them");
                    drop(decoder);
                    let colors = Conversion::new(header.icc.as_deref(), rows.model, Profiles::None);
                    let (pixels, _) = shrink(rows, colors, &layout, &budget).expect("an image");
                    assert_eq!((pixels.size, pixels.data.len()), (expected.size, expected.data.len()));
                    let most = pixels.data.iter().zip(&expected.data).map(|(a, b)| a.abs_diff(*b)).max();
                    assert!(most <= Some(2), "{name}, {recipe}, 1/{reduction}: {most:?}"); // one step in each of two passes
                }
            }
            assert!(budget.reserve(limits.memory).is_ok(), "{name}: all is given back");
        }
        assert!(compared > 150, "only {compared} recipes");
    }
}
