//! Puts the server together: stores, queue, workers and delivery.

use std::sync::Arc;
use std::time::Duration;

use darkroom_delivery::UploadKey;
use darkroom_delivery::origin::Origins;
use darkroom_delivery::store::Store as Port;
use darkroom_host::Processor;
use darkroom_host::caches::{self, Caches};
use darkroom_host::delivery::{Capacity, Deliver, Services};
use darkroom_host::handlers::{Metadata, Presign, Process, Purge, Purged};
use darkroom_host::objects::{Buckets, Presigner, S3};
use darkroom_host::pipeline::{Images, Settings, Upload};
use darkroom_host::records::{DynamoDb, Records};
use darkroom_host::topic::{Sns, Topic};
use s3s::auth::SimpleAuth;
use s3s::config::{S3Config, StaticConfigProvider};
use s3s::service::{S3Service, S3ServiceBuilder};
use tokio::sync::Notify;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use crate::client::{AddressPolicy, client};
use crate::config::{Cloudflare, Config, StoreKind};
use crate::deleter::{Deleter, sweep};
use crate::embedded::{Credentials, Items, signing};
use crate::events::{Hub, Outcomes};
use crate::metrics::emit;
use crate::origins::Web;
use crate::queue::{LocalQueue, Queue, Sqs};
use crate::server::{App, Clients, DOCUMENT, Room};
use crate::sources::{self, Sources};
use crate::store::{Limits, Noticed, Rules, Store};
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
    store: Arc<dyn Port>,
    presigner: Arc<dyn Presigner>,
    records: Arc<dyn Records>,
    queue: Option<Arc<dyn Queue>>,
    topic: Option<Arc<dyn Topic>>,
    /// The second door to what is embedded.
    s3: Option<S3Service>,
    embedded: Option<Store>,
}

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
    let Config { uploads, limits, .. } = &config;
    let limits = Limits { buckets: settings.buckets.clone(), bytes: uploads.max_bytes, free: limits.free_bytes };
    let store = Store::open(&config.data, limits, rules, noticed)?;
    let stores = match config.store {
        StoreKind::Embedded => embedded(&config, &settings, &store, arrived, &mut workers, stop)?,
        StoreKind::Aws => aws(&config, settings.buckets.clone()).await,
    };
    let purge = Arc::new(purge(&config, Arc::clone(&stores.store), Arc::clone(&stores.records)).await);
    if stores.embedded.is_some() {
        let deleter = Deleter { store: store.clone(), purge: Arc::clone(&purge), hub: Arc::clone(&hub) };
        workers.spawn(deleter.run(stop.clone()));
    }
    let outbox = config.webhook.as_ref().map(|_| Outbox::new(store.clone()));
    if let (Some(webhook), Some(outbox)) = (config.webhook.clone(), outbox.clone()) {
        let sender = Sender { outbox, client: client(AddressPolicy::Anywhere)?, config: webhook };
        workers.spawn(sender.run(stop.clone()));
    }
    let outcomes = Arc::new(Outcomes { hub: Arc::clone(&hub), outbox, topic: stores.topic.clone() });
    for _ in 0..config.workers() {
        let Some(queue) = stores.queue.clone() else { break };
        let process = process(&stores, &settings, &processor, Arc::clone(&outcomes));
        let worker = Arc::new(Worker { queue, process, hub: Arc::clone(&hub) });
        workers.spawn(worker.run(stop.clone()));
    }
    let app = app(config, stores, settings, processor, hub, purge, stop)?;
    Ok(Parts { app, workers })
}

fn app(
    config: Config,
    stores: Stores,
    settings: Arc<Settings>,
    processor: Arc<Processor>,
    hub: Arc<Hub>,
    purge: Arc<Purge>,
    stop: &CancellationToken,
) -> anyhow::Result<App> {
    let Stores { store, presigner, records, queue, s3, embedded, .. } = stores;
    let limits = &config.limits;
    let room = Room::new(limits.held_bytes);
    let clients = Clients::new(room.share(), limits.client_connections, config.proxies.clone());
    let services = Services {
        store: with_originals(&store, config.originals.as_deref())?,
        origins: origins(&config)?,
        processor: Arc::clone(&processor),
        limits: settings.limits,
        capacity: Capacity {
            originals: config.originals_held(),
            fetches: limits.fetches,
            waiting: limits.queue,
            queue: Duration::from_secs(limits.queue_seconds),
            ..Capacity::default()
        },
    };
    Ok(App {
        deliver: Deliver::new(services, config.delivery.clone(), None),
        presign: Presign { presigner, settings },
        purge,
        store,
        records,
        queue,
        s3,
        embedded,
        hub,
        processor,
        clients,
        room,
        stop: stop.clone(),
        config,
    })
}

/// Purges a folder without a server.
pub(crate) async fn purge_folder(
    config: &Config,
    keys: &[UploadKey],
    force: bool,
) -> anyhow::Result<Vec<(UploadKey, Option<Purged>)>> {
    anyhow::ensure!(config.data.join("index.sqlite").exists(), "{}: no data folder", config.data.display());
    let settings = config.settings()?;
    let rules = Rules::new(config.limits.rendition_bytes, &settings);
    let limits =
        Limits { buckets: settings.buckets.clone(), bytes: config.uploads.max_bytes, free: config.limits.free_bytes };
    let store = Store::open(&config.data, limits, rules, Arc::new(|_| ()))?;
    let items = Items::open(&config.data.join("records.sqlite"), &config.table)?;
    let purge = purge(config, Arc::new(store.clone()), Arc::new(items)).await;
    let mut all = Vec::new();
    for key in keys {
        store.settle(key.to_string()).await?;
        let purged = if force { Some(purge.purge(key).await?) } else { purge.handle(key).await? };
        if purged.is_some() {
            store.end_deletion(key.to_string()).await?;
        }
        all.push((key.clone(), purged));
    }
    Ok(all)
}

/// What goes with an original, wherever it is.
async fn purge(config: &Config, store: Arc<dyn Port>, records: Arc<dyn Records>) -> Purge {
    let mut caches: Vec<Arc<dyn Caches>> = Vec::new();
    if let Some(Cloudflare { zone, token }) = &config.cloudflare {
        caches.push(Arc::new(caches::Cloudflare::new(caches::CLOUDFLARE, zone, token.clone())));
    }
    if let Some(id) = &config.aws.distribution {
        let aws = darkroom_host::aws::config().await;
        caches.push(Arc::new(caches::CloudFront::new(&aws, id.clone())));
    }
    Purge { store, records, presets: config.delivery.presets.clone(), caches }
}

/// For deliveries, which may be of originals that are kept elsewhere.
fn with_originals(store: &Arc<dyn Port>, place: Option<&str>) -> anyhow::Result<Arc<dyn Port>> {
    let store = Arc::clone(store);
    Ok(match place {
        Some(place) => Arc::new(Sources { store, originals: sources::open(place)? }),
        None => store,
    })
}

/// None where no origin is allowed.
fn origins(config: &Config) -> anyhow::Result<Option<Arc<dyn Origins>>> {
    let allowed = config.delivery.remote_origins.clone();
    if allowed.is_empty() {
        return Ok(None);
    }
    let client = client(AddressPolicy::Public(config.private_hosts.clone().into()))?;
    let timeout = Duration::from_secs(config.limits.origin_seconds);
    Ok(Some(Arc::new(Web { client, allowed, timeout })))
}

fn process(stores: &Stores, settings: &Arc<Settings>, processor: &Arc<Processor>, outcomes: Arc<Outcomes>) -> Process {
    let store = Arc::clone(&stores.store);
    let records = Arc::clone(&stores.records);
    Process {
        images: Images { store, processor: Arc::clone(processor), settings: Arc::clone(settings) },
        metadata: Metadata { records, settings: Arc::clone(settings), emit },
        topic: outcomes,
        emit,
    }
}

/// Tells watchers of a new original, and wakes a worker.
fn noticed(hub: Arc<Hub>, arrived: Arc<Notify>, raw: String) -> Noticed {
    Arc::new(move |object| {
        if let Ok(upload) = Upload::new(&raw, &object.key, None, &object.etag, object.size) {
            hub.uploaded(&upload);
        }
        arrived.notify_one();
    })
}

/// The store and its own queue, items in a file, and S3's protocol for strangers.
fn embedded(
    config: &Config,
    settings: &Settings,
    store: &Store,
    arrived: Arc<Notify>,
    workers: &mut JoinSet<()>,
    stop: &CancellationToken,
) -> anyhow::Result<Stores> {
    let credentials = Credentials::load(&config.s3, &config.data.join("s3-credentials"))?;
    let items = Items::open(&config.data.join("records.sqlite"), &config.table)?;
    let age = config.uploads.delete_after_days.map(|days| Duration::from_secs(days.get() * 86_400));
    workers.spawn(sweep(store.clone(), items.clone(), age, stop.clone()));
    let (raw, attempts) = (config.buckets.raw.clone(), config.uploads.attempts);
    let signing = signing(&credentials, config.public_url());
    Ok(Stores {
        store: Arc::new(store.clone()),
        presigner: Arc::new(S3::with_path_style(&signing, settings.buckets.clone())),
        records: Arc::new(items),
        queue: Some(Arc::new(LocalQueue { store: store.clone(), raw, arrived, attempts })),
        topic: None,
        s3: Some(second_door(store, &credentials)),
        embedded: Some(store.clone()),
    })
}

fn second_door(store: &Store, credentials: &Credentials) -> S3Service {
    let mut service = S3ServiceBuilder::new(store.clone());
    service.set_config(Arc::new(StaticConfigProvider::new(Arc::new(bounds()))));
    let Credentials { access_key_id, secret_access_key } = credentials.clone();
    service.set_auth(SimpleAuth::from_single(access_key_id, secret_access_key.as_str()));
    service.build()
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

/// S3, DynamoDB, SQS and SNS, by AWS's own variables and files.
async fn aws(config: &Config, buckets: Buckets) -> Stores {
    let aws = darkroom_host::aws::config().await;
    let s3 = || {
        let buckets = buckets.clone();
        if config.aws.path_style { S3::with_path_style(&aws, buckets) } else { S3::new(&aws, buckets) }
    };
    Stores {
        store: Arc::new(s3()),
        presigner: Arc::new(s3()),
        records: Arc::new(DynamoDb::new(&aws, config.table.clone())),
        queue: config
            .aws
            .queue_url
            .clone()
            .map(|url| Arc::new(Sqs::new(&aws, url, buckets.raw.clone())) as Arc<dyn Queue>),
        topic: config.aws.topic_arn.clone().map(|arn| Arc::new(Sns::new(&aws, arn)) as Arc<dyn Topic>),
        s3: None,
        embedded: None,
    }
}
