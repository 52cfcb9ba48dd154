use std::env;
use std::io::{self, Write};
use std::sync::LazyLock;

use serde_json::Value;
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

/// CloudWatch reads measurements from the log. `DARKROOM_PIPELINE` tells those of several pipelines in one account apart.
pub(crate) fn emit(measurement: &Value) {
    static PIPELINE: LazyLock<Option<String>> = LazyLock::new(|| env::var("DARKROOM_PIPELINE").ok());
    let measurement = &PIPELINE.as_ref().map_or_else(|| measurement.clone(), |name| of_pipeline(measurement, name));
    if let Err(error) = writeln!(io::stdout().lock(), "{measurement}") {
        tracing::warn!(%error, "a measurement is lost");
    }
}

/// The measurement with the pipeline's name as its first dimension.
fn of_pipeline(measurement: &Value, name: &str) -> Value {
    let mut measurement = measurement.clone();
    measurement["Pipeline"] = name.into();
    let definitions = measurement["_aws"]["CloudWatchMetrics"].as_array_mut().into_iter().flatten();
    for dimensions in definitions.filter_map(|definition| definition["Dimensions"][0].as_array_mut()) {
        dimensions.insert(0, "Pipeline".into());
    }
    measurement
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_measurement_names_its_pipeline() {
        let definition = |dimensions| json!([{"Namespace": "Darkroom", "Dimensions": dimensions, "Metrics": []}]);
        for (plain, named) in [(json!([[]]), json!([["Pipeline"]])), (json!([["S"]]), json!([["Pipeline", "S"]]))] {
            let measurement = json!({"Success": 1, "_aws": {"Timestamp": 1, "CloudWatchMetrics": definition(plain)}});
            let expected = json!({"Success": 1, "Pipeline": "darkroom",
                "_aws": {"Timestamp": 1, "CloudWatchMetrics": definition(named)}});
            assert_eq!(of_pipeline(&measurement, "darkroom"), expected);
        }
    }
}
