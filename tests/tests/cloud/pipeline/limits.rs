//! Images that exceed the image core's time or memory limits.

use std::io::Cursor;

use image::{ImageFormat, RgbImage};
use serde_json::json;

use crate::pipeline::chain::lines_without;
use crate::pipeline::cloud::{Cloud, Way};

/// The user is notified, and the item has the reason.
fn assert_failed(cloud: &Cloud, way: Way, user: &str, bytes: &[u8], reason: &str) -> String {
    let queue = cloud.subscribe(user);
    let key = cloud.upload(way, user, bytes);
    let messages = cloud.messages(&queue);
    assert_eq!(messages[0]["MessageAttributes"]["status"]["Value"], "failed", "{user}");
    let item = cloud.item(user, "failed");
    assert_eq!(item["originalKey"], json!(key), "{user}");
    assert!(item["reason"].as_str().is_some_and(|text| text.starts_with(reason)), "{item}");
    key
}

/// The error of one branch. The branch that fails first may stop the other one, and on a busy machine that may be
/// either.
fn assert_attempts(cloud: &Cloud, key: &str, expected: &[&str]) {
    let attempts = ["compress", "thumbnail"].map(|function| cloud.attempts(function, key));
    assert!(attempts.iter().any(|attempts| attempts == expected), "{attempts:?}");
    assert!(attempts.iter().all(|attempts| attempts.len() <= expected.len()), "{attempts:?}");
}

#[test]
fn an_image_that_takes_too_long_is_tried_twice() {
    // AVIF of eight megapixels takes more than a second everywhere.
    let cloud = Cloud::start(&[("DARKROOM_FORMATS", "avif"), ("DARKROOM_DEADLINE_SECONDS", "1")]);
    let reason = "the image took too long: it may take 1 seconds";
    let picture = slow_picture();
    let key = assert_failed(&cloud, Way::Workflow, "slow-workflow", &picture, reason);
    assert_eq!(cloud.ends(&key, 1), ["FAILED"]);
    assert_attempts(&cloud, &key, &["RetryableOnce"; 2]);
    let key = assert_failed(&cloud, Way::Queue, "slow-queue", &picture, reason);
    cloud.assert_attempts("process", &key, &["stays", ""]);
    for way in [Way::Workflow, Way::Queue] {
        let lines = lines_without(&cloud, way, &["slow-", "uploads/", "photo.jpg"]);
        assert!(lines.iter().any(|line| line["Success"] == 0), "{way:?}");
    }
    let lines = lines_without(&cloud, Way::Queue, &[]);
    assert!(lines.iter().any(|line| line["ThumbnailFailures"] == 1));
}

/// The most pixels that an AVIF may have, with detail everywhere.
fn slow_picture() -> Vec<u8> {
    let mut bytes = Cursor::new(Vec::new());
    let detail = |x: u32, y: u32| image::Rgb([(x * x + y * y) >> 7, (x * y) >> 6, x ^ y].map(|sample| sample as u8));
    RgbImage::from_fn(3800, 2100, detail).write_to(&mut bytes, ImageFormat::Png).expect("a PNG");
    bytes.into_inner()
}

/// More pixels than fit into a small function's memory, but no more than are allowed.
fn large_picture() -> Vec<u8> {
    let mut bytes = Cursor::new(Vec::new());
    RgbImage::new(7000, 7000).write_to(&mut bytes, ImageFormat::Png).expect("a PNG");
    bytes.into_inner()
}

#[test]
fn a_defect_of_ours_ends_where_somebody_looks() {
    let cloud = Cloud::start(&[("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "256")]);
    let (picture, reason) = (large_picture(), "the image core ran out of memory: it may take ");
    let key = assert_failed(&cloud, Way::Workflow, "defect-workflow", &picture, reason);
    assert_eq!(cloud.ends(&key, 1), ["FAILED"]);
    assert_attempts(&cloud, &key, &["NonRetryable"]);
    let lines = lines_without(&cloud, Way::Workflow, &["defect-", "uploads/", "photo.jpg"]);
    assert!(lines.iter().any(|line| line["level"] == "ERROR" && line["message"].to_string().contains("a defect")));
    let key = assert_failed(&cloud, Way::Queue, "defect-queue", &picture, reason);
    cloud.wait_for_dead_letter(&key);
    cloud.assert_attempts("process", &key, &["stays"; 4]);
    let lines = lines_without(&cloud, Way::Queue, &["defect-", "uploads/", "photo.jpg"]);
    assert!(lines.iter().any(|line| line["class"] == "Defect"));
}
