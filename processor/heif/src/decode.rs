//! Decodes tiles to pixels, one after another.

use crate::Error;
use crate::canvas::{Alpha, Canvas, Plan};
use crate::codec::{self, Frame};
use crate::color::{Chroma, Conversion};
use crate::meta::Meta;
use crate::picture::Picture;
use crate::sample::Sample;
use crate::upsample::Rows;

/// The canvas for an image.
pub(crate) fn plan(picture: &Picture<'_>, reduction: u32, alpha: bool) -> Plan {
    let colors = if picture.chroma() == Chroma::None { 1 } else { 3 };
    // With a single column of tiles, rows arrive in order.
    let band = if picture.columns == 1 { 1 } else { picture.tile.1 };
    Plan { crop: picture.shown.part, reduction, colors, alpha, band }
}

/// The most bytes that decoding allocates besides the canvas: those of the most expensive tile.
pub(crate) fn memory(meta: &Meta<'_>, picture: &Picture<'_>) -> Result<u64, Error> {
    let rows = u64::from(picture.tile.0) * 16;
    let (mut most, mut missing) = (0, None);
    for index in 0..picture.tiles() {
        match picture.tile(meta, index, |coded| Ok(codec::memory(coded)? + coded.data.len() as u64)) {
            Ok(memory) => most = memory.max(most),
            Err(error) => drop(missing.get_or_insert(passed_over(error)?)),
        }
    }
    match missing {
        Some(error) if most == 0 => Err(error),
        _ => Ok(rows + most),
    }
}

/// The fill for missing tiles, and the error of the first one.
pub(crate) struct Missing<'d> {
    pub(crate) sample: u8,
    pub(crate) damage: &'d mut Option<Error>,
}

/// Passes on a fatal error of a tile; returns one that the image can be shown in spite of.
fn passed_over(error: Error) -> Result<Error, Error> {
    if matches!(error, Error::Unsupported(_)) { Err(error) } else { Ok(error) }
}

/// The pixels of an image: grey or RGB, and alpha if there is one.
///
/// # Errors
/// That of a tile that differs from the others or has a profile that is not decoded, or else the first one's where none is
/// there.
pub(crate) fn pixels<S: Sample>(
    meta: &Meta<'_>,
    picture: &Picture<'_>,
    plan: Plan,
    alpha: Option<&Alpha<S>>,
    missing: Missing<'_>,
) -> Result<Vec<S>, Error> {
    let (mut begun, mut first) = (false, None);
    let mut canvas = Canvas::new(plan, alpha, picture.size);
    let (width, height) = (picture.tile.0 as usize, picture.tile.1 as usize);
    for row in 0..picture.rows as usize {
        for column in 0..picture.columns as usize {
            let index = row * picture.columns as usize + column;
            let corner = (column * width, row * height);
            match picture.tile(meta, index, codec::decode) {
                Ok(frame) => {
                    begun = true;
                    paint(frame.as_ref(), picture, &plan, corner, &mut canvas)?;
                }
                Err(error) => {
                    first.get_or_insert(passed_over(error)?);
                    fill(missing.sample, picture, &plan, corner, &mut canvas);
                }
            }
        }
        canvas.finish((row + 1) * height);
    }
    match first {
        Some(error) if !begun => return Err(error),
        first => *missing.damage = missing.damage.take().or(first),
    }
    Ok(canvas.into_data())
}

/// Paints a tile that is missing, all of the same samples.
fn fill<S: Sample>(sample: u8, picture: &Picture<'_>, plan: &Plan, corner: (usize, usize), canvas: &mut Canvas<'_, S>) {
    let (width, height) = (picture.tile.0 as usize, picture.tile.1 as usize);
    let pixels = vec![S::of_byte(sample); width * plan.colors];
    for y in (0..height).filter(|y| canvas.shows_row(corner.1 + y)).collect::<Vec<_>>() {
        canvas.add(corner.0, corner.1 + y, &pixels);
        if plan.band == 1 {
            canvas.finish(corner.1 + y + 1);
        }
    }
}

/// Paints a tile whose upper left corner is at `corner`.
fn paint<S: Sample>(
    frame: &dyn Frame,
    picture: &Picture<'_>,
    plan: &Plan,
    corner: (usize, usize),
    canvas: &mut Canvas<'_, S>,
) -> Result<(), Error> {
    let format = frame.format();
    let nclx = picture.nclx.unwrap_or(format.nclx);
    let conversion = Conversion::<S>::new(format.bits, nclx, format.chroma)?;
    let (width, height) = (picture.tile.0 as usize, picture.tile.1 as usize);
    let mut rows = Rows::new(width, plan.reduction == 1);
    let mut pixels = vec![S::default(); width * plan.colors];
    for y in (0..height).filter(|y| canvas.shows_row(corner.1 + y)).collect::<Vec<_>>() {
        if plan.colors == 1 {
            conversion.to_gray(rows.luma(frame, y), &mut pixels);
        } else {
            conversion.to_rgb(rows.all(frame, y), &mut pixels);
        }
        canvas.add(corner.0, corner.1 + y, &pixels);
        if plan.band == 1 {
            canvas.finish(corner.1 + y + 1);
        }
    }
    Ok(())
}

/// Decodes an alpha image: its luma at full size, with no crop.
pub(crate) fn alpha<S: Sample>(
    meta: &Meta<'_>,
    picture: &Picture<'_>,
    premultiplied: bool,
    damage: &mut Option<Error>,
) -> Result<Alpha<S>, Error> {
    let data = pixels(meta, picture, alpha_plan(picture), None, Missing { sample: 255, damage })?;
    Ok(Alpha { width: picture.size.0 as usize, height: picture.size.1 as usize, data, premultiplied })
}

/// The canvas for an alpha image.
pub(crate) fn alpha_plan(picture: &Picture<'_>) -> Plan {
    let (width, height) = picture.size;
    Plan { crop: crate::geometry::Rect { x: 0, y: 0, width, height }, colors: 1, ..plan(picture, 1, false) }
}
