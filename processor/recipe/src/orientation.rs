use crate::{Flip, Rect, Rotation, Size};

/// Maps stored pixels to displayed ones: one of the eight symmetries of a rectangle, numbered as in EXIF (tag 0x0112).
///
/// The order of application: `transpose` swaps the axes, then `mirror_x` reverses the columns, then `mirror_y` the
/// rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Orientation {
    transpose: bool,
    mirror_x: bool,
    mirror_y: bool,
}

impl Orientation {
    /// Converts EXIF's value. Anything other than 1 to 8 means 1, as in browsers.
    #[must_use]
    pub const fn from_exif(value: u16) -> Self {
        let (transpose, mirror_x, mirror_y) = match value {
            2 => (false, true, false),
            3 => (false, true, true),
            4 => (false, false, true),
            5 => (true, false, false),
            6 => (true, true, false),
            7 => (true, true, true),
            8 => (true, false, true),
            _ => (false, false, false),
        };
        Self { transpose, mirror_x, mirror_y }
    }

    /// EXIF's value, 1 to 8.
    #[must_use]
    pub const fn to_exif(self) -> u8 {
        match (self.transpose, self.mirror_x, self.mirror_y) {
            (false, false, false) => 1,
            (false, true, false) => 2,
            (false, true, true) => 3,
            (false, false, true) => 4,
            (true, false, false) => 5,
            (true, true, false) => 6,
            (true, true, true) => 7,
            (true, false, true) => 8,
        }
    }

    /// This orientation, then a flip, then a clockwise rotation.
    #[must_use]
    pub fn then(self, flip: Flip, rotation: Rotation) -> Self {
        let flipped = Self {
            mirror_x: self.mirror_x ^ matches!(flip, Flip::Horizontal | Flip::Both),
            mirror_y: self.mirror_y ^ matches!(flip, Flip::Vertical | Flip::Both),
            ..self
        };
        match rotation {
            Rotation::None => flipped,
            Rotation::Quarter => flipped.quarter(),
            Rotation::Half => flipped.quarter().quarter(),
            Rotation::ThreeQuarters => flipped.quarter().quarter().quarter(),
        }
    }

    /// A clockwise quarter turn is a transposition followed by a mirroring.
    const fn quarter(self) -> Self {
        Self { transpose: !self.transpose, mirror_x: !self.mirror_y, mirror_y: self.mirror_x }
    }

    /// Whether width and height are swapped.
    #[must_use]
    pub const fn swaps_axes(self) -> bool {
        self.transpose
    }

    /// The displayed size of stored pixels of `size`; the function is its own inverse.
    #[must_use]
    pub const fn apply(self, size: Size) -> Size {
        if self.transpose { size.transposed() } else { size }
    }

    /// The stored position of the displayed column `x` and row `y` of an image displayed at size `shown`.
    #[must_use]
    pub const fn stored(self, shown: Size, x: u32, y: u32) -> (u32, u32) {
        let x = if self.mirror_x { shown.width - 1 - x } else { x };
        let y = if self.mirror_y { shown.height - 1 - y } else { y };
        if self.transpose { (y, x) } else { (x, y) }
    }

    /// The part of the stored image that becomes `part` of the image displayed at size `shown`.
    #[must_use]
    pub fn stored_rect(self, shown: Size, part: Rect) -> Rect {
        let part = self.mirrored(shown, part);
        if self.transpose { part.transposed() } else { part }
    }

    /// The displayed part that `part` of the stored image, of size `stored`, becomes.
    #[must_use]
    pub fn shown_rect(self, stored: Size, part: Rect) -> Rect {
        let part = if self.transpose { part.transposed() } else { part };
        self.mirrored(self.apply(stored), part)
    }

    /// Mirroring twice restores the image, so this function is its own inverse.
    fn mirrored(self, shown: Size, part: Rect) -> Rect {
        let x = if self.mirror_x { f64::from(shown.width) - part.x - part.width } else { part.x };
        let y = if self.mirror_y { f64::from(shown.height) - part.y - part.height } else { part.y };
        Rect { x, y, ..part }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The EXIF specification's picture of the eight values: the letter F as stored, and as it must appear.
    #[test]
    fn stored_pixels_show_as_exif_says() {
        // Stored as 2 × 3 with these pixels, row by row:  a b / c d / e f
        let stored = ["ab", "cd", "ef"];
        let cases = [
            (1, vec!["ab", "cd", "ef"]),
            (2, vec!["ba", "dc", "fe"]),
            (3, vec!["fe", "dc", "ba"]),
            (4, vec!["ef", "cd", "ab"]),
            (5, vec!["ace", "bdf"]),
            (6, vec!["eca", "fdb"]),
            (7, vec!["fdb", "eca"]),
            (8, vec!["bdf", "ace"]),
        ];
        for (value, shown) in cases {
            let orientation = Orientation::from_exif(value);
            let size = orientation.apply(Size::new(2, 3));
            let got: Vec<String> = (0..size.height)
                .map(|y| {
                    (0..size.width)
                        .map(|x| orientation.stored(size, x, y))
                        .map(|(x, y)| char::from(stored[y as usize].as_bytes()[x as usize]))
                        .collect()
                })
                .collect();
            assert_eq!(got, shown, "orientation {value}");
            assert_eq!(u16::from(orientation.to_exif()), value);
        }
    }

    #[test]
    fn a_quarter_turn_is_orientation_6() {
        let turned = Orientation::default().then(Flip::None, Rotation::Quarter);
        assert_eq!(turned.to_exif(), 6);
        assert_eq!(Orientation::default().then(Flip::None, Rotation::Half).to_exif(), 3);
        assert_eq!(Orientation::default().then(Flip::None, Rotation::ThreeQuarters).to_exif(), 8);
        assert_eq!(Orientation::default().then(Flip::Horizontal, Rotation::None).to_exif(), 2);
        assert_eq!(turned.then(Flip::None, Rotation::ThreeQuarters), Orientation::default());
    }

    #[test]
    fn rectangles_go_there_and_back() {
        let stored = Size::new(40, 30);
        let part = Rect { x: 3.0, y: 5.0, width: 20.0, height: 10.0 };
        for value in 1..=8 {
            let orientation = Orientation::from_exif(value);
            let shown = orientation.shown_rect(stored, part);
            assert_eq!(orientation.stored_rect(orientation.apply(stored), shown), part, "orientation {value}");
        }
    }
}
