//! Crop, rotation and mirroring of an image (`clap`, `irot` and `imir`; ISO/IEC 23008-12 §6.5).

use crate::Error;
use crate::properties::Property;

/// A part of an image, in its pixels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Rect {
    pub(crate) x: u32,
    pub(crate) y: u32,
    pub(crate) width: u32,
    pub(crate) height: u32,
}

/// The combined effect of an image's transformative properties. They are applied in the file's order, which may be
/// unusual.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Shown {
    /// The cropped part in stored pixels, before rotation.
    pub(crate) part: Rect,
    /// Left and right are swapped, before rotation.
    mirrored: bool,
    /// Clockwise quarter turns, after mirroring.
    turns: u8,
}

impl Shown {
    pub(crate) fn new(width: u32, height: u32) -> Self {
        Self { part: Rect { x: 0, y: 0, width, height }, mirrored: false, turns: 0 }
    }

    /// Adds a property; properties other than rotations, mirrors and crops change nothing.
    pub(crate) fn then(self, property: &Property<'_>) -> Result<Self, Error> {
        match *property {
            Property::Rotation(turns) => Ok(Self { turns: (self.turns + 4 - turns) % 4, ..self }),
            Property::Mirror(1) => Ok(self.mirror()),
            Property::Mirror(_) => Ok(Self { turns: (self.mirror().turns + 2) % 4, ..self.mirror() }),
            Property::Aperture(fractions) => self.crop(fractions),
            _ => Ok(self),
        }
    }

    /// A mirror after a rotation equals a mirror before the opposite rotation.
    fn mirror(self) -> Self {
        Self { mirrored: !self.mirrored, turns: (4 - self.turns) % 4, ..self }
    }

    fn crop(self, [width, height, x, y]: [(i64, i64); 4]) -> Result<Self, Error> {
        let part = self.part;
        let (across, down) =
            if self.turns.is_multiple_of(2) { (part.width, part.height) } else { (part.height, part.width) };
        let (x, width) = interval(across, width, x)?;
        let (y, height) = interval(down, height, y)?;
        let cut = self.stored(Rect { x, y, width, height }, (across, down));
        Ok(Self { part: Rect { x: part.x + cut.x, y: part.y + cut.y, ..cut }, ..self })
    }

    /// Maps a part of the displayed image, which has `size`, to the image before rotation.
    fn stored(self, mut rect: Rect, mut size: (u32, u32)) -> Rect {
        for _ in 0..self.turns {
            let Rect { x, y, width, height } = rect;
            rect = Rect { x: y, y: size.0 - x - width, width: height, height: width };
            size = (size.1, size.0);
        }
        if self.mirrored {
            rect.x = size.0 - rect.x - rect.width;
        }
        rect
    }

    /// The orientation in EXIF's numbering (1 to 8).
    pub(crate) fn orientation(self) -> u8 {
        let turns = usize::from(self.turns);
        if self.mirrored { [2, 7, 4, 5][turns] } else { [1, 6, 3, 8][turns] }
    }
}

/// Start and length along one axis, clipped to the image.
fn interval(side: u32, length: (i64, i64), offset: (i64, i64)) -> Result<(u32, u32), Error> {
    const OUTSIDE: Error = Error::Malformed("`clap` leaves nothing of the image");
    let length = i128::from(length.0 / length.1);
    let offset = (i128::from(offset.0), i128::from(offset.1));
    // Its centre is at `offset` from the image's centre.
    let start = (2 * offset.0 + offset.1 * (i128::from(side) - length)).div_euclid(2 * offset.1);
    let end = (start + length).min(side.into());
    let start = start.max(0);
    match (u32::try_from(start), u32::try_from(end - start)) {
        (Ok(start), Ok(length)) if length > 0 => Ok((start, length)),
        _ => Err(OUTSIDE),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn turns_and_mirrors_are_what_exif_calls_them() {
        let cases: [(&[Property<'_>], u8); 9] = [
            (&[], 1),
            (&[Property::Mirror(1)], 2),
            (&[Property::Rotation(2)], 3),
            (&[Property::Mirror(0)], 4),
            (&[Property::Rotation(1), Property::Mirror(0)], 5),
            (&[Property::Rotation(3)], 6),
            (&[Property::Rotation(3), Property::Mirror(0)], 7),
            (&[Property::Rotation(1)], 8),
            (&[Property::Mirror(1), Property::Mirror(1)], 1),
        ];
        for (properties, expected) in cases {
            let shown = properties.iter().try_fold(Shown::new(4, 2), Shown::then).expect("no crop");
            assert_eq!(shown.orientation(), expected, "{properties:?}");
        }
    }

    #[test]
    fn a_crop_is_of_what_was_turned_before_it() {
        let crop = Property::Aperture([(2, 1), (1, 1), (-1, 1), (1, 2)]);
        let cases: [(&[Property<'_>], Rect); 4] = [
            (&[], Rect { x: 0, y: 1, width: 2, height: 1 }),
            (&[Property::Mirror(1)], Rect { x: 2, y: 1, width: 2, height: 1 }),
            (&[Property::Rotation(2)], Rect { x: 2, y: 0, width: 2, height: 1 }),
            (&[Property::Mirror(0)], Rect { x: 0, y: 0, width: 2, height: 1 }),
        ];
        for (before, part) in cases {
            let shown = before.iter().chain([&crop]).try_fold(Shown::new(4, 2), Shown::then).expect("a crop");
            assert_eq!(shown.part, part, "{before:?}");
        }
        let upright = [Property::Rotation(3), Property::Aperture([(2, 1), (1, 1), (0, 1), (-3, 2)])];
        let shown = upright.iter().try_fold(Shown::new(4, 2), Shown::then).expect("a crop");
        assert_eq!(shown.part, Rect { x: 0, y: 0, width: 1, height: 2 });
    }

    #[test]
    fn a_crop_outside_is_an_error() {
        for crop in [
            [(2, 1), (2, 1), (9, 1), (0, 1)],
            [(0, 1), (2, 1), (0, 1), (0, 1)],
            [(-3, 1), (2, 1), (0, 1), (0, 1)],
            [(i32::MIN.into(), 1), (2, 1), (0, u32::MAX.into()), (0, 1)],
        ] {
            assert!(Shown::new(4, 2).then(&Property::Aperture(crop)).is_err(), "{crop:?}");
        }
    }
}
