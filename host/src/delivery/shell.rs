use std::sync::Arc;
use std::time::{Duration, Instant};

use async_trait::async_trait;
use darkroom_delivery::origin::Origins;
use darkroom_delivery::store::{Get, Head, NewObject, Object, Store};
use darkroom_delivery::{Bounds, Error, ObjectKey, Original, Remote, Shell, Transformed};
use darkroom_recipe::{Description, Limits, Recipe, Rendition};
use tokio::sync::{OnceCell, OwnedSemaphorePermit, Semaphore};
use tokio::task::spawn_blocking;
use tokio::time::timeout;

use super::error::RETRY_AFTER;
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
    /// Originals held in memory at once. 8 by default.
    pub originals: usize,
    /// Better images rendered concurrently in this process after their responses. 1 by default.
    pub background: usize,
    /// How long a request waits for permission to hold an original before it is refused with 503. 10 seconds by
    /// default.
    pub queue: Duration,
    /// The timeout of one store call (504). 15 seconds by default.
    pub store: Duration,
}

impl Default for Capacity {
    fn default() -> Self {
        Self { originals: 8, background: 1, queue: Duration::from_secs(10), store: Duration::from_secs(15) }
    }
}

/// The state of one delivery.
pub(crate) struct HostShell {
    services: Arc<Services>,
    store: InTime,
    originals: Arc<Semaphore>,
    /// Held from before the original is fetched until the delivery is complete.
    turn: OnceCell<OwnedSemaphorePermit>,
    started: Instant,
}

impl HostShell {
    pub(crate) fn new(services: Arc<Services>, originals: Arc<Semaphore>) -> Self {
        let store = InTime { store: Arc::clone(&services.store), allowed: services.capacity.store };
        Self { services, store, originals, turn: OnceCell::new(), started: Instant::now() }
    }

    /// Runs on a separate thread, because it can take seconds and would block the runtime.
    async fn compute<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Processor, &Limits) -> Result<T, crate::Error> + Send + 'static,
    ) -> Result<T, Error> {
        let services = Arc::clone(&self.services);
        let computed = spawn_blocking(move || work(&services.processor, &services.limits)).await;
        let computed = computed.unwrap_or_else(|error| Err(crate::Error::Internal(error.to_string())));
        computed.map_err(|error| {
            if matches!(error, crate::Error::Trap(_) | crate::Error::Internal(_) | crate::Error::Memory { .. }) {
                tracing::error!(%error, "a defect: this image would fail again");
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

    async fn admit(&self) -> Result<(), Error> {
        let take = || async {
            let acquired = timeout(self.services.capacity.queue, Arc::clone(&self.originals).acquire_owned()).await;
            acquired.ok().and_then(Result::ok).ok_or(Error::Saturated { retry_after: RETRY_AFTER })
        };
        self.turn.get_or_try_init(take).await.map(|_| ())
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
}
