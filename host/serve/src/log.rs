use std::io;

use tracing::level_filters::LevelFilter;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{Layer, fmt};

use crate::config::{Log, LogFormat};

/// Writes the log to standard error from now on.
pub(crate) fn start(log: &Log) {
    let level: LevelFilter = log.level.parse().unwrap_or(LevelFilter::INFO); // it was checked
    // Libraries are heard from `warn` on: below that, an HTTP client may write down whole requests.
    let targets = Targets::new()
        .with_default(level.min(LevelFilter::WARN))
        // For each request that they refuse or repeat they write lines that name its host and key.
        .with_target("s3s", LevelFilter::OFF)
        .with_target("aws_smithy_runtime", LevelFilter::OFF)
        .with_target("darkroom", level)
        .with_target("darkroom_host", level)
        .with_target("darkroom_serve", level);
    let lines = fmt::layer().with_writer(io::stderr);
    let lines = match log.format {
        LogFormat::Json => lines.json().flatten_event(true).with_current_span(false).boxed(),
        LogFormat::Text => lines.boxed(),
    };
    tracing_subscriber::registry().with(lines.with_filter(targets)).init();
}
