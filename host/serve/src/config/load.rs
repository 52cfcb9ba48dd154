use std::fs;
use std::num::NonZero;
use std::path::Path;
use std::thread;
use std::time::Duration;

use darkroom_delivery::Mode;
use darkroom_host::Options;
use darkroom_host::objects::Buckets;
use darkroom_host::pipeline::Settings;
use darkroom_recipe::{Format, Limits as ImageLimits};
use toml::{Table, Value};
use tracing::level_filters::LevelFilter;
use url::Url;

use super::{BucketNames, Config, Uploads, Users};

/// A configuration that can't be followed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("configuration: {0}")]
pub struct InvalidConfig(String);

/// What paths begin with that are no bucket's.
const PATHS: [&str; 10] =
    ["assets", "cdn-cgi", "events", "health", "image", "images", "metrics", "ready", "upload-url", "version"];

/// The fewest bytes of a token.
const TOKEN: usize = 16;

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
        own_store(&mut table).map_err(|why| invalid(why.into()))?;
        let config: Self = table.try_into().map_err(|error: toml::de::Error| invalid(error.to_string()))?;
        config.validate()?;
        Ok(config)
    }

    /// What types don't say.
    fn validate(&self) -> Result<(), InvalidConfig> {
        self.check_ranges()?;
        self.check_users()?;
        self.check_urls()?;
        self.formats()?;
        self.check_buckets()?;
        self.log.level.parse::<LevelFilter>().map_err(|_| {
            let allowed = "must be error, warn, info, debug or trace";
            invalid(format!("log.level = {:?}: {allowed}", self.log.level))
        })?;
        self.delivery.validate().map_err(|error| invalid(format!("delivery.{error}")))?;
        if self.s3.access_key_id.is_some() != self.s3.secret_access_key.is_some() {
            return Err(invalid("s3: access_key_id and secret_access_key need each other".into()));
        }
        let known = self.users.everyone.is_some() || !self.users.tokens.is_empty();
        if !known && !self.listen.ip().is_loopback() {
            let needed = "others than this machine are listened to: needed is users.tokens, or users.everyone";
            return Err(invalid(format!("listen = {}: {needed}", self.listen)));
        }
        Ok(())
    }

    fn check_ranges(&self) -> Result<(), InvalidConfig> {
        let Uploads { max_bytes, url_seconds, retention_days, attempts, workers, .. } = self.uploads;
        let limits = &self.limits;
        let instances: u64 = self.options().instances.get().into();
        for (name, value, least, most) in [
            ("uploads.max_bytes", max_bytes, 1, ImageLimits::default().source_bytes),
            ("uploads.url_seconds", url_seconds, 1, 900),
            ("uploads.retention_days", retention_days, 1, 36_500),
            ("uploads.delete_after_days", self.uploads.delete_after_days.map_or(1, NonZero::get), 1, 36_500),
            ("uploads.attempts", attempts.into(), 1, 1000),
            ("uploads.workers", workers.unwrap_or(0).into(), 0, 1024),
            ("webhook.attempts", self.webhook.as_ref().map_or(1, |webhook| webhook.attempts).into(), 1, 100),
            ("limits.pixels", limits.pixels, 1, 1 << 32),
            ("limits.memory", limits.memory, 64 << 20, 4 << 30),
            ("limits.total_memory", limits.total_memory.unwrap_or(limits.memory), limits.memory, 1 << 50),
            ("limits.instances", instances, 1, 1024),
            ("limits.rendition_bytes", limits.rendition_bytes, 1, 1 << 60),
            ("limits.free_bytes", limits.free_bytes, 0, 1 << 60),
            ("limits.queue", limits.queue as u64, 0, 1 << 20),
            ("limits.fetches", limits.fetches as u64, 1, 1024),
            ("limits.held_bytes", limits.held_bytes, 8 << 20, 1 << 40),
            ("limits.connections", limits.connections as u64, 1, 1 << 20),
            ("limits.client_connections", limits.client_connections as u64, 1, 1 << 20),
            ("limits.content_rate", limits.content_rate, 0, 1 << 30),
            ("limits.queue_seconds", limits.queue_seconds, 1, 3600),
            ("limits.image_seconds", limits.image_seconds, 1, 3600),
            ("limits.header_seconds", limits.header_seconds, 1, 3600),
            ("limits.idle_seconds", limits.idle_seconds, 1, 3600),
            ("limits.request_seconds", limits.request_seconds, 1, 3600),
            ("limits.origin_seconds", limits.origin_seconds, 1, 3600),
            ("limits.shutdown_seconds", limits.shutdown_seconds, 1, 3600),
        ] {
            range(name, value, least, most)?;
        }
        Ok(())
    }

    /// A token that can be guessed is none, so it is not told again.
    fn check_users(&self) -> Result<(), InvalidConfig> {
        let Users { everyone, tokens, .. } = &self.users;
        if let Some(token) = tokens.keys().find(|token| token.len() < TOKEN) {
            let length = token.len();
            return Err(invalid(format!("users.tokens: a token of {length} bytes: must have {TOKEN} or more")));
        }
        if tokens.keys().any(|token| !token.bytes().all(|byte| byte.is_ascii_graphic())) {
            return Err(invalid("users.tokens: must be of visible ASCII characters, without spaces".into()));
        }
        for user in tokens.values().chain(everyone) {
            if !(1..=255).contains(&user.len()) || user.chars().any(char::is_control) {
                let expected = "must be from 1 to 255 bytes, without control characters";
                return Err(invalid(format!("users: {user:?}: {expected}")));
            }
        }
        Ok(())
    }

    fn check_urls(&self) -> Result<(), InvalidConfig> {
        let webhook = self.webhook.as_ref().map(|webhook| webhook.url.as_str());
        let public = self.public_url();
        if public.ends_with('/') {
            return Err(invalid(format!("public_url = {public:?}: must have no slash at its end")));
        }
        for (name, text) in webhook.map(|url| ("webhook.url", url)).into_iter().chain([("public_url", &*public)]) {
            let is_plain = text.bytes().all(|byte| byte.is_ascii_graphic());
            let url = Url::parse(text).ok().filter(|url| is_plain && ["http", "https"].contains(&url.scheme()));
            if !url.is_some_and(|url| url.has_host()) {
                return Err(invalid(format!("{name} = {text:?}: must be an http:// or https:// URL")));
            }
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
                return Err(invalid(format!("buckets: {name:?}: must be {allowed}")));
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
    pub fn anonymous_user(&self) -> Option<&str> {
        let local = self.users.tokens.is_empty().then_some("local");
        self.users.everyone.as_deref().or(local)
    }

    /// For the image core.
    #[must_use]
    pub fn options(&self) -> Options {
        let defaults = Options::default();
        let instances = self.limits.instances.unwrap_or(defaults.instances);
        let by_default = || self.limits.memory + (512 << 20) * (u64::from(instances.get()) - 1);
        Options {
            memory: self.limits.memory,
            total_memory: self.limits.total_memory.unwrap_or_else(by_default),
            deadline: Duration::from_secs(self.limits.image_seconds),
            instances,
        }
    }

    /// Originals that deliveries hold in memory at one time: while one is rendered, another one is read or written.
    pub(crate) fn originals_held(&self) -> usize {
        usize::try_from(self.options().instances.get()).unwrap_or(usize::MAX).saturating_mul(2)
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
            signing_key: (self.delivery.mode == Mode::Signed)
                .then(|| self.delivery.signing_keys.first().cloned())
                .flatten(),
            presets: self.delivery.presets.clone(),
            formats: self.formats()?,
            on_damage: self.delivery.on_damage,
            limits: ImageLimits {
                source_bytes: self.uploads.max_bytes,
                pixels: self.limits.pixels,
                ..ImageLimits::default()
            },
            retention: Duration::from_secs(self.uploads.retention_days * 86_400),
            url_validity: Duration::from_secs(self.uploads.url_seconds),
            deadline: self.options().deadline,
            receives: self.uploads.attempts,
        })
    }

    fn formats(&self) -> Result<Vec<Format>, InvalidConfig> {
        let format = |word: &String| {
            Format::negotiable_named(word).map_err(|expected| invalid(format!("uploads.formats: {word:?}: {expected}")))
        };
        self.uploads.formats.iter().map(format).collect()
    }
}

/// The server's own store bounds what renditions take. Others don't.
fn own_store(table: &mut Table) -> Result<(), &'static str> {
    if table.get("store").and_then(Value::as_str) == Some("aws") {
        return Ok(());
    }
    let delivery = table.entry("delivery").or_insert_with(|| Value::Table(Table::new()));
    delivery.as_table_mut().ok_or("delivery: must be a table")?.entry("store").or_insert("all".into());
    Ok(())
}

fn invalid(text: String) -> InvalidConfig {
    InvalidConfig(text)
}

fn range(name: &str, value: u64, least: u64, most: u64) -> Result<(), InvalidConfig> {
    if (least..=most).contains(&value) {
        return Ok(());
    }
    Err(invalid(format!("{name} = {value}: must be from {least} to {most}")))
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
    use darkroom_delivery::StorePolicy;

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
        assert_eq!(config.anonymous_user(), Some("local"));
    }

    /// Each setting stands in the example with its default; those that have none are commented out.
    #[test]
    fn the_example_is_complete_and_says_the_defaults() {
        let text = include_str!("../../darkroom.example.toml");
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
            ("[uploads]\nmax_bytes = 0", &[], "uploads.max_bytes = 0: must be from 1 to 67108864"),
            ("[uploads]\nformats = [\"heic\"]", &[], "heic"),
            ("public_url = \"https://img.example/\"", &[], "public_url"),
            ("public_url = \"https://img.example\\r\\nx: y\"", &[], "public_url"),
            ("public_url = \"httpx://img.example\"", &[], "public_url"),
            ("[webhook]\nurl = \"file:///etc/passwd\"", &[], "webhook.url"),
            ("[users.tokens]\na = \"alice\"", &[], "a token of 1 bytes: must have 16 or more"),
            ("[users.tokens]\n\"a token that has spaces\" = \"alice\"", &[], "visible ASCII"),
            ("[users.tokens]\n\"0123456789abcdef\" = \"\"", &[], "\"\": must be from 1 to 255 bytes"),
            ("[users]\neveryone = \"a\\u0000b\"", &[], "without control characters"),
            ("[limits]\nmemory = 0", &[], "limits.memory = 0: must be from 67108864 to 4294967296"),
            ("[limits]\ntotal_memory = 1", &[], "limits.total_memory = 1: must be from 3221225472"),
            ("[limits]\npixels = 0", &[], "limits.pixels = 0: must be from 1"),
            ("[limits]\nfetches = 0", &[], "limits.fetches = 0: must be from 1 to 1024"),
            ("[limits]\nheader_seconds = 0", &[], "limits.header_seconds = 0: must be from 1 to 3600"),
            ("[limits]\norigin_seconds = 0", &[], "limits.origin_seconds"),
            ("[limits]\ninstances = 5000", &[], "limits.instances = 5000"),
            ("proxies = [\"proxy.example\"]", &[], "10.0.0.0/8"),
            ("listen = \"0.0.0.0:80\"", &[], "users.tokens"),
            ("[delivery]\nmode = \"signed\"", &[], "delivery.mode"),
            ("[s3]\naccess_key_id = \"a\"", &[], "secret_access_key"),
            ("[buckets]\nraw = \"images\"", &[], "images"),
            ("[log]\nlevel = \"loud\"", &[], "loud"),
            ("[buckets]\nraw = \"thumbnails\"", &[], "three"),
        ] {
            let error = load(text, variables).expect_err(text).to_string();
            assert!(error.contains(named), "{error}");
        }
    }

    #[test]
    fn a_store_without_a_budget_keeps_what_is_listed() {
        for (text, expected) in [
            ("", StorePolicy::All),
            ("store = \"aws\"", StorePolicy::Listed),
            ("store = \"aws\"\n[delivery]\nstore = \"all\"", StorePolicy::All),
            ("[delivery]\nstore = \"listed\"", StorePolicy::Listed),
        ] {
            assert_eq!(load(text, &[]).expect(text).delivery.store, expected, "{text}");
        }
        assert_eq!(load("", &[("DARKROOM__STORE", "aws")]).expect("valid").delivery.store, StorePolicy::Listed);
    }

    #[test]
    fn tokens_leave_no_one_unknown() {
        let config = load("[users.tokens]\na-token-of-alices = \"alice\"", &[]).expect("valid");
        assert_eq!(config.anonymous_user(), None);
    }
}
