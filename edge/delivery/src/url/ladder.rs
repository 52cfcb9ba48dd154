//! The widths that unsigned URLs get.

use darkroom_recipe::Resize;
use serde::Deserialize;

/// Widths in pixels, ascending. Rounding to them limits the number of variants of one photo, to help the cache and to
/// stop abusers from requesting all of them.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "Vec<u32>")]
pub struct Ladder(Vec<u32>);

impl Default for Ladder {
    /// The widths that Next.js and unpic put into `srcset`, and common screen widths between them: 16 to 3840.
    fn default() -> Self {
        Self(vec![
            16, 32, 48, 64, 96, 128, 160, 256, 320, 384, 480, 640, 750, 828, 960, 1080, 1200, 1440, 1600, 1920, 2048,
            2560, 3840,
        ])
    }
}

impl TryFrom<Vec<u32>> for Ladder {
    type Error = String;

    fn try_from(widths: Vec<u32>) -> Result<Self, String> {
        let ascending = widths.windows(2).all(|pair| pair[0] < pair[1]);
        match (widths.first(), widths.last()) {
            (Some(1..), Some(..=65_535)) if ascending => Ok(Self(widths)),
            _ => Err(format!("ladder {widths:?}: must be one or more widths from 1 to 65535, ascending")),
        }
    }
}

impl Ladder {
    /// In pixels, ascending.
    #[must_use]
    pub fn widths(&self) -> &[u32] {
        &self.0
    }

    /// The next step at or above `side`; the highest where there is none.
    #[must_use]
    pub fn snap(&self, side: u32) -> u32 {
        let step = self.0.iter().find(|step| **step >= side).or(self.0.last());
        step.copied().unwrap_or(side)
    }

    /// Snaps the width, and the height in proportion; a height without a width like a width. `dpr` is 1.
    pub(crate) fn apply(&self, resize: &mut Resize) {
        match (resize.width, resize.height) {
            (Some(width), Some(height)) => {
                let step = self.snap(width);
                let scaled = (u64::from(height) * u64::from(step) + u64::from(width) / 2) / u64::from(width);
                resize.width = Some(step);
                resize.height = Some(u32::try_from(scaled.clamp(1, 65_535)).unwrap_or(65_535));
            }
            (Some(width), None) => resize.width = Some(self.snap(width)),
            (None, Some(height)) => resize.height = Some(self.snap(height)),
            (None, None) => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn snapped(width: Option<u32>, height: Option<u32>) -> (Option<u32>, Option<u32>) {
        let mut resize = Resize { width, height, ..Resize::default() };
        Ladder::default().apply(&mut resize);
        (resize.width, resize.height)
    }

    #[test]
    fn widths_go_up_and_heights_keep_the_shape() {
        for (asked, got) in [
            ((Some(1), None), (Some(16), None)),
            ((Some(640), None), (Some(640), None)),
            ((Some(641), Some(641)), (Some(750), Some(750))),
            ((Some(600), Some(400)), (Some(640), Some(427))),
            ((Some(7680), Some(4320)), (Some(3840), Some(2160))),
            ((None, Some(300)), (None, Some(320))),
            ((Some(16), Some(65_535)), (Some(16), Some(65_535))),
            ((Some(1), Some(65_535)), (Some(16), Some(65_535))),
            ((Some(65_535), Some(1)), (Some(3840), Some(1))),
            ((None, None), (None, None)),
        ] {
            assert_eq!(snapped(asked.0, asked.1), got);
        }
    }

    #[test]
    fn ladders_ascend() {
        for widths in [vec![], vec![0, 1], vec![2, 1], vec![1, 1], vec![70_000]] {
            assert!(Ladder::try_from(widths.clone()).is_err(), "{widths:?}");
        }
    }

    proptest! {
        #[test]
        fn snapping_twice_changes_nothing(width in 1u32..=65_535, height in 1u32..=65_535) {
            let (once_width, once_height) = snapped(Some(width), Some(height));
            prop_assert_eq!(snapped(once_width, once_height), (once_width, once_height));
        }
    }
}
