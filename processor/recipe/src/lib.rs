//! What to make of a photo: [`Recipe`], its text form, its [`Preset`]s, and the geometry ([`Layout`]) that follows
//! from it for one source. Knows no codec, so that an edge can plan a rendition without linking one.

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

/// Changes exactly when equal arguments would give other bytes than the release before: the golden test forces it up.
/// It stands here, beside no codec, because those who only look a rendition up need it too.
pub const OUTPUT_VERSION: u32 = 8;
