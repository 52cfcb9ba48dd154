//! The whole chain, both ways.

use std::fs;

use darkroom_tests::{decode_bytes, presign_event, repository};
use serde_json::{Value, json};

use crate::cloud::{Way, cloud};

pub(crate) fn photo() -> Vec<u8> {
    fs::read(repository().join("examples/photos/seeding.jpg")).expect("a sample photo")
}

/// The four objects of an upload: bucket, key and size in pixels.
pub(crate) fn objects(key: &str) -> [(&'static str, String, (u32, u32)); 4] {
    let stem = key.strip_prefix("uploads/").and_then(|key| key.strip_suffix(".jpg")).expect(key);
    [
        ("processed-images", format!("compressed/{stem}.webp"), (1992, 1120)),
        ("thumbnails", format!("thumbnails/small/{stem}.jpg"), (150, 84)),
        ("thumbnails", format!("thumbnails/medium/{stem}.jpg"), (300, 169)),
        ("thumbnails", format!("thumbnails/large/{stem}.jpg"), (600, 337)),
    ]
}

/// Every object is there, whole, and as it should be served.
pub(crate) fn assert_objects(key: &str) {
    let places = objects(key);
    let found = places
        .each_ref()
        .map(|(bucket, key, _)| cloud().object(bucket, key).unwrap_or_else(|| panic!("{bucket}/{key} is missing")));
    let pictures = decode_bytes(&found.each_ref().map(|object| object.body.as_slice()));
    for (((_, key, size), object), picture) in places.iter().zip(&found).zip(pictures) {
        assert_eq!((picture.width, picture.height), *size, "{key}");
        let media_type = if key.starts_with("compressed/") { "image/webp" } else { "image/jpeg" };
        assert_eq!(object.header("content-type"), media_type, "{key}");
        assert_eq!(object.header("cache-control"), "public, max-age=31536000, immutable", "{key}");
        for name in ["source-etag", "output-version", "rendition-etag"] {
            assert!(!object.header(&format!("x-amz-meta-{name}")).is_empty(), "{key} {name}");
        }
    }
}

fn assert_item(item: &Value, user: &str, key: &str, original: usize) {
    let (_, compressed, _) = &objects(key)[0];
    let size = cloud().object("processed-images", compressed).expect("the WebP").body.len();
    let url = |preset: &str| format!("https://img.example/image/preset={preset}/{key}");
    let expected = [
        ("userId", json!(user)),
        ("originalKey", json!(key)),
        ("compressedKey", json!(compressed)),
        ("thumbnails", json!({"small": url("small"), "medium": url("medium"), "large": url("large")})),
        ("originalSize", json!(original)),
        ("compressedSize", json!(size)),
        ("status", json!("completed")),
        ("expiresAt", json!(item["uploadedAt"].as_u64().expect("a time") + 365 * 86_400)),
    ];
    for (name, value) in expected {
        assert_eq!(item[name], value, "{name}");
    }
    let saved = (original as f64 - size as f64) / original as f64 * 100.0;
    assert!((item["savingsPercent"].as_f64().expect("a number") - saved).abs() < 0.01, "{item}");
    assert!(item["processingTimeMs"].as_u64().is_some_and(|time| time > 0), "{item}");
    assert!(item["imageId"].as_str().is_some_and(|id| id.starts_with("img_") && id.len() == 36), "{item}");
}

fn whole_chain(way: Way, user: &str, functions: &[&str]) {
    let (cloud, photo) = (cloud(), photo());
    let queue = cloud.subscribe(user);
    let key = cloud.upload(way, user, &photo);
    let messages = cloud.messages(&queue);
    assert_objects(&key);
    let items = cloud.items(user);
    assert_eq!(items.len(), 1, "{items:?}");
    assert_item(&items[0], user, &key, photo.len());
    for function in functions {
        cloud.assert_attempts(function, &key, &[""]);
    }
    assert_eq!(messages.len(), 1, "{messages:?}");
    let attribute = |name: &str| messages[0]["MessageAttributes"][name]["Value"].clone();
    assert_eq!([attribute("userId"), attribute("status")], [json!(user), json!("completed")]);
    assert_eq!(attribute("imageId"), items[0]["imageId"]);
    let message: Value = serde_json::from_str(messages[0]["Message"].as_str().expect("a message")).expect("JSON");
    assert_eq!(message["id"], json!(format!("{}:completed", items[0]["imageId"].as_str().expect("an id"))));
    for name in ["imageId", "userId", "originalKey", "compressedKey", "thumbnails", "savingsPercent"] {
        assert_eq!(message[name], items[0][name], "{name}");
    }
}

#[test]
fn from_put_to_message_through_the_workflow() {
    whole_chain(Way::Workflow, "chain-workflow", &["compress", "thumbnail", "metadata"]);
    let key = cloud().items("chain-workflow")[0]["originalKey"].clone();
    assert_eq!(cloud().ends(key.as_str().expect("a key"), 1), ["SUCCEEDED"]);
    logs_hold_measurements_and_nothing_personal("chain-workflow", &["compress", "thumbnail", "metadata", "presign"]);
}

#[test]
fn from_put_to_message_through_the_queue() {
    whole_chain(Way::Queue, "chain-queue", &["process"]);
    logs_hold_measurements_and_nothing_personal("chain-queue", &["process"]);
}

fn logs_hold_measurements_and_nothing_personal(user: &str, functions: &[&str]) {
    let files = fs::read_dir(&cloud().logs).expect("logs").map(|entry| entry.expect("an entry").path());
    let files = files.filter(|path| {
        functions.iter().any(|name| path.file_name().is_some_and(|file| file.to_string_lossy().starts_with(name)))
    });
    let log: String = files.map(|path| fs::read_to_string(path).expect("a log")).collect();
    let lines: Vec<Value> =
        log.lines().map(|line| serde_json::from_str(line).unwrap_or_else(|_| panic!("not JSON: {line}"))).collect();
    for secret in [user, "uploads/", "photo.jpg", "X-Amz-Signature"] {
        assert!(!log.contains(secret), "{secret} is in the log");
    }
    let measured = |name: &str| lines.iter().any(|line| line["_aws"].is_object() && !line[name].is_null());
    for name in ["CompressionRatio", "BytesSaved", "ThumbnailFailures", "Success", "ProcessingTime"] {
        assert!(measured(name), "{name}");
    }
    let stored = lines.iter().find(|line| line["message"] == "images stored").expect("a line about an image");
    let spans = stored["spans"].to_string();
    assert!(spans.contains("requestId") && spans.contains("img_"), "{stored}");
    assert!(functions.len() == 1 || spans.contains("execution:pipeline"), "{stored}");
}

#[test]
fn what_can_not_be_uploaded_gets_no_url() {
    let wish = |name, kind, length| [("filename", name), ("contentType", kind), ("contentLength", length)];
    for (user, parameters, status) in [
        ("u1", wish("a.svg", "image/svg+xml", "1"), 415),
        ("u1", wish("a.jpg", "image/jpeg", "67108865"), 422),
        ("u1", wish("a.jpg", "image/jpeg", "0"), 422),
        ("u1", wish("a.jpg", "image/jpeg", "-1"), 400),
        ("../u2", wish("a.jpg", "image/jpeg", "1"), 400),
    ] {
        let response = cloud().invoke("presign", &presign_event(user, &parameters)).json();
        assert_eq!(response["statusCode"], status, "{response}");
        let body: Value = serde_json::from_str(response["body"].as_str().expect("a body")).expect("JSON");
        assert!(body["error"].as_str().is_some_and(|text| text.contains("allowed are")), "{body}");
    }
    let response = cloud().invoke("presign", &presign_event("u1", &[("filename", "a.jpg")])).json();
    assert_eq!(response["statusCode"], 400, "{response}");
}
