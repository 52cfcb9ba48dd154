//! Images that are stored already, read from their files while they are sent. Whether one may be sent is for delivery's own
//! rules: here they run in a shell that looks things up, and makes none.

use std::sync::{Mutex, PoisonError};
use std::time::Instant;

use axum::body::Body;
use bytes::Bytes;
use darkroom_delivery::origin::Origins;
use darkroom_delivery::store::{Head, StoreError};
use darkroom_delivery::{
    Answer, Bounds, Decision, Delivery, Error, Fields, Image, Method, ObjectKey, Original, Outcome, Plan, Remote,
    Served, Shell, Source, Stored, Transformed, deliver, image_headers, plan, server_timing,
};
use darkroom_recipe::{Description, Recipe};
use futures_util::TryStreamExt;
use tokio::fs::File;
use tokio::io::{AsyncReadExt, AsyncSeekExt};
use tokio_util::io::ReaderStream;

use super::App;
use super::answers::PIECE;
use crate::store::{Error as Failed, Object, Store, content};

/// The answer, without its content; the content; and what is known of the image. None where nothing is stored that would be all of the answer: then
/// there is something to be made, or an error to be told.
pub(super) async fn find(
    app: &App,
    method: &str,
    path: &str,
    query: &str,
    fields: &Fields,
) -> Option<(Answer, Body, Image)> {
    let store = app.embedded.as_ref()?;
    let now = darkroom_host::clock::seconds();
    let Ok(Decision::Deliver(plan)) = plan(method, path, query, fields, &app.config.delivery, now) else { return None };
    // A source on another server has to be asked after, in turn.
    if matches!(plan.request.source, Source::Remote(_)) {
        return None;
    }
    let shell = Lookup { store, found: Mutex::new(None), started: Instant::now() };
    let Delivery { image, timings, later } = deliver(&shell, &plan).await.ok()?;
    let found = shell.found.into_inner().unwrap_or_else(PoisonError::into_inner);
    let (object, file) = found.filter(|_| later.is_empty())?;
    let (outcome, mut headers) = image_headers(&plan, &served(&image, object.size), &app.config.delivery, now);
    headers.push(server_timing(&timings));
    let answer = Answer { status: outcome.status(), headers, body: Bytes::new() };
    let body = body(&plan, outcome, &object, file).await?;
    tracing::info!(status = answer.status, "answered from a file");
    Some((answer, body, image))
}

fn served(image: &Image, length: u64) -> Served<'_> {
    let Image { media_type, etag, last_modified, provisional, reason, .. } = image;
    Served {
        media_type,
        length,
        etag,
        last_modified: *last_modified,
        provisional: *provisional,
        reason: reason.as_deref(),
    }
}

/// None where the file can't be read, or is damaged, as far as that is known before it is sent.
async fn body(plan: &Plan, outcome: Outcome, object: &Object, mut file: File) -> Option<Body> {
    match outcome {
        _ if plan.method == Method::Head => Some(Body::empty()),
        // A small one that is damaged is made again.
        Outcome::Whole if object.size <= PIECE as u64 => {
            let pieces: Vec<Bytes> = content(object, file, PIECE).try_collect().await.ok()?;
            Some(Body::from(pieces.concat()))
        }
        Outcome::Whole => Some(Body::from_stream(content(object, file, PIECE))),
        Outcome::Partial(range) => {
            file.seek(std::io::SeekFrom::Start(range.first)).await.ok()?;
            Some(Body::from_stream(ReaderStream::with_capacity(file.take(range.len()), PIECE)))
        }
        _ => Some(Body::empty()),
    }
}

/// Finds, and makes nothing.
struct Lookup<'a> {
    store: &'a Store,
    /// What was found last, which is what is sent if anything is.
    found: Mutex<Option<(Object, File)>>,
    started: Instant,
}

/// The answer to everything but a look.
fn not_stored<T>() -> Result<T, Error> {
    Err(Error::Internal("it is not stored".into()))
}

impl Shell for Lookup<'_> {
    type Store = Store;

    fn store(&self) -> &Store {
        self.store
    }

    fn source_bytes(&self) -> u64 {
        0
    }

    /// Without its bytes: they are sent from the file.
    async fn find(&self, object: &ObjectKey) -> Result<Option<Stored>, Error> {
        let (found, file) = match self.store.open_object(self.store.bucket(object.bucket), &object.key).await {
            Err(Failed::NotFound) => return Ok(None),
            other => other.map_err(|error| StoreError::from(error).about(&object.key))?,
        };
        let stored = Stored::read(Bytes::new(), &Head::from(&found));
        if stored.is_some() {
            *self.found.lock().unwrap_or_else(PoisonError::into_inner) = Some((found, file));
        }
        Ok(stored)
    }

    async fn keep(&self, _: &ObjectKey, _: &Stored) -> Result<(), Error> {
        not_stored()
    }

    async fn original(&self, _: &Source) -> Result<Original, Error> {
        not_stored()
    }

    fn origins(&self, _: &Remote) -> Result<&dyn Origins, Error> {
        not_stored()
    }

    async fn describe(&self, _: &Original) -> Result<Description, Error> {
        not_stored()
    }

    async fn transform(&self, _: &Original, _: &Recipe, _: Bounds) -> Result<Transformed, Error> {
        not_stored()
    }

    fn clock(&self) -> f64 {
        self.started.elapsed().as_secs_f64() * 1000.0
    }
}
