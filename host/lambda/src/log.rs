use std::env;

use tracing::level_filters::LevelFilter;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{Layer, fmt};

/// Logs each event as a line of JSON, with its request, execution and image. Libraries log only from `warn` on, because
/// an HTTP client may log whole requests below that level.
pub(crate) fn start() {
    let level = env::var("AWS_LAMBDA_LOG_LEVEL").ok().and_then(|level| level.parse().ok());
    let level: LevelFilter = level.unwrap_or(LevelFilter::INFO);
    let targets = Targets::new()
        .with_default(LevelFilter::WARN)
        // Its span carries the request ID; only its warnings and errors are of interest.
        .with_target("lambda_runtime::layers", LevelFilter::INFO)
        .with_target("darkroom_host", level)
        .with_target("bootstrap", level);
    let lines = fmt::layer().json().flatten_event(true).with_current_span(false);
    tracing_subscriber::registry().with(lines.with_filter(targets)).init();
}
