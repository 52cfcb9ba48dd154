use crate::{Encoding, Format, Recipe, Resize};

/// A named [`Recipe`]. URLs and the upload pipeline use the name.
#[derive(Clone, Debug, PartialEq)]
pub struct Preset {
    /// Lowercase letters, digits and hyphens.
    pub name: String,
    /// The recipe that the name stands for.
    pub recipe: Recipe,
}

impl Preset {
    /// The presets for every uploaded photo: `compressed` (WebP at quality 80, full size) and the thumbnails `small`,
    /// `medium` and `large` (JPEG at quality 85 within 150, 300 and 600 pixels square). A thumbnail of an animation is
    /// its first frame, because JPEG holds only one.
    #[must_use]
    pub fn builtin() -> Vec<Self> {
        let compressed = Recipe { encoding: Encoding::new(Format::WebP, 80), ..Recipe::default() };
        let mut presets = vec![Self { name: "compressed".into(), recipe: compressed }];
        for (name, side) in [("small", 150), ("medium", 300), ("large", 600)] {
            let resize = Resize { width: Some(side), height: Some(side), ..Resize::default() };
            let recipe =
                Recipe { resize, encoding: Encoding::new(Format::Jpeg, 85), animation: false, ..Recipe::default() };
            presets.push(Self { name: name.into(), recipe });
        }
        presets
    }
}
