//! The component, through `core.mjs`: each call runs in its own instance.

use darkroom_delivery::{Bounds, Error, Transformed};
use darkroom_recipe as core;
use darkroom_recipe::{Description, Format, OUTPUT_VERSION, Recipe, Rendition};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use wasm_bindgen::prelude::{JsValue, wasm_bindgen};

use crate::settings::Limits;

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(js_namespace = darkroom)]
    fn describe(source: &[u8], limits: &str) -> JsValue;
    #[wasm_bindgen(js_namespace = darkroom)]
    fn transform(source: &[u8], recipe: &str, limits: &str) -> JsValue;
    #[wasm_bindgen(js_namespace = darkroom)]
    fn digest() -> String;
}

/// The response of `core.mjs`.
#[derive(Deserialize)]
#[serde(rename_all = "lowercase")]
enum Reply<T> {
    Ok(T),
    Err(Failure),
}

/// The contract's error; its code is `trap` for a crash.
#[derive(Deserialize)]
struct Failure {
    code: String,
    message: String,
}

#[derive(Deserialize)]
struct Made {
    info: String,
    result: Reply<File>,
}

#[derive(Deserialize)]
struct File {
    format: Format,
    width: u32,
    height: u32,
    quality: Option<u8>,
    #[serde(with = "serde_bytes")]
    bytes: Vec<u8>,
}

/// The version that runs here.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Version {
    darkroom: &'static str,
    output_version: u32,
    component: String,
}

/// For `/version`.
pub(crate) fn version() -> Version {
    Version {
        darkroom: env!("CARGO_PKG_VERSION"),
        output_version: OUTPUT_VERSION,
        component: format!("sha256:{}", digest()),
    }
}

/// Placeholders for `source`, and its EXIF fields.
pub(crate) fn description(source: &[u8], limits: &Limits) -> Result<Description, Error> {
    json(&read::<String>(describe(source, &text(source, limits, Bounds::NONE)))?)
}

/// Facts about `source`, and the rendition of `recipe`, within `bounds`.
pub(crate) fn render(source: &[u8], recipe: &Recipe, limits: &Limits, bounds: Bounds) -> Result<Transformed, Error> {
    let Made { info, result } = read(transform(source, &recipe.to_string(), &text(source, limits, bounds)))?;
    let rendition = result.into_result().and_then(|file: File| within(file, limits));
    let rendition = rendition.map(|File { format, width, height, quality, bytes }| Rendition {
        format,
        width,
        height,
        quality,
        bytes,
    });
    Ok(Transformed { info: json(&info)?, rendition })
}

/// An output has several copies until it is sent, stored and cached.
fn within(file: File, limits: &Limits) -> Result<File, Error> {
    if limits.keeps(file.bytes.len()) {
        return Ok(file);
    }
    Err(Error::Limit(format!("bytes of the image: {}, must be at most {}", file.bytes.len(), limits.output_bytes)))
}

/// The limits of one call. Pixels may use the component's memory minus the source, its own data, its stack and the gaps
/// between buffers.
fn text(source: &[u8], limits: &Limits, bounds: Bounds) -> String {
    const OWN: u64 = 8 << 20;
    let Limits { source_bytes, pixels, memory, .. } = *limits;
    let memory = memory.saturating_sub(OWN + source.len() as u64);
    bounds.within(core::Limits { source_bytes, pixels, memory, ..core::Limits::default() }).to_string()
}

fn read<T: DeserializeOwned>(reply: JsValue) -> Result<T, Error> {
    let reply: Reply<T> = serde_wasm_bindgen::from_value(reply).map_err(|error| Error::Internal(error.to_string()))?;
    reply.into_result()
}

fn json<T: DeserializeOwned>(text: &str) -> Result<T, Error> {
    serde_json::from_str(text).map_err(|error| Error::Internal(format!("{text}: {error}")))
}

impl<T> Reply<T> {
    fn into_result(self) -> Result<T, Error> {
        let Failure { code, message } = match self {
            Self::Ok(value) => return Ok(value),
            Self::Err(failure) => failure,
        };
        Err(match code.as_str() {
            "unrecognized-format" | "unsupported-feature" => Error::Unsupported(message),
            "malformed" => Error::Unprocessable(message),
            "limit-exceeded" => Error::Limit(message),
            "invalid-recipe" => Error::Recipe(message),
            _ => Error::Internal(format!("{code}: {message}")),
        })
    }
}
