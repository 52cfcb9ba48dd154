//! Describes renditions of a photo: [`Recipe`], its text form, its [`Preset`]s, and its geometry for one source
//! ([`Layout`]). It contains no codec, so that an edge can plan a rendition without linking one.

#![forbid(unsafe_code)]

mod format;
mod geometry;
mod image;
#[cfg(feature = "serde")]
mod json;
mod layout;
mod limits;
mod option;
mod options;
mod orientation;
mod preset;
mod recipe;
mod strip;
mod svg;
mod text;
mod value;
#[cfg(feature = "serde")]
mod vocabulary;

pub use format::{Encoder, Format, FormatInfo, Lossless, Profiles};
pub use geometry::{Rect, Size};
pub use image::{Description, ImageInfo, Rendition};
pub use layout::{Layout, LayoutError};
pub use limits::{InvalidLimit, LimitExceeded, LimitKind, Limits};
pub use option::{Default, Kind, Opt, When, help, markdown};
pub use options::OPTIONS;
pub use orientation::Orientation;
pub use preset::Preset;
pub use recipe::{
    Color, ColorSpace, Edges, Encoding, Fit, Flip, Gravity, Metadata, OnDamage, Oversize, Recipe, Resize, Rotation,
    Trim,
};
pub use svg::{SvgRoot, svg_root};
pub use text::{InvalidRecipe, apply_option};
pub use value::one_of;
#[cfg(feature = "serde")]
pub use vocabulary::{FormatEntry, formats, formats_of, vocabulary};

/// Changes exactly when equal arguments would give other bytes than in the previous release; the golden test enforces
/// that. It lives in this codec-free crate because code that only looks a rendition up needs it too.
pub const OUTPUT_VERSION: u32 = 8;
