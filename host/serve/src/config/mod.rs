//! What an operator decides: one TOML file, and environment variables over it. docs/serve.md says more.

mod load;
mod memory;
mod network;

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::num::NonZero;
use std::path::PathBuf;

use darkroom_delivery::StorePolicy;
use darkroom_host::Options;
use darkroom_recipe::Limits as ImageLimits;
pub use load::InvalidConfig;
pub use network::Network;
use serde::Deserialize;

/// The whole configuration. Every setting has a default; unknown ones are refused.
#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// Where the server listens. `127.0.0.1:8080` by default: this machine only.
    pub listen: SocketAddr,
    /// The folder of everything that is kept. `darkroom-data` by default.
    pub data: PathBuf,
    /// How clients reach this server: a URL without a slash at its end. `http://` and `listen` by default, with
    /// `localhost` for every address.
    pub public_url: Option<String>,
    /// Where objects and items are. `embedded` by default.
    pub store: StoreKind,
    /// More originals, for those that are not in the bucket of raw images: a folder of this machine, or a URL such as
    /// `gs://bucket/prefix` where the program was built with the feature `clouds`. They are read and never written, and
    /// are whoever's asks for them. None by default.
    pub originals: Option<String>,
    /// The buckets' names.
    pub buckets: BucketNames,
    /// The table of items. `image-metadata` by default.
    pub table: String,
    /// The embedded S3 server's credentials.
    pub s3: S3,
    /// What `store = "aws"` needs beside AWS's own variables and files.
    pub aws: Aws,
    /// A zone of Cloudflare's that caches the images, and is told of deletions.
    pub cloudflare: Option<Cloudflare>,
    /// Who may upload.
    pub users: Users,
    /// What becomes of an upload.
    pub uploads: Uploads,
    /// Where outcomes are told.
    pub webhook: Option<Webhook>,
    /// As in every shell of Darkroom: docs/worker.md has the settings.
    pub delivery: darkroom_delivery::Config,
    /// Beside `delivery.remote_origins`: hosts among them that may be at addresses that are not public, such as this
    /// machine's or this network's. None by default.
    pub private_hosts: Vec<String>,
    /// Reverse proxies in front, by address (`10.1.2.3`) or network (`10.0.0.0/8`): a request of theirs is counted as the
    /// last client's in `X-Forwarded-For`. None by default.
    pub proxies: Vec<Network>,
    /// What one client, one image and all of them may take.
    pub limits: Limits,
    /// What is logged, and how.
    pub log: Log,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from(([127, 0, 0, 1], 8080)),
            data: "darkroom-data".into(),
            public_url: None,
            store: StoreKind::default(),
            originals: None,
            buckets: BucketNames::default(),
            table: "image-metadata".into(),
            s3: S3::default(),
            aws: Aws::default(),
            cloudflare: None,
            users: Users::default(),
            uploads: Uploads::default(),
            webhook: None,
            delivery: darkroom_delivery::Config { store: StorePolicy::All, ..darkroom_delivery::Config::default() },
            private_hosts: Vec::new(),
            proxies: Vec::new(),
            limits: Limits::default(),
            log: Log::default(),
        }
    }
}

/// Where objects and items are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum StoreKind {
    /// In `data`, in this process.
    #[default]
    Embedded,
    /// In S3 and DynamoDB, or what speaks their protocols: AWS's own variables and files name region, credentials and
    /// endpoints.
    Aws,
}

/// The three buckets' names, as S3 allows them.
#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[allow(missing_docs, reason = "named as everywhere")]
pub struct BucketNames {
    pub raw: String,
    pub processed: String,
    pub thumbnails: String,
}

impl Default for BucketNames {
    fn default() -> Self {
        Self { raw: "raw-images".into(), processed: "processed-images".into(), thumbnails: "thumbnails".into() }
    }
}

/// The embedded S3 server's one pair of keys. Made at the first start and kept in `data/s3-credentials` by default.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[allow(missing_docs, reason = "named as everywhere")]
pub struct S3 {
    pub access_key_id: Option<String>,
    pub secret_access_key: Option<String>,
}

/// Beside AWS's own variables and files.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Aws {
    /// The queue of "Object Created" events. None by default: then this server only delivers.
    pub queue_url: Option<String>,
    /// The topic that is told of outcomes, beside events and the webhook. None by default.
    pub topic_arn: Option<String>,
    /// The id of the CloudFront distribution that caches the images, and is told of deletions. None by default.
    pub distribution: Option<String>,
    /// Whether buckets stand in the path, as servers other than AWS's want it. `false` by default.
    pub path_style: bool,
}

/// A zone of Cloudflare's.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Cloudflare {
    /// Its id.
    pub zone: String,
    /// An API token that may purge its caches.
    pub token: String,
}

/// Who may upload, and whose the images are.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Users {
    /// The user that everyone is who brings no token. `local` by default where only this machine is listened to and no
    /// token is set; otherwise none.
    pub everyone: Option<String>,
    /// Users by their bearer tokens.
    pub tokens: BTreeMap<String, String>,
    /// The origins whose pages may upload, beside this server's own page. None by default.
    pub allow_origins: Vec<String>,
}

/// What becomes of an upload.
#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Uploads {
    /// The largest upload in bytes, 1 to 67108864, which is the default.
    pub max_bytes: u64,
    /// For how long an upload URL is good, 1 to 900 seconds. 900 by default.
    pub url_seconds: u64,
    /// Made of each preset beside its own format: `webp`, `avif`. None by default.
    pub formats: Vec<String>,
    /// For how long an item is kept, 1 to 36500 days. 365 by default.
    pub retention_days: u64,
    /// After how many days an upload is deleted, with all that was made of it and its item. Never by default.
    pub delete_after_days: Option<NonZero<u64>>,
    /// How often an image is tried before it has failed, 1 to 1000. 4 by default.
    pub attempts: u32,
    /// Uploads that are worked on at one time; 0 leaves them to others. By default half of the cores, rounded up.
    pub workers: Option<u32>,
}

impl Default for Uploads {
    fn default() -> Self {
        Self {
            max_bytes: ImageLimits::default().source_bytes,
            url_seconds: 900,
            formats: Vec::new(),
            retention_days: 365,
            delete_after_days: None,
            attempts: 4,
            workers: None,
        }
    }
}

/// A URL that outcomes are sent to with POST.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Webhook {
    /// `https://` or `http://`.
    pub url: String,
    /// Signs each request: `Darkroom-Signature: t=<seconds>,v1=<hex of HMAC-SHA256 over "<seconds>.<body>">`.
    pub secret: Option<String>,
    /// How often it is tried, 1 to 100. 12 by default: over about a day.
    #[serde(default = "twelve")]
    pub attempts: u32,
}

const fn twelve() -> u32 {
    12
}

/// What one client, one image and all of them may take.
#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Limits {
    /// An original's width × height. 50 million by default.
    pub pixels: u64,
    /// Memory of one instance of the image core in bytes, 64 MiB to 4 GiB. 3 GiB by default.
    pub memory: u64,
    /// Memory of all instances together in bytes, `memory` or more: where others have taken it, an image waits for it. By
    /// default `memory`, and 512 MiB for each instance but one.
    pub total_memory: Option<u64>,
    /// Bytes on the disk of renditions that delivery makes and can make again, 1 or more; those not used for longest go
    /// first. 10 GiB by default.
    pub rendition_bytes: u64,
    /// Bytes of the disk that stay free: where there are fewer, uploads are refused (507). 64 MiB by default.
    pub free_bytes: u64,
    /// Images that are rendered at one time. The number of cores by default.
    pub instances: Option<NonZero<u32>>,
    /// Seconds for one image. 30 by default.
    pub image_seconds: u64,
    /// Images that wait to be made; where there are more, those who have most waiting are told to come back (503). 1024 by
    /// default.
    pub queue: usize,
    /// Seconds for which an image waits to be made; then its requests are told to come back (503). 60 by default.
    pub queue_seconds: u64,
    /// Requests to other servers at one time. 8 by default.
    pub fetches: usize,
    /// Connections at one time; more wait to be accepted. 1024 by default.
    pub connections: usize,
    /// Connections of one client at one time; more are closed. 512 by default. Proxies have no such limit.
    pub client_connections: usize,
    /// Bytes in memory of requests, and of answers that clients have not taken, 8 MiB or more, of which one client has a
    /// quarter at most; further ones are told to come back (503). 256 MiB by default.
    pub held_bytes: u64,
    /// Seconds for a request's head to arrive. 10 by default.
    pub header_seconds: u64,
    /// Seconds for a request's content to go on, and for a client to take more of its answers. 30 by default.
    pub idle_seconds: u64,
    /// Bytes a second that a request's content has to bring in each `idle_seconds`. 1024 by default.
    pub content_rate: u64,
    /// Seconds for an answer to begin, once it has not to wait for others. 60 by default.
    pub request_seconds: u64,
    /// Seconds that another server may take for an original. 15 by default.
    pub origin_seconds: u64,
    /// Seconds for what was begun when the server is to end. 30 by default.
    pub shutdown_seconds: u64,
}

impl Default for Limits {
    fn default() -> Self {
        let options = Options::default();
        Self {
            pixels: ImageLimits::default().pixels,
            memory: options.memory,
            total_memory: None,
            rendition_bytes: 10 << 30,
            free_bytes: 64 << 20,
            instances: None,
            image_seconds: options.deadline.as_secs(),
            queue: 1024,
            queue_seconds: 60,
            fetches: 8,
            connections: 1024,
            client_connections: 512,
            held_bytes: 256 << 20,
            header_seconds: 10,
            idle_seconds: 30,
            content_rate: 1024,
            request_seconds: 60,
            origin_seconds: 15,
            shutdown_seconds: 30,
        }
    }
}

/// What is logged, and how.
#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Log {
    /// `error`, `warn`, `info` (the default), `debug` or `trace`. Libraries are heard from `warn` on.
    pub level: String,
    /// `json` (the default): one object a line; or `text`.
    pub format: LogFormat,
}

impl Default for Log {
    fn default() -> Self {
        Self { level: "info".into(), format: LogFormat::Json }
    }
}

/// How a line of the log looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
#[allow(missing_docs, reason = "they say it")]
pub enum LogFormat {
    Json,
    Text,
}
