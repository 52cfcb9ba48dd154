//! BMP: a header that tells where the pixels are, and a bitmap.

use std::borrow::Cow;

use darkroom_recipe::{Format, Orientation};

use super::dib::Dib;
use super::{Decode, Decoded, Header, Opened, too_short};
use crate::Error;
use crate::budget::Budget;

const FILE_HEADER: usize = 14;

/// A file, until its image is read.
struct Bmp<'a> {
    source: Option<Cow<'a, [u8]>>,
    damage: Option<Error>,
}

/// Reads the headers.
pub(super) fn open(source: Cow<'_, [u8]>) -> Result<Opened<'_>, Error> {
    let dib = bitmap(&source)?;
    let header = Header {
        format: Format::Bmp,
        size: dib.size,
        orientation: Orientation::default(),
        frames: 1,
        alpha: dib.alpha(),
        bits_per_channel: 8,
        icc: dib.profile.map(<[u8]>::to_vec),
        exif: None,
        metadata: false,
    };
    Ok((header, Box::new(Bmp { source: Some(source), damage: None })))
}

fn bitmap(source: &[u8]) -> Result<Dib<'_>, Error> {
    let (header, bitmap) = source.split_at_checked(FILE_HEADER).ok_or_else(too_short)?;
    let [.., a, b, c, d] = header else { return Err(too_short()) };
    let at = (u32::from_le_bytes([*a, *b, *c, *d]) as usize).checked_sub(FILE_HEADER);
    Dib::open(bitmap, at)
}

impl<'a> Decode<'a> for Bmp<'a> {
    fn next_frame(&mut self, _: u32, budget: &Budget) -> Result<Option<Decoded>, Error> {
        let Some(source) = self.source.take() else { return Ok(None) };
        let (decoded, damage) = bitmap(&source)?.decode(budget)?;
        self.damage = damage;
        Ok(Some(decoded))
    }

    fn damage(&self) -> Option<Error> {
        self.damage.clone()
    }
}
