//! What happens to uploads, for those who watch: a step each, and the outcome.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use darkroom_delivery::store::NewObject;
use darkroom_host::StoreError;
use darkroom_host::clock::since_1970;
use darkroom_host::objects::Buckets;
use darkroom_host::pipeline::{self, Notification, Settings, Upload};
use darkroom_host::topic::Topic;
use darkroom_recipe::Preset;
use serde_json::{Value, json};
use tokio::sync::broadcast;

use crate::webhook::Outbox;

/// Kept for who comes late or again.
const KEPT: usize = 1000;

/// One event of one user's.
#[derive(Clone, Debug)]
pub(crate) struct Event {
    /// Grows by one; begins anew with each start.
    pub(crate) number: u64,
    pub(crate) user: String,
    /// `step`, `completed` or `failed`.
    pub(crate) name: &'static str,
    /// JSON.
    pub(crate) data: String,
}

/// Hands events to all who listen, and keeps the last ones.
pub(crate) struct Hub {
    sender: broadcast::Sender<Arc<Event>>,
    recent: Mutex<VecDeque<Arc<Event>>>,
    /// Steps of one image.
    steps: u32,
    /// For those who are told: they know buckets by their names.
    buckets: Buckets,
}

/// Who an image is, and how far it has come.
pub(crate) struct Progress {
    pub(crate) hub: Arc<Hub>,
    pub(crate) upload: Upload,
    pub(crate) attempt: u32,
    done: Mutex<u32>,
}

impl Hub {
    pub(crate) fn new(settings: &Settings) -> Arc<Self> {
        let formats = |preset: &Preset| {
            1 + settings.formats.iter().filter(|format| **format != preset.recipe.encoding.format).count()
        };
        let stored: usize = settings.presets.iter().map(formats).sum();
        let buckets = settings.buckets.clone();
        let steps = u32::try_from(stored).unwrap_or(u32::MAX).saturating_add(4);
        Arc::new(Self { sender: broadcast::channel(KEPT).0, recent: Mutex::default(), steps, buckets })
    }

    /// Events after the one with this number, as far as they are kept, and then those to come.
    pub(crate) fn listen(&self, after: Option<u64>) -> (Vec<Arc<Event>>, broadcast::Receiver<Arc<Event>>) {
        let recent = self.recent.lock().unwrap_or_else(PoisonError::into_inner);
        let missed = recent.iter().filter(|event| after.is_some_and(|after| event.number > after)).cloned();
        (missed.collect(), self.sender.subscribe())
    }

    fn send(&self, user: &str, name: &'static str, data: String) {
        let mut recent = self.recent.lock().unwrap_or_else(PoisonError::into_inner);
        let number = recent.back().map_or(1, |last| last.number + 1);
        let event = Arc::new(Event { number, user: user.into(), name, data });
        if recent.len() == KEPT {
            recent.pop_front();
        }
        recent.push_back(Arc::clone(&event));
        // Nobody may be listening.
        let _ = self.sender.send(event);
    }

    /// A new original is there.
    pub(crate) fn uploaded(&self, upload: &Upload) {
        self.step(upload, "uploaded", 0, 1, json!({"bytes": upload.size}));
    }

    /// Nobody is told any more what has happened to an original that is gone.
    pub(crate) fn forget(&self, key: &str) {
        let about = |event: &Event| {
            let data: Value = serde_json::from_str(&event.data).unwrap_or_default();
            data["key"] == key || data["originalKey"] == key
        };
        self.recent.lock().unwrap_or_else(PoisonError::into_inner).retain(|event| !about(event));
    }

    fn step(&self, upload: &Upload, step: &str, attempt: u32, done: u32, mut facts: Value) {
        facts["imageId"] = json!(upload.image_id);
        facts["key"] = json!(upload.key.to_string());
        facts["step"] = json!(step);
        facts["attempt"] = json!(attempt);
        facts["done"] = json!(done.min(self.steps));
        facts["of"] = json!(self.steps);
        facts["at"] = json!(u64::try_from(since_1970().as_millis()).unwrap_or(u64::MAX));
        self.send(upload.key.user(), "step", facts.to_string());
    }
}

impl Progress {
    pub(crate) fn begin(hub: Arc<Hub>, upload: Upload, attempt: u32) -> Self {
        let progress = Self { hub, upload, attempt, done: Mutex::new(1) };
        progress.step("started", json!({}));
        progress
    }

    /// It did not work this time.
    pub(crate) fn waits(&self) {
        self.hub.step(&self.upload, "waits", self.attempt, 1, json!({}));
    }

    fn step(&self, step: &str, facts: Value) {
        let mut done = self.done.lock().unwrap_or_else(PoisonError::into_inner);
        *done += 1;
        self.hub.step(&self.upload, step, self.attempt, *done, facts);
    }
}

impl pipeline::Progress for Progress {
    fn read(&self) {
        self.step("read", json!({}));
    }

    fn stored(&self, new: &NewObject) {
        let bucket = self.hub.buckets.name(new.object.bucket);
        let (key, bytes, media_type) = (&new.object.key, new.bytes.len(), new.content_type);
        self.step("stored", json!({"bucket": bucket, "object": key, "bytes": bytes, "type": media_type}));
    }

    fn recorded(&self) {
        self.step("recorded", json!({}));
    }
}

/// Everyone who is told of outcomes.
pub(crate) struct Outcomes {
    pub(crate) hub: Arc<Hub>,
    pub(crate) outbox: Option<Outbox>,
    pub(crate) topic: Option<Arc<dyn Topic>>,
}

#[async_trait]
impl Topic for Outcomes {
    /// The webhook's message is kept before anyone is told, so that a restart still sends it.
    async fn publish(&self, notification: &Notification) -> Result<(), StoreError> {
        let Notification { user_id, status, notification_message, .. } = notification;
        if let Some(outbox) = &self.outbox {
            outbox.push(notification).await?;
        }
        if let Some(topic) = &self.topic {
            topic.publish(notification).await?;
        }
        let name = if status == "completed" { "completed" } else { "failed" };
        self.hub.send(user_id, name, notification_message.clone());
        Ok(())
    }
}
