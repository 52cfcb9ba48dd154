use crate::{Fit, Gravity, InvalidRecipe, LimitExceeded, LimitKind, Limits, Orientation, Oversize, Recipe, Rect, Size};

/// The geometry of one recipe for one source: the part it takes, the size of that part, and its position on the canvas.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Layout {
    /// The part of the stored source to take, before its orientation is applied.
    pub crop: Rect,
    /// The size of that part in the output, as displayed.
    pub scaled: Size,
    /// The output's size; larger than `scaled` only for [`Fit::Pad`].
    pub canvas: Size,
    /// The position of `scaled` on `canvas`: columns from the left, rows from the top.
    pub offset: (u32, u32),
    /// From stored pixels to the output: the source's own orientation, then the recipe's flip and rotation.
    pub orientation: Orientation,
}

impl Layout {
    /// Resolves `recipe` for a stored image of size `stored`, of which `kept` remains after trimming, displayed with
    /// `orientation`. Calls `salient` for the focal point of [`Gravity::Auto`] only if a crop needs it. `salient`
    /// receives the crop's size and returns its centre, both as fractions of `kept` as stored.
    ///
    /// # Errors
    /// If the output exceeds the limits, or exceeds the format's maximum and the recipe says to refuse that.
    pub fn resolve(
        recipe: &Recipe,
        kept: Rect,
        orientation: Orientation,
        limits: &Limits,
        salient: impl FnOnce((f64, f64)) -> (f64, f64),
    ) -> Result<Self, LayoutError> {
        let orientation = orientation.then(recipe.flip, recipe.rotate);
        let stored = Size::new((kept.width as u32).max(1), (kept.height as u32).max(1));
        let shown = orientation.apply(stored);
        let (scaled, canvas) = fit_to_format(recipe, sizes(recipe, shown))?;
        let part = crop_size(recipe.resize.fit, shown, scaled);
        check(recipe, part, scaled, canvas, limits)?;
        let focus = match recipe.resize.gravity {
            Gravity::Auto if part != Rect::whole(shown) => {
                let crop = orientation.stored_rect(shown, part);
                let shares = (crop.width / f64::from(stored.width), crop.height / f64::from(stored.height));
                shown_point(orientation, salient(shares))
            }
            gravity => anchor(gravity),
        };
        let x = place(f64::from(shown.width), part.width, focus.0);
        let y = place(f64::from(shown.height), part.height, focus.1);
        let crop = orientation.stored_rect(shown, Rect { x, y, ..part });
        Ok(Self {
            crop: Rect { x: crop.x + kept.x, y: crop.y + kept.y, ..crop },
            scaled,
            canvas,
            offset: (
                pad_offset(canvas.width - scaled.width, focus.0),
                pad_offset(canvas.height - scaled.height, focus.1),
            ),
            orientation,
        })
    }

    /// The size of the crop after scaling, still as stored: the resizer's target size for `crop`.
    #[must_use]
    pub fn scaled_as_stored(&self) -> Size {
        self.orientation.apply(self.scaled)
    }

    /// The number of stored pixels per output pixel, along the axis where it is lowest.
    #[must_use]
    pub fn reduction(&self) -> f64 {
        let target = self.scaled_as_stored();
        (self.crop.width / f64::from(target.width)).min(self.crop.height / f64::from(target.height))
    }
}

/// The reason why a recipe has no layout.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[allow(missing_docs, reason = "each carries its own message")]
pub enum LayoutError {
    #[error(transparent)]
    Limit(#[from] LimitExceeded),
    #[error(transparent)]
    Invalid(#[from] InvalidRecipe),
}

/// The sizes of the image and of its canvas, before any limit.
fn sizes(recipe: &Recipe, source: Size) -> (Size, Size) {
    let resize = recipe.resize;
    let pixels = |side: u32| (f64::from(side) * f64::from(resize.dpr)).round();
    let (width, height) = (resize.width.map(pixels), resize.height.map(pixels));
    let by_width = width.map(|width| width / f64::from(source.width));
    let by_height = height.map(|height| height / f64::from(source.height));
    let (Some(inner), Some(outer)) = (least(by_width, by_height), most(by_width, by_height)) else {
        return (source, source);
    };
    let (Some(width), Some(height)) = (width, height) else {
        return one_side(resize.fit, source, inner);
    };
    let asked = Size::new(width as u32, height as u32);
    match resize.fit {
        Fit::ScaleDown => same(within(source, inner.min(1.0), asked)),
        Fit::Contain => same(within(source, inner, asked)),
        Fit::Pad => (within(source, inner, asked), asked),
        Fit::Crop if outer > 1.0 => same(within(source, inner.min(1.0), asked)),
        Fit::Cover | Fit::Crop | Fit::Squeeze => same(asked),
    }
}

/// If only one side is given, the other follows from it, so nothing is cut, filled or distorted. Two fits never
/// enlarge.
fn one_side(fit: Fit, source: Size, factor: f64) -> (Size, Size) {
    let shrink_only = matches!(fit, Fit::ScaleDown | Fit::Crop);
    same(source.scaled(if shrink_only { factor.min(1.0) } else { factor }))
}

/// Rounding must not exceed the requested box.
fn within(source: Size, factor: f64, asked: Size) -> Size {
    let size = source.scaled(factor);
    Size::new(size.width.min(asked.width), size.height.min(asked.height))
}

const fn same(size: Size) -> (Size, Size) {
    (size, size)
}

fn least(a: Option<f64>, b: Option<f64>) -> Option<f64> {
    Some(a.or(b)?.min(b.or(a)?))
}

fn most(a: Option<f64>, b: Option<f64>) -> Option<f64> {
    Some(a.or(b)?.max(b.or(a)?))
}

/// Shrinks an output that the format can't express, or refuses it, as the recipe says.
fn fit_to_format(recipe: &Recipe, (scaled, canvas): (Size, Size)) -> Result<(Size, Size), LayoutError> {
    let allowed = recipe.encoding.format.encoder().map_or(0, |encoder| encoder.max_side);
    let actual = canvas.longest();
    if actual <= allowed {
        return Ok((scaled, canvas));
    }
    if recipe.encoding.oversize == Oversize::Refuse {
        return Err(InvalidRecipe {
            option: "format".into(),
            value: recipe.encoding.format.name().into(),
            allowed: format!("the output's longer side would be {actual} pixels; must be at most {allowed}"),
        }
        .into());
    }
    let factor = f64::from(allowed) / f64::from(actual);
    let bounds = Size::new(allowed, allowed);
    let canvas = within(canvas, factor, bounds);
    Ok((within(scaled, factor, canvas), canvas))
}

/// A crop is the result of a division, so a value that exceeds a whole number by this much counts as that number.
const ROUNDING: f64 = 1e-6;

fn check(recipe: &Recipe, part: Rect, scaled: Size, canvas: Size, limits: &Limits) -> Result<(), LimitExceeded> {
    limits.check(LimitKind::OutputSide, u64::from(canvas.longest()))?;
    limits.check(LimitKind::OutputPixels, canvas.pixels())?;
    let enlarged = (f64::from(scaled.width) / part.width).max(f64::from(scaled.height) / part.height);
    limits.check(LimitKind::Enlargement, (enlarged - ROUNDING).ceil() as u64)?;
    if recipe.encoding.format.is_slow() {
        limits.check(LimitKind::SlowPixels, canvas.pixels())?;
    }
    Ok(())
}

/// The part of the source, as displayed, that has the output's shape; the whole source if nothing is to be cut.
fn crop_size(fit: Fit, source: Size, scaled: Size) -> Rect {
    let whole = Rect::whole(source);
    if !matches!(fit, Fit::Cover | Fit::Crop) {
        return whole;
    }
    let factor = (whole.width / f64::from(scaled.width)).min(whole.height / f64::from(scaled.height));
    let part = |target: u32, whole: f64| {
        let side = f64::from(target) * factor;
        // Rounding an uncropped output's size leaves a remainder of less than one of its pixels, which is not a crop.
        if whole - side < factor { whole } else { side }
    };
    Rect { width: part(scaled.width, whole.width), height: part(scaled.height, whole.height), ..whole }
}

/// The focal point of a gravity, as fractions of the image.
const fn anchor(gravity: Gravity) -> (f64, f64) {
    match gravity {
        Gravity::Center | Gravity::Auto => (0.5, 0.5),
        Gravity::Left => (0.0, 0.5),
        Gravity::Right => (1.0, 0.5),
        Gravity::Top => (0.5, 0.0),
        Gravity::Bottom => (0.5, 1.0),
        Gravity::TopLeft => (0.0, 0.0),
        Gravity::TopRight => (1.0, 0.0),
        Gravity::BottomLeft => (0.0, 1.0),
        Gravity::BottomRight => (1.0, 1.0),
        Gravity::Focus { x, y } => (x as f64, y as f64),
    }
}

/// Converts a stored point to the displayed image, both as fractions of the image.
fn shown_point(orientation: Orientation, (x, y): (f64, f64)) -> (f64, f64) {
    let unit = Size::new(1, 1);
    let point = orientation.shown_rect(unit, Rect { x, y, width: 0.0, height: 0.0 });
    (point.x, point.y)
}

/// The start of a part of length `part` that has the focal point as near its centre as the borders allow.
fn place(whole: f64, part: f64, focus: f64) -> f64 {
    (focus * whole - part / 2.0).clamp(0.0, (whole - part).max(0.0))
}

fn pad_offset(room: u32, focus: f64) -> u32 {
    (f64::from(room) * focus).floor() as u32
}
