//! The frame header, and the geometry that follows from it (ITU-T T.81 §A.1, §B.2.2).

use crate::Error;

/// How many source pixels are merged into one, along both axes. The inverse DCT then returns 8 / 1, 4, 2 or 1 samples
/// per side.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Reduction {
    /// No reduction.
    #[default]
    None,
    /// One pixel per 2 × 2.
    Half,
    /// One pixel per 4 × 4.
    Quarter,
    /// One pixel per 8 × 8.
    Eighth,
}

impl Reduction {
    /// Samples per side of a decoded block.
    #[must_use]
    pub const fn block(self) -> usize {
        match self {
            Self::None => 8,
            Self::Half => 4,
            Self::Quarter => 2,
            Self::Eighth => 1,
        }
    }

    /// The reduced length of a side of `length` source pixels, rounded up.
    #[must_use]
    pub const fn side(self, length: usize) -> usize {
        (length * self.block()).div_ceil(8)
    }
}

/// A component in the frame header.
#[derive(Clone, Debug)]
pub(crate) struct Component {
    pub(crate) name: u8,
    /// Sampling factors, 1 to 4.
    pub(crate) h: usize,
    pub(crate) v: usize,
    /// The number of its quantization table.
    pub(crate) table: usize,
    /// Blocks across and down in a scan of this component alone.
    pub(crate) blocks: (usize, usize),
    /// Blocks across and down, padded to whole units.
    pub(crate) padded: (usize, usize),
}

/// The one frame of an image.
#[derive(Clone, Debug)]
pub(crate) struct Frame {
    pub(crate) progressive: bool,
    pub(crate) width: usize,
    pub(crate) height: usize,
    pub(crate) components: Vec<Component>,
    /// The largest sampling factors.
    pub(crate) h: usize,
    pub(crate) v: usize,
    /// Units of an interleaved scan, across and down.
    pub(crate) units: (usize, usize),
}

impl Frame {
    /// # Errors
    /// For unsupported processes, and for impossible dimensions.
    pub(crate) fn parse(marker: u8, segment: &[u8]) -> Result<Self, Error> {
        let cut = Error::Malformed("the frame header is cut off");
        let ([precision, h1, h0, w1, w0, count], rest) = segment.split_first_chunk::<6>().ok_or(cut.clone())?;
        known(marker, *precision)?;
        let (height, width) = (u16::from_be_bytes([*h1, *h0]).into(), u16::from_be_bytes([*w1, *w0]).into());
        if !matches!(count, 1 | 3 | 4) {
            return Err(Error::Unsupported(format!("{count} components; JPEG is read with 1, 3 or 4")));
        }
        let named = rest.as_chunks::<3>().0.get(..usize::from(*count)).ok_or(cut)?;
        let mut components = Vec::new();
        for [name, factors, table] in named {
            let (mut h, mut v) = (usize::from(factors >> 4), usize::from(factors & 15));
            if !(1..=4).contains(&h) || !(1..=4).contains(&v) || *table > 3 {
                return Err(Error::Malformed("a component has sampling factors beyond 1 to 4, or a table above 3"));
            }
            if *count == 1 {
                (h, v) = (1, 1); // a unit is then a block
            }
            let table = usize::from(*table);
            components.push(Component { name: *name, h, v, table, blocks: (0, 0), padded: (0, 0) });
        }
        Ok(Self::new(marker == 0xC2, width, height, components))
    }

    fn new(progressive: bool, width: usize, height: usize, mut components: Vec<Component>) -> Self {
        let h = components.iter().map(|component| component.h).max().unwrap_or(1);
        let v = components.iter().map(|component| component.v).max().unwrap_or(1);
        let units = (width.div_ceil(8 * h), height.div_ceil(8 * v));
        for component in &mut components {
            component.blocks = ((width * component.h).div_ceil(8 * h), (height * component.v).div_ceil(8 * v));
            component.padded = (units.0 * component.h, units.1 * component.v);
        }
        Self { progressive, width, height, components, h, v, units }
    }

    /// Samples per side of a decoded block of `component`. A subsampled component is reduced less, if possible, so that
    /// it need not be interpolated. libjpeg does the same.
    pub(crate) fn block(&self, component: &Component, reduction: Reduction) -> usize {
        let least = reduction.block();
        let fits = |size: usize| {
            (self.h * least).is_multiple_of(component.h * size) && (self.v * least).is_multiple_of(component.v * size)
        };
        let mut size = least;
        while size < 8 && fits(2 * size) {
            size *= 2;
        }
        size
    }
}

fn known(marker: u8, precision: u8) -> Result<(), Error> {
    Err(Error::Unsupported(match (marker, precision) {
        (0xC0..=0xC2, 8) => return Ok(()),
        (0xC0..=0xC2, bits) => format!("samples of {bits} bits; JPEG is read with 8"),
        (0xC9..=0xCF, _) => "arithmetic coding; baseline and progressive JPEG are read".into(),
        (0xC3, _) => "lossless JPEG; baseline and progressive are read".into(),
        _ => "hierarchical JPEG; baseline and progressive are read".into(),
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn geometry_of_420() {
        let segment = [8, 0, 47, 0, 61, 3, 1, 0x22, 0, 2, 0x11, 1, 3, 0x11, 1];
        let frame = Frame::parse(0xC0, &segment).expect("a frame");
        assert_eq!((frame.width, frame.height, frame.units), (61, 47, (4, 3)));
        assert_eq!((frame.components[0].blocks, frame.components[0].padded), ((8, 6), (8, 6)));
        assert_eq!((frame.components[1].blocks, frame.components[1].padded), ((4, 3), (4, 3)));
        let sizes = [Reduction::None, Reduction::Half, Reduction::Quarter, Reduction::Eighth].map(|reduction| {
            (frame.block(&frame.components[0], reduction), frame.block(&frame.components[1], reduction))
        });
        assert_eq!(sizes, [(8, 8), (4, 8), (2, 4), (1, 2)]);
    }

    #[test]
    fn other_processes_are_named() {
        for (marker, precision, word) in
            [(0xC9, 8, "arithmetic"), (0xC3, 8, "lossless"), (0xC1, 12, "12 bits"), (0xC5, 8, "hierarchical")]
        {
            let segment = [precision, 0, 1, 0, 1, 1, 1, 0x11, 0];
            let Err(Error::Unsupported(text)) = Frame::parse(marker, &segment) else { panic!("{marker:x}") };
            assert!(text.contains(word), "{text}");
        }
    }
}
