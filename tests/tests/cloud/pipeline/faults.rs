//! Stores that fail, and functions that are killed right after a write.

use serde_json::{Value, json};

use crate::pipeline::chain::{assert_objects, objects, photo};
use crate::pipeline::cloud::{Cloud, Way, cloud, created};

const SLOW_DOWN: &str = "<Error><Code>SlowDown</Code><Message>Reduce your request rate.</Message></Error>";
const TOO_MUCH: &str = r#"{"__type":"com.amazonaws.dynamodb.v20120810#ProvisionedThroughputExceededException"}"#;
const BUSY: &str = "<ErrorResponse><Error><Code>InternalError</Code><Message>Later.</Message></Error>\
                    <RequestId>1</RequestId></ErrorResponse>";

/// The SDK tries each call three times by itself.
const CALLS: u32 = 3;

fn fail(call: &str, matching: &[&str], times: u32, status: u16, body: &str) {
    cloud().door("fail", &json!({"call": call, "match": matching, "times": times, "status": status, "body": body}));
}

#[test]
fn a_store_that_recovers_costs_one_more_attempt() {
    let cloud = cloud();
    for (way, function, call, status, body) in [
        (Way::Queue, "process", "read", 503, SLOW_DOWN),
        (Way::Workflow, "compress", "object", 503, SLOW_DOWN),
        (Way::Workflow, "thumbnail", "object", 500, ""),
        (Way::Queue, "process", "object", 500, ""),
        (Way::Workflow, "metadata", "record", 400, TOO_MUCH),
        (Way::Queue, "process", "record", 400, TOO_MUCH),
        (Way::Queue, "process", "message", 503, ""),
    ] {
        let user = format!("recovers-{function}-{call}-{way:?}");
        let folder = match (call, function) {
            ("object", "thumbnail") => "/medium/",
            ("object", _) => "/compressed/",
            _ => "",
        };
        fail(call, &[folder, &user], CALLS, status, body);
        let queue = cloud.subscribe(&user);
        let key = cloud.upload(way, &user, &photo());
        cloud.messages(&queue);
        assert_eq!(cloud.item(&user, "completed")["originalKey"], json!(key), "{user}");
        assert_objects(cloud, &key, &[]);
        let first = if way == Way::Workflow { "Retryable" } else { "stays" };
        cloud.assert_attempts(function, &key, &[first, ""]);
    }
}

/// Sends the event again, as an operator would.
fn assert_redrive_completes(cloud: &Cloud, way: Way, user: &str, key: &str, queue: &str) {
    let original = cloud.object(way.bucket(), key).expect("the original");
    cloud.deliver(way, &created(way, key, &original));
    let messages = cloud.messages(queue);
    assert_eq!(messages[0]["MessageAttributes"]["status"]["Value"], "completed", "{user}");
    let items = cloud.items(user);
    assert_eq!(items.len(), 1, "{items:?}");
    assert_eq!(items[0]["status"], "completed", "{user}");
    assert_eq!(items[0]["reason"], Value::Null, "{user}");
    assert_objects(cloud, key, &[]);
}

#[test]
fn a_store_that_stays_away_is_given_up_after_four_attempts() {
    let cloud = cloud();
    for (way, function) in [(Way::Workflow, "compress"), (Way::Queue, "process")] {
        let user = format!("away-{way:?}");
        fail("object", &["/compressed/", &user], 4 * CALLS, 503, SLOW_DOWN);
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
        assert_redrive_completes(cloud, way, &user, &key, &queue);
    }
}

#[test]
fn a_table_that_stays_away_leaves_a_dead_letter_and_nothing_is_told() {
    let cloud = cloud();
    for way in [Way::Workflow, Way::Queue] {
        let user = format!("unrecorded-{way:?}");
        // In the workflow, recording the failure fails, too.
        let attempts = if way == Way::Workflow { 8 } else { 4 };
        fail("record", &[&user], attempts * CALLS, 400, TOO_MUCH);
        let queue = cloud.subscribe(&user);
        let key = cloud.upload(way, &user, &photo());
        if way == Way::Workflow {
            assert_eq!(cloud.ends(&key, 1), ["FAILED"]);
            assert_eq!(cloud.executions(&key)[0]["error"], "Retryable");
            cloud.assert_attempts("metadata", &key, &["Retryable"; 8]);
            cloud.assert_attempts("compress", &key, &[""]);
        } else {
            cloud.assert_attempts("process", &key, &["stays"; 4]);
        }
        cloud.wait_for_dead_letter(&key);
        assert_eq!(cloud.items(&user), [] as [Value; 0]);
        assert_eq!(cloud.receive(&queue), [] as [Value; 0]);
        assert_redrive_completes(cloud, way, &user, &key, &queue);
    }
}

#[test]
fn a_workflow_tries_four_times_to_tell() {
    let cloud = cloud();
    for (failures, end) in [(3, "SUCCEEDED"), (4, "FAILED")] {
        let user = format!("untold-{failures}");
        fail("message", &[&user], failures, 503, BUSY);
        let queue = cloud.subscribe(&user);
        let key = cloud.upload(Way::Workflow, &user, &photo());
        assert_eq!(cloud.ends(&key, 1), [end]);
        assert_eq!(cloud.item(&user, "completed")["originalKey"], json!(key), "{user}");
        if end == "FAILED" {
            assert_eq!(cloud.receive(&queue), [] as [Value; 0]);
            cloud.wait_for_dead_letter(&key);
            assert_redrive_completes(cloud, Way::Workflow, &user, &key, &queue);
        }
    }
}

/// Which function, and after which of its writes.
const KILLS: [(Way, &str, &str, u32); 11] = [
    (Way::Workflow, "/compressed/", "object", 0),
    (Way::Workflow, "/thumbnails/", "object", 0),
    (Way::Workflow, "/thumbnails/", "object", 1),
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
        let kill = json!({"call": write, "match": [folder, &user], "times": 1, "after": after, "user": user});
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
        assert_objects(cloud, &key, &[]);
        let written = cloud.door("writes", &json!({"match": format!("/{user}/")}));
        let known: Vec<String> =
            objects(&key, &[]).iter().map(|made| format!("object /{}/{}", made.bucket, made.key)).collect();
        let objects = written.as_array().expect("writes").iter().filter_map(Value::as_str);
        let others: Vec<&str> =
            objects.filter(|write| write.starts_with("object") && !known.iter().any(|one| one == write)).collect();
        assert!(others.is_empty(), "orphaned: {others:?}");
    }
}
