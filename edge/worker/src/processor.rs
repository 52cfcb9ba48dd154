//! The component, through `core.mjs`: each call runs in an instance of its own.

use darkroom_delivery::{Bounds, Error};
use darkroom_recipe as core;
use darkroom_recipe::{Description, Format, ImageInfo, OUTPUT_VERSION, Recipe, Rendition};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use wasm_bindgen::prelude::{JsValue, wasm_bindgen};

use crate::settings::Limits;

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(js_namespace = darkroom)]
    fn probe(source: &[u8], source_bytes: u64, pixels: u64, memory: u64) -> JsValue;
    #[wasm_bindgen(js_namespace = darkroom)]
    fn describe(source: &[u8], source_bytes: u64, pixels: u64, memory: u64) -> JsValue;
    #[wasm_bindgen(js_namespace = darkroom)]
    fn transform(
        source: &[u8],
        recipe: &str,
        source_bytes: u64,
        pixels: u64,
        memory: u64,
        output_pixels: u64,
        enlargement: u32,
    ) -> JsValue;
    #[wasm_bindgen(js_namespace = darkroom)]
    fn digest() -> String;
}

/// What `core.mjs` answers.
#[derive(Deserialize)]
#[serde(rename_all = "lowercase")]
enum Reply<T> {
    Ok(T),
    Err(Failure),
}

/// The contract's error by its case, and its text; `trap` for a crash.
#[derive(Deserialize)]
struct Failure {
    case: String,
    text: String,
}

#[derive(Deserialize)]
struct Made {
    format: Format,
    width: u32,
    height: u32,
    quality: Option<u8>,
    #[serde(with = "serde_bytes")]
    bytes: Vec<u8>,
}

/// What runs here.
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

/// What `source` is.
pub(crate) fn info(source: &[u8], limits: &Limits) -> Result<ImageInfo, Error> {
    read(probe(source, limits.source_bytes, limits.pixels, memory(source, limits)))
}

/// What can stand in for `source`, and what its camera wrote.
pub(crate) fn description(source: &[u8], limits: &Limits) -> Result<Description, Error> {
    read(describe(source, limits.source_bytes, limits.pixels, memory(source, limits)))
}

/// What `recipe` makes of `source`, within `bounds`.
pub(crate) fn render(source: &[u8], recipe: &Recipe, limits: &Limits, bounds: Bounds) -> Result<Rendition, Error> {
    let core::Limits { output_pixels, enlargement, .. } = bounds.within(core::Limits::default());
    let Limits { source_bytes, pixels, .. } = *limits;
    let (recipe, memory) = (recipe.to_string(), memory(source, limits));
    let reply = transform(source, &recipe, source_bytes, pixels, memory, output_pixels, enlargement);
    let Made { format, width, height, quality, bytes } = read(reply)?;
    Ok(Rendition { format, width, height, quality, bytes })
}

/// What pixels may take: the component's memory without the source in it, and without its own data, stack and what
/// lies unused between buffers.
fn memory(source: &[u8], limits: &Limits) -> u64 {
    const OWN: u64 = 8 << 20;
    limits.memory.saturating_sub(OWN + source.len() as u64)
}

fn read<T: DeserializeOwned>(reply: JsValue) -> Result<T, Error> {
    match serde_wasm_bindgen::from_value(reply).map_err(|error| Error::Internal(error.to_string()))? {
        Reply::Ok(value) => Ok(value),
        Reply::Err(Failure { case, text }) => Err(match case.as_str() {
            "unrecognized-format" | "unsupported-feature" => Error::Unsupported(text),
            "malformed" => Error::Unprocessable(text),
            "limit-exceeded" => Error::Limit(text),
            "invalid-recipe" => Error::Recipe(text),
            _ => Error::Internal(format!("{case}: {text}")),
        }),
    }
}
