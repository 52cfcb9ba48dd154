/// Width and height in pixels, each at least 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Size {
    /// Columns.
    pub width: u32,
    /// Rows.
    pub height: u32,
}

impl Size {
    /// A size of `width` × `height`.
    #[must_use]
    pub const fn new(width: u32, height: u32) -> Self {
        Self { width, height }
    }

    /// Width × height, which can't overflow: the sides have 32 bits each.
    #[must_use]
    pub const fn pixels(self) -> u64 {
        self.width as u64 * self.height as u64
    }

    /// Swaps width and height.
    #[must_use]
    pub const fn transposed(self) -> Self {
        Self { width: self.height, height: self.width }
    }

    /// Both sides times `factor`, rounded to the nearest pixel and at least 1.
    pub(crate) fn scaled(self, factor: f64) -> Self {
        let side = |side: u32| (f64::from(side) * factor).round().max(1.0) as u32;
        Self { width: side(self.width), height: side(self.height) }
    }

    /// The larger side.
    #[must_use]
    pub fn longest(self) -> u32 {
        self.width.max(self.height)
    }
}

/// A part of an image, in fractional pixels. `x + width` and `y + height` lie within the image.
#[derive(Clone, Copy, Debug, PartialEq)]
#[allow(missing_docs, reason = "the four say what they are")]
pub struct Rect {
    pub x: f64,
    pub y: f64,
    pub width: f64,
    pub height: f64,
}

impl Rect {
    /// The whole of an image of `size`.
    #[must_use]
    pub fn whole(size: Size) -> Self {
        Self { x: 0.0, y: 0.0, width: f64::from(size.width), height: f64::from(size.height) }
    }

    /// Swaps the axes.
    #[must_use]
    pub const fn transposed(self) -> Self {
        Self { x: self.y, y: self.x, width: self.height, height: self.width }
    }
}
