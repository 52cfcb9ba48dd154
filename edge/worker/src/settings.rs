//! The configuration: the variable `DARKROOM`, a table in wrangler.toml, and secrets.

use std::cell::OnceCell;
use std::rc::Rc;

use darkroom_delivery::{Config, SigningKey};
use js_sys::{JSON, Reflect};
use serde::Deserialize;
use worker::Env;

/// Every setting but the buckets has a default; unknown names are refused.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Settings {
    /// The settings that every shell shares.
    #[serde(default)]
    pub(crate) delivery: Config,
    pub(crate) buckets: Buckets,
    #[serde(default)]
    pub(crate) limits: Limits,
    /// Where the buckets named by `s3` are.
    pub(crate) s3: Option<S3>,
}

/// The buckets for originals and renditions.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Buckets {
    pub(crate) raw: Place,
    pub(crate) processed: Place,
    pub(crate) thumbnails: Place,
}

/// A bucket: an R2 binding's name, or an S3 bucket's.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Place {
    R2(String),
    S3(String),
}

/// Any service that speaks S3. The secrets `S3_ACCESS_KEY_ID` and `S3_SECRET_ACCESS_KEY` sign.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct S3 {
    pub(crate) endpoint: String,
    pub(crate) region: String,
}

/// The limits for one image. The defaults always keep an isolate within its 128 MB: the component's memory, and all
/// copies of an original and of its output. tests/isolate.test.mjs adds them up.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Limits {
    /// An original's length in bytes. 8 MiB by default.
    pub(crate) source_bytes: u64,
    /// An original's width × height. 50 million by default.
    pub(crate) pixels: u64,
    /// The length of an output, in bytes; and of an unchanged original that is stored and cached. 4 MiB by default.
    pub(crate) output_bytes: u64,
    /// The component's memory in bytes, its code's own included: at most the 74 MiB that it is built with, which is the
    /// default.
    pub(crate) memory: u64,
    /// Originals held concurrently in one isolate. 1 by default.
    pub(crate) concurrency: u32,
    /// How long a request waits for its turn, in milliseconds, before it gets 503. 10 seconds by default.
    pub(crate) queue_ms: u64,
    /// How long an origin may take, in milliseconds. 15 seconds by default.
    pub(crate) origin_ms: u64,
}

impl Limits {
    /// Whether this many bytes may be made, stored and cached: each of these takes a copy.
    pub(crate) const fn keeps(&self, bytes: usize) -> bool {
        bytes as u64 <= self.output_bytes
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            source_bytes: 8 << 20,
            output_bytes: 4 << 20,
            pixels: 50_000_000,
            memory: 74 << 20,
            concurrency: 1,
            queue_ms: 10_000,
            origin_ms: 15_000,
        }
    }
}

thread_local! {
    /// Settings change only with a deployment, and a deployment starts new isolates.
    static LOADED: OnceCell<Rc<Settings>> = const { OnceCell::new() };
}

impl Settings {
    /// Reads and checks them, once.
    pub(crate) fn load(env: &Env) -> Result<Rc<Self>, String> {
        if let Some(settings) = LOADED.with(|loaded| loaded.get().cloned()) {
            return Ok(settings);
        }
        let settings = Rc::new(Self::read(env)?);
        Ok(LOADED.with(|loaded| Rc::clone(loaded.get_or_init(|| settings))))
    }

    fn read(env: &Env) -> Result<Self, String> {
        let mut settings: Self = variable(env).map_err(|error| format!("variable DARKROOM: {error}"))?;
        if let Some(keys) = secret(env, "SIGNING_KEYS") {
            let key =
                |key: &str| SigningKey::try_from(key.to_owned()).map_err(|error| format!("SIGNING_KEYS: {error}"));
            settings.delivery.signing_keys = keys.split_whitespace().map(key).collect::<Result<_, _>>()?;
        }
        settings.delivery.validate().map_err(|error| error.to_string())?;
        Ok(settings)
    }
}

/// Through JSON, since `Env::object_var` ignores unknown names.
fn variable(env: &Env) -> Result<Settings, String> {
    let value = Reflect::get(env.as_ref(), &"DARKROOM".into()).map_err(|error| format!("{error:?}"))?;
    let json = JSON::stringify(&value).map_err(|error| format!("{error:?}"))?;
    let json = json.as_string().ok_or("not set; must be a table, as in wrangler.toml")?;
    serde_json::from_str(&json).map_err(|error| error.to_string())
}

/// A secret's value; none if it is not set.
pub(crate) fn secret(env: &Env, name: &str) -> Option<String> {
    env.secret(name).ok().map(|secret| secret.to_string())
}
