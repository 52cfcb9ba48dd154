//! Objects that are sent while they are read. What is wrong with one can't be told before it is read, so its last piece is
//! held back until then: whoever asked for a damaged one gets an answer that is cut off, which no client takes for a whole.

use std::io;

use bytes::Bytes;
use darkroom_delivery::hex;
use futures_util::{Stream, StreamExt, stream};
use s3s::crypto::{Checksum as _, Md5};
use tokio::fs::File;
use tokio::io::AsyncReadExt;
use tokio_util::io::ReaderStream;

use super::Object;

/// What is left to be done.
struct Reading {
    pieces: ReaderStream<tokio::io::Take<File>>,
    /// Of what was read so far, where it is known what it has to come to.
    md5: Option<(Md5, String)>,
    /// The last piece that was read.
    held: Option<Bytes>,
    left: u64,
    file: String,
}

/// All bytes of an object, from a file that begins with them, in pieces of at most `piece` bytes.
pub(crate) fn content(object: &Object, file: File, piece: usize) -> impl Stream<Item = io::Result<Bytes>> + use<> {
    let pieces = ReaderStream::with_capacity(file.take(object.size), piece);
    let md5 = object.md5.clone().map(|md5| (Md5::new(), md5));
    let reading = Reading { pieces, md5, held: None, left: object.size, file: object.file.clone() };
    stream::unfold(Some(reading), async |reading| {
        let mut reading = reading?;
        match reading.next().await {
            Ok(piece) => piece.map(|piece| (Ok(piece), Some(reading))),
            Err(error) => Some((Err(error), None)),
        }
    })
}

impl Reading {
    async fn next(&mut self) -> io::Result<Option<Bytes>> {
        loop {
            match self.pieces.next().await.transpose()? {
                Some(piece) => {
                    self.left = self.left.saturating_sub(piece.len() as u64);
                    if let Some((md5, _)) = &mut self.md5 {
                        md5.update(&piece);
                    }
                    if let Some(before) = self.held.replace(piece) {
                        return Ok(Some(before));
                    }
                }
                None => {
                    let as_stored = self.md5.take().is_none_or(|(md5, expected)| hex(&md5.finalize()) == expected);
                    if self.left > 0 || !as_stored {
                        tracing::error!(file = self.file, "an object is damaged: restore it, or delete it");
                        return Err(io::Error::other("the object is damaged"));
                    }
                    return Ok(self.held.take());
                }
            }
        }
    }
}
