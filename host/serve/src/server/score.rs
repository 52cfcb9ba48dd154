use std::sync::Arc;
use std::time::Duration;

use axum::Json;
use axum::extract::{Path, Query, State};
use axum::response::Response;
use darkroom_delivery::{Config, Decision, Error, Fields, Mode, Plan, plan};
use darkroom_recipe::Limits;
use serde::Deserialize;
use tokio::sync::Semaphore;
use tokio::task::spawn_blocking;
use tokio::time::timeout;

use super::App;
use super::identity::User;
use super::images::{own, private, raw, refused};
use crate::score::{Score, score};

/// One at a time: each takes a core, and memory.
static TURN: Semaphore = Semaphore::const_new(1);
/// How long a request waits for its turn.
const PATIENCE: Duration = Duration::from_secs(20);
const RETRY_AFTER: u32 = 5;
/// Where the format is left open it is WebP, as the pipeline's result is.
const ACCEPT: &str = "image/webp,image/*;q=0.5";

/// What is compared with the original.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ScoreQuery {
    /// As in an image's URL; `preset=compressed` by default.
    options: Option<String>,
}

/// `GET /images/{imageId}/score`: SSIMULACRA2 of what these options make of a user's own image.
pub(super) async fn answer(
    State(app): State<Arc<App>>,
    User(user): User,
    Path(id): Path<String>,
    Query(query): Query<ScoreQuery>,
) -> Response {
    match scored(&app, &user, &id, query.options.as_deref().unwrap_or("preset=compressed")).await {
        Ok(score) => private(Json(score)),
        Err(error) => refused(&error),
    }
}

async fn scored(app: &Arc<App>, user: &str, id: &str, options: &str) -> Result<Score, Error> {
    let item = own(app, user, id).await?;
    let now = darkroom_host::clock::seconds();
    // Delivery's own rules say what the options are, and who may ask for them. The source is known already.
    let path = format!("/image/{options}/original");
    let fields = Fields::from_pairs([("accept", ACCEPT)]);
    // The owner needs no signature for it.
    let config = Config { mode: Mode::Open, ..app.config.delivery.clone() };
    let decision = plan("GET", &path, "", &fields, &config, now)?;
    let Decision::Deliver(plan) = decision else { return Err(Error::Internal("a GET without a plan".into())) };
    let turn = timeout(PATIENCE, TURN.acquire()).await.ok().and_then(Result::ok);
    let turn = turn.ok_or(Error::Saturated { retry_after: RETRY_AFTER })?;
    let original = raw(app, &item).await?.bytes;
    let (app, limits) = (Arc::clone(app), app.presign.settings.limits);
    let computed = spawn_blocking(move || {
        let computed = compute(&app, &original, &plan, &limits);
        drop(turn);
        computed
    });
    computed.await.unwrap_or_else(|error| Err(Error::Internal(error.to_string())))
}

fn compute(app: &App, original: &[u8], plan: &Plan, limits: &Limits) -> Result<Score, Error> {
    // Before anything is rendered: what is beyond them, or could not be looked at, is refused by its size alone.
    let limits = plan.bounds.within(Limits { output_pixels: limits.output_pixels.min(limits.pixels), ..*limits });
    Ok(score(&app.processor, original, plan.recipe(), &limits)?)
}
