//! Size bounds for URLs.

use darkroom_recipe::Limits;
use serde::Deserialize;

/// How large an image may become for an unsigned URL that names no preset.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Bounds {
    /// Width × height of the image. 25 million by default.
    pub pixels: u64,
    /// The largest ratio of each side to the original's. 2 by default.
    pub enlargement: u64,
}

impl Default for Bounds {
    fn default() -> Self {
        Self { pixels: 25_000_000, enlargement: 2 }
    }
}

impl Bounds {
    /// No bounds: the operator or a signature vouches for the request.
    pub const NONE: Self = Self { pixels: u64::MAX, enlargement: u64::MAX };

    /// A shell's own limits, reduced to these.
    #[must_use]
    pub fn within(self, limits: Limits) -> Limits {
        Limits {
            output_pixels: limits.output_pixels.min(self.pixels),
            enlargement: limits.enlargement.min(self.enlargement),
            ..limits
        }
    }
}
