use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use darkroom_delivery::{
    Answer, Config, Decision, Delivery, Error, Fields, Image, Later, Plan, Timing, Verified, deliver, finish, plan,
    plan_verified, respond_with,
};
use serde::{Deserialize, Serialize};
use tokio::sync::Semaphore;
use tokio::task::JoinHandle;
use tracing::Instrument;

use super::error::without_key;
use super::recent_keys::RecentKeys;
use super::shell::{HostShell, Services};
use super::single_flight::{Join, Leader, SingleFlight};
use crate::{StoreError, clock};

/// Answers image requests. Concurrent requests for the same image share one render, whose result is stored for later
/// requests.
pub struct Deliver {
    services: Arc<Services>,
    config: Arc<Config>,
    queue: Option<Arc<dyn JobQueue>>,
    originals: Arc<Semaphore>,
    background: Semaphore,
    flights: Arc<SingleFlight<Landed>>,
    recent: RecentKeys,
}

/// The result shared by all concurrent requests for one image.
type Landed = Result<(Image, Vec<Timing<'static>>), Error>;

/// The answer to a request.
#[derive(Debug)]
pub struct Answered {
    /// The response to send.
    pub answer: Answer,
    /// The complete image, for an HTTP cache; `None` for an error.
    pub image: Option<Image>,
    /// Completes when the image is stored and, if a better one is due, that is rendered or queued. `None` if there is
    /// nothing to do, or another request's task does it. The task continues if the handle is dropped.
    pub work: Option<JoinHandle<()>>,
}

/// Renders images in another process after their stand-ins have been sent.
#[async_trait]
pub trait JobQueue: Send + Sync {
    /// Queues a job for the other process, which passes it to [`Deliver::run`].
    ///
    /// # Errors
    /// If the other process can't be reached.
    async fn push(&self, job: &RenderJob) -> Result<(), StoreError>;
}

/// An image to render in another process. Accept jobs only from senders that may request any image, because a job
/// itself states what was verified.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RenderJob {
    /// The canonical path of the request.
    pub path: String,
    /// Its [`Verified`] in text form.
    pub verified: String,
}

/// How long a key that was started is not started again: the default lifetime of stand-ins.
const LATELY: Duration = Duration::from_secs(60);

impl Deliver {
    /// `config` must be valid. Better images are rendered through `queue`, or in this process if there is none.
    #[must_use]
    pub fn new(services: Services, config: Config, queue: Option<Arc<dyn JobQueue>>) -> Arc<Self> {
        let capacity = services.capacity;
        Arc::new(Self {
            services: Arc::new(services),
            config: Arc::new(config),
            queue,
            originals: Arc::new(Semaphore::new(capacity.originals)),
            background: Semaphore::new(capacity.background),
            flights: SingleFlight::new(),
            recent: RecentKeys::new(LATELY),
        })
    }

    /// Answers a client's request. `path` is percent-encoded; `query` excludes the `?`. Must be called within tokio.
    pub async fn handle(self: &Arc<Self>, method: &str, path: &str, query: &str, fields: &Fields) -> Answered {
        let now = clock::seconds();
        self.answer(plan(method, path, query, fields, &self.config, now), fields, now).await
    }

    /// Answers a request from a CDN that states what it has verified. Only the CDN may be able to send such requests.
    pub async fn handle_verified(
        self: &Arc<Self>,
        method: &str,
        path: &str,
        verified: &Verified,
        fields: &Fields,
    ) -> Answered {
        self.answer(plan_verified(method, path, verified, fields, &self.config), fields, clock::seconds()).await
    }

    /// Renders the image for which another process sent a stand-in, unless it already exists.
    ///
    /// # Errors
    /// The first error that occurs.
    pub async fn run(&self, job: &RenderJob) -> Result<(), Error> {
        let verified = Verified::read(Some(&job.verified));
        let decision = plan_verified("GET", &job.path, &verified, &Fields::default(), &self.config)?;
        let Decision::Deliver(plan) = decision else {
            return Ok(());
        };
        let shell = self.shell();
        let delivery = deliver(&shell, &plan).await?;
        finish(&shell, &plan, delivery.later).await
    }

    async fn answer(self: &Arc<Self>, decision: Result<Decision, Error>, fields: &Fields, now: u64) -> Answered {
        let (answer, image, work) = match decision {
            Ok(Decision::Deliver(plan)) => {
                let (landed, work) = self.land(&plan).await;
                let delivered = landed.map(|(image, timings)| Delivery { image, timings, later: Later::default() });
                let response = respond_with(&self.shell(), &plan, delivered, &self.config, now).await;
                if let Some(error) = response.error.filter(|error| error.status() >= 500) {
                    tracing::error!(reason = without_key(&error), "an image can't be had");
                }
                (response.answer, response.image, work)
            }
            Ok(Decision::Preflight) => (Answer::preflight(fields, &self.config), None, None),
            Err(error) => (Answer::error(&error, None, fields, &self.config), None, None),
        };
        tracing::info!(status = answer.status, bytes = answer.body.len(), "answered");
        Answered { answer, image, work }
    }

    /// Renders the image on a separate task, so that a disconnecting client doesn't cancel it for others.
    async fn land(self: &Arc<Self>, plan: &Plan) -> (Landed, Option<JoinHandle<()>>) {
        let key = plan.cache_key();
        loop {
            match self.flights.join(&key) {
                Join::Leader(leader) => {
                    let flight = leader.flight();
                    let work = tokio::spawn(Arc::clone(self).lead(plan.clone(), leader).in_current_span());
                    let crashed = || Err(Error::Internal("the delivery crashed".into()));
                    return (flight.wait().await.unwrap_or_else(crashed), Some(work));
                }
                Join::Follower(flight) => {
                    if let Some(landed) = flight.wait().await {
                        return (landed, None);
                    }
                }
            }
        }
    }

    /// Renders the image. Requests that arrive before it is stored share the result.
    async fn lead(self: Arc<Self>, plan: Plan, leader: Leader<Landed>) {
        let shell = self.shell();
        let later = match deliver(&shell, &plan).await {
            Ok(Delivery { image, timings, later }) => {
                leader.land(Ok((image, timings)));
                later
            }
            Err(error) => return leader.land(Err(error)),
        };
        let (keep, make) = later.split();
        report("an image is not stored", finish(&shell, &plan, keep).await);
        drop(leader);
        self.make(&shell, &plan, make).await;
    }

    /// Starts rendering the better image, unless that was started recently. If this process is at capacity, a later
    /// request starts it.
    async fn make(&self, shell: &HostShell, plan: &Plan, later: Later) {
        let Some(key) = later.makes().map(str::to_owned).filter(|key| self.recent.begin(key)) else { return };
        let Some(queue) = &self.queue else {
            match self.background.try_acquire() {
                Ok(_turn) => report("a better image is not made", finish(shell, plan, later).await),
                Err(_) => self.recent.forget(&key),
            }
            return;
        };
        drop(later); // drops the original too
        let job = RenderJob { path: plan.request.path(), verified: plan.verified.to_string() };
        if let Err(error) = queue.push(&job).await {
            tracing::warn!(%error, "a better image is not asked for");
            self.recent.forget(&key);
        }
    }

    fn shell(&self) -> HostShell {
        HostShell::new(Arc::clone(&self.services), Arc::clone(&self.originals))
    }
}

fn report(what: &str, result: Result<(), Error>) {
    if let Err(error) = result {
        tracing::warn!(status = error.status(), reason = without_key(&error), "{what}");
    }
}
