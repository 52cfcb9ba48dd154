//! Measurements in CloudWatch's embedded metric format: one line of JSON each, which CloudWatch extracts from the log.

use std::env;
use std::io::{self, Write};
use std::sync::LazyLock;

use darkroom_host::pipeline::Measurement;
use darkroom_host::records::{Item, Outcome};
use serde_json::{Value, json};

const NAMESPACE: &str = "Darkroom";

/// Logs a measurement. `DARKROOM_PIPELINE` distinguishes several pipelines in one account.
pub(crate) fn emit(measurement: Measurement<'_>) {
    static PIPELINE: LazyLock<Option<String>> = LazyLock::new(|| env::var("DARKROOM_PIPELINE").ok());
    for line in lines(measurement) {
        let line = PIPELINE.as_ref().map_or_else(|| line.clone(), |name| of_pipeline(&line, name));
        if let Err(error) = writeln!(io::stdout().lock(), "{line}") {
            tracing::warn!(%error, "a measurement is lost");
        }
    }
}

fn lines(measurement: Measurement<'_>) -> Vec<Value> {
    match measurement {
        Measurement::Compressed { original, result } => vec![compressed(original, result)],
        Measurement::Thumbnails { failed } => vec![thumbnails(failed)],
        Measurement::Recorded(item) => [outcome(item)].into_iter().chain(processing_time(item)).collect(),
    }
}

/// `CompressionRatio` (original to result) and `BytesSaved` of one image.
fn compressed(original: u64, result: u64) -> Value {
    #[allow(clippy::cast_precision_loss, reason = "a ratio for a graph")]
    let ratio = original as f64 / result.max(1) as f64;
    let saved = original.saturating_sub(result);
    measurement(
        &[],
        json!([{"Name": "CompressionRatio", "Unit": "None"}, {"Name": "BytesSaved", "Unit": "Bytes"}]),
        json!({"CompressionRatio": ratio, "BytesSaved": saved}),
    )
}

/// `ThumbnailFailures`: 1 or 0 per attempt.
fn thumbnails(failed: bool) -> Value {
    let definition = json!([{"Name": "ThumbnailFailures", "Unit": "Count"}]);
    measurement(&[], definition, json!({"ThumbnailFailures": u8::from(failed)}))
}

/// `Success`: 1 or 0 per recorded outcome, so that the average is the success rate. `Damaged`: 1 or 0 per completed
/// image, depending on whether pixels of the original are missing.
fn outcome(item: &Item) -> Value {
    let mut definition = vec![json!({"Name": "Success", "Unit": "Count"})];
    let mut values = json!({"Success": u8::from(matches!(item.outcome, Outcome::Completed { .. }))});
    if let Outcome::Completed { damaged, .. } = item.outcome {
        definition.push(json!({"Name": "Damaged", "Unit": "Count"}));
        values["Damaged"] = u8::from(damaged).into();
    }
    measurement(&[], definition.into(), values)
}

/// `ProcessingTime` by `SizeClass` of the original, for each completed image.
fn processing_time(item: &Item) -> Option<Value> {
    let Outcome::Completed { processing_time_ms, .. } = item.outcome else { return None };
    let definition = json!([{"Name": "ProcessingTime", "Unit": "Milliseconds"}]);
    let values = json!({"ProcessingTime": processing_time_ms, "SizeClass": size_class(item.original_size)});
    Some(measurement(&["SizeClass"], definition, values))
}

/// Classifies by the original's bytes; a MB is a million.
const fn size_class(bytes: u64) -> &'static str {
    match bytes {
        ..1_000_000 => "below 1 MB",
        1_000_000..5_000_000 => "1 to 5 MB",
        5_000_000..20_000_000 => "5 to 20 MB",
        _ => "20 MB and more",
    }
}

fn measurement(dimensions: &[&str], definition: Value, values: Value) -> Value {
    let now = darkroom_host::clock::since_1970();
    let mut line = values;
    line["_aws"] = json!({
        "Timestamp": u64::try_from(now.as_millis()).unwrap_or(u64::MAX),
        "CloudWatchMetrics": [{"Namespace": NAMESPACE, "Dimensions": [dimensions], "Metrics": definition}],
    });
    line
}

/// Adds the pipeline's name to the measurement as its first dimension.
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
    use super::*;

    #[test]
    fn every_metric_has_its_value_and_dimensions() {
        let completed = Outcome::Completed {
            compressed_key: String::new(),
            compressed_size: 1,
            thumbnails: std::collections::BTreeMap::new(),
            savings_percent: 50.0,
            processing_time_ms: 7,
            damaged: true,
        };
        let item = |outcome| Item {
            image_id: "img_1".into(),
            uploaded_at: 1,
            user_id: "u".into(),
            original_key: "k".into(),
            original_size: 4_999_999,
            expires_at: 2,
            outcome,
        };
        let failed = item(Outcome::Failed { reason: "r".into() });
        let completed = item(completed);
        assert_eq!(processing_time(&failed), None);
        for (line, name, value) in [
            (compressed(10, 4), "CompressionRatio", json!(2.5)),
            (compressed(10, 4), "BytesSaved", json!(6)),
            (compressed(4, 10), "BytesSaved", json!(0)),
            (thumbnails(true), "ThumbnailFailures", json!(1)),
            (outcome(&completed), "Success", json!(1)),
            (outcome(&completed), "Damaged", json!(1)),
            (outcome(&failed), "Success", json!(0)),
            (processing_time(&completed).expect("completed"), "ProcessingTime", json!(7)),
            (processing_time(&completed).expect("completed"), "SizeClass", json!("1 to 5 MB")),
        ] {
            assert_eq!(line[name], value, "{line}");
            let metrics = &line["_aws"]["CloudWatchMetrics"][0];
            let named = |key: &str| metrics[key].to_string().contains(&format!("\"{name}\""));
            assert!(named("Metrics") || named("Dimensions"), "{line}");
        }
    }

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
