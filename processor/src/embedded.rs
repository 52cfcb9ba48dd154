//! What stands beside an image in its file.

use darkroom_recipe::{Metadata, Recipe, Size};

use crate::decode::Header;
use crate::{encode, exif, iptc, xmp};

/// Metadata that goes into a file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Embedded {
    /// A TIFF structure.
    pub(crate) exif: Option<Vec<u8>>,
    /// A packet.
    pub(crate) xmp: Option<Vec<u8>>,
    /// IIM's data sets. JPEG alone has a place for them.
    pub(crate) iptc: Option<Vec<u8>>,
}

impl Embedded {
    /// What `recipe` keeps of a source's, for an output of `size`.
    pub(crate) fn kept(header: &Header, recipe: &Recipe, size: Size) -> Self {
        let most = encode::longest_exif(recipe.encoding.format);
        let exif = header.exif.as_deref().and_then(|exif| exif::keep(exif, recipe.metadata, size, most));
        if recipe.metadata != Metadata::Keep {
            return Self { exif, ..Self::default() };
        }
        let (xmp, iptc) = (header.xmp.as_deref().and_then(xmp::keep), header.iptc.as_deref().and_then(iptc::keep));
        Self { exif, xmp, iptc }
    }
}
