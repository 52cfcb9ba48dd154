//! Reads the available rows of a PNG's frame.

use std::io::{BufRead, ErrorKind, Seek};

use darkroom_recipe::Size;
use png::{DecodingError, InterlaceInfo, Reader, expand_interlaced_row};

/// For each pass of Adam7 (PNG 3 §8.1): its first column and row, and the distances to the next ones.
const PASSES: [((u32, u32), (u32, u32)); 7] = [
    ((0, 0), (8, 8)),
    ((4, 0), (8, 8)),
    ((0, 4), (4, 8)),
    ((2, 0), (4, 4)),
    ((0, 2), (2, 4)),
    ((1, 0), (2, 2)),
    ((0, 1), (1, 2)),
];

/// The columns and rows that a pixel fills while later passes are missing.
const CELLS: [(u32, u32); 7] = [(8, 8), (4, 8), (4, 4), (2, 4), (2, 2), (1, 2), (1, 1)];

/// Reads the next frame, of `size`, into `bytes`, with a row stride of `stride` bytes. Returns the number of available
/// rows, and an error if rows are missing or their checksum is wrong. In an interlaced image, pixels fill in for
/// neighbours from missing passes.
pub(super) fn read<R: BufRead + Seek>(
    reader: &mut Reader<R>,
    size: Size,
    bytes: &mut [u8],
    stride: usize,
) -> (u32, Option<DecodingError>) {
    let read = if reader.info().interlaced { passes(reader, size, bytes, stride) } else { rows(reader, bytes, stride) };
    let there = match read {
        Ok(()) => size.height,
        Err((there, error)) => return (there, Some(error)),
    };
    // All pixels are available, even if the file ends here.
    let is_end =
        |error: &DecodingError| matches!(error, DecodingError::IoError(io) if io.kind() == ErrorKind::UnexpectedEof);
    (there, reader.read_row(&mut []).err().filter(|error| !is_end(error)))
}

fn rows<R: BufRead + Seek>(
    reader: &mut Reader<R>,
    bytes: &mut [u8],
    stride: usize,
) -> Result<(), (u32, DecodingError)> {
    for (y, row) in (0..).zip(bytes.chunks_exact_mut(stride.max(1))) {
        reader.read_row(row).map_err(|error| (y, error))?;
    }
    Ok(())
}

fn passes<R: BufRead + Seek>(
    reader: &mut Reader<R>,
    size: Size,
    bytes: &mut [u8],
    stride: usize,
) -> Result<(), (u32, DecodingError)> {
    let (color, depth) = reader.output_color_type();
    let pixel = color.samples() * depth as usize / 8;
    for (pass, (first, step)) in PASSES.into_iter().enumerate() {
        let count = |side: u32, first: u32, step: u32| side.saturating_sub(first).div_ceil(step);
        if count(size.width, first.0, step.0) == 0 {
            continue;
        }
        for line in 0..count(size.height, first.1, step.1) {
            match reader.next_interlaced_row() {
                Ok(row) => {
                    let Some(row) = row else { break };
                    let InterlaceInfo::Adam7(info) = row.interlace() else { break };
                    expand_interlaced_row(bytes, stride, row.data(), info, (pixel * 8) as u8);
                }
                Err(error) => {
                    let reached = if line == 0 { 0 } else { first.1 + (line - 1) * step.1 + 1 };
                    return Err((spread(bytes, stride, pixel, size, pass, reached), error));
                }
            }
        }
    }
    Ok(())
}

/// Fills missing pixels from the available ones: those of all passes before `pass`, and those of `pass` above the row
/// `reached`. Returns the number of rows that this fills.
fn spread(bytes: &mut [u8], stride: usize, pixel: usize, size: Size, pass: usize, reached: u32) -> u32 {
    let before = pass.checked_sub(1).map(|before| CELLS[before]);
    for y in 0..size.height {
        for x in 0..size.width {
            let corner = |cell: (u32, u32)| (x - x % cell.0, y - y % cell.1);
            let (left, top) = corner(CELLS[pass]);
            let is_there = top < reached || before.is_some_and(|cell| left % cell.0 == 0 && top % cell.1 == 0);
            let from = if is_there { Some((left, top)) } else { before.map(corner) };
            let Some((left, top)) = from else { return y };
            if (left, top) != (x, y) {
                let place = |x: u32, y: u32| y as usize * stride + x as usize * pixel;
                bytes.copy_within(place(left, top)..place(left, top) + pixel, place(x, y));
            }
        }
    }
    size.height
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The pass that a pixel is in, counted from 0.
    fn pass_of(x: u32, y: u32) -> usize {
        let in_pass = |((x0, y0), (dx, dy)): &((u32, u32), (u32, u32))| {
            x >= *x0 && y >= *y0 && (x - x0).is_multiple_of(*dx) && (y - y0).is_multiple_of(*dy)
        };
        PASSES.iter().position(in_pass).expect("each pixel is in a pass")
    }

    #[test]
    fn each_pixel_comes_from_one_that_is_there_and_near() {
        let size = Size::new(13, 11);
        let number = |x: u32, y: u32| (y * size.width + x + 1) as u8;
        for (pass, lines) in (0..7).flat_map(|pass| (0..5).map(move |lines| (pass, lines))) {
            let ((_, y0), (_, dy)) = PASSES[pass];
            let reached = if lines == 0 { 0 } else { y0 + (lines - 1) * dy + 1 };
            let is_there = |x: u32, y: u32| pass_of(x, y) < pass || pass_of(x, y) == pass && y < reached;
            let pixels = (0..size.height).flat_map(|y| (0..size.width).map(move |x| (x, y)));
            let mut bytes: Vec<u8> =
                pixels.clone().map(|(x, y)| if is_there(x, y) { number(x, y) } else { 0 }).collect();
            let rows = spread(&mut bytes, size.width as usize, 1, size, pass, reached);
            assert_eq!(rows, if pass == 0 { (8 * lines).min(size.height) } else { size.height }, "{pass}, {lines}");
            for (x, y) in pixels.filter(|(_, y)| *y < rows) {
                let from = u32::from(bytes[(y * size.width + x) as usize]).checked_sub(1).expect("a pixel");
                let (left, top) = (from % size.width, from / size.width);
                assert!(is_there(left, top) && x - left < 8 && y - top < 8, "{pass}, {lines}: {x}, {y}");
                assert!(!is_there(x, y) || (left, top) == (x, y));
            }
        }
    }
}
