//! The options of a URL, without the source.

use std::fmt;

use darkroom_recipe::{Fit, Gravity, InvalidRecipe, Recipe};

/// The format of the response.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum FormatChoice {
    /// Negotiated with the client: also the default of a URL that names no format.
    #[default]
    Auto,
    /// The recipe's own format, regardless of `Accept`.
    Fixed,
    /// Facts about the image as JSON, in place of the image.
    Json,
}

/// A URL's options. Displayed in their canonical form: long names, sorted, without defaults.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct Options {
    /// The format counts only with [`FormatChoice::Fixed`]. With [`FormatChoice::Auto`] the quality is on the scale of
    /// JPEG and WebP (see [`Recipe::in_format`]).
    pub recipe: Recipe,
    /// `format=auto`, a format, or `json`.
    pub format: FormatChoice,
    /// `preset=<name>`: a named recipe in place of `recipe`.
    pub preset: Option<String>,
    /// `width=auto`: from the client's hints.
    pub auto_width: bool,
    /// `slow-connection-quality`: in place of the quality on a slow connection.
    pub slow_quality: Option<u8>,
    /// `onerror=redirect`: redirects the client to the original's URL if the image can't be made.
    pub redirect_on_error: bool,
}

impl Options {
    /// Checks combinations of options, and reduces equal meanings to one form: it multiplies `dpr` into width and
    /// height, and removes options without effect.
    ///
    /// # Errors
    /// Names the first invalid option.
    pub(crate) fn finish(mut self) -> Result<Self, InvalidRecipe> {
        self.recipe.validate()?;
        self.check_preset()?;
        if !self.auto_width {
            self.fold_dpr()?;
            self.drop_idle();
        }
        Ok(self)
    }

    fn check_preset(&self) -> Result<(), InvalidRecipe> {
        let mut beside =
            self.pairs().into_iter().filter(|(option, _)| !matches!(*option, "format" | "onerror" | "preset"));
        match beside.next() {
            Some((option, value)) if self.preset.is_some() => Err(InvalidRecipe {
                option: option.into(),
                value,
                allowed: "must not stand beside preset: only format and onerror may".into(),
            }),
            _ => Ok(()),
        }
    }

    /// The same pixels: a layout multiplies and rounds in the same way.
    pub(crate) fn fold_dpr(&mut self) -> Result<(), InvalidRecipe> {
        let resize = &mut self.recipe.resize;
        let dpr = resize.dpr;
        for side in [&mut resize.width, &mut resize.height].into_iter().flatten() {
            let pixels = (f64::from(*side) * f64::from(dpr)).round();
            if pixels > 65_535.0 {
                return Err(InvalidRecipe {
                    option: "dpr".into(),
                    value: dpr.to_string(),
                    allowed: format!("{side} times that is {pixels} pixels, must be at most 65535"),
                });
            }
            *side = pixels as u32;
        }
        resize.dpr = 1.0;
        Ok(())
    }

    /// Without a size nothing is fitted, and gravity matters only if both sides are cropped or padded.
    pub(crate) fn drop_idle(&mut self) {
        let resize = &mut self.recipe.resize;
        let sides = usize::from(resize.width.is_some()) + usize::from(resize.height.is_some());
        if sides == 0 {
            resize.fit = Fit::default();
        }
        if sides < 2 || !matches!(resize.fit, Fit::Cover | Fit::Crop | Fit::Pad) {
            resize.gravity = Gravity::default();
        }
    }

    /// Names and values, sorted by name.
    fn pairs(&self) -> Vec<(&'static str, String)> {
        let mut pairs = self.recipe.options();
        pairs.retain(|(option, _)| *option != "format");
        let format = match self.format {
            FormatChoice::Auto => None,
            FormatChoice::Fixed => Some(self.recipe.encoding.format.name()),
            FormatChoice::Json => Some("json"),
        };
        pairs.extend(format.map(|name| ("format", name.into())));
        pairs.extend(self.preset.iter().map(|name| ("preset", name.clone())));
        pairs.extend(self.slow_quality.map(|quality| ("slow-connection-quality", quality.to_string())));
        pairs.extend(self.auto_width.then(|| ("width", "auto".into())));
        pairs.extend(self.redirect_on_error.then(|| ("onerror", "redirect".into())));
        pairs.sort_unstable();
        pairs
    }
}

impl fmt::Display for Options {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let pairs: Vec<_> = self.pairs().iter().map(|(option, value)| format!("{option}={value}")).collect();
        f.write_str(&pairs.join(","))
    }
}
