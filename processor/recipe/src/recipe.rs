use std::str::FromStr;

use crate::{Format, ImageInfo, InvalidRecipe, Lossless, apply_option};

/// Describes one output: geometry, effects, encoding and the metadata to keep. They are applied in this order: EXIF
/// orientation, `trim`, `flip`, `rotate`, `resize`, `blur`, `sharpen`, `encoding`.
///
/// [`str::parse`] reads its text form, `width=800,format=webp`, and `Display` writes it canonically.
#[derive(Clone, Debug, PartialEq)]
pub struct Recipe {
    /// Cut before everything else; other measures refer to what remains.
    pub trim: Trim,
    /// Mirroring, applied before rotation.
    pub flip: Flip,
    /// Clockwise; width and height refer to the rotated axes.
    pub rotate: Rotation,
    /// The size of the output, and the part of the source that fills it.
    pub resize: Resize,
    /// The colour under the image: it fills the area that [`Fit::Pad`] adds and shows through transparent pixels.
    /// Without one, `Pad` and formats without transparency use white; elsewhere transparent pixels stay transparent.
    pub background: Option<Color>,
    /// Gaussian blur: the standard deviation in output pixels, 0 (off) to 250.
    pub blur: f32,
    /// Unsharp mask: the standard deviation in output pixels, 0 (off) to 10.
    pub sharpen: f32,
    /// The output file's encoding.
    pub encoding: Encoding,
    /// sRGB with 8 bits per channel by default.
    pub color: ColorSpace,
    /// None by default.
    pub metadata: Metadata,
    /// `false` reduces an animation to its first frame. With `true`, the default, it stays an animation in every format
    /// that can have frames.
    pub animation: bool,
    /// Makes a still of that frame of an animation, or of that page; the first is 1.
    pub frame: Option<u32>,
    /// How to handle a source with missing pixels.
    pub on_damage: OnDamage,
}

impl Default for Recipe {
    fn default() -> Self {
        Self {
            trim: Trim::None,
            flip: Flip::None,
            rotate: Rotation::None,
            resize: Resize::default(),
            background: None,
            blur: 0.0,
            sharpen: 0.0,
            encoding: Encoding::default(),
            color: ColorSpace::Srgb,
            metadata: Metadata::None,
            animation: true,
            frame: None,
            on_damage: OnDamage::Show,
        }
    }
}

impl Recipe {
    /// The same recipe with the output in `format`: see [`Encoding::in_format`].
    #[must_use]
    pub fn in_format(&self, format: Format) -> Self {
        Self { encoding: self.encoding.clone().in_format(format), ..self.clone() }
    }

    /// Whether an animation stays one, provided that the format can have frames.
    #[must_use]
    pub fn keeps_frames(&self) -> bool {
        self.animation && self.frame.is_none()
    }

    /// The recipe for one source, with a single format: the first preferred format that supports the source's frames
    /// and transparency; failing that, its frames; failing that, its transparency; and failing that, the first format.
    #[must_use]
    pub fn for_source(&self, info: &ImageInfo) -> Self {
        if self.encoding.alternatives.is_empty() {
            return self.clone();
        }
        let animated = info.frames > 1 && self.keeps_frames();
        let frames = |format: &Format| !animated || format.has_animation();
        let alpha = |format: &Format| !info.alpha || format.has_alpha();
        let find = |carries: &dyn Fn(&Format) -> bool| self.encoding.formats().find(carries);
        let format = find(&|format| frames(format) && alpha(format)).or_else(|| find(&frames)).or_else(|| find(&alpha));
        self.in_format(format.unwrap_or(self.encoding.format))
    }
}

/// The requested size. Without width and height, the output has the source's size.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Resize {
    /// In CSS pixels, before `dpr`.
    pub width: Option<u32>,
    /// In CSS pixels, before `dpr`.
    pub height: Option<u32>,
    /// Device pixels per CSS pixel, 1 to 4.
    pub dpr: f32,
    /// How to handle a source with another aspect ratio.
    pub fit: Fit,
    /// The part that a crop keeps, and the image's position when padded.
    pub gravity: Gravity,
}

impl Default for Resize {
    fn default() -> Self {
        Self { width: None, height: None, dpr: 1.0, fit: Fit::ScaleDown, gravity: Gravity::Center }
    }
}

/// How to handle a source whose aspect ratio is not width × height: Cloudflare's words, with Cloudflare's meanings.
/// docs/recipes.md shows the result of each for three sources.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Fit {
    /// Within width × height, never enlarged.
    #[default]
    ScaleDown,
    /// Within width × height, as large as possible.
    Contain,
    /// Exactly width × height, enlarged if necessary; the overflow is cut off.
    Cover,
    /// Like [`Fit::Cover`] if the source is large enough, otherwise like [`Fit::ScaleDown`]: never enlarged.
    Crop,
    /// Like [`Fit::Contain`], with the rest of width × height filled.
    Pad,
    /// Exactly width × height, ignoring the aspect ratio.
    Squeeze,
}

/// The part that a crop keeps, and the image's position when padded.
#[derive(Clone, Copy, Debug, PartialEq, Default)]
#[allow(missing_docs, reason = "each says which side or corner")]
pub enum Gravity {
    #[default]
    Center,
    Left,
    Right,
    Top,
    Bottom,
    TopLeft,
    TopRight,
    BottomLeft,
    BottomRight,
    /// The part with the most detail and the most striking colours.
    Auto,
    /// This point stays as near the centre as the borders allow; 0 is the left or top edge, 1 the right or bottom.
    Focus {
        x: f32,
        y: f32,
    },
}

/// Clockwise rotation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
#[allow(missing_docs, reason = "in turns of 90 degrees")]
pub enum Rotation {
    #[default]
    None,
    Quarter,
    Half,
    ThreeQuarters,
}

/// Mirroring.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
#[allow(missing_docs, reason = "along the axis that each names")]
pub enum Flip {
    #[default]
    None,
    Horizontal,
    Vertical,
    Both,
}

/// Removes edges.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Trim {
    /// Cuts nothing.
    #[default]
    None,
    /// Cuts edges that match the colour of the top left pixel, within a tolerance of 10 in each channel.
    Border,
    /// Cuts this many pixels of the source as displayed.
    Edges(Edges),
}

/// Pixels to cut from each side.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
#[allow(missing_docs, reason = "each says which side")]
pub struct Edges {
    pub top: u32,
    pub right: u32,
    pub bottom: u32,
    pub left: u32,
}

/// sRGB with straight alpha, where 255 is opaque.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "each says which channel")]
pub struct Color {
    pub red: u8,
    pub green: u8,
    pub blue: u8,
    pub alpha: u8,
}

impl Color {
    /// Opaque white.
    pub const WHITE: Self = Self { red: 255, green: 255, blue: 255, alpha: 255 };

    /// Reads CSS Color 4 syntax; a plus counts as a space.
    #[must_use]
    pub fn from_css(text: &str) -> Option<Self> {
        let [red, green, blue, alpha] = csscolorparser::parse(&text.replace('+', " ")).ok()?.to_rgba8();
        Some(Self { red, green, blue, alpha })
    }

    /// `#rrggbb`, or `#rrggbbaa` if it is not opaque.
    #[must_use]
    pub fn css(self) -> String {
        let Self { red, green, blue, alpha } = self;
        let color = format!("#{red:02x}{green:02x}{blue:02x}");
        if alpha == 255 { color } else { format!("{color}{alpha:02x}") }
    }
}

/// How to encode the output.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Encoding {
    /// WebP by default.
    pub format: Format,
    /// The next preferred formats, in order: see [`Recipe::for_source`].
    pub alternatives: Vec<Format>,
    /// 1 to 100, on the scale of `format`; `None` means the encoder's default.
    pub quality: Option<u8>,
    /// 0 (fastest) to 10 (smallest); `None` means the encoder's default.
    pub effort: Option<u8>,
    /// Preserves every opaque pixel exactly. WebP, JPEG XL and PNG only; PNG always does.
    pub lossless: bool,
    /// Uses the highest quality, at most `quality`, at which the file has no more bytes than this.
    pub max_bytes: Option<u64>,
    /// How to handle an output that exceeds the format's maximum size.
    pub oversize: Oversize,
}

impl Encoding {
    /// `format` at `quality`, with defaults for everything else.
    #[must_use]
    pub fn new(format: Format, quality: u8) -> Self {
        Self { format, quality: Some(quality), ..Self::default() }
    }

    /// The formats in order of preference.
    pub fn formats(&self) -> impl Iterator<Item = Format> + '_ {
        [self.format].into_iter().chain(self.alternatives.iter().copied())
    }

    /// Prefers `formats` in their order, without duplicates. Returns `false`, and changes nothing, if `formats` is
    /// empty.
    pub(crate) fn prefer(&mut self, formats: &[Format]) -> bool {
        let Some((first, others)) = formats.split_first() else { return false };
        let mut seen = vec![*first];
        for format in others {
            if !seen.contains(format) {
                seen.push(*format);
            }
        }
        self.alternatives = seen.split_off(1);
        self.format = *first;
        true
    }

    /// The requested quality, or the encoder's default.
    #[must_use]
    pub fn quality(&self) -> u8 {
        self.quality.unwrap_or_else(|| self.format.encoder().map_or(100, |encoder| encoder.default_quality))
    }

    /// The requested effort, or the encoder's default.
    #[must_use]
    pub fn effort(&self) -> u8 {
        self.effort.unwrap_or_else(|| self.format.encoder().map_or(0, |encoder| encoder.default_effort))
    }

    /// The encoding with `format` as its only format. If that differs from [`Self::format`], the quality is converted
    /// to its scale by the ratio of the default qualities (80 for JPEG and WebP is 75 for AVIF), and the effort is kept
    /// only if it does not exceed the encoder's default. Settings that the format does not support are dropped:
    /// `lossless` for a lossy format, the quality for PNG.
    #[must_use]
    pub fn in_format(mut self, format: Format) -> Self {
        let plain = Self { format, ..Self::default() };
        if self.format != format {
            self.quality = self.quality.map(|quality| rescale(quality, self.format, format));
            self.effort = self.effort.filter(|effort| *effort <= plain.effort());
            self.format = format;
        }
        self.alternatives.clear();
        if format.is_lossless() {
            self.quality = None;
        }
        self.lossless &= format.can_be_lossless() && !format.is_lossless();
        self
    }
}

/// Lossless formats have no quality scale of their own: they share WebP's.
fn rescale(quality: u8, from: Format, to: Format) -> u8 {
    let scale = |format: Format| {
        let encoder = format.encoder().filter(|encoder| encoder.lossless != Lossless::Always);
        u32::from(encoder.map_or(80, |encoder| encoder.default_quality))
    };
    let scaled = (u32::from(quality) * scale(to) + scale(from) / 2) / scale(from);
    u8::try_from(scaled.clamp(1, 100)).unwrap_or(100)
}

impl Default for Encoding {
    fn default() -> Self {
        Self {
            format: Format::WebP,
            alternatives: Vec::new(),
            quality: None,
            effort: None,
            lossless: false,
            max_bytes: None,
            oversize: Oversize::ScaleDown,
        }
    }
}

/// How to handle an output that exceeds its format's maximum size.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Oversize {
    /// Shrink it to the maximum size.
    #[default]
    ScaleDown,
    /// Report an error.
    Refuse,
}

/// Parses the values of the option `on-damage`.
impl FromStr for OnDamage {
    type Err = InvalidRecipe;

    fn from_str(text: &str) -> Result<Self, InvalidRecipe> {
        let mut recipe = Recipe::default();
        apply_option(&mut recipe, "on-damage", text)?;
        Ok(recipe.on_damage)
    }
}

/// The colour space of an output.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum ColorSpace {
    /// sRGB, 8 bits per channel: looks the same everywhere.
    #[default]
    Srgb,
    /// The source's RGB with its profile, and as many bits per channel as both the source and the output support.
    /// Grayscale and CMYK sources are still converted to sRGB.
    Keep,
}

/// The source metadata to keep. Orientation is never kept, because it is applied to the pixels.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Metadata {
    /// None: no camera, location or date.
    #[default]
    None,
    /// EXIF Copyright and Artist.
    Copyright,
    /// All of EXIF.
    Keep,
}

/// How to handle a source that is truncated or corrupt after its headers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum OnDamage {
    /// Show the available pixels and fill the rest with grey. [`ImageInfo::damaged`] reports it.
    #[default]
    Show,
    /// Report an error.
    Refuse,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_recipe_in_another_format() {
        for (recipe, format, expected) in [
            ("quality=80,width=9", Format::Avif, "format=avif,quality=75,width=9"),
            ("quality=80,width=9", Format::WebP, "quality=80,width=9"),
            ("format=jpeg,quality=85", Format::Avif, "format=avif,quality=80"),
            ("format=avif,quality=75", Format::WebP, "quality=80"),
            ("format=avif,quality=100", Format::Jpeg, "format=jpeg,quality=100"),
            ("quality=1", Format::Avif, "format=avif,quality=1"),
            ("lossless=true", Format::Jpeg, "format=jpeg"),
            ("lossless=true", Format::WebP, "lossless=true"),
            ("quality=80", Format::Png, "format=png"),
            ("quality=80", Format::Gif, "format=gif,quality=100"),
            ("quality=40", Format::Gif, "format=gif,quality=50"),
            ("effort=9", Format::Avif, "format=avif"),
            ("effort=0", Format::Avif, "effort=0,format=avif"),
            ("effort=9", Format::WebP, "effort=9"),
            ("quality=70,effort=3", Format::Jxl, "effort=3,format=jxl,quality=70"),
            ("lossless=true", Format::Jxl, "format=jxl,lossless=true"),
        ] {
            let recipe: Recipe = recipe.parse().expect(recipe);
            let other = recipe.in_format(format);
            assert_eq!(other.to_string(), expected);
            assert_eq!(other.validate(), Ok(()));
        }
    }

    #[test]
    fn the_first_format_that_carries_frames_and_transparency_is_taken() {
        let info = |frames, alpha| ImageInfo {
            format: Format::Png,
            width: 9,
            height: 9,
            orientation: 1,
            frames,
            alpha,
            bits_per_channel: 8,
            icc_profile: false,
            metadata: false,
            damaged: false,
        };
        for (recipe, frames, alpha, expected) in [
            ("format=jpeg", 3, true, "format=jpeg"),
            ("format=jpeg;png,quality=70", 1, true, "format=png"),
            ("format=jpeg;png,quality=70", 1, false, "format=jpeg,quality=70"),
            ("format=jpeg;png,quality=70", 3, true, "format=png"),
            ("format=jpeg;png;gif", 3, false, "format=gif"),
            ("format=jpeg;png;gif,anim=false", 3, true, "anim=false,format=png"),
            ("format=jpeg;png;gif,frame=2", 3, false, "format=jpeg,frame=2"),
            ("format=avif;webp", 1, true, "format=avif"),
            ("format=avif;webp", 3, true, ""),
        ] {
            let parsed: Recipe = recipe.parse().expect(recipe);
            assert_eq!(parsed.for_source(&info(frames, alpha)).to_string(), expected, "{recipe}, {frames}, {alpha}");
        }
    }
}
