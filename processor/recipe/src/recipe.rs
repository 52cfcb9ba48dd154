use crate::{Format, ImageInfo, Lossless};

/// How to make one output: geometry, effects, encoding and what is kept of the metadata. In the order in which it is
/// applied: EXIF orientation, `trim`, `flip`, `rotate`, `resize`, `blur`, `sharpen`, `encoding`.
///
/// Its text form, `width=800,format=webp`, is read by [`str::parse`] and written, canonically, by `Display`.
#[derive(Clone, Debug, PartialEq)]
pub struct Recipe {
    /// Cut before anything else is measured.
    pub trim: Trim,
    /// Mirrors before rotating.
    pub flip: Flip,
    /// Clockwise; width and height refer to the axes after it.
    pub rotate: Rotation,
    /// The size of the output, and which part of the source fills it.
    pub resize: Resize,
    /// Lies under the image: in what [`Fit::Pad`] adds, and under transparent pixels. Without one, `Pad` and formats
    /// without transparency get white, and transparent pixels stay so elsewhere.
    pub background: Option<Color>,
    /// Gaussian blur: its standard deviation in pixels of the output, 0 (off) to 250.
    pub blur: f32,
    /// Unsharp mask: its standard deviation in pixels of the output, 0 (off) to 10.
    pub sharpen: f32,
    /// The bytes.
    pub encoding: Encoding,
    /// sRGB with 8 bits a channel, by default.
    pub color: ColorSpace,
    /// Nothing, by default.
    pub metadata: Metadata,
    /// `false` asks for a still of an animation, its first frame. Where it is `true`, the default, an animation stays
    /// one in every format that can have frames.
    pub animation: bool,
    /// Asks for a still of that frame of an animation, or for that page; the first one is 1.
    pub frame: Option<u32>,
    /// What to do with a source of which pixels are missing.
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
    /// The same with its output as `format`: see [`Encoding::in_format`].
    #[must_use]
    pub fn in_format(&self, format: Format) -> Self {
        Self { encoding: self.encoding.clone().in_format(format), ..self.clone() }
    }

    /// Whether an animation stays one, as far as a format can have frames.
    #[must_use]
    pub fn keeps_frames(&self) -> bool {
        self.animation && self.frame.is_none()
    }

    /// For one source: in the first of the preferred formats that can carry its frames and its transparency; or else its
    /// frames, or else its transparency; or in the first of all.
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

/// The size asked for. Without width and height the output has the source's size.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Resize {
    /// In CSS pixels, before `dpr`.
    pub width: Option<u32>,
    /// In CSS pixels, before `dpr`.
    pub height: Option<u32>,
    /// Device pixels per CSS pixel, 1 to 4.
    pub dpr: f32,
    /// What to do when the source has another shape.
    pub fit: Fit,
    /// What a crop keeps, and where a pad puts the image.
    pub gravity: Gravity,
}

impl Default for Resize {
    fn default() -> Self {
        Self { width: None, height: None, dpr: 1.0, fit: Fit::ScaleDown, gravity: Gravity::Center }
    }
}

/// What to do when the source has another shape than width × height: Cloudflare's words, with Cloudflare's meanings.
/// docs/recipes.md shows each one's result for three sources.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Fit {
    /// Within width × height, never enlarged.
    #[default]
    ScaleDown,
    /// Within width × height, as large as possible.
    Contain,
    /// Exactly width × height, enlarged where needed; what does not fit is cut off.
    Cover,
    /// As [`Fit::Cover`] where the source is large enough, otherwise as [`Fit::ScaleDown`]: never enlarged.
    Crop,
    /// As [`Fit::Contain`], with the rest of width × height filled.
    Pad,
    /// Exactly width × height, distorted.
    Squeeze,
}

/// What a crop keeps, and where a pad puts the image.
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
    /// This point stays as near the middle as the borders allow; 0 is the left or top edge, 1 the right or bottom.
    Focus {
        x: f32,
        y: f32,
    },
}

/// Clockwise.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
#[allow(missing_docs, reason = "in turns of 90 degrees")]
pub enum Rotation {
    #[default]
    None,
    Quarter,
    Half,
    ThreeQuarters,
}

/// Mirrors.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
#[allow(missing_docs, reason = "along the axis that each names")]
pub enum Flip {
    #[default]
    None,
    Horizontal,
    Vertical,
    Both,
}

/// Cuts edges off.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Trim {
    /// Nothing is cut.
    #[default]
    None,
    /// Edges that have the colour of the top left pixel, within a tolerance of 10 in each channel.
    Border,
    /// So many pixels of the source as shown.
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

/// sRGB with straight alpha, 255 being opaque.
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

    /// Reads what CSS Color 4 allows, a plus counting as a space.
    #[must_use]
    pub fn from_css(text: &str) -> Option<Self> {
        let [red, green, blue, alpha] = csscolorparser::parse(&text.replace('+', " ")).ok()?.to_rgba8();
        Some(Self { red, green, blue, alpha })
    }

    /// `#rrggbb`, or `#rrggbbaa` where it is not opaque.
    #[must_use]
    pub fn css(self) -> String {
        let Self { red, green, blue, alpha } = self;
        let color = format!("#{red:02x}{green:02x}{blue:02x}");
        if alpha == 255 { color } else { format!("{color}{alpha:02x}") }
    }
}

/// How pixels become bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Encoding {
    /// WebP by default.
    pub format: Format,
    /// The formats that are preferred next, in order: see [`Recipe::for_source`].
    pub alternatives: Vec<Format>,
    /// 1 to 100, on the scale of `format`; the encoder's default where there is none.
    pub quality: Option<u8>,
    /// 0 (fastest) to 10 (smallest); the encoder's default where there is none.
    pub effort: Option<u8>,
    /// Every opaque pixel comes back as it was. WebP, JPEG XL and PNG only; PNG always is.
    pub lossless: bool,
    /// The highest quality up to `quality` is taken whose bytes are no more than this.
    pub max_bytes: Option<u64>,
    /// What to do with an output that is larger than the format allows.
    pub oversize: Oversize,
}

impl Encoding {
    /// `format` at `quality`, all else by default.
    #[must_use]
    pub fn new(format: Format, quality: u8) -> Self {
        Self { format, quality: Some(quality), ..Self::default() }
    }

    /// The formats in the order of preference.
    pub fn formats(&self) -> impl Iterator<Item = Format> + '_ {
        [self.format].into_iter().chain(self.alternatives.iter().copied())
    }

    /// Prefers `formats`, in their order; a repeated one counts once. False, and unchanged, where there is none.
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

    /// The quality asked for, or the encoder's default.
    #[must_use]
    pub fn quality(&self) -> u8 {
        self.quality.unwrap_or_else(|| self.format.encoder().map_or(100, |encoder| encoder.default_quality))
    }

    /// The effort asked for, or the encoder's default.
    #[must_use]
    pub fn effort(&self) -> u8 {
        self.effort.unwrap_or_else(|| self.format.encoder().map_or(0, |encoder| encoder.default_effort))
    }

    /// With `format` alone. Where that is another one than [`Self::format`], a quality is carried over to its scale, as
    /// the default qualities relate (80 for JPEG and WebP is 75 for AVIF), and an effort only where it is no more than
    /// the encoder's default. What the format has no use for goes: a lossy format's `lossless`, PNG's quality.
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

/// Lossless formats have no scale of their own: they share WebP's.
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

/// What to do with an output that is larger than its format allows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Oversize {
    /// It becomes as large as allowed.
    #[default]
    ScaleDown,
    /// It is an error.
    Refuse,
}

/// Which colours an output has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum ColorSpace {
    /// sRGB, 8 bits a channel: what everything shows alike.
    #[default]
    Srgb,
    /// The source's red, green and blue with its profile, and as many bits a channel as source and output both can have.
    /// Grey and inks become sRGB all the same.
    Keep,
}

/// What is kept of the source's metadata. Orientation is never kept: it is applied to the pixels.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Metadata {
    /// Nothing: no camera, no place, no date.
    #[default]
    None,
    /// EXIF Copyright and Artist.
    Copyright,
    /// All of EXIF.
    Keep,
}

/// What to do with a source that is cut off or broken behind its headers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum OnDamage {
    /// The pixels that are there are shown, and the others are grey. [`ImageInfo::damaged`] tells of it.
    #[default]
    Show,
    /// It is an error.
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
