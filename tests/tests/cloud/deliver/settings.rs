//! Settings with which the program refuses to start.

use std::process::Command;

use darkroom_tests::lambda_package;

#[test]
fn wrong_settings_end_the_program_and_are_named() {
    let buckets = ["RAW", "PROCESSED", "THUMBNAILS"].map(|name| (format!("DARKROOM_{name}_BUCKET"), "a-bucket"));
    for (name, value, says) in [
        ("DARKROOM_RAW_BUCKET", "", "DARKROOM_RAW_BUCKET=: needed is a bucket's name"),
        ("DARKROOM_EDGE", "fastly", "DARKROOM_EDGE=fastly: must be cloudfront, or nothing"),
        ("DARKROOM_DELIVERY", "{", "DARKROOM_DELIVERY: EOF while parsing"),
        ("DARKROOM_DELIVERY", r#"{"moed": "open"}"#, "unknown field `moed`"),
        ("DARKROOM_DELIVERY", r#"{"mode": "signed"}"#, "mode = signed: needs a key in signing_keys"),
        ("DARKROOM_DELIVERY", r#"{"remote_origins": ["img.example"]}"#, "https://img.example: must be empty"),
    ] {
        let mut command = Command::new(lambda_package().join("bootstrap"));
        command.env_clear().envs(buckets.clone()).env("DARKROOM_FUNCTION", "deliver").env("AWS_REGION", "us-east-1");
        let output = command.env(name, value).output().expect("the program");
        let log = String::from_utf8_lossy(&output.stdout);
        assert!(!output.status.success() && log.contains(says), "{name}={value}: {log}");
    }
}
