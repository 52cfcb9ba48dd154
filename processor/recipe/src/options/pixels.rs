//! Options that change pixels after resizing.

use crate::option::{Kind, Opt, When};
use crate::value::field;

pub(super) static BACKGROUND: Opt = Opt {
    short: Some("bg"),
    ..Opt::new(
        "background",
        Kind::Text("a CSS colour name, or hex digits: RGB, RGBA, RRGGBB or RRGGBBAA"),
        "none; white where one is needed",
        field!(background),
        "under transparent pixels, and in what `fit=pad` adds",
    )
};

pub(super) static BLUR: Opt = Opt {
    changes_pixels: When::Always,
    ..Opt::new(
        "blur",
        Kind::Decimal(0.0, 250.0),
        "0",
        field!(blur),
        "the standard deviation of a Gaussian blur, in pixels of the output",
    )
};

pub(super) static SHARPEN: Opt = Opt {
    changes_pixels: When::Always,
    ..Opt::new(
        "sharpen",
        Kind::Decimal(0.0, 10.0),
        "0",
        field!(sharpen),
        "the standard deviation of an unsharp mask, in pixels of the output",
    )
};
