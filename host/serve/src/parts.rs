//! Puts the server together: stores, queue, workers and delivery.

use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use darkroom_host::Processor;
use darkroom_host::delivery::{Capacity, Deliver, World};
use darkroom_host::handlers::{Metadata, Presign, Process};
use darkroom_host::objects::{Objects, S3};
use darkroom_host::pipeline::{Images, Settings, UploadEvent};
use darkroom_host::records::DynamoDb;
use darkroom_host::topic::{Sns, Topic};
use s3s::auth::SimpleAuth;
use s3s::config::{S3Config, StaticConfigProvider};
use s3s::service::{S3Service, S3ServiceBuilder};
use tokio::sync::{Notify, Semaphore};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use crate::client::{Reach, client};
use crate::config::{Config, StoreKind};
use crate::embedded::{Credentials, InProcess, Tables, config as in_process};
use crate::events::{Hub, Outcomes};
use crate::metrics::emit;
use crate::queue::{LocalQueue, Queue, Sqs, created};
use crate::remotes::Web;
use crate::server::{App, DOCUMENT, Room};
use crate::store::{Limits, Noticed, Rules, Store};
use crate::watch::Watched;
use crate::webhook::{Outbox, Sender};
use crate::worker::Worker;

/// The server's parts.
pub(crate) struct Parts {
    pub(crate) app: App,
    /// End by themselves when it is to stop.
    pub(crate) workers: JoinSet<()>,
}

/// Where things are kept.
struct Stores {
    objects: Arc<dyn Objects>,
    records: Arc<DynamoDb>,
    queue: Option<Arc<dyn Queue>>,
    topic: Option<Arc<dyn Topic>>,
    s3: Option<S3Service>,
    local: Option<Store>,
}

/// How often items whose time is over are looked for.
const SWEEP: Duration = Duration::from_secs(3600);

/// Begins with what an earlier process left to be done.
pub(crate) async fn start(
    config: Config,
    processor: Arc<Processor>,
    stop: &CancellationToken,
) -> anyhow::Result<Parts> {
    let settings = Arc::new(config.settings()?);
    let hub = Hub::new(&settings);
    let mut workers = JoinSet::new();
    let arrived = Arc::new(Notify::new());
    let noticed = noticed(Arc::clone(&hub), Arc::clone(&arrived), settings.buckets.raw.clone());
    let rules = Rules::new(config.limits.rendition_bytes, &settings);
    let store = Store::open(&config.data, limits(&config), rules, noticed)?;
    let stores = match config.store {
        StoreKind::Embedded => embedded(&config, &store, arrived, &mut workers, stop)?,
        StoreKind::Aws => aws(&config).await,
    };
    let outbox = config.webhook.as_ref().map(|_| Outbox::new(store.clone()));
    if let (Some(webhook), Some(outbox)) = (config.webhook.clone(), outbox.clone()) {
        let sender = Sender { outbox, client: client(Reach::Anywhere)?, config: webhook };
        workers.spawn(sender.run(stop.clone()));
    }
    let outcomes = Arc::new(Outcomes { hub: Arc::clone(&hub), outbox, topic: stores.topic.clone() });
    for _ in 0..config.workers() {
        let Some(queue) = stores.queue.clone() else { break };
        let process = process(&stores, &settings, &processor, Arc::clone(&outcomes));
        let worker = Arc::new(Worker { queue, process, hub: Arc::clone(&hub) });
        workers.spawn(worker.run(stop.clone()));
    }
    let app = app(config, stores, settings, processor, hub, stop)?;
    Ok(Parts { app, workers })
}

fn app(
    config: Config,
    stores: Stores,
    settings: Arc<Settings>,
    processor: Arc<Processor>,
    hub: Arc<Hub>,
    stop: &CancellationToken,
) -> anyhow::Result<App> {
    let Stores { objects, records, queue, s3, local, .. } = stores;
    let instances = usize::try_from(config.options().instances.get()).unwrap_or(usize::MAX);
    let world = World {
        objects: Arc::clone(&objects),
        remotes: remotes(&config)?,
        processor: Arc::clone(&processor),
        buckets: settings.buckets.clone(),
        limits: settings.limits,
        // While one is rendered, another one is read or written.
        capacity: Capacity { originals: instances.saturating_mul(2), ..Capacity::default() },
    };
    Ok(App {
        deliver: Deliver::new(world, config.delivery.clone(), None),
        presign: Presign { objects, settings },
        records,
        queue,
        s3,
        store: local,
        hub,
        processor,
        deliveries: Semaphore::new(instances.saturating_add(config.limits.queue)),
        room: Room::new(config.limits.answer_bytes),
        stop: stop.clone(),
        config,
    })
}

/// None where no origin is allowed.
fn remotes(config: &Config) -> anyhow::Result<Option<Arc<dyn darkroom_host::delivery::Remotes>>> {
    let origins = config.delivery.remote_origins.clone();
    if origins.is_empty() {
        return Ok(None);
    }
    let client = client(Reach::Public(config.private_hosts.clone().into()))?;
    let timeout = Duration::from_secs(config.limits.origin_seconds);
    Ok(Some(Arc::new(Web { client, origins, limit: config.uploads.max_bytes, timeout })))
}

fn process(stores: &Stores, settings: &Arc<Settings>, processor: &Arc<Processor>, outcomes: Arc<Outcomes>) -> Process {
    let objects = Arc::clone(&stores.objects);
    let records = Arc::new(Watched(Arc::clone(&stores.records)));
    Process {
        images: Images { objects, processor: Arc::clone(processor), settings: Arc::clone(settings) },
        metadata: Metadata { records, settings: Arc::clone(settings), emit },
        topic: outcomes,
        emit,
    }
}

/// Tells watchers of a new original, and wakes a worker.
fn noticed(hub: Arc<Hub>, arrived: Arc<Notify>, raw: String) -> Noticed {
    Arc::new(move |object| {
        let event = serde_json::from_value(created(&raw, &object.key, object.size, &object.etag));
        if let Some(upload) = event.ok().and_then(|event: UploadEvent| event.upload(&raw).ok()) {
            hub.uploaded(&upload);
        }
        arrived.notify_one();
    })
}

fn limits(config: &Config) -> Limits {
    let buckets = config.buckets.clone();
    let raw = buckets.raw.clone();
    Limits { buckets: [buckets.raw, buckets.processed, buckets.thumbnails], raw, bytes: config.uploads.max_bytes }
}

/// S3 and DynamoDB in this process, and the store's own queue.
fn embedded(
    config: &Config,
    store: &Store,
    arrived: Arc<Notify>,
    workers: &mut JoinSet<()>,
    stop: &CancellationToken,
) -> anyhow::Result<Stores> {
    let credentials = Credentials::load(&config.s3, &config.data.join("s3-credentials"))?;
    let tables = Tables::open(&config.data.join("records.sqlite"), &config.table).context("the table")?;
    let mut service = S3ServiceBuilder::new(store.clone());
    service.set_config(Arc::new(StaticConfigProvider::new(Arc::new(bounds()))));
    service.set_auth(SimpleAuth::from_single(
        credentials.access_key_id.clone(),
        credentials.secret_access_key.clone().as_str(),
    ));
    let service = service.build();
    let s3 = in_process(InProcess::S3(service.clone()), &credentials, config.public_url());
    let dynamodb = in_process(InProcess::DynamoDb(tables.clone()), &credentials, "http://dynamodb".into());
    workers.spawn(sweep(tables, stop.clone()));
    let (raw, attempts) = (config.buckets.raw.clone(), config.uploads.attempts);
    Ok(Stores {
        objects: Arc::new(Watched(S3::with_path_style(&s3))),
        records: Arc::new(DynamoDb::new(&dynamodb, config.table.clone())),
        queue: Some(Arc::new(LocalQueue { store: store.clone(), raw, arrived, attempts })),
        topic: None,
        s3: Some(service),
        local: Some(store.clone()),
    })
}

/// Whatever reaches s3s without a signature costs little memory. Forms are refused before.
fn bounds() -> S3Config {
    let mut bounds = S3Config::default();
    bounds.xml_max_body_size = DOCUMENT;
    bounds.post_object_max_file_size = 0;
    bounds.form_max_field_size = 0;
    bounds.form_max_fields_size = 0;
    bounds.form_max_parts = 0;
    bounds
}

async fn sweep(tables: Tables, stop: CancellationToken) {
    loop {
        if let Err(error) = tables.sweep().await {
            tracing::warn!("old items: {error:#}");
        }
        tokio::select! {
            () = stop.cancelled() => return,
            () = tokio::time::sleep(SWEEP) => {}
        }
    }
}

/// S3, DynamoDB, SQS and SNS, by AWS's own variables and files.
async fn aws(config: &Config) -> Stores {
    let aws = darkroom_host::aws::config().await;
    let s3 = if config.aws.path_style { S3::with_path_style(&aws) } else { S3::new(&aws) };
    Stores {
        objects: Arc::new(Watched(s3)),
        records: Arc::new(DynamoDb::new(&aws, config.table.clone())),
        queue: config.aws.queue_url.clone().map(|url| Arc::new(Sqs::new(&aws, url)) as Arc<dyn Queue>),
        topic: config.aws.topic_arn.clone().map(|arn| Arc::new(Sns::new(&aws, arn)) as Arc<dyn Topic>),
        s3: None,
        local: None,
    }
}
