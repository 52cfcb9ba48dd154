//! Errors of Lambda itself, before any of our functions runs.

use darkroom_tests::fixture;
use serde_json::json;

use crate::pipeline::cloud::{Way, cloud};

/// The errors that the workflow retries.
const TRANSIENT: [&str; 5] = [
    "Lambda.ServiceException",
    "Lambda.AWSLambdaException",
    "Lambda.SdkClientException",
    "Lambda.TooManyRequestsException",
    "Sandbox.Timedout",
];

/// Errors that mean a lack of capacity: the workflow retries them for longer, and then leaves them to the queue.
const THROTTLED: [&str; 2] = ["Lambda.TooManyRequestsException", "Lambda.ServiceException"];

const FUNCTIONS: [&str; 3] = ["compress", "thumbnail", "metadata"];

fn fail(function: &str, user: &str, times: u32, error: &str) {
    let answer = json!({"errorType": error, "errorMessage": "of Lambda itself"});
    cloud().door("fail", &json!({"call": function, "match": [user], "times": times, "answer": answer}));
}

fn user(name: &str, error: &str) -> String {
    format!("{name}-{}", error.replace('.', "-"))
}

#[test]
fn transient_errors_are_tried_again_in_every_function() {
    let (cloud, photo) = (cloud(), fixture("good/jpeg-420.jpg"));
    let uploads = TRANSIENT.map(|error| {
        let user = user("transient", error);
        FUNCTIONS.iter().for_each(|function| fail(function, &user, 2, error));
        (error, cloud.upload(Way::Workflow, &user, &photo), user)
    });
    for (error, key, user) in uploads {
        assert_eq!(cloud.ends(&key, 1), ["SUCCEEDED"], "{user}");
        assert_eq!(cloud.item(&user, "completed")["originalKey"], json!(key), "{user}");
        for function in FUNCTIONS {
            cloud.assert_attempts(function, &key, &[error, error, ""]);
        }
    }
}

#[test]
fn transient_errors_do_not_keep_a_failure_from_being_recorded() {
    let cloud = cloud();
    let uploads = TRANSIENT.map(|error| {
        let user = user("recorded", error);
        fail("metadata", &user, 2, error);
        (error, cloud.upload(Way::Workflow, &user, &fixture("bad/no-data.jpg")), user)
    });
    for (error, key, user) in uploads {
        assert_eq!(cloud.ends(&key, 1), ["FAILED"], "{user}");
        assert_eq!(cloud.item(&user, "failed")["originalKey"], json!(key), "{user}");
        cloud.assert_attempts("metadata", &key, &[error, error, ""]);
    }
}

#[test]
fn what_lambda_has_no_room_for_goes_through_the_queue() {
    let (cloud, photo) = (cloud(), fixture("good/jpeg-420.jpg"));
    let mut uploads = Vec::new();
    for function in ["compress", "metadata"] {
        for error in THROTTLED {
            let user = user(&format!("throttled-{function}"), error);
            fail(function, &user, u32::MAX, error);
            uploads.push((function, error, cloud.upload(Way::Workflow, &user, &photo), user));
        }
    }
    for (function, error, key, user) in uploads {
        assert_eq!(cloud.ends(&key, 1), ["SUCCEEDED"], "{user}");
        cloud.assert_attempts(function, &key, &[error; 7]);
        assert_eq!(cloud.item(&user, "completed")["originalKey"], json!(key), "{user}");
        cloud.assert_attempts("process-overflow", &key, &[""]);
    }
}

#[test]
fn errors_that_stay_are_given_up() {
    let (cloud, photo) = (cloud(), fixture("good/jpeg-420.jpg"));
    let transient = TRANSIENT.into_iter().filter(|error| !THROTTLED.contains(error));
    let uploads = transient.map(|error| (error, 4)).chain([("Lambda.Unknown", 1)]).map(|(error, attempts)| {
        let user = user("stays", error);
        fail("compress", &user, u32::MAX, error);
        (error, attempts, cloud.upload(Way::Workflow, &user, &photo), user)
    });
    for (error, attempts, key, user) in uploads.collect::<Vec<_>>() {
        assert_eq!(cloud.ends(&key, 1), ["FAILED"], "{user}");
        assert_eq!(cloud.item(&user, "failed")["reason"], "of Lambda itself", "{user}");
        cloud.assert_attempts("compress", &key, &vec![error; attempts]);
    }
}
