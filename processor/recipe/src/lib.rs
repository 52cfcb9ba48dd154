//! What to make of a photo: [`Recipe`], its text form, its [`Preset`]s, and the geometry ([`Layout`]) that follows
//! from it for one source. Knows no codec, so that an edge can plan a rendition without linking one.

#![forbid(unsafe_code)]

mod bare;
mod format;
mod geometry;
mod image;
mod layout;
mod limits;
mod orientation;
mod preset;
mod recipe;
mod text;
mod vocabulary;

pub use format::{Format, SourceFormat};
pub use geometry::{Rect, Size};
pub use image::{Description, ImageInfo, Rendition};
pub use layout::{Layout, LayoutError};
pub use limits::{LimitExceeded, LimitKind, Limits};
pub use orientation::Orientation;
pub use preset::Preset;
pub use recipe::{Color, Edges, Encoding, Fit, Flip, Gravity, Metadata, Oversize, Recipe, Resize, Rotation, Trim};
pub use text::{InvalidRecipe, apply_option};
pub use vocabulary::{SHORT_NAMES, Values, vocabulary};

/// Changes exactly when equal arguments would give other bytes than the release before: the golden test forces it up.
/// It stands here, beside no codec, because those who only look a rendition up need it too.
pub const OUTPUT_VERSION: u32 = 5;
