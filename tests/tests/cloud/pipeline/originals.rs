//! Which original an event refers to, and originals that are better than their renditions.

use darkroom_delivery::{Provenance, Source};
use darkroom_recipe::{Encoding, Format, Limits, Preset, Recipe};
use darkroom_tests::{decode_bytes, fixture, processor};
use serde_json::{Value, json};

use crate::pipeline::chain::photo;
use crate::pipeline::cloud::{Cloud, Way, cloud, created};

/// A photo that is so small that WebP at quality 80 would take more bytes.
fn coarse_photo() -> Vec<u8> {
    let recipe = Recipe { encoding: Encoding::new(Format::WebP, 10), ..Recipe::default() };
    let mut made = processor().transform(&photo(), &[recipe], &Limits::default()).expect("a photo");
    made.results.remove(0).expect("a rendition").bytes
}

#[test]
fn an_original_that_nothing_does_better_than_is_stored_as_it_is() {
    let cloud = cloud();
    let bytes = coarse_photo();
    for way in [Way::Workflow, Way::Queue] {
        let (key, item) = processed(cloud, way, "coarse.webp", "image/webp", &bytes);
        assert_eq!(item["compressedSize"], json!(bytes.len()), "{way:?}");
        assert_eq!(item["savingsPercent"], 0.0, "{way:?}");
        let compressed = compressed(&key);
        assert_eq!(item["compressedKey"], json!(compressed), "{way:?}");
        assert_stored(cloud, way, &key, &compressed, "image/webp", &bytes);
        assert_thumbnails(cloud, &key);
    }
}

#[test]
fn an_animation_stays_one_and_has_still_thumbnails() {
    let cloud = cloud();
    for way in [Way::Workflow, Way::Queue] {
        let (key, item) = processed(cloud, way, "animation.gif", "image/gif", &fixture("good/gif-animated.gif"));
        let compressed = compressed(&key);
        assert_eq!(item["compressedKey"], json!(compressed), "{way:?}");
        let stored = cloud.object("processed-images", &compressed).expect(&compressed);
        assert_eq!(stored.header("content-type"), "image/webp", "{way:?}");
        assert_eq!(stored.body.windows(4).filter(|name| name == b"ANMF").count(), 3, "{way:?}: each frame");
        assert_thumbnails(cloud, &key);
    }
}

/// Uploads a file for a new user, and waits: its key, and its item.
fn processed(cloud: &Cloud, way: Way, name: &str, media_type: &str, bytes: &[u8]) -> (String, Value) {
    let user = format!("as-it-is-{}-{way:?}", name.replace('.', "-"));
    let queue = cloud.subscribe(&user);
    let key = cloud.upload_as(way, &user, name, media_type, bytes);
    cloud.messages(&queue);
    (key, cloud.item(&user, "completed"))
}

fn compressed(key: &str) -> String {
    let (stem, _) = key.rsplit_once('.').expect(key);
    format!("{}.webp", stem.replace("uploads/", "compressed/"))
}

/// The original's bytes and type, with the provenance that the edge looks up.
fn assert_stored(cloud: &Cloud, way: Way, key: &str, compressed: &str, media_type: &str, bytes: &[u8]) {
    let stored = cloud.object("processed-images", compressed).expect(compressed);
    assert!(stored.body == bytes, "{compressed} has {} bytes, the original {}", stored.body.len(), bytes.len());
    assert_eq!(stored.header("content-type"), media_type, "{compressed}");
    let original = cloud.object(way.bucket(), key).expect(key);
    let (source, etag) = (Source::Key(key.parse().expect(key)), original.header("etag").trim_matches('"'));
    for (name, value) in Provenance::of_original(&source, etag, &Preset::builtin()[0].recipe).metadata() {
        assert_eq!(stored.header(&format!("x-amz-meta-{name}")), value, "{compressed} {name}");
    }
}

/// Stills, even of an animation.
fn assert_thumbnails(cloud: &Cloud, key: &str) {
    let (stem, _) = key.rsplit_once('.').expect(key);
    let thumbnails = ["small", "medium", "large"].map(|preset| {
        let key = format!("{}.jpg", stem.replace("uploads/", &format!("thumbnails/{preset}/")));
        let object = cloud.object("thumbnails", &key).expect(&key);
        assert_eq!(object.header("content-type"), "image/jpeg", "{key}");
        object.body
    });
    let pictures = decode_bytes(&thumbnails.each_ref().map(Vec::as_slice));
    for (picture, side) in pictures.iter().zip([150, 300, 600]) {
        assert!(picture.width <= side && picture.height <= side, "{} × {}", picture.width, picture.height);
    }
}

#[test]
fn an_event_is_about_one_version_of_one_object() {
    let cloud = cloud();
    let key = cloud.upload(Way::Workflow, "versions", &photo());
    let original = cloud.object(Way::Workflow.bucket(), &key).expect("the original");
    let event = created(Way::Workflow, &key, &original);
    for (name, value, reason) in [
        ("etag", "00000000000000000000000000000000", "the original was replaced by another one"),
        ("version-id", "another", "the original is gone"),
    ] {
        let mut other = event.clone();
        other["detail"]["object"][name] = json!(value);
        for function in ["compress", "thumbnail"] {
            let error: Value = cloud.invoke(function, &other).json();
            assert_eq!((&error["errorType"], &error["errorMessage"]), (&json!("NonRetryable"), &json!(reason)));
        }
    }
    assert_eq!(cloud.invoke("compress", &event).json()["originalKey"], json!(key));
}
