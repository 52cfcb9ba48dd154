//! The `meta` box: the items, their positions and their references (ISO/IEC 14496-12 §8.11).

use std::borrow::Cow;
use std::collections::BTreeMap;

use crate::Error;
use crate::location::{self, Location};
use crate::properties::{self, Association, Property};
use crate::reader::{Code, Reader};

/// The items of a file, with their properties and references.
#[derive(Default)]
pub(crate) struct Meta<'a> {
    source: &'a [u8],
    idat: &'a [u8],
    pub(crate) primary: u32,
    items: BTreeMap<u32, Item<'a>>,
    locations: BTreeMap<u32, Location>,
    properties: Vec<Property<'a>>,
    associations: BTreeMap<u32, Vec<Association>>,
    references: Vec<Reference>,
}

/// An entry of `iinf`.
pub(crate) struct Item<'a> {
    pub(crate) kind: Code,
    /// The media type of an item of type `mime`.
    pub(crate) media_type: &'a [u8],
}

struct Reference {
    kind: Code,
    from: u32,
    to: Vec<u32>,
}

impl<'a> Meta<'a> {
    /// Parses the `meta` box among the file's top-level boxes.
    pub(crate) fn read(source: &'a [u8]) -> Result<Self, Error> {
        let mut file = Reader(source);
        while let Some(part) = file.part()? {
            if &part.kind == b"meta" {
                return Self { source, ..Self::default() }.fill(part.body);
            }
        }
        Err(Error::Unsupported("no still image in the file: it has no `meta` box".into()))
    }

    fn fill(mut self, mut body: Reader<'a>) -> Result<Self, Error> {
        body.version()?;
        while let Some(part) = body.part()? {
            let mut body = part.body;
            match &part.kind {
                b"hdlr" => handler(body)?,
                b"pitm" => self.primary = body.version().and_then(|(version, _)| body.id(version > 0))?,
                b"iinf" => self.items = items(body)?,
                b"iloc" => self.locations = location::read(body)?,
                b"iref" => self.references = references(body)?,
                b"iprp" => (self.properties, self.associations) = properties::read(body)?,
                b"idat" => self.idat = body.0,
                _ => {}
            }
        }
        Ok(self)
    }

    pub(crate) fn item(&self, id: u32) -> Result<&Item<'a>, Error> {
        self.items.get(&id).ok_or(Error::Malformed("an item that is referred to is not in `iinf`"))
    }

    pub(crate) fn items(&self) -> impl Iterator<Item = (u32, &Item<'a>)> {
        self.items.iter().map(|(id, item)| (*id, item))
    }

    /// An item's bytes, borrowed from the file if they are contiguous.
    pub(crate) fn data(&self, id: u32) -> Result<Cow<'a, [u8]>, Error> {
        let location = self.locations.get(&id).ok_or(Error::Malformed("an item has no entry in `iloc`"))?;
        location.data(self.source, self.idat)
    }

    /// An item's properties, in order, and whether each is essential.
    pub(crate) fn properties(&self, id: u32) -> impl Iterator<Item = (&Property<'a>, bool)> {
        let associations = self.associations.get(&id).map_or(&[][..], Vec::as_slice);
        associations.iter().filter_map(|association| {
            // Properties are numbered from 1; 0 means none.
            let property = self.properties.get(association.property.checked_sub(1)?)?;
            Some((property, association.essential))
        })
    }

    /// The items that `id` refers to, in order.
    pub(crate) fn targets(&self, id: u32, kind: Code) -> impl Iterator<Item = u32> {
        let references = self.references.iter().filter(move |reference| reference.from == id && reference.kind == kind);
        references.flat_map(|reference| reference.to.iter().copied())
    }

    /// The items that refer to `id`.
    pub(crate) fn sources(&self, id: u32, kind: Code) -> impl Iterator<Item = u32> {
        let references = self.references.iter().filter(move |reference| reference.kind == kind);
        references.filter(move |reference| reference.to.contains(&id)).map(|reference| reference.from)
    }
}

fn handler(mut body: Reader<'_>) -> Result<(), Error> {
    body.version()?;
    body.u32()?;
    match &body.code()? {
        b"pict" => Ok(()),
        _ => Err(Error::Unsupported("no still image in the file: its `meta` box is not of pictures".into())),
    }
}

fn items(mut body: Reader<'_>) -> Result<BTreeMap<u32, Item<'_>>, Error> {
    let (version, _) = body.version()?;
    body.id(version > 0)?;
    let mut items = BTreeMap::new();
    while let Some(part) = body.part()? {
        let mut entry = part.body;
        let (version, _) = entry.version()?;
        // Versions 0 and 1 are for protected items in files without images.
        if &part.kind != b"infe" || version < 2 {
            continue;
        }
        let id = entry.id(version > 2)?;
        let protection = entry.u16()?;
        let kind = entry.code()?;
        entry.text();
        let media_type = if &kind == b"mime" { entry.text() } else { &[] };
        if protection == 0 {
            items.insert(id, Item { kind, media_type });
        }
    }
    Ok(items)
}

fn references(mut body: Reader<'_>) -> Result<Vec<Reference>, Error> {
    let (version, _) = body.version()?;
    let mut references = Vec::new();
    while let Some(part) = body.part()? {
        let mut body = part.body;
        let from = body.id(version > 0)?;
        let count = body.u16()?;
        let to = (0..count).map(|_| body.id(version > 0)).collect::<Result<_, _>>()?;
        references.push(Reference { kind: part.kind, from, to });
    }
    Ok(references)
}
