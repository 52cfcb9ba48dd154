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
use super::failures::Failures;
use super::recent_keys::RecentKeys;
use super::shell::{Asker, HostShell, Places, Services};
use super::single_flight::{Join, Leader, SingleFlight};
use crate::{StoreError, clock};

/// Answers image requests. Concurrent requests for the same image share one render, whose result is stored for later
/// requests.
pub struct Deliver {
    services: Arc<Services>,
    config: Arc<Config>,
    queue: Option<Arc<dyn JobQueue>>,
    places: Places,
    background: Semaphore,
    flights: Arc<SingleFlight<Landed>>,
    recent: RecentKeys,
    failures: Failures,
}

/// What all get who asked for one image.
pub(super) type Landed = Result<(Image, Vec<Timing<'static>>), Error>;

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

/// For how long nobody else begins what was begun: as long as stand-ins are kept by default. And nobody begins again what
/// took too long, or crashed.
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
            places: Places::new(capacity),
            background: Semaphore::new(capacity.background),
            flights: SingleFlight::new(),
            recent: RecentKeys::new(LATELY),
            failures: Failures::new(LATELY),
        })
    }

    /// Answers a client's request. `path` is still encoded; `query` is without its `?`. `client` is whose turn it is to be
    /// where many ask: such as an address. Where the answer is not waited for, it is not begun; what is begun is finished. To
    /// be called within tokio.
    pub async fn handle(
        self: &Arc<Self>,
        client: &str,
        method: &str,
        path: &str,
        query: &str,
        fields: &Fields,
    ) -> Answered {
        let now = clock::seconds();
        self.answer(client, plan(method, path, query, fields, &self.config, now), fields, now).await
    }

    /// Answers a request from a CDN that states what it has verified. Only the CDN may be able to send such requests.
    pub async fn handle_verified(
        self: &Arc<Self>,
        method: &str,
        path: &str,
        verified: &Verified,
        fields: &Fields,
    ) -> Answered {
        self.answer("", plan_verified(method, path, verified, fields, &self.config), fields, clock::seconds()).await
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
        let shell = self.shell("");
        let delivery = deliver(&shell, &plan).await?;
        finish(&shell, &plan, delivery.later).await
    }

    async fn answer(
        self: &Arc<Self>,
        client: &str,
        decision: Result<Decision, Error>,
        fields: &Fields,
        now: u64,
    ) -> Answered {
        let (answer, image, work) = match decision {
            Ok(Decision::Deliver(plan)) => {
                let (landed, work) = self.land(client, &plan).await;
                let delivered = landed.map(|(image, timings)| Delivery { image, timings, later: Later::default() });
                let response = respond_with(&self.shell(client), &plan, delivered, &self.config, now).await;
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

    /// The image, made on a task of its own: a client that goes away takes nobody else's image along.
    async fn land(self: &Arc<Self>, client: &str, plan: &Plan) -> (Landed, Option<JoinHandle<()>>) {
        let key = plan.cache_key();
        if let Some(error) = self.failures.of(&key) {
            return (Err(error), None);
        }
        loop {
            match self.flights.join(&key) {
                Join::Leader(leader) => {
                    let flight = leader.flight();
                    let asker = Asker { client: client.to_owned(), audience: Some(leader.audience()) };
                    let shell = HostShell::new(Arc::clone(&self.services), self.places.clone(), asker);
                    let work = tokio::spawn(Arc::clone(self).lead(shell, plan.clone(), leader).in_current_span());
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

    /// Whoever asks until the image is stored gets this one.
    async fn lead(self: Arc<Self>, shell: HostShell, plan: Plan, leader: Leader<Landed>) {
        let later = match deliver(&shell, &plan).await {
            Ok(Delivery { image, timings, later }) => {
                leader.land(Ok((image, timings)));
                later
            }
            // Who has come in the last moment begins anew.
            Err(Error::Saturated { .. }) if shell.is_abandoned() => return,
            Err(error) => {
                if shell.is_hopeless() {
                    self.failures.remember(&plan.cache_key(), &error);
                }
                return leader.land(Err(error));
            }
        };
        let (keep, make) = later.split();
        report("an image is not stored", finish(&shell, &plan, keep).await);
        drop(leader);
        self.make(&shell, &plan, make).await;
    }

    /// Begins what is to be better, unless it was begun lately. Where too much is being made, or somebody waits for his
    /// turn, a later answer does it.
    async fn make(&self, shell: &HostShell, plan: &Plan, later: Later) {
        let Some(key) = later.makes().map(str::to_owned).filter(|key| self.recent.begin(key)) else { return };
        let Some(queue) = &self.queue else {
            match self.background.try_acquire() {
                Ok(_turn) if self.places.originals.is_idle() => {
                    report("a better image is not made", finish(shell, plan, later).await);
                }
                _ => self.recent.forget(&key),
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

    /// For what is done whoever waits.
    fn shell(&self, client: &str) -> HostShell {
        let asker = Asker { client: client.to_owned(), audience: None };
        HostShell::new(Arc::clone(&self.services), self.places.clone(), asker)
    }
}

fn report(what: &str, result: Result<(), Error>) {
    if let Err(error) = result {
        tracing::warn!(status = error.status(), reason = without_key(&error), "{what}");
    }
}
