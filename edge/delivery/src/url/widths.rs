//! The widths of which renditions are stored for unsigned URLs.

use serde::Deserialize;

/// Widths in pixels, ascending. A URL gets the width that it asks for, whatever is listed: the list bounds what is stored for
/// those who have no signature, and a width that a client's hints say is rounded up to one of it.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "Vec<u32>")]
pub struct Widths(Vec<u32>);

impl Default for Widths {
    /// What Next.js and unpic put into `srcset`, with the steps of usual screens between: 16 to 3840.
    fn default() -> Self {
        Self(vec![
            16, 32, 48, 64, 96, 128, 160, 256, 320, 384, 480, 640, 750, 828, 960, 1080, 1200, 1440, 1600, 1920, 2048,
            2560, 3840,
        ])
    }
}

impl TryFrom<Vec<u32>> for Widths {
    type Error = String;

    fn try_from(widths: Vec<u32>) -> Result<Self, String> {
        let ascending = widths.windows(2).all(|pair| pair[0] < pair[1]);
        match (widths.first(), widths.last()) {
            (Some(1..), Some(..=65_535)) if ascending => Ok(Self(widths)),
            _ => Err(format!("widths {widths:?}: must be one or more widths from 1 to 65535, ascending")),
        }
    }
}

impl Widths {
    /// In pixels, ascending.
    #[must_use]
    pub fn as_slice(&self) -> &[u32] {
        &self.0
    }

    /// Whether `width` is one of them.
    #[must_use]
    pub fn contains(&self, width: u32) -> bool {
        self.0.binary_search(&width).is_ok()
    }

    /// The next one at or above `width`; the highest where there is none.
    #[must_use]
    pub fn round_up(&self, width: u32) -> u32 {
        let next = self.0.iter().find(|listed| **listed >= width).or(self.0.last());
        next.copied().unwrap_or(width)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hinted_widths_go_up() {
        let widths = Widths::default();
        for (hinted, expected) in [(1, 16), (16, 16), (641, 750), (3841, 3840), (65_535, 3840)] {
            assert_eq!(widths.round_up(hinted), expected);
            assert_eq!(widths.contains(hinted), hinted == expected);
        }
    }

    #[test]
    fn lists_ascend() {
        for widths in [vec![], vec![0, 1], vec![2, 1], vec![1, 1], vec![70_000]] {
            assert!(Widths::try_from(widths.clone()).is_err(), "{widths:?}");
        }
    }
}
