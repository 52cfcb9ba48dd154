use std::env;

use tracing::level_filters::LevelFilter;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{Layer, fmt};

/// One line of JSON for each event, with the request, execution and image that it is about. Libraries are heard from
/// `warn` on: below that, an HTTP client may write down whole requests.
pub(crate) fn start() {
    let level = env::var("AWS_LAMBDA_LOG_LEVEL").ok().and_then(|level| level.parse().ok());
    let level: LevelFilter = level.unwrap_or(LevelFilter::INFO);
    let targets = Targets::new()
        .with_default(LevelFilter::WARN)
        // Its span carries the request's id; of what it says, only warnings and errors are news.
        .with_target("lambda_runtime::layers", LevelFilter::INFO)
        .with_target("darkroom_host", level)
        .with_target("bootstrap", level);
    let lines = fmt::layer().json().flatten_event(true).with_current_span(false);
    tracing_subscriber::registry().with(lines.with_filter(targets)).init();
}
