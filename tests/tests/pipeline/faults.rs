//! Stores that fail, and functions that are killed right after a write.

use serde_json::{Value, json};

use crate::chain::{assert_objects, objects, photo};
use crate::cloud::{Way, cloud, created};

const SLOW_DOWN: &str = "<Error><Code>SlowDown</Code><Message>Reduce your request rate.</Message></Error>";
const TOO_MUCH: &str = r#"{"__type":"com.amazonaws.dynamodb.v20120810#ProvisionedThroughputExceededException"}"#;

/// The SDK tries each call three times by itself.
const CALLS: u32 = 3;

fn fail(write: &str, matching: &[&str], times: u32, status: u16, body: &str) {
    cloud().door("fail", &json!({"write": write, "match": matching, "times": times, "status": status, "body": body}));
}

#[test]
fn a_store_that_recovers_costs_one_more_attempt() {
    let cloud = cloud();
    for (way, function, write, status, body) in [
        (Way::Workflow, "compress", "object", 503, SLOW_DOWN),
        (Way::Queue, "process", "object", 500, ""),
        (Way::Workflow, "metadata", "record", 400, TOO_MUCH),
        (Way::Queue, "process", "record", 400, TOO_MUCH),
        (Way::Queue, "process", "message", 503, ""),
    ] {
        let user = format!("recovers-{function}-{write}-{way:?}");
        let folder = if write == "object" { "/compressed/" } else { "" };
        fail(write, &[folder, &user], CALLS, status, body);
        let queue = cloud.subscribe(&user);
        let key = cloud.upload(way, &user, &photo());
        cloud.messages(&queue);
        assert_eq!(cloud.item(&user, "completed")["originalKey"], json!(key), "{user}");
        assert_objects(&key);
        let first = if way == Way::Workflow { "Retryable" } else { "stays" };
        cloud.assert_attempts(function, &key, &[first, ""]);
    }
}

#[test]
fn a_store_that_stays_away_is_given_up_after_four_attempts() {
    let cloud = cloud();
    for (way, function) in [(Way::Workflow, "compress"), (Way::Queue, "process")] {
        let user = format!("away-{way:?}");
        fail("object", &["/compressed/", &user], u32::MAX, 503, SLOW_DOWN);
        let queue = cloud.subscribe(&user);
        let key = cloud.upload(way, &user, &photo());
        let messages = cloud.messages(&queue);
        assert_eq!(messages[0]["MessageAttributes"]["status"]["Value"], "failed", "{user}");
        let item = cloud.item(&user, "failed");
        assert_eq!(item["reason"], "the store answered 503 SlowDown", "{user}");
        if way == Way::Workflow {
            assert_eq!(cloud.ends(&key, 1), ["FAILED"]);
            cloud.assert_attempts(function, &key, &["Retryable"; 4]);
        } else {
            cloud.wait_for_dead_letter(&key);
            cloud.assert_attempts(function, &key, &["stays"; 4]);
        }
    }
}

/// Which function, and after which of its writes.
const KILLS: [(Way, &str, &str, u32); 10] = [
    (Way::Workflow, "/compressed/", "object", 0),
    (Way::Workflow, "/thumbnails/", "object", 0),
    (Way::Workflow, "/thumbnails/", "object", 2),
    (Way::Workflow, "", "record", 0),
    (Way::Queue, "", "object", 0),
    (Way::Queue, "", "object", 1),
    (Way::Queue, "", "object", 2),
    (Way::Queue, "", "object", 3),
    (Way::Queue, "", "record", 0),
    (Way::Queue, "", "message", 0),
];

#[test]
fn a_function_that_is_killed_after_a_write_leaves_nothing_half_done() {
    let cloud = cloud();
    for (at, (way, folder, write, after)) in KILLS.into_iter().enumerate() {
        let user = format!("killed-{at}");
        let kill = json!({"write": write, "match": [folder, &user], "times": 1, "after": after, "user": user});
        cloud.door("kill", &kill);
        let queue = cloud.subscribe(&user);
        let key = cloud.upload(way, &user, &photo());
        if way == Way::Workflow {
            // The queue delivers again by itself.
            assert_eq!(cloud.ends(&key, 1), ["FAILED"], "{user}");
            let original = cloud.object(way.bucket(), &key).expect("the original");
            cloud.deliver(way, &created(way, &key, &original));
            assert_eq!(cloud.ends(&key, 2)[1], "SUCCEEDED", "{user}");
        }
        cloud.messages(&queue);
        assert_eq!(cloud.item(&user, "completed")["originalKey"], json!(key), "{user}");
        assert_eq!(cloud.items(&user).len(), 1, "{user}");
        assert_objects(&key);
        let written = cloud.door("writes", &json!({"match": format!("/{user}/")}));
        let known: Vec<String> = objects(&key).map(|(bucket, key, _)| format!("object /{bucket}/{key}")).into();
        let objects = written.as_array().expect("writes").iter().filter_map(Value::as_str);
        let others: Vec<&str> =
            objects.filter(|write| write.starts_with("object") && !known.iter().any(|one| one == write)).collect();
        assert!(others.is_empty(), "orphaned: {others:?}");
    }
}
