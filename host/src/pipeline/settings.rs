use std::str::FromStr;
use std::time::Duration;

use darkroom_delivery::{Config, SigningKey};
use darkroom_recipe::{Format, Limits, OnDamage, Preset};

use crate::InvalidSetting;
use crate::objects::Buckets;

/// The pipeline's configuration, the same for all its functions. docs/pipeline.md lists the variables.
#[derive(Clone, Debug, PartialEq)]
pub struct Settings {
    /// The buckets of all objects.
    pub buckets: Buckets,
    /// The base URL of served images: `https`, without a trailing slash.
    pub public_url: String,
    /// Signs the URLs that items and messages have, where delivery wants that and this process knows the key.
    pub signing_key: Option<SigningKey>,
    /// What is made of each upload: delivery's presets.
    pub presets: Vec<Preset>,
    /// Further formats to make of each preset besides its own.
    pub formats: Vec<Format>,
    /// How to handle an upload with missing pixels.
    pub on_damage: OnDamage,
    /// The limits of an upload.
    pub limits: Limits,
    /// The image core's deadline for one image.
    pub deadline: Duration,
    /// How long an item is kept after its upload.
    pub retention: Duration,
    /// How long an upload URL can be used to start an upload.
    pub url_validity: Duration,
    /// How often the queue delivers a message before it gives up: its `maxReceiveCount`.
    pub receives: u32,
}

impl Settings {
    /// Reads variables, for instance from the environment.
    ///
    /// # Errors
    /// Names the first variable that is missing or wrong.
    pub fn read(get: impl Fn(&str) -> Option<String>) -> Result<Self, InvalidSetting> {
        let defaults = Limits::default();
        let number = |name, default, allowed, range| number(&get, name, default, allowed, range);
        let bytes = number(
            "DARKROOM_MAX_BYTES",
            defaults.source_bytes,
            "must be from 1 to 67108864",
            1..=defaults.source_bytes,
        )?;
        // A batch of ten images, two at a time, has to finish within the function's 300 seconds.
        let deadline = number("DARKROOM_DEADLINE_SECONDS", 30, "must be from 1 to 50", 1..=50)?;
        let days = number("DARKROOM_RETENTION_DAYS", 365, "must be from 1 to 36500", 1..=36_500)?;
        let seconds = number("DARKROOM_URL_SECONDS", 900, "must be from 1 to 900", 1..=900)?;
        let receives = number("DARKROOM_MAX_RECEIVES", 4, "must be from 1 to 1000", 1..=1000)?;
        Ok(Self {
            buckets: Buckets::read(&get)?,
            public_url: public_url(&get)?,
            signing_key: None,
            presets: presets(&get)?,
            formats: formats(&get)?,
            on_damage: on_damage(&get)?,
            limits: Limits { source_bytes: bytes, ..defaults },
            deadline: Duration::from_secs(deadline),
            retention: Duration::from_secs(days * 86_400),
            url_validity: Duration::from_secs(seconds),
            receives: u32::try_from(receives).unwrap_or(u32::MAX),
        })
    }
}

type Get<'a> = &'a dyn Fn(&str) -> Option<String>;

fn public_url(get: Get<'_>) -> Result<String, InvalidSetting> {
    let name = "DARKROOM_PUBLIC_URL";
    let value = get(name).unwrap_or_default();
    let host = value.strip_prefix("https://").unwrap_or_default();
    if host.is_empty() || host.ends_with('/') || host.contains(['?', '#', ' ']) {
        return Err(InvalidSetting { name, value, allowed: "must be an https:// URL without a slash at its end" });
    }
    Ok(value)
}

/// Reads the presets from delivery's configuration, which is JSON in `DARKROOM_DELIVERY`: the same presets are made of
/// uploads, named in URLs, and deleted with an original.
///
/// # Errors
/// If the configuration is invalid.
pub fn presets(get: impl Fn(&str) -> Option<String>) -> Result<Vec<Preset>, InvalidSetting> {
    let name = "DARKROOM_DELIVERY";
    let value = get(name).filter(|value| !value.is_empty()).unwrap_or_else(|| "{}".into());
    match serde_json::from_str::<Config>(&value) {
        Ok(config) => Ok(config.presets),
        Err(_) => Err(InvalidSetting { name, value, allowed: "must be the configuration of delivery, as JSON" }),
    }
}

fn formats(get: Get<'_>) -> Result<Vec<Format>, InvalidSetting> {
    let name = "DARKROOM_FORMATS";
    let value = get(name).unwrap_or_default();
    let words = value.split(',').map(str::trim).filter(|word| !word.is_empty());
    let formats: Option<Vec<Format>> = words.map(|word| Format::negotiable_named(word).ok()).collect();
    formats.ok_or(InvalidSetting {
        name,
        value,
        allowed: "must be one or more of jxl, avif and webp, with commas between",
    })
}

fn on_damage(get: Get<'_>) -> Result<OnDamage, InvalidSetting> {
    let name = "DARKROOM_ON_DAMAGE";
    let Some(value) = get(name).filter(|value| !value.is_empty()) else { return Ok(OnDamage::default()) };
    value.parse().map_err(|_| InvalidSetting { name, value, allowed: "must be show or refuse" })
}

fn number(
    get: Get<'_>,
    name: &'static str,
    default: u64,
    allowed: &'static str,
    range: std::ops::RangeInclusive<u64>,
) -> Result<u64, InvalidSetting> {
    let Some(value) = get(name) else { return Ok(default) };
    match u64::from_str(&value) {
        Ok(number) if range.contains(&number) => Ok(number),
        _ => Err(InvalidSetting { name, value, allowed }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NEEDED: [(&str, &str); 4] = [
        ("DARKROOM_RAW_BUCKET", "raw-images"),
        ("DARKROOM_PROCESSED_BUCKET", "processed-images"),
        ("DARKROOM_THUMBNAILS_BUCKET", "thumbnails"),
        ("DARKROOM_PUBLIC_URL", "https://img.example"),
    ];

    fn read(variable: &str, value: &str) -> Result<Settings, InvalidSetting> {
        Settings::read(|name| {
            let found = NEEDED.iter().find(|(needed, _)| *needed == name).map(|(_, value)| (*value).to_owned());
            if name == variable { Some(value.to_owned()) } else { found }
        })
    }

    #[test]
    fn defaults_are_the_customers() {
        let settings = read("", "").expect("valid");
        assert_eq!(settings.url_validity, Duration::from_secs(15 * 60));
        assert_eq!(settings.deadline, crate::Options::default().deadline);
        assert_eq!((settings.limits, settings.formats.len(), settings.receives), (Limits::default(), 0, 4));
        assert_eq!(settings.presets, Preset::builtin());
        let presets = read("DARKROOM_DELIVERY", r#"{"presets": {"card": "width=320"}}"#).expect("valid").presets;
        let names: Vec<&str> = presets.iter().map(|preset| preset.name.as_str()).collect();
        assert_eq!(names, ["compressed", "small", "medium", "large", "card"]);
        let formats = read("DARKROOM_FORMATS", "webp, avif").expect("valid").formats;
        assert_eq!(formats, [Format::WebP, Format::Avif]);
        let on_damage = |value| read("DARKROOM_ON_DAMAGE", value).expect("valid").on_damage;
        assert_eq!(["", "show", "refuse"].map(on_damage), [OnDamage::Show, OnDamage::Show, OnDamage::Refuse]);
    }

    #[test]
    fn wrong_settings_are_named() {
        for (name, value) in [
            ("DARKROOM_RAW_BUCKET", ""),
            ("DARKROOM_PROCESSED_BUCKET", "Upper"),
            ("DARKROOM_THUMBNAILS_BUCKET", "a/b"),
            ("DARKROOM_PUBLIC_URL", "http://img.example"),
            ("DARKROOM_PUBLIC_URL", "https://img.example/"),
            ("DARKROOM_FORMATS", "webp,heic"),
            ("DARKROOM_DELIVERY", "{"),
            ("DARKROOM_DELIVERY", r#"{"presets": {"card": "width=0"}}"#),
            ("DARKROOM_ON_DAMAGE", "hide"),
            ("DARKROOM_MAX_BYTES", "67108865"),
            ("DARKROOM_DEADLINE_SECONDS", "0"),
            ("DARKROOM_DEADLINE_SECONDS", "51"),
            ("DARKROOM_RETENTION_DAYS", "0"),
            ("DARKROOM_URL_SECONDS", "901"),
            ("DARKROOM_MAX_RECEIVES", "many"),
        ] {
            let error = read(name, value).expect_err(name).to_string();
            assert!(error.starts_with(&format!("{name}={value}: ")), "{error}");
        }
    }
}
