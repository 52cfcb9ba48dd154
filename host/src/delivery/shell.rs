use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use async_trait::async_trait;
use darkroom_delivery::origin::Origins;
use darkroom_delivery::store::{Get, Head, NewObject, Object, Store};
use darkroom_delivery::{Bounds, Error, ObjectKey, Original, Remote, Shell, Source, Transformed};
use darkroom_recipe::{Description, Limits, Recipe, Rendition};
use tokio::sync::OnceCell;
use tokio::task::spawn_blocking;
use tokio::time::timeout;

use super::deliver::Landed;
use super::error::RETRY_AFTER;
use super::single_flight::Audience;
use super::turns::{Turn, Turns, Wish};
use crate::pool::Share;
use crate::{Processor, StoreError};

/// The services that deliveries use.
pub struct Services {
    /// Originals and renditions.
    pub store: Arc<dyn Store>,
    /// The client for originals on other servers; `None` if such sources are refused.
    pub origins: Option<Arc<dyn Origins>>,
    /// The image core.
    pub processor: Arc<Processor>,
    /// The limits of an original.
    pub limits: Limits,
    /// Concurrency limits and timeouts.
    pub capacity: Capacity,
}

/// Concurrency limits and timeouts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Capacity {
    /// Originals held in memory that are worked on, or read from the store. 8 by default.
    pub originals: usize,
    /// Requests to other servers at one time: one that is slow keeps no place from what is at hand. 8 by default.
    pub fetches: usize,
    /// Requests that wait for either; more are told to come back (503). Those who have most waiting give way. 1024 by
    /// default.
    pub waiting: usize,
    /// Better images made after their answers, in this process. 1 by default.
    pub background: usize,
    /// How long a request waits for its turn; then it is told to come back (503). 10 seconds by default.
    pub queue: Duration,
    /// The timeout of one store call (504). 15 seconds by default.
    pub store: Duration,
}

impl Default for Capacity {
    fn default() -> Self {
        let (queue, store) = (Duration::from_secs(10), Duration::from_secs(15));
        Self { originals: 8, fetches: 8, waiting: 1024, background: 1, queue, store }
    }
}

/// The places that deliveries take.
#[derive(Clone)]
pub(crate) struct Places {
    pub(crate) originals: Arc<Turns>,
    pub(crate) fetches: Arc<Turns>,
}

impl Places {
    pub(crate) fn new(capacity: Capacity) -> Self {
        let turns = |places| Turns::new(places, capacity.waiting);
        Self { originals: turns(capacity.originals), fetches: turns(capacity.fetches) }
    }
}

/// For whom something is delivered.
pub(crate) struct Asker {
    /// Whose turn it is to be.
    pub(crate) client: String,
    /// Those who wait for it. None where it is done for its own sake.
    pub(crate) audience: Option<Audience<Landed>>,
}

/// What one delivery works with.
pub(crate) struct HostShell {
    services: Arc<Services>,
    store: InTime,
    places: Places,
    asker: Asker,
    /// Held from before the original's arrival from the store until the delivery is done.
    turn: OnceCell<Turn>,
    /// What came out of the image core, until the delivery is done.
    held: Mutex<Vec<Share>>,
    /// What was tried would end the same way again.
    hopeless: AtomicBool,
    started: Instant,
}

impl HostShell {
    pub(crate) fn new(services: Arc<Services>, places: Places, asker: Asker) -> Self {
        let store = InTime { store: Arc::clone(&services.store), allowed: services.capacity.store };
        let (turn, held, hopeless) = (OnceCell::new(), Mutex::default(), AtomicBool::new(false));
        Self { services, store, places, asker, turn, held, hopeless, started: Instant::now() }
    }

    /// Whether everybody has gone who waited for it.
    pub(crate) fn is_abandoned(&self) -> bool {
        self.asker.audience.as_ref().is_some_and(Audience::is_gone)
    }

    /// Whether the image core took too long, or crashed: it is pure, so it would again.
    pub(crate) fn is_hopeless(&self) -> bool {
        self.hopeless.load(Ordering::Relaxed)
    }

    /// A place, as soon as it is this client's turn. An error where that takes too long, or nobody waits any more.
    async fn take(&self, turns: &Arc<Turns>, source: &str) -> Result<Turn, Error> {
        let taken = turns.take(Wish { client: &self.asker.client, source }, self.services.capacity.queue);
        let taken = match &self.asker.audience {
            None => taken.await,
            Some(audience) => tokio::select! {
                taken = taken => taken,
                () = audience.gone() => None,
            },
        };
        taken.ok_or(Error::Saturated { retry_after: RETRY_AFTER })
    }

    /// A place for the original, which is this delivery's until its end.
    async fn take_place(&self, source: &Source) -> Result<(), Error> {
        let taken = || async { self.take(&self.places.originals, &source.name()).await };
        self.turn.get_or_try_init(taken).await.map(|_| ())
    }

    /// Runs on a separate thread, because it can take seconds and would block the runtime.
    async fn compute<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Processor, &Limits) -> Result<T, crate::Error> + Send + 'static,
    ) -> Result<T, Error> {
        if self.is_abandoned() {
            return Err(Error::Saturated { retry_after: RETRY_AFTER });
        }
        let services = Arc::clone(&self.services);
        let computed = spawn_blocking(move || work(&services.processor, &services.limits)).await;
        let computed = computed.unwrap_or_else(|error| Err(crate::Error::Internal(error.to_string())));
        computed.map_err(|error| {
            let defect =
                matches!(error, crate::Error::Trap(_) | crate::Error::Internal(_) | crate::Error::Memory { .. });
            if defect {
                tracing::error!(%error, "a defect: this image would fail again");
            }
            if defect || matches!(error, crate::Error::Deadline { .. }) {
                self.hopeless.store(true, Ordering::Relaxed);
            }
            error.into()
        })
    }
}

impl Shell for HostShell {
    type Store = InTime;

    fn store(&self) -> &InTime {
        &self.store
    }

    fn source_bytes(&self) -> u64 {
        self.services.limits.source_bytes
    }

    /// One from another server gets its place when it has arrived.
    async fn original(&self, source: &Source) -> Result<Original, Error> {
        let Source::Remote(remote) = source else {
            self.take_place(source).await?;
            return self.fetch(source).await;
        };
        let _fetch = self.take(&self.places.fetches, &remote.origin().to_string()).await?;
        let original = self.fetch(source).await?;
        self.take_place(source).await?;
        Ok(original)
    }

    async fn original_etag(&self, source: &Source) -> Result<String, Error> {
        let _fetch = match source {
            Source::Remote(remote) => Some(self.take(&self.places.fetches, &remote.origin().to_string()).await?),
            Source::Key(_) => None,
        };
        self.fetch_etag(source).await
    }

    fn origins(&self, remote: &Remote) -> Result<&dyn Origins, Error> {
        let refused =
            || Error::Forbidden { what: format!("source {}", remote.origin()), allowed: "must be a key".into() };
        self.services.origins.as_deref().ok_or_else(refused)
    }

    async fn describe(&self, original: &Original) -> Result<Description, Error> {
        let source = original.bytes.clone();
        self.compute(move |processor, limits| processor.describe(&source, limits)).await
    }

    async fn transform(&self, original: &Original, recipe: &Recipe, bounds: Bounds) -> Result<Transformed, Error> {
        let (started, source, recipe) = (Instant::now(), original.bytes.clone(), recipe.clone());
        let transform = move |processor: &Processor, limits: &Limits| {
            processor.transform(&source, &[recipe], &bounds.within(*limits))
        };
        let crate::Transformed { info, results } = self.compute(transform).await?;
        let missing = || Err(crate::Error::Internal("fewer results than recipes".into()));
        let rendition = results.into_iter().next().unwrap_or_else(missing);
        if let Ok(Rendition { format, bytes, .. }) = &rendition {
            let share = self.services.processor.hold(bytes.len() as u64);
            self.held.lock().unwrap_or_else(PoisonError::into_inner).push(share);
            let milliseconds = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX);
            tracing::info!(milliseconds, format = format.name(), bytes = bytes.len(), "image made");
        }
        Ok(Transformed { info, rendition: rendition.map_err(Error::from) })
    }

    fn clock(&self) -> f64 {
        self.started.elapsed().as_secs_f64() * 1000.0
    }
}

/// A store whose calls all have a timeout.
pub(crate) struct InTime {
    store: Arc<dyn Store>,
    allowed: Duration,
}

impl InTime {
    async fn ask<T>(&self, call: impl Future<Output = Result<T, StoreError>>) -> Result<T, StoreError> {
        let late = || format!("the store took more than {} s", self.allowed.as_secs_f64());
        timeout(self.allowed, call).await.unwrap_or_else(|_| Err(StoreError::Late(late())))
    }
}

#[async_trait]
impl Store for InTime {
    async fn get(&self, object: &ObjectKey, get: Get<'_>) -> Result<Object, StoreError> {
        self.ask(self.store.get(object, get)).await
    }

    async fn head(&self, object: &ObjectKey) -> Result<Head, StoreError> {
        self.ask(self.store.head(object)).await
    }

    async fn put(&self, object: NewObject) -> Result<(), StoreError> {
        self.ask(self.store.put(object)).await
    }

    fn deletes_derived(&self) -> bool {
        self.store.deletes_derived()
    }
}
