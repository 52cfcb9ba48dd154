//! Events that come twice, concurrently, late, or in a batch with bad ones.

use std::thread;

use serde_json::{Value, json};

use crate::pipeline::chain::{assert_objects, photo};
use crate::pipeline::cloud::{Way, batch, cloud, created, event};

#[test]
fn a_repeated_event_changes_nothing() {
    let cloud = cloud();
    for way in [Way::Workflow, Way::Queue] {
        let user = format!("twice-{way:?}");
        let queue = cloud.subscribe(&user);
        let key = cloud.upload(way, &user, &photo());
        let first = cloud.messages(&queue);
        let items = cloud.items(&user);
        let original = cloud.object(way.bucket(), &key).expect("the original");
        cloud.deliver(way, &created(way, &key, &original));
        let second = cloud.messages(&queue);
        assert_eq!(cloud.items(&user), items, "{way:?}");
        assert_eq!(first[0]["Message"], second[0]["Message"], "{way:?}: subscribers can tell by its id");
        assert_objects(cloud, &key, &[]);
    }
}

#[test]
fn two_events_at_one_time_make_one_item() {
    let cloud = cloud();
    let key = cloud.upload(Way::Queue, "parallel", &photo());
    let original = cloud.object(Way::Queue.bucket(), &key).expect("the original");
    let event = batch(&[created(Way::Queue, &key, &original).to_string()]);
    thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| assert_eq!(cloud.invoke("process", &event).json(), json!({"batchItemFailures": []})));
        }
    });
    assert_eq!(cloud.items("parallel").len(), 1);
    assert_objects(cloud, &key, &[]);
}

#[test]
fn two_executions_at_one_time_make_one_item() {
    let cloud = cloud();
    let user = "parallel-workflows";
    let (completions, failures) =
        (cloud.subscribe_to(user, Some("completed")), cloud.subscribe_to(user, Some("failed")));
    let key = cloud.upload(Way::Workflow, user, &photo());
    let original = cloud.object(Way::Workflow.bucket(), &key).expect("the original");
    thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| cloud.deliver(Way::Workflow, &created(Way::Workflow, &key, &original)));
        }
    });
    assert_eq!(cloud.ends(&key, 3), ["SUCCEEDED"; 3]);
    assert_eq!(cloud.items(user).len(), 1);
    assert_objects(cloud, &key, &[]);
    let messages = cloud.messages(&completions);
    assert!(messages.iter().all(|message| message["Message"] == messages[0]["Message"]), "{messages:?}");
    assert_eq!(cloud.receive(&failures), [] as [Value; 0]);
}

#[test]
fn a_late_failure_changes_nothing_that_is_completed() {
    let cloud = cloud();
    for way in [Way::Workflow, Way::Queue] {
        let user = format!("late-{way:?}");
        let queue = cloud.subscribe(&user);
        let key = cloud.upload(way, &user, &photo());
        cloud.messages(&queue);
        let items = cloud.items(&user);
        let original = cloud.object(way.bucket(), &key).expect("the original");
        cloud.delete(way.bucket(), &key, original.header("x-amz-version-id"));
        cloud.deliver(way, &created(way, &key, &original));
        let message = cloud.messages(&queue)[0]["Message"].clone();
        let message: Value = serde_json::from_str(message.as_str().expect("text")).expect("JSON");
        assert_eq!(message["status"], "completed", "{way:?}");
        assert_eq!(cloud.items(&user), items, "{way:?}");
    }
}

#[test]
fn one_bad_message_does_not_hold_up_nine() {
    let cloud = cloud();
    let keys: Vec<String> = (0..9).map(|_| cloud.upload(Way::Queue, "batch", &photo())).collect();
    let mut events: Vec<String> = keys
        .iter()
        .map(|key| created(Way::Queue, key, &cloud.object(Way::Queue.bucket(), key).expect(key)).to_string())
        .collect();
    let missing = event(Way::Queue, "elsewhere/photo.jpg", json!({"size": 1, "etag": "0"}));
    events.insert(4, missing.to_string());
    let answer = cloud.invoke("process", &batch(&events)).json();
    assert_eq!(answer, json!({"batchItemFailures": [{"itemIdentifier": "4"}]}));
    let items = cloud.items("batch");
    assert_eq!(items.len(), 9);
    assert!(items.iter().all(|item| item["status"] == "completed"), "{items:?}");
}
