//! The whole chain, through the workflow and through the queue.

use std::fs;

use darkroom_delivery::{Provenance, Source};
use darkroom_recipe::{Format, Preset};
use darkroom_tests::{decode_bytes, presign_event, repository};
use serde_json::{Value, json};

use crate::pipeline::cloud::{Cloud, Way, cloud};

pub(crate) fn photo() -> Vec<u8> {
    fs::read(repository().join("examples/photos/seeding.jpg")).expect("a sample photo")
}

/// The size of each preset's output, in pixels.
const SIZES: [(u32, u32); 4] = [(1992, 1120), (150, 84), (300, 169), (600, 337)];

/// One object of an upload.
pub(crate) struct Made {
    pub(crate) bucket: &'static str,
    pub(crate) key: String,
    preset: Preset,
    format: Format,
    size: (u32, u32),
}

/// The objects of an upload of [`photo`]: each preset in its own format, and in the others.
pub(crate) fn objects(key: &str, others: &[Format]) -> Vec<Made> {
    let name = key.strip_prefix("uploads/").expect(key);
    let (stem, _) = name.rsplit_once('.').expect(key);
    let made = |preset: &Preset, format: Format, size| {
        let (bucket, folder) = match preset.name.as_str() {
            "compressed" => ("processed-images", "compressed".to_owned()),
            thumbnail => ("thumbnails", format!("thumbnails/{thumbnail}")),
        };
        let key = format!("{folder}/{stem}.{}", format.extension());
        Made { bucket, key, preset: preset.clone(), format, size }
    };
    let presets = Preset::builtin().into_iter().zip(SIZES);
    let formats = |own: Format| [own].into_iter().chain(others.iter().copied().filter(move |format| *format != own));
    presets
        .flat_map(|(preset, size)| {
            formats(preset.recipe.encoding.format).map(|format| made(&preset, format, size)).collect::<Vec<_>>()
        })
        .collect()
}

/// Every object exists, complete, with the right headers and metadata.
pub(crate) fn assert_objects(cloud: &Cloud, key: &str, others: &[Format]) {
    let original = [Way::Workflow, Way::Queue].iter().find_map(|way| cloud.object(way.bucket(), key)).expect(key);
    let (source, etag) = (Source::Key(key.parse().expect(key)), original.header("etag").trim_matches('"'));
    let places = objects(key, others);
    let find = |made: &Made| cloud.object(made.bucket, &made.key).unwrap_or_else(|| panic!("{} is missing", made.key));
    let found: Vec<_> = places.iter().map(find).collect();
    let pictures = decode_bytes(&found.iter().map(|object| object.body.as_slice()).collect::<Vec<_>>());
    for ((Made { key, preset, format, size, .. }, object), picture) in places.iter().zip(&found).zip(pictures) {
        assert_eq!((picture.width, picture.height), *size, "{key}");
        assert_eq!(object.header("content-type"), format.media_type(), "{key}");
        assert_eq!(object.header("cache-control"), "public, max-age=31536000, s-maxage=2592000, immutable", "{key}");
        for (name, value) in Provenance::new(&source, etag, &preset.recipe.in_format(*format)).metadata() {
            assert_eq!(object.header(&format!("x-amz-meta-{name}")), value, "{key} {name}");
        }
    }
}

fn assert_item(cloud: &Cloud, item: &Value, user: &str, key: &str, original: usize) {
    let compressed = &objects(key, &[])[0].key;
    let size = cloud.object("processed-images", compressed).expect("the WebP").body.len();
    let url = |preset: &str| format!("https://img.example/image/preset={preset}/{key}");
    let expected = [
        ("userId", json!(user)),
        ("originalKey", json!(key)),
        ("compressedKey", json!(compressed)),
        ("thumbnails", json!({"small": url("small"), "medium": url("medium"), "large": url("large")})),
        ("originalSize", json!(original)),
        ("compressedSize", json!(size)),
        ("status", json!("completed")),
    ];
    for (name, value) in expected {
        assert_eq!(item[name], value, "{name}");
    }
    let saved = (original as f64 - size as f64) / original as f64 * 100.0;
    assert!((item["savingsPercent"].as_f64().expect("a number") - saved).abs() < 0.01, "{item}");
    let kept = item["expiresAt"].as_u64().expect("a time") - item["uploadedAt"].as_u64().expect("a time");
    assert!((365 * 86_400..365 * 86_400 + 300).contains(&kept), "{item}");
    assert!(item["processingTimeMs"].as_u64().is_some_and(|time| time > 0), "{item}");
    assert!(item["imageId"].as_str().is_some_and(|id| id.starts_with("img_") && id.len() == 36), "{item}");
}

/// An upload results in its objects, with `others` beside each preset's own format, its item and its message. Returns
/// its key.
/// key.
pub(crate) fn whole_chain(cloud: &Cloud, way: Way, user: &str, others: &[Format]) -> String {
    let photo = photo();
    let (queue, failures) = (cloud.subscribe(user), cloud.subscribe_to(user, Some("failed")));
    let key = cloud.upload(way, user, &photo);
    let messages = cloud.messages(&queue);
    assert_objects(cloud, &key, others);
    let items = cloud.items(user);
    assert_eq!(items.len(), 1, "{items:?}");
    assert_item(cloud, &items[0], user, &key, photo.len());
    for function in way.functions() {
        cloud.assert_attempts(function, &key, &[""]);
    }
    assert_eq!(messages.len(), 1, "{messages:?}");
    assert_eq!(cloud.receive(&failures), [] as [Value; 0], "a filter by status");
    let attribute = |name: &str| messages[0]["MessageAttributes"][name]["Value"].clone();
    assert_eq!([attribute("userId"), attribute("status")], [json!(user), json!("completed")]);
    assert_eq!(attribute("imageId"), items[0]["imageId"]);
    let message: Value = serde_json::from_str(messages[0]["Message"].as_str().expect("a message")).expect("JSON");
    assert_eq!(message["id"], json!(format!("{}:completed", items[0]["imageId"].as_str().expect("an id"))));
    for name in ["imageId", "userId", "originalKey", "compressedKey", "thumbnails", "savingsPercent"] {
        assert_eq!(message[name], items[0][name], "{name}");
    }
    key
}

#[test]
fn from_put_to_message_through_the_workflow() {
    let cloud = cloud();
    let key = whole_chain(cloud, Way::Workflow, "chain-workflow", &[]);
    assert_eq!(cloud.ends(&key, 1), ["SUCCEEDED"]);
    assert_answers(&cloud.executions(&key)[0], &cloud.items("chain-workflow")[0]);
    assert_log(cloud, Way::Workflow, "chain-workflow");
}

#[test]
fn from_put_to_message_through_the_queue() {
    whole_chain(cloud(), Way::Queue, "chain-queue", &[]);
    assert_log(cloud(), Way::Queue, "chain-queue");
}

/// Items and messages have the token's `sub` unchanged.
#[test]
fn users_of_every_issuer_can_upload() {
    for (user, folder) in [("auth0|5f7c8ec7c33c", "+auth0+7C5f7c8ec7c33c"), ("../a user", "+..+2Fa+20user")] {
        let key = whole_chain(cloud(), Way::Queue, user, &[]);
        assert!(key.starts_with(&format!("uploads/{folder}/")), "{key}");
    }
}

/// The functions returned the customer's fields, and the time taken.
fn assert_answers(execution: &Value, item: &Value) {
    let output: Value = serde_json::from_str(execution["output"].as_str().expect("an output")).expect("JSON");
    let of = |names: &[&str]| names.iter().map(|name| ((*name).to_owned(), item[*name].clone())).collect::<Value>();
    let (mut compressed, mut thumbnails) =
        (output["images"]["compressed"].clone(), output["images"]["thumbnails"].clone());
    let times = [&mut compressed, &mut thumbnails].map(|answer| {
        let time = answer.as_object_mut().expect("an object").remove("processingTimeMs");
        time.and_then(|time| time.as_u64()).expect("milliseconds")
    });
    assert_eq!(item["processingTimeMs"], json!(times.into_iter().max()), "the branches run side by side");
    let names = ["originalKey", "compressedKey", "originalSize", "compressedSize", "savingsPercent"];
    assert_eq!(compressed, of(&names));
    assert_eq!(thumbnails, of(&["originalKey", "thumbnails"]));
    let told = ["imageId", "userId", "status"].map(|name| output["notification"][name].clone());
    assert_eq!(told, ["imageId", "userId", "status"].map(|name| item[name].clone()));
}

fn assert_log(cloud: &Cloud, way: Way, user: &str) {
    let lines = lines_without(cloud, way, &[user, "uploads/", "photo.jpg", "X-Amz-Signature"]);
    let measured = |name: &str| lines.iter().any(|line| line["_aws"].is_object() && !line[name].is_null());
    for name in ["CompressionRatio", "BytesSaved", "ThumbnailFailures", "Success", "ProcessingTime", "SizeClass"] {
        assert!(measured(name), "{name}");
    }
    let stored = lines.iter().find(|line| line["message"] == "images stored").expect("a line about an image");
    let spans = stored["spans"].to_string();
    assert!(spans.contains("requestId") && spans.contains("img_"), "{stored}");
    assert!(way == Way::Queue || spans.contains("execution:pipeline"), "{stored}");
}

/// Everything that the functions have logged: each line is JSON, and contains nothing personal or secret.
pub(crate) fn lines_without(cloud: &Cloud, way: Way, secrets: &[&str]) -> Vec<Value> {
    let log = cloud.log(&[way.functions(), &["presign"]].concat());
    for secret in secrets {
        assert!(!log.contains(secret), "{secret} is in the log");
    }
    log.lines().map(|line| serde_json::from_str(line).unwrap_or_else(|_| panic!("not JSON: {line}"))).collect()
}

#[test]
fn what_can_not_be_uploaded_gets_no_url() {
    let wish = |name, kind, length| [("filename", name), ("contentType", kind), ("contentLength", length)];
    for (user, parameters, status) in [
        ("u1", wish("a.pdf", "application/pdf", "1"), 415),
        ("u1", wish("a.jpg", "image/jpeg", "67108865"), 422),
        ("u1", wish("a.jpg", "image/jpeg", "0"), 422),
        ("u1", wish("a.jpg", "image/jpeg", "-1"), 400),
    ] {
        let response = cloud().invoke("presign", &presign_event(user, &parameters)).json();
        assert_eq!(response["statusCode"], status, "{response}");
        let body: Value = serde_json::from_str(response["body"].as_str().expect("a body")).expect("JSON");
        assert!(body["error"].as_str().is_some_and(|text| text.contains("must be ")), "{body}");
    }
    let response = cloud().invoke("presign", &presign_event("u1", &[("filename", "a.jpg")])).json();
    assert_eq!(response["statusCode"], 400, "{response}");
    let mut nobody = presign_event("u1", &wish("a.jpg", "image/jpeg", "1"));
    nobody["requestContext"]["authorizer"]["jwt"]["claims"] = json!({});
    let response = cloud().invoke("presign", &nobody).json();
    assert_eq!(response["statusCode"], 401, "{response}");
}
