//! How much a URL may ask for.

use darkroom_recipe::Limits;
use serde::Deserialize;

/// How large an image may become for a URL without a signature that names no preset.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Bounds {
    /// Width × height of the image. 25 million by default.
    pub pixels: u64,
    /// How many times as long as in the original each side may be. 2 by default.
    pub enlargement: u64,
}

impl Default for Bounds {
    fn default() -> Self {
        Self { pixels: 25_000_000, enlargement: 2 }
    }
}

impl Bounds {
    /// What the operator or a signature vouches for.
    pub const NONE: Self = Self { pixels: u64::MAX, enlargement: u64::MAX };

    /// A shell's own limits, and within them these.
    #[must_use]
    pub fn within(self, limits: Limits) -> Limits {
        Limits {
            output_pixels: limits.output_pixels.min(self.pixels),
            enlargement: limits.enlargement.min(self.enlargement),
            ..limits
        }
    }
}
