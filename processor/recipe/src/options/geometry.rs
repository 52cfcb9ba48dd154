//! Geometry options: the part of the source to show, its size and its orientation.

use crate::option::{Kind, Opt, When};
use crate::value::{MAX_SIDE, field, gravities, trims, words};
use crate::{Fit, Flip, Rotation};

pub(super) static WIDTH: Opt = Opt {
    short: Some("w"),
    ..Opt::new(
        "width",
        Kind::Integer(1, MAX_SIDE),
        "follows from `height`, or the source's",
        field!(resize.width),
        "of the output, in CSS pixels",
    )
};

pub(super) static HEIGHT: Opt = Opt {
    short: Some("h"),
    ..Opt::new(
        "height",
        Kind::Integer(1, MAX_SIDE),
        "follows from `width`, or the source's",
        field!(resize.height),
        "of the output, in CSS pixels",
    )
};

pub(super) static DPR: Opt =
    Opt::new("dpr", Kind::Decimal(1.0, 4.0), "1", field!(resize.dpr), "device pixels per CSS pixel");

pub(super) static FIT: Opt = Opt::new(
    "fit",
    Kind::Words(words::<Fit>),
    "scale-down",
    field!(resize.fit),
    "what to do where the source has another shape than width × height",
);

pub(super) static GRAVITY: Opt = Opt {
    short: Some("g"),
    needs_all_pixels: When::Is("auto"),
    ..Opt::new(
        "gravity",
        Kind::WordsOr(gravities, "a point such as 0.5x0.25"),
        "center",
        field!(resize.gravity),
        "the part that a crop keeps, and where `fit=pad` puts the image",
    )
};

pub(super) static TRIM: Opt = Opt {
    changes_pixels: When::Always,
    needs_all_pixels: When::Is("border"),
    ..Opt::new(
        "trim",
        Kind::WordsOr(trims, "the pixels to cut from each side, top;right;bottom;left, each from 0 to 65535"),
        "none",
        field!(trim),
        "cut before anything else is measured",
    )
};

pub(super) static FLIP: Opt = Opt {
    changes_pixels: When::Always,
    ..Opt::new("flip", Kind::Words(words::<Flip>), "none", field!(flip), "mirrors, before rotating")
};

pub(super) static ROTATE: Opt = Opt {
    changes_pixels: When::Always,
    ..Opt::new("rotate", Kind::Words(words::<Rotation>), "0", field!(rotate), "degrees clockwise")
};
