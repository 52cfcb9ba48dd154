//! SVG, with resvg: drawn at the size that a recipe requests, never passed through. Nothing is loaded: no referenced
//! images, even if embedded in the file, and no fonts, so there is no text. Scripts and animations are not supported.

mod cost;
mod size;
mod weight;

use std::borrow::Cow;

use darkroom_recipe::{Format, Rect, Size, svg_root};
use resvg::tiny_skia::{PixmapMut, Transform};
use resvg::usvg::roxmltree::{Document, ParsingOptions};
use resvg::usvg::{ImageHrefResolver, Options, Tree};

use super::{ColorModel, Decode, Decoded, Drawing, Header, Opened, too_short};
use crate::Error;
use crate::budget::{Budget, Reservation};
use crate::error::internal;
use size::Declared;

/// The largest file in bytes. Drawings are smaller, and this bounds the number of elements.
const MOST_BYTES: usize = 16 << 20;

/// The largest size in bytes of expanded document type entities.
const MOST_EXPANDED: usize = 16 << 20;

/// Bytes of memory per byte of a file while it is parsed, and per element when it is drawn: measured, and rounded up.
const PARSED: u64 = 40;
const ELEMENT: u64 = 2048;

/// The most pixel paints, counting each repetition.
const MOST_WORK: u64 = 1 << 31;

/// A file that has not been parsed yet.
struct Svg<'a> {
    source: Option<Cow<'a, [u8]>>,
    declared: Declared,
}

/// Reads the root element's start tag.
pub(super) fn open(source: Cow<'_, [u8]>) -> Result<Opened<'_>, Error> {
    let root = svg_root(&source).ok_or_else(too_short)?;
    let declared = Declared::of(root.attributes)?;
    let header = Header::plain(Format::Svg, declared.rounded(), true);
    Ok((header, Box::new(Svg { source: Some(source), declared })))
}

impl<'a> Decode<'a> for Svg<'a> {
    fn next_frame(&mut self, _: u32, budget: &Budget) -> Result<Option<Decoded>, Error> {
        let size = self.declared.rounded();
        self.drawing(budget)?.map(|drawing| drawing.draw(Rect::whole(size), size, budget)).transpose()
    }

    fn drawing(&mut self, budget: &Budget) -> Result<Option<Box<dyn Drawing>>, Error> {
        let Some(source) = self.source.take() else { return Ok(None) };
        let drawn = Drawn::read(&source, self.declared, budget)?;
        Ok(Some(Box::new(drawn)))
    }
}

/// A parsed drawing.
struct Drawn {
    tree: Tree,
    declared: Declared,
    _reservation: Reservation,
}

impl Drawn {
    fn read(source: &[u8], declared: Declared, budget: &Budget) -> Result<Self, Error> {
        if source.len() > MOST_BYTES {
            return Err(refuse(format!("{} bytes; at most {MOST_BYTES} are read", source.len())));
        }
        let expanded = expanded(source)?;
        let _parsing = budget.reserve((source.len() as u64).saturating_mul(PARSED).saturating_add(expanded as u64))?;
        let text = std::str::from_utf8(source.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(source));
        let text = text.map_err(|_| Error::UnsupportedFeature("SVG in another encoding than UTF-8".into()))?;
        let options = ParsingOptions { allow_dtd: true, ..ParsingOptions::default() };
        let document = Document::parse_with_options(text, options).map_err(|error| broken(&error))?;
        let elements = weight::elements(&document)?;
        let reservation = budget.reserve(elements.saturating_mul(ELEMENT).saturating_add(source.len() as u64 * 4))?;
        let tree = Tree::from_xmltree(&document, &options_without_files()).map_err(|error| broken(&error))?;
        Ok(Self { tree, declared, _reservation: reservation })
    }

    /// The transform from the tree's coordinates to the pixels of `part` of the image, scaled to `size`.
    fn transform(&self, part: Rect, size: Size) -> Transform {
        let whole = self.declared.rounded();
        let (sx, sy) = (f64::from(size.width) / part.width, f64::from(size.height) / part.height);
        let (x, y) = (-part.x * sx, -part.y * sy);
        let sx = sx * f64::from(whole.width) / self.declared.width;
        let sy = sy * f64::from(whole.height) / self.declared.height;
        Transform::from_row(sx as f32, 0.0, 0.0, sy as f32, x as f32, y as f32)
    }
}

impl Drawing for Drawn {
    fn draw(&self, part: Rect, size: Size, budget: &Budget) -> Result<Decoded, Error> {
        let transform = self.transform(part, size);
        let cost = cost::of(self.tree.root(), transform, size.width, size.height);
        if cost.work == cost::TOO_FAR {
            return Err(refuse(format!("a shape that reaches farther than {} pixels", cost::FARTHEST)));
        }
        if cost.work > MOST_WORK {
            return Err(refuse(format!("{} pixels to paint, one over the other; at most {MOST_WORK} are", cost.work)));
        }
        let _layers = budget.reserve(cost.memory)?;
        let (mut data, reservation) = budget.buffer(size.pixels().saturating_mul(4))?;
        let mut pixels = PixmapMut::from_bytes(&mut data, size.width, size.height)
            .ok_or_else(|| internal(format!("no image of {} × {}", size.width, size.height)))?;
        resvg::render(&self.tree, transform, &mut pixels);
        for pixel in data.as_chunks_mut::<4>().0 {
            *pixel = straight(*pixel);
        }
        Ok(Decoded { size, model: ColorModel::Rgba, data, reservation, reduction: 1 })
    }
}

/// Un-premultiplies the colours, rounded to the nearest integer.
fn straight([red, green, blue, alpha]: [u8; 4]) -> [u8; 4] {
    let opacity = u32::from(alpha);
    let divided = |color: u8| ((u32::from(color) * 255 + opacity / 2) / opacity).min(255) as u8;
    match alpha {
        0 => [0; 4],
        255 => [red, green, blue, 255],
        _ => [divided(red), divided(green), divided(blue), alpha],
    }
}

/// Returns an upper bound of the bytes that entities add. XML's predefined entities don't grow.
///
/// # Errors
/// If they exceed the limit.
fn expanded(source: &[u8]) -> Result<usize, Error> {
    /// The most references that one reference may lead to (roxmltree).
    const NESTED: usize = 255;
    let prolog = svg_root(source).map_or(source, |root| root.prolog);
    if !prolog.windows(8).any(|window| window == b"<!ENTITY") {
        return Ok(0);
    }
    let references = |text: &[u8]| text.iter().filter(|byte| **byte == b'&').count();
    let nested = if references(prolog) > 0 { NESTED } else { 1 };
    let most = references(&source[prolog.len()..]).saturating_mul(prolog.len()).saturating_mul(nested);
    if most > MOST_EXPANDED {
        return Err(refuse(format!("entities that may become {most} bytes; at most {MOST_EXPANDED} are read")));
    }
    Ok(most)
}

fn options_without_files() -> Options<'static> {
    let image_href_resolver =
        ImageHrefResolver { resolve_data: Box::new(|_, _, _| None), resolve_string: Box::new(|_, _| None) };
    let default_size = resvg::usvg::Size::from_wh(size::DEFAULT.0 as f32, size::DEFAULT.1 as f32);
    let options = Options { image_href_resolver, font_size: size::FONT_SIZE as f32, ..Options::default() };
    match default_size {
        Some(default_size) => Options { default_size, ..options },
        None => options,
    }
}

fn refuse(what: String) -> Error {
    Error::UnsupportedFeature(format!("SVG with {what}"))
}

fn broken(error: &dyn std::fmt::Display) -> Error {
    Error::Malformed(format!("broken data ({error})"))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// wasmtime's stack is half a MiB, and LLVM's own, beside it, twice as large.
    #[test]
    fn the_deepest_drawing_takes_little_stack() {
        const STACK: usize = 512 << 10;
        let levels = |count: usize, level: &dyn Fn(usize) -> String| (1..count).map(level).collect::<String>();
        let groups =
            "<g opacity='.9' transform='scale(1.01)'>".repeat(93) + "<path d='M0 0h9v9z'/>" + &"</g>".repeat(93);
        let uses = levels(45, &|n| format!("<g id='u{n}' opacity='.9'><use href='#u{}'/></g>", n - 1));
        let clips = levels(45, &|n| {
            format!("<clipPath id='c{n}'><path d='M0 0h9v9z' clip-path='url(#c{})'/></clipPath>", n - 1)
        });
        let masks = levels(45, &|n| format!("<mask id='m{n}'><path d='M0 0h9v9z' mask='url(#m{})'/></mask>", n - 1));
        let patterns = levels(45, &|n| {
            format!("<pattern id='p{n}' width='1' height='1'><path d='M0 0h9v9z' fill='url(#p{})'/></pattern>", n - 1)
        });
        for content in [
            groups,
            format!("<path id='u0' d='M0 0h9v9z'/>{uses}"),
            format!(
                "<clipPath id='c0'><path d='M0 0h9v9z'/></clipPath>{clips}<path d='M0 0h9v9z' clip-path='url(#c44)'/>"
            ),
            format!("<mask id='m0'><path d='M0 0h9v9z'/></mask>{masks}<path d='M0 0h9v9z' mask='url(#m44)'/>"),
            format!("<pattern id='p0' width='1' height='1'/>{patterns}<path d='M0 0h9v9z' fill='url(#p44)'/>"),
        ] {
            let source = format!("<svg xmlns='http://www.w3.org/2000/svg' width='10' height='10'>{content}</svg>");
            let draw = move || {
                let mut decoder = open(source.into_bytes().into()).expect("a root").1;
                decoder.next_frame(1, &Budget::new(1 << 30)).map(|frame| frame.is_some())
            };
            let thread = std::thread::Builder::new().stack_size(STACK).spawn(draw).expect("a thread");
            assert_eq!(thread.join().expect("no overflow"), Ok(true));
        }
    }
}
