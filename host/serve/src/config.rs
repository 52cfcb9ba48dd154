//! What an operator decides: one TOML file, and environment variables over it. docs/serve.md has the table.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::num::NonZero;
use std::path::{Path, PathBuf};
use std::time::Duration;
use std::{fs, thread};

use darkroom_host::Options;
use darkroom_host::objects::Buckets;
use darkroom_host::pipeline::Settings;
use darkroom_recipe::{Format, Limits as ImageLimits};
use serde::Deserialize;
use toml::{Table, Value};

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
    /// The buckets' names.
    pub buckets: BucketNames,
    /// The table of items. `image-metadata` by default.
    pub table: String,
    /// The embedded S3 server's credentials.
    pub s3: S3,
    /// What `store = "aws"` needs beside AWS's own variables and files.
    pub aws: Aws,
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
            buckets: BucketNames::default(),
            table: "image-metadata".into(),
            s3: S3::default(),
            aws: Aws::default(),
            users: Users::default(),
            uploads: Uploads::default(),
            webhook: None,
            delivery: darkroom_delivery::Config::default(),
            private_hosts: Vec::new(),
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
    /// Whether buckets stand in the path, as servers other than AWS's want it. `false` by default.
    pub path_style: bool,
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
    /// Memory of one instance of the image core in bytes. 3 GiB by default.
    pub memory: u64,
    /// Images that are rendered at one time. The number of cores by default.
    pub instances: Option<NonZero<u32>>,
    /// Seconds for one image. 30 by default.
    pub image_seconds: u64,
    /// Requests that wait for an image to be made; more are told to come back (503). 64 by default.
    pub queue: usize,
    /// Connections at one time; more wait to be accepted. 1024 by default.
    pub connections: usize,
    /// Seconds for a request's head to arrive. 10 by default.
    pub header_seconds: u64,
    /// Seconds for a request's content to go on. 30 by default.
    pub idle_seconds: u64,
    /// Seconds for an answer to begin. 60 by default.
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
            instances: None,
            image_seconds: options.deadline.as_secs(),
            queue: 64,
            connections: 1024,
            header_seconds: 10,
            idle_seconds: 30,
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

/// A configuration that can't be followed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("configuration: {0}")]
pub struct InvalidConfig(String);

impl InvalidConfig {
    /// For people: which setting, its value, and what is allowed.
    pub(crate) fn new(text: String) -> Self {
        Self(text)
    }
}

/// What paths begin with that are no bucket's.
const PATHS: [&str; 10] =
    ["assets", "cdn-cgi", "events", "health", "image", "images", "metrics", "ready", "upload-url", "version"];

/// What variables begin with. `DARKROOM__LIMITS__QUEUE=10` is `queue = 10` in `[limits]`.
const PREFIX: &str = "DARKROOM__";

impl Config {
    /// Reads the file, if there is one, and the variables that begin with `DARKROOM__` over it. A variable's value is
    /// read as TOML, or else as text.
    ///
    /// # Errors
    /// Names the first setting that is unknown or wrong.
    pub fn load(
        file: Option<&Path>,
        variables: impl IntoIterator<Item = (String, String)>,
    ) -> Result<Self, InvalidConfig> {
        let mut table = match file {
            Some(path) => {
                let text = fs::read_to_string(path).map_err(|error| invalid(format!("{}: {error}", path.display())))?;
                text.parse::<Table>().map_err(|error| invalid(format!("{}: {error}", path.display())))?
            }
            None => Table::new(),
        };
        for (name, value) in variables {
            let Some(path) = name.strip_prefix(PREFIX) else { continue };
            set(&mut table, &path.to_ascii_lowercase(), value).map_err(|why| invalid(format!("{name}: {why}")))?;
        }
        let config: Self = table.try_into().map_err(|error: toml::de::Error| invalid(error.to_string()))?;
        config.validate()?;
        Ok(config)
    }

    /// What types don't say.
    fn validate(&self) -> Result<(), InvalidConfig> {
        let Uploads { max_bytes, url_seconds, retention_days, attempts, .. } = self.uploads;
        let most = ImageLimits::default().source_bytes;
        range("uploads.max_bytes", max_bytes, 1, most)?;
        range("uploads.url_seconds", url_seconds, 1, 900)?;
        range("uploads.retention_days", retention_days, 1, 36_500)?;
        range("uploads.attempts", attempts.into(), 1, 1000)?;
        range("limits.connections", self.limits.connections as u64, 1, 1 << 20)?;
        range("webhook.attempts", self.webhook.as_ref().map_or(1, |webhook| webhook.attempts).into(), 1, 100)?;
        for seconds in [self.limits.image_seconds, self.limits.request_seconds, self.limits.shutdown_seconds] {
            range("limits.*_seconds", seconds, 1, 3600)?;
        }
        self.formats()?;
        self.check_buckets()?;
        self.delivery.validate().map_err(|error| invalid(format!("delivery.{error}")))?;
        if self.s3.access_key_id.is_some() != self.s3.secret_access_key.is_some() {
            return Err(invalid("s3: access_key_id and secret_access_key need each other".into()));
        }
        if self.public_url().ends_with('/') || !self.public_url().starts_with("http") {
            let allowed = "needed is an http:// or https:// URL without a slash at its end";
            return Err(invalid(format!("public_url = {:?}: {allowed}", self.public_url())));
        }
        let known = self.users.everyone.is_some() || !self.users.tokens.is_empty();
        if !known && !self.listen.ip().is_loopback() {
            let needed = "others than this machine are listened to: needed is users.tokens, or users.everyone";
            return Err(invalid(format!("listen = {}: {needed}", self.listen)));
        }
        Ok(())
    }

    fn check_buckets(&self) -> Result<(), InvalidConfig> {
        let BucketNames { raw, processed, thumbnails } = &self.buckets;
        let character = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b".-".contains(&byte);
        for name in [raw, processed, thumbnails] {
            let right = (3..=63).contains(&name.len()) && name.bytes().all(character);
            if !right || PATHS.contains(&name.as_str()) {
                let allowed = "3 to 63 lower-case letters, digits, dots and hyphens, and none of this server's paths";
                return Err(invalid(format!("buckets: {name:?}: allowed are {allowed}")));
            }
        }
        if raw == processed || raw == thumbnails || processed == thumbnails {
            return Err(invalid("buckets: needed are three".into()));
        }
        Ok(())
    }

    /// How clients reach this server, without a slash at its end.
    #[must_use]
    pub fn public_url(&self) -> String {
        let own = || {
            let host =
                if self.listen.ip().is_unspecified() { "localhost".into() } else { self.listen.ip().to_string() };
            let host = if self.listen.is_ipv6() && host != "localhost" { format!("[{host}]") } else { host };
            format!("http://{host}:{}", self.listen.port())
        };
        self.public_url.clone().unwrap_or_else(own)
    }

    /// The user that everyone is who brings no token, if there is one.
    #[must_use]
    pub fn everyone(&self) -> Option<&str> {
        let local = self.users.tokens.is_empty().then_some("local");
        self.users.everyone.as_deref().or(local)
    }

    /// For the image core.
    #[must_use]
    pub fn options(&self) -> Options {
        let defaults = Options::default();
        Options {
            memory: self.limits.memory,
            deadline: Duration::from_secs(self.limits.image_seconds),
            instances: self.limits.instances.unwrap_or(defaults.instances),
        }
    }

    /// Uploads that are worked on at one time.
    pub(crate) fn workers(&self) -> u32 {
        let cores = thread::available_parallelism().map_or(1, NonZero::get);
        self.uploads.workers.unwrap_or_else(|| u32::try_from(cores.div_ceil(2)).unwrap_or(1))
    }

    /// For the pipeline's functions.
    pub(crate) fn settings(&self) -> Result<Settings, InvalidConfig> {
        let BucketNames { raw, processed, thumbnails } = self.buckets.clone();
        Ok(Settings {
            buckets: Buckets { raw, processed, thumbnails },
            public_url: self.public_url(),
            formats: self.formats()?,
            limits: ImageLimits {
                source_bytes: self.uploads.max_bytes,
                pixels: self.limits.pixels,
                ..ImageLimits::default()
            },
            retention: Duration::from_secs(self.uploads.retention_days * 86_400),
            url_validity: Duration::from_secs(self.uploads.url_seconds),
            receives: self.uploads.attempts,
        })
    }

    fn formats(&self) -> Result<Vec<Format>, InvalidConfig> {
        let format = |word: &String| {
            let format = [Format::Avif, Format::WebP].into_iter().find(|format| format.name() == word);
            format.ok_or_else(|| invalid(format!("uploads.formats: {word:?}: allowed are avif and webp")))
        };
        self.uploads.formats.iter().map(format).collect()
    }
}

fn invalid(text: String) -> InvalidConfig {
    InvalidConfig::new(text)
}

fn range(name: &str, value: u64, least: u64, most: u64) -> Result<(), InvalidConfig> {
    if (least..=most).contains(&value) {
        return Ok(());
    }
    Err(invalid(format!("{name} = {value}: allowed are {least} to {most}")))
}

/// Puts a variable's value where its name says.
fn set(table: &mut Table, path: &str, text: String) -> Result<(), &'static str> {
    let (sections, name) = path.rsplit_once("__").map_or((None, path), |(sections, name)| (Some(sections), name));
    let mut table = table;
    for section in sections.into_iter().flat_map(|sections| sections.split("__")) {
        let entry = table.entry(section).or_insert_with(|| Value::Table(Table::new()));
        table = entry.as_table_mut().ok_or("not a table")?;
    }
    let parsed = format!("value = {text}").parse::<Table>().ok().and_then(|mut parsed| parsed.remove("value"));
    table.insert(name.into(), parsed.unwrap_or(Value::String(text)));
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn load(text: &str, variables: &[(&str, &str)]) -> Result<Config, InvalidConfig> {
        let file = tempfile::NamedTempFile::new().expect("a file");
        fs::write(file.path(), text).expect("written");
        let variables = variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        Config::load(Some(file.path()), variables)
    }

    #[test]
    fn variables_stand_over_the_file() {
        let variables = [
            ("DARKROOM__LIMITS__QUEUE", "3"),
            ("DARKROOM__PUBLIC_URL", "https://img.example"),
            ("DARKROOM__UPLOADS__FORMATS", "[\"avif\"]"),
            ("OTHER", "1"),
        ];
        let config = load("[limits]\nqueue = 2\nconnections = 5\n", &variables).expect("valid");
        assert_eq!((config.limits.queue, config.limits.connections), (3, 5));
        assert_eq!(config.public_url(), "https://img.example");
        assert_eq!(config.settings().expect("settings").formats, [Format::Avif]);
        assert_eq!(config.everyone(), Some("local"));
    }

    /// Each setting stands in the example with its default; those that have none are commented out.
    #[test]
    fn the_example_is_complete_and_says_the_defaults() {
        let text = include_str!("../darkroom.example.toml");
        let example = load(text, &[]).expect("valid");
        assert_eq!(format!("{example:?}"), format!("{:?}", Config::default()));
        let uncommented: String = text
            .lines()
            .map(|line| line.strip_prefix("# ").filter(|line| is_setting(line)).unwrap_or(line).to_owned() + "\n")
            .collect();
        let whole = load(&uncommented, &[]).expect("valid");
        let (webhook, aws) = (whole.webhook.expect("a webhook"), whole.aws);
        assert_eq!((webhook.attempts, aws.queue_url.is_some(), aws.topic_arn.is_some()), (12, true, true));
        assert_eq!(whole.users.tokens.len(), 1);
    }

    /// `name = value`, or a table's head.
    fn is_setting(line: &str) -> bool {
        line.starts_with('[') || line.split_once(" = ").is_some_and(|(name, _)| !name.contains(' '))
    }

    #[test]
    fn what_is_wrong_is_named() {
        for (text, variables, named) in [
            ("unknown = 1", [].as_slice(), "unknown"),
            ("[limits]\nqeue = 1", &[], "qeue"),
            ("", &[("DARKROOM__LIMITS__QEUE", "1")], "qeue"),
            ("[uploads]\nmax_bytes = 0", &[], "uploads.max_bytes = 0: allowed are 1 to 67108864"),
            ("[uploads]\nformats = [\"heic\"]", &[], "heic"),
            ("public_url = \"https://img.example/\"", &[], "public_url"),
            ("listen = \"0.0.0.0:80\"", &[], "users.tokens"),
            ("[delivery]\nmode = \"signed\"", &[], "delivery.mode"),
            ("[s3]\naccess_key_id = \"a\"", &[], "secret_access_key"),
            ("[buckets]\nraw = \"images\"", &[], "images"),
            ("[buckets]\nraw = \"thumbnails\"", &[], "three"),
        ] {
            let error = load(text, variables).expect_err(text).to_string();
            assert!(error.contains(named), "{error}");
        }
    }

    #[test]
    fn tokens_leave_no_one_unknown() {
        let config = load("[users.tokens]\nsecret = \"alice\"", &[]).expect("valid");
        assert_eq!(config.everyone(), None);
    }
}
