//! What an object's file says of itself, behind the object's bytes: so that the index can be made again of the files alone,
//! and each file be held against what was stored.
//!
//! `<bytes> <label: JSON> <the label's length: 4 bytes, little-endian> darkroom`. Who reads the bytes knows their number, and
//! never comes to the label. Earlier releases wrote files without one, and read those that have one.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};

use serde::{Deserialize, Serialize};

use super::index::{Attributes, Object};

const MAGIC: &[u8; 8] = b"darkroom";
/// Behind the label.
const END: u64 = 4 + MAGIC.len() as u64;
/// Keys have up to 1,024 bytes, and S3's metadata up to 2,048; JSON may take six for one.
const MOST: u64 = 64 << 10;

/// Everything that is known about an object, but where its file is.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Label {
    pub(super) bucket: String,
    pub(super) key: String,
    pub(super) size: u64,
    pub(super) etag: String,
    pub(super) md5: String,
    pub(super) modified: u64,
    pub(super) attributes: Attributes,
}

impl Label {
    /// Of an object whose digest is known; none of any other.
    pub(super) fn of(bucket: &str, object: &Object) -> Option<Self> {
        let Object { key, size, etag, modified, attributes, .. } = object.clone();
        Some(Self { bucket: bucket.to_owned(), key, size, etag, md5: object.md5.clone()?, modified, attributes })
    }

    /// As it stands in a file.
    pub(super) fn bytes(&self) -> io::Result<Vec<u8>> {
        let mut bytes = serde_json::to_vec(self)?;
        let length = u32::try_from(bytes.len()).map_err(io::Error::other)?;
        bytes.extend_from_slice(&length.to_le_bytes());
        bytes.extend_from_slice(MAGIC);
        Ok(bytes)
    }

    /// The label of a file; none where it has none that can be read.
    pub(super) fn read(file: &mut File) -> io::Result<Option<Self>> {
        let length = file.metadata()?.len();
        let Some(end) = length.checked_sub(END) else { return Ok(None) };
        file.seek(SeekFrom::Start(end))?;
        let (mut digits, mut magic) = ([0; 4], [0; MAGIC.len()]);
        file.read_exact(&mut digits)?;
        file.read_exact(&mut magic)?;
        let label = u64::from(u32::from_le_bytes(digits));
        let Some(start) = end.checked_sub(label).filter(|_| magic == *MAGIC && label <= MOST) else { return Ok(None) };
        file.seek(SeekFrom::Start(start))?;
        let mut text = Vec::new();
        file.take(label).read_to_end(&mut text)?;
        let label: Option<Self> = serde_json::from_slice(&text).ok();
        Ok(label.filter(|label| label.size == start))
    }
}

impl From<Label> for Object {
    fn from(label: Label) -> Self {
        let Label { key, size, etag, md5, modified, attributes, .. } = label;
        let (file, md5) = (String::new(), Some(md5));
        Self { key, file, size, length: size, etag, md5, modified, attributes, rendition: false }
    }
}
