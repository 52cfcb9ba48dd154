//! The operator's settings. Every setting has a default; unknown names are refused.

use std::collections::BTreeMap;

use darkroom_recipe::{Format, OnDamage, Preset, Recipe};
use serde::{Deserialize, Deserializer, de::Error as _};

use crate::url::cloudflare;
use crate::{Bounds, FormatChoice, Key, Options, Origin, SigningKey, Widths};

/// The configuration of delivery, the same for every shell.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// What unsigned URLs may ask for. `open` by default.
    pub mode: Mode,
    /// At most two: the first signs, either verifies, so that you can rotate keys without a gap. None by default.
    pub signing_keys: Vec<SigningKey>,
    /// Which renditions of unsigned URLs are stored. `listed` by default; `all` where the store bounds by itself what they
    /// take, as that of `darkroom serve` does.
    pub store: StorePolicy,
    /// The widths that are listed beside the presets. 16 to 3840 in 23 steps by default.
    pub widths: Widths,
    /// Whether an unsigned URL may use what takes a multiple of the time or opens endless variants: `max-bytes`,
    /// `lossless`, `oversize`, and `effort` above 0. `false` by default.
    pub costly_options: bool,
    /// How large an image may become for an unsigned URL that names no preset.
    pub unsigned: Bounds,
    /// The width of `width=auto` for clients without hints, in CSS pixels. 1200 by default, as at Cloudflare.
    pub auto_width: u32,
    /// The quality, 1 to 100, for clients with `Save-Data: on` if the URL names none. None by default: responses then
    /// don't depend on the field.
    pub save_data_quality: Option<u8>,
    /// When AVIF is made. `background` by default.
    pub avif: AvifPolicy,
    /// How to treat originals with missing pixels: `show` (the other pixels, the rest grey), or `refuse`. `show` by
    /// default; a URL can still ask for `on-damage=refuse`.
    #[serde(deserialize_with = "on_damage")]
    pub on_damage: OnDamage,
    /// The built-in presets; a table of names and recipes replaces them or adds to them.
    #[serde(deserialize_with = "presets")]
    pub presets: Vec<Preset>,
    /// The allowed origins of remote sources, by exact match: `img.example` is `https://img.example`. None by default.
    /// Shells must check redirects against it, too.
    pub remote_origins: Vec<Origin>,
    /// Where a browser gets originals by key, for `onerror=redirect`: a URL that ends in a slash. None by default: then
    /// clients are redirected only to remote sources.
    pub originals_url: Option<String>,
    /// The key of a fallback image, sent with the error's status if neither the requested image nor its original can be
    /// sent. None by default: the client gets the error's message.
    #[serde(deserialize_with = "key")]
    pub default_image: Option<Key>,
    /// How long responses are cached.
    pub caching: Caching,
    /// `Access-Control-Allow-Origin`: the origins whose pages may read the bytes. `*` by default.
    pub allow_origins: Vec<String>,
    /// `Timing-Allow-Origin`: the origins whose pages may see the timing. `*` by default.
    pub timing_allow_origin: String,
    /// `Cross-Origin-Resource-Policy`: `cross-origin` by default; `same-site` or `same-origin` keep other sites from
    /// showing the images.
    pub resource_policy: String,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            mode: Mode::default(),
            signing_keys: Vec::new(),
            store: StorePolicy::default(),
            widths: Widths::default(),
            costly_options: false,
            unsigned: Bounds::default(),
            auto_width: 1200,
            save_data_quality: None,
            avif: AvifPolicy::default(),
            on_damage: OnDamage::default(),
            presets: Preset::builtin(),
            remote_origins: Vec::new(),
            originals_url: None,
            default_image: None,
            caching: Caching::default(),
            allow_origins: vec!["*".into()],
            timing_allow_origin: "*".into(),
            resource_policy: "cross-origin".into(),
        }
    }
}

/// What unsigned URLs may ask for. A signature must be valid in every mode.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Mode {
    /// Presets, and anything cheap.
    #[default]
    Open,
    /// Presets only.
    Presets,
    /// Nothing.
    Signed,
}

/// Which renditions of unsigned URLs are stored. Those of signed ones always are: whoever signs has asked for them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum StorePolicy {
    /// Presets, and [`Config::widths`] and the full size with default options, in every format and as facts, of originals
    /// in the raw bucket: as many for each of them as the configuration lists. Anything else is made, and HTTP caches keep
    /// it. Nobody can fill a store without a signature.
    #[default]
    Listed,
    /// Whatever is made.
    All,
}

/// When a client that takes AVIF gets one that is not stored yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum AvifPolicy {
    /// The client waits for it.
    Wait,
    /// The client gets its next best format at once, valid for a short time, while the AVIF is made.
    #[default]
    Background,
    /// Never, unless the URL itself asks for AVIF.
    Off,
}

impl AvifPolicy {
    /// Whether `auto` may resolve to this format.
    pub(crate) fn offers(self, format: Format) -> bool {
        format != Format::Avif || self != Self::Off
    }
}

/// Lifetimes in seconds (RFC 9111 §5.2.2, RFC 5861).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Caching {
    /// In browsers. A day by default.
    pub max_age: u64,
    /// In shared caches. 30 days by default.
    pub s_maxage: u64,
    /// How long after that a stale response may be used while a new one is fetched. A week by default; 0 omits the
    /// directive.
    pub stale_while_revalidate: u64,
    /// How long a stale response may be used if no new one can be fetched. A week by default; 0 omits the directive.
    pub stale_if_error: u64,
    /// For a stand-in that a better response will replace. A minute by default.
    pub provisional_max_age: u64,
    /// For client errors; others are not cached. 5 by default, 10 at most.
    pub error_max_age: u64,
}

impl Default for Caching {
    fn default() -> Self {
        Self {
            max_age: 86_400,
            s_maxage: 2_592_000,
            stale_while_revalidate: 604_800,
            stale_if_error: 604_800,
            provisional_max_age: 60,
            error_max_age: 5,
        }
    }
}

/// An invalid setting.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{setting} = {value}: {allowed}")]
#[allow(missing_docs, reason = "the message says what they are")]
pub struct InvalidConfig {
    pub setting: &'static str,
    pub value: String,
    pub allowed: &'static str,
}

impl Config {
    /// Whether the configuration lists what `options` ask for, hints put in.
    pub(crate) fn lists(&self, options: &Options) -> bool {
        if options.preset.is_some() {
            return true;
        }
        let width = options.recipe.resize.width;
        let mut listed =
            Options { format: options.format, redirect_on_error: options.redirect_on_error, ..Options::default() };
        let recipe = &mut listed.recipe;
        recipe.resize.width = width;
        recipe.on_damage = self.on_damage;
        if options.format == FormatChoice::Fixed {
            recipe.encoding.format = options.recipe.encoding.format;
        }
        recipe.encoding.quality = self.save_data_quality.filter(|q| options.recipe.encoding.quality == Some(*q));
        listed == *options && width.is_none_or(|width| self.widths.contains(width))
    }

    /// Checks what a type doesn't say. A shell does it once, at its start.
    ///
    /// # Errors
    /// Names the first invalid setting.
    pub fn validate(&self) -> Result<(), InvalidConfig> {
        let keys = self.signing_keys.len();
        let quality = self.save_data_quality.unwrap_or(1);
        let check = |right: bool, setting, value: String, allowed| {
            if right { Ok(()) } else { Err(InvalidConfig { setting, value, allowed }) }
        };
        check(keys <= 2, "signing_keys", format!("{keys} keys"), "must be at most two")?;
        check(keys > 0 || self.mode != Mode::Signed, "mode", "signed".into(), "needs a key in signing_keys")?;
        check(
            (1..=65_535).contains(&self.auto_width),
            "auto_width",
            self.auto_width.to_string(),
            "must be from 1 to 65535",
        )?;
        check((1..=100).contains(&quality), "save_data_quality", quality.to_string(), "must be from 1 to 100")?;
        let Bounds { pixels, enlargement } = self.unsigned;
        check(pixels > 0, "unsigned.pixels", pixels.to_string(), "must be at least 1")?;
        check(enlargement > 0, "unsigned.enlargement", enlargement.to_string(), "must be at least 1")?;
        let error_max_age = self.caching.error_max_age;
        check(error_max_age <= 10, "error_max_age", error_max_age.to_string(), "must be from 0 to 10")
    }
}

fn key<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Key>, D::Error> {
    let text = Option::<String>::deserialize(deserializer)?;
    text.map(|text| text.parse()).transpose().map_err(D::Error::custom)
}

fn on_damage<'de, D: Deserializer<'de>>(deserializer: D) -> Result<OnDamage, D::Error> {
    String::deserialize(deserializer)?.parse().map_err(D::Error::custom)
}

fn presets<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<Preset>, D::Error> {
    let mut presets = Preset::builtin();
    for (name, text) in BTreeMap::<String, String>::deserialize(deserializer)? {
        let name =
            cloudflare::preset(&name).map_err(|allowed| D::Error::custom(format!("preset {name:?}: {allowed}")))?;
        let recipe: Recipe = text.parse().map_err(|error| D::Error::custom(format!("preset {name}: {error}")))?;
        presets.retain(|preset| preset.name != name);
        presets.push(Preset { name, recipe });
    }
    Ok(presets)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(toml: &str) -> Result<Config, String> {
        let config: Config = toml::from_str(toml).map_err(|error| error.message().to_owned())?;
        config.validate().map_err(|error| error.to_string())?;
        Ok(config)
    }

    #[test]
    fn settings_are_read() {
        assert_eq!(read(""), Ok(Config::default()));
        let config = read(
            "mode = 'signed'\n\
             signing_keys = ['0123456789abcdef', 'fedcba9876543210']\n\
             store = 'all'\n\
             widths = [100, 200]\n\
             avif = 'off'\n\
             on_damage = 'refuse'\n\
             remote_origins = ['img.example']\n\
             caching.max_age = 5\n\
             [presets]\n\
             small = 'width=99'\n\
             hero = 'fit=cover,width=1600,height=900'\n",
        )
        .expect("valid");
        assert_eq!((config.mode, config.avif, config.caching.max_age), (Mode::Signed, AvifPolicy::Off, 5));
        assert_eq!((config.widths.round_up(101), config.on_damage), (200, OnDamage::Refuse));
        assert_eq!(config.store, StorePolicy::All);
        let recipe =
            |name| config.presets.iter().find(|preset| preset.name == name).map(|preset| preset.recipe.to_string());
        assert_eq!(recipe("small").as_deref(), Some("width=99"));
        assert_eq!(recipe("medium").as_deref(), Some("anim=false,format=jpeg,height=300,quality=85,width=300"));
        assert_eq!(config.presets.len(), 5);
    }

    #[test]
    fn wrong_settings_are_named() {
        for (toml, message) in [
            ("moed = 'open'", "unknown field `moed`"),
            ("caching.maxage = 1", "unknown field `maxage`"),
            ("mode = 'closed'", "unknown variant `closed`"),
            ("on_damage = 'hide'", "on-damage=hide: must be show or refuse"),
            ("mode = 'signed'", "mode = signed: needs a key in signing_keys"),
            ("signing_keys = ['short']", "signing key of 5 bytes: must be 16 bytes or more"),
            ("widths = [2, 1]", "widths [2, 1]: must be one or more widths"),
            ("store = 'some'", "unknown variant `some`"),
            ("remote_origins = ['10.0.0.1']", "source \"10.0.0.1\": must be a host name"),
            ("presets.Big = ''", "preset \"Big\": must be from 1 to 64 lower-case"),
            ("presets.big = 'width=0'", "preset big: width=0: must be an integer"),
            ("caching.error_max_age = 60", "error_max_age = 60: must be from 0 to 10"),
        ] {
            let error = read(toml).expect_err(toml);
            assert!(error.starts_with(message), "{error}");
        }
    }
}
