//! Estimates the cost of drawing before it starts: memory for layers, and work.

use resvg::tiny_skia::Transform;
use resvg::usvg::filter::{self, Kind};
use resvg::usvg::{ClipPath, Group, Mask, Node, Paint, Path, Pattern, Rect, Stroke};

/// The peak memory in bytes, and the number of pixel paints, counting each repetition.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Cost {
    pub(super) memory: u64,
    pub(super) work: u64,
}

/// Columns and rows.
#[derive(Clone, Copy)]
struct Area {
    width: u64,
    height: u64,
}

const RGBA: u64 = 4;

/// Bytes per pixel of a layer's mask.
const MASK: u64 = 1;

/// Bytes per outline of a path segment or of a dash, which may have round ends: measured, and rounded up.
const SEGMENT: u64 = 320;
const DASH: u64 = 1024;

/// The limit of coordinates in pixels from the corner: far beyond it tiny-skia's arithmetic overflows.
pub(super) const FARTHEST: f32 = 1e6;

/// The work of a shape that reaches farther.
pub(super) const TOO_FAR: u64 = u64::MAX;

/// The most dashes that tiny-skia makes of a path; it draws a path with more without dashes.
const MOST_DASHES: f64 = 1_000_000.0;

/// The cost of drawing a group at `width` × `height` pixels.
pub(super) fn of(root: &Group, transform: Transform, width: u32, height: u32) -> Cost {
    let canvas = Area { width: width.into(), height: height.into() };
    nodes(root, transform, canvas, canvas.times(5))
}

impl Area {
    const fn pixels(self) -> u64 {
        self.width.saturating_mul(self.height)
    }

    const fn times(self, factor: u64) -> Self {
        Self { width: self.width.saturating_mul(factor), height: self.height.saturating_mul(factor) }
    }

    fn within(self, most: Self) -> Self {
        Self { width: self.width.min(most.width), height: self.height.min(most.height) }
    }

    /// The area of a rectangle, with `around` added to both dimensions.
    fn of(rect: Option<Rect>, around: u64) -> Self {
        let side = |length: f32| (length.ceil() as u64).saturating_add(around);
        rect.map_or(Self { width: 0, height: 0 }, |rect| Self {
            width: side(rect.width()),
            height: side(rect.height()),
        })
    }
}

impl Cost {
    /// The cost of `self` followed by `next`, if `self` leaves no memory in use.
    fn then(self, next: Self) -> Self {
        Self { memory: self.memory.max(next.memory), work: self.work.saturating_add(next.work) }
    }

    /// Adds memory that is held for the duration, and work.
    fn holding(self, memory: u64, work: u64) -> Self {
        Self { memory: self.memory.saturating_add(memory), work: self.work.saturating_add(work) }
    }
}

/// The cost of everything in a group, drawn in sequence. `most` is the largest size of a layer: five times the image
/// along both axes.
fn nodes(group: &Group, transform: Transform, canvas: Area, most: Area) -> Cost {
    group.children().iter().map(|node| one(node, transform, canvas, most)).fold(Cost::default(), Cost::then)
}

fn one(node: &Node, transform: Transform, canvas: Area, most: Area) -> Cost {
    match node {
        Node::Group(group) => layer(group, transform.pre_concat(group.transform()), canvas, most),
        Node::Path(path) => self::path(path, transform, canvas, most),
        // Neither is drawn.
        Node::Image(_) | Node::Text(_) => Cost::default(),
    }
}

fn layer(group: &Group, transform: Transform, canvas: Area, most: Area) -> Cost {
    if !group.should_isolate() {
        return nodes(group, transform, canvas, most);
    }
    // A filter's layer is not yet rotated, so no side is longer than the diagonal.
    let turned = !group.filters().is_empty() && (transform.kx != 0.0 || transform.ky != 0.0);
    let most = if turned { diagonal(most) } else { most };
    let area = Area::of(group.layer_bounding_box().to_rect().transform(transform), 4);
    let area = if turned { diagonal(area) } else { area }.within(most);
    let pixels = area.pixels();
    let mut inside = nodes(group, transform, area, most);
    for filter in group.filters() {
        inside = inside.then(filtered(filter, transform, area, most));
    }
    if let Some(path) = group.clip_path() {
        inside = inside.then(clip(path, transform, area, most));
    }
    if let Some(masking) = group.mask() {
        inside = inside.then(mask(masking, transform, area, most));
    }
    inside.holding(pixels.saturating_mul(RGBA), pixels.saturating_mul(2))
}

const fn diagonal(area: Area) -> Area {
    let side = area.width.saturating_add(area.height);
    Area { width: side, height: side }
}

fn clip(path: &ClipPath, transform: Transform, area: Area, most: Area) -> Cost {
    let pixels = area.pixels();
    let inside = clipped(path.root(), transform.pre_concat(path.transform()), area, most);
    let other = path.clip_path().map(|other| clip(other, transform, area, most)).unwrap_or_default();
    inside.then(other).holding(pixels.saturating_mul(RGBA + MASK), pixels.saturating_mul(3))
}

/// The cost of a clip's content. A group in it that is itself clipped has a layer as large as the clip's.
fn clipped(group: &Group, transform: Transform, area: Area, most: Area) -> Cost {
    let one = |node: &Node| match node {
        Node::Group(group) => {
            let transform = transform.pre_concat(group.transform());
            let inside = clipped(group, transform, area, most);
            let Some(path) = group.clip_path() else { return inside };
            let pixels = area.pixels();
            inside.then(clip(path, transform, area, most)).holding(pixels.saturating_mul(RGBA), pixels)
        }
        Node::Path(path) => self::path(path, transform, area, most),
        Node::Image(_) | Node::Text(_) => Cost::default(),
    };
    group.children().iter().map(one).fold(Cost::default(), Cost::then)
}

fn mask(mask: &Mask, transform: Transform, area: Area, most: Area) -> Cost {
    let pixels = area.pixels();
    let inside = nodes(mask.root(), transform, area, most);
    let other = mask.mask().map(|other| self::mask(other, transform, area, most)).unwrap_or_default();
    inside.then(other).holding(pixels.saturating_mul(RGBA + 2 * MASK), pixels.saturating_mul(4))
}

/// Every intermediate result is held until the last one is done.
fn filtered(filter: &filter::Filter, transform: Transform, area: Area, most: Area) -> Cost {
    /// The copies of the source, and the buffers of a primitive.
    const WORKING: u64 = 5;
    let pixels = area.pixels();
    let primitives = filter.primitives();
    let held = pixels.saturating_mul(RGBA).saturating_mul(primitives.len() as u64 + WORKING);
    let one = |primitive: &filter::Primitive| {
        let each = pixels_touched(primitive.kind(), transform, area);
        let inside = match primitive.kind() {
            Kind::Image(image) => nodes(image.root(), transform, area, most),
            _ => Cost::default(),
        };
        inside.holding(0, pixels.saturating_mul(each))
    };
    primitives.iter().map(one).fold(Cost::default(), Cost::then).holding(held, pixels)
}

/// The work per pixel of the result, weighted by time.
fn pixels_touched(kind: &Kind, transform: Transform, area: Area) -> u64 {
    match kind {
        Kind::GaussianBlur(blur) => blurred(blur.std_dev_x().get(), blur.std_dev_y().get(), transform),
        Kind::DropShadow(shadow) => blurred(shadow.std_dev_x().get(), shadow.std_dev_y().get(), transform),
        Kind::DiffuseLighting(_) | Kind::SpecularLighting(_) => 40,
        Kind::ConvolveMatrix(convolve) => {
            let matrix = convolve.matrix();
            u64::from(matrix.columns()).saturating_mul(matrix.rows().into()).saturating_mul(4)
        }
        Kind::Morphology(morphology) => {
            let (sx, sy) = transform.get_scale();
            let across = |radius: f32, scale: f32, most: u64| (2 * (radius * scale).round() as u64 + 1).min(most);
            let columns = across(morphology.radius_x().get(), sx, area.width);
            columns.saturating_mul(across(morphology.radius_y().get(), sy, area.height)).saturating_add(4)
        }
        Kind::Turbulence(turbulence) => u64::from(turbulence.num_octaves()).saturating_mul(80).saturating_add(40),
        Kind::Merge(merge) => merge.inputs().len() as u64 * 8 + 4,
        _ => 16,
    }
}

/// A blur takes the same time for any radius. One that reaches far beyond any image has no effect, and its indices
/// would overflow.
fn blurred(across: f32, down: f32, transform: Transform) -> u64 {
    const RADIUS_FOR_ONE: f32 = 64.0;
    let (sx, sy) = transform.get_scale();
    ((across * sx).max(down * sy) / RADIUS_FOR_ONE) as u64 + 40
}

fn path(path: &Path, transform: Transform, canvas: Area, most: Area) -> Cost {
    if !path.is_visible() {
        return Cost::default();
    }
    let bounds = path.stroke_bounding_box().transform(transform);
    let near =
        |rect: Rect| [rect.left(), rect.top(), rect.right(), rect.bottom()].iter().all(|at| at.abs() <= FARTHEST);
    if !bounds.is_some_and(near) {
        return Cost { memory: 0, work: TOO_FAR };
    }
    let pixels = Area::of(bounds, 2).within(canvas).pixels();
    let segments = path.data().len() as u64;
    let fill = path.fill().map(|fill| paint(fill.paint(), transform, most).holding(0, pixels));
    let stroke = path.stroke().map(|stroke| {
        let dashes = dashes(path, stroke);
        let outline = segments.saturating_mul(SEGMENT).saturating_add(dashes.saturating_mul(DASH));
        paint(stroke.paint(), transform, most).holding(outline, pixels.saturating_add(dashes.saturating_mul(64)))
    });
    let outline = segments.saturating_mul(SEGMENT);
    fill.unwrap_or_default().then(stroke.unwrap_or_default()).holding(outline, segments.saturating_mul(16))
}

/// The cost of a paint: a pattern is drawn once for each path.
fn paint(paint: &Paint, transform: Transform, most: Area) -> Cost {
    let Paint::Pattern(pattern) = paint else { return Cost::default() };
    tile(pattern, transform, most)
}

fn tile(pattern: &Pattern, transform: Transform, most: Area) -> Cost {
    let (sx, sy) = transform.pre_concat(pattern.transform()).get_scale();
    let rect = pattern.rect();
    let side = |length: f32, scale: f32| (length * scale).round() as u64;
    let area = Area { width: side(rect.width(), sx), height: side(rect.height(), sy) };
    let pixels = area.pixels();
    nodes(pattern.root(), Transform::from_scale(sx, sy), area, most).holding(pixels.saturating_mul(RGBA), pixels)
}

/// The number of dashes of a stroke. A curve is no longer than the lines between its points.
fn dashes(path: &Path, stroke: &Stroke) -> u64 {
    let Some(array) = stroke.dasharray() else { return 0 };
    let mut length = 0.0;
    let points = path.data().points();
    for (a, b) in points.iter().zip(points.iter().skip(1)) {
        length += f64::from(a.distance(*b));
    }
    let interval: f64 = array.iter().map(|dash| f64::from(*dash)).sum();
    // A contour may be closed by a line that is as long as all others together.
    (2.0 * length * array.len() as f64 / interval).min(MOST_DASHES) as u64
}
