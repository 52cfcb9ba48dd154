//! The rows of all options, grouped by subject.

mod encoding;
mod geometry;
mod pixels;

use crate::option::Opt;

/// Every option, sorted by its name.
pub const OPTIONS: &[&Opt] = &[
    &encoding::ANIM,
    &pixels::BACKGROUND,
    &pixels::BLUR,
    &encoding::COLOR,
    &geometry::DPR,
    &encoding::EFFORT,
    &geometry::FIT,
    &geometry::FLIP,
    &encoding::FORMAT,
    &encoding::FRAME,
    &geometry::GRAVITY,
    &geometry::HEIGHT,
    &encoding::LOSSLESS,
    &encoding::MAX_BYTES,
    &encoding::METADATA,
    &encoding::ON_DAMAGE,
    &encoding::OVERSIZE,
    &encoding::QUALITY,
    &geometry::ROTATE,
    &pixels::SHARPEN,
    &geometry::TRIM,
    &geometry::WIDTH,
];
