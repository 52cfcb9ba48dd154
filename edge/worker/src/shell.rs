use std::cell::RefCell;
use std::rc::Rc;

use darkroom_delivery::{
    Bounds, Bucket, Error, ObjectKey, Original, Shell, Source, Stamp, Stored, Transformed, known_media_type,
};
use darkroom_recipe::{Description, Recipe};
use worker::{Date, Env};

use crate::buckets::{Object, Store};
use crate::settings::{Place, Settings};
use crate::slots::{self, Slot};
use crate::{processor, remote};

/// What one request reaches the world through.
pub(crate) struct WorkerShell {
    settings: Rc<Settings>,
    raw: Store,
    processed: Store,
    thumbnails: Store,
    /// Held from the original's arrival until the request is done.
    slot: RefCell<Option<Slot>>,
}

impl WorkerShell {
    pub(crate) fn new(env: &Env, settings: Rc<Settings>) -> Result<Self, Error> {
        let open = |place: &Place| Store::open(place, env, &settings);
        let (raw, processed, thumbnails) =
            (open(&settings.buckets.raw)?, open(&settings.buckets.processed)?, open(&settings.buckets.thumbnails)?);
        Ok(Self { raw, processed, thumbnails, settings, slot: RefCell::default() })
    }

    fn store(&self, bucket: Bucket) -> &Store {
        match bucket {
            Bucket::Raw => &self.raw,
            Bucket::Processed => &self.processed,
            Bucket::Thumbnails => &self.thumbnails,
        }
    }
}

impl Shell for WorkerShell {
    async fn find(&self, object: &ObjectKey) -> Result<Option<Stored>, Error> {
        let limit = self.settings.limits.source_bytes;
        let Some(Object { bytes, head }) = self.store(object.bucket).get(&object.key, limit).await? else {
            return Ok(None);
        };
        let stamp = Stamp::read(|name| head.metadata.get(name).map(String::as_str));
        let stored = |(stamp, media_type)| Stored { bytes, media_type, stamp, last_modified: head.last_modified };
        Ok(stamp.zip(known_media_type(&head.media_type)).map(stored))
    }

    async fn keep(&self, object: &ObjectKey, stored: &Stored) -> Result<(), Error> {
        if !self.settings.limits.keeps(stored.bytes.len()) {
            return Ok(()); // an original that is sent as it is
        }
        self.store(object.bucket).put(&object.key, stored).await
    }

    async fn original(&self, source: &Source) -> Result<Original, Error> {
        let Settings { delivery, limits, .. } = &*self.settings;
        if self.slot.borrow().is_none() {
            let slot = slots::take(limits).await?;
            self.slot.replace(Some(slot));
        }
        match source {
            Source::Remote(remote) => remote::original(remote, delivery, limits).await,
            Source::Key(key) => match self.raw.get(key.as_str(), limits.source_bytes).await? {
                Some(Object { bytes, head }) => {
                    Ok(Original { bytes, etag: head.etag, last_modified: head.last_modified })
                }
                None => Err(Error::NotFound(key.to_string())),
            },
        }
    }

    async fn original_etag(&self, source: &Source) -> Result<String, Error> {
        match source {
            Source::Remote(remote) => remote::etag(remote, &self.settings.delivery, &self.settings.limits).await,
            Source::Key(key) => match self.raw.head(key.as_str()).await? {
                Some(head) => Ok(head.etag),
                None => Err(Error::NotFound(key.to_string())),
            },
        }
    }

    async fn describe(&self, original: &Original) -> Result<Description, Error> {
        processor::description(&original.bytes, &self.settings.limits)
    }

    async fn transform(&self, original: &Original, recipe: &Recipe, bounds: Bounds) -> Result<Transformed, Error> {
        processor::render(&original.bytes, recipe, &self.settings.limits, bounds)
    }

    /// Stands still while the Worker computes, as all its clocks do; stores and origins it does measure.
    fn clock(&self) -> f64 {
        Date::now().as_millis() as f64
    }
}
