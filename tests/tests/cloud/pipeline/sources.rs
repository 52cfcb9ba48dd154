//! Photos that can't be processed: tried once, recorded, announced, and done.

use darkroom_tests::fixture;
use serde_json::json;

use crate::pipeline::cloud::{Way, cloud, event};

fn assert_failed_once(way: Way, user: &str, key: &str, reason: &str, queue: &str) {
    let cloud = cloud();
    let messages = cloud.messages(queue);
    let attribute = |name: &str| messages[0]["MessageAttributes"][name]["Value"].clone();
    assert_eq!([attribute("userId"), attribute("status")], [json!(user), json!("failed")]);
    let item = cloud.item(user, "failed");
    assert!(item["reason"].as_str().is_some_and(|text| text.contains(reason)), "{item}");
    match way {
        Way::Workflow => {
            assert_eq!(cloud.ends(key, 1), ["FAILED"]);
            // The branch that fails first may stop the other one.
            let attempts = ["compress", "thumbnail"].map(|function| cloud.attempts(function, key));
            assert!(attempts.iter().any(|attempts| *attempts == ["NonRetryable"]), "{attempts:?}");
            assert!(
                attempts.iter().all(|attempts| attempts.is_empty() || *attempts == ["NonRetryable"]),
                "{attempts:?}"
            );
            cloud.assert_attempts("metadata", key, &[""]);
        }
        Way::Queue => cloud.assert_attempts("process", key, &[""]),
    }
}

#[test]
fn a_photo_that_can_not_be_read_fails_once() {
    for (file, reason) in [
        ("no-data.jpg", "malformed image: "),
        ("huge.png", "limit exceeded: source pixels: 4225000000, must be at most 50000000"),
        ("photo.heic", "unsupported feature: "),
    ] {
        for way in [Way::Workflow, Way::Queue] {
            let user = format!("bad-{}-{way:?}", file.replace('.', "-"));
            let queue = cloud().subscribe(&user);
            let key = cloud().upload(way, &user, &fixture(&format!("bad/{file}")));
            assert_failed_once(way, &user, &key, reason, &queue);
        }
    }
}

#[test]
fn a_photo_that_was_deleted_fails_once() {
    for way in [Way::Workflow, Way::Queue] {
        let user = format!("deleted-{way:?}");
        let queue = cloud().subscribe(&user);
        let key = format!("uploads/{user}/20260101_000000_0123456789abcdef_photo.jpg");
        cloud().deliver(way, &event(way, &key, json!({"size": 9, "etag": "0", "version-id": "gone"})));
        assert_failed_once(way, &user, &key, "the original is gone", &queue);
    }
}

#[test]
fn an_event_about_no_upload_ends_where_somebody_looks() {
    let cloud = cloud();
    let key = "uploads/nobody/photo.jpg";
    for way in [Way::Workflow, Way::Queue] {
        cloud.deliver(way, &event(way, key, json!({"size": 9, "etag": "0"})));
    }
    assert_eq!(cloud.ends(key, 1), ["FAILED"]);
    cloud.wait_for_dead_letter(key);
}
