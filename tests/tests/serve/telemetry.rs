//! Logs and metrics for operators.

use std::fs;
use std::process::{Command, Stdio};

use serde_json::Value;

use crate::server::{Place, eventually, photo, program};

#[test]
fn metrics_count_what_happens() {
    let place = Place::new();
    let server = place.serve("");
    let original = photo("seeding.jpg");
    let key = server.upload(&original);
    let item = server.item(&key);
    server.seed("raw-images", "site/a.jpg", &original);
    let path = "/image/width=320,format=webp/site/a.jpg";
    server.get(path, &[]);
    eventually("a hit", || server.get(path, &[]).header("server-timing").starts_with("store;desc=hit").then_some(()));
    let text = String::from_utf8(server.get("/metrics", &[]).body).expect("text");
    let value = |name: &str| -> f64 {
        let line = text.lines().find(|line| line.starts_with(name)).unwrap_or_else(|| panic!("{name} in {text}"));
        line.rsplit(' ').next().and_then(|value| value.parse().ok()).expect("a number")
    };
    let saved = item["originalSize"].as_u64().expect("bytes") - item["compressedSize"].as_u64().expect("bytes");
    for (name, expected) in [
        ("darkroom_images_total{outcome=\"Completed\"}", 1.0),
        ("darkroom_saved_bytes_total", saved as f64),
        ("darkroom_upload_attempts_total{result=\"Done\"}", 1.0),
        ("darkroom_queue_depth", 0.0),
        ("darkroom_http_requests_total{route=\"Upload\",status=\"200\"}", 1.0),
    ] {
        assert!((value(name) - expected).abs() < 1e-9, "{name} is {}, not {expected}", value(name));
    }
    // A request that arrives before the image is stored shares the running one.
    assert!(value("darkroom_deliveries_total{result=\"Made\"}") >= 1.0);
    assert!(value("darkroom_deliveries_total{result=\"Hit\"}") >= 1.0);
    assert!(value("darkroom_http_request_seconds_count{route=\"Image\"}") >= 2.0);
    assert!(value("darkroom_resident_memory_bytes") > 10e6);
    assert!(value("darkroom_instances ") >= 1.0);
    assert_eq!(server.get("/health", &[]).body, b"ok\n");
    assert_eq!(server.get("/ready", &[]).body, b"ok\n");
    assert!(is_ready(&server.url), "the program says so, too");
    assert_eq!(server.get("/version", &[]).json()["version"], "0.1.0");
}

/// The answer of `darkroom serve --ready` about a server.
fn is_ready(url: &str) -> bool {
    let listen = url.trim_start_matches("http://");
    let mut command = Command::new(program());
    command.args(["serve", "--ready", "--listen", listen]).stderr(Stdio::null()).status().expect("it runs").success()
}

#[test]
fn a_server_that_is_gone_is_not_ready() {
    let place = Place::new();
    let server = place.serve("");
    let url = server.url.clone();
    server.kill();
    assert!(!is_ready(&url));
}

#[test]
fn the_log_is_json_and_names_no_key() {
    let place = Place::new();
    let server = place.serve("[log]\nlevel = \"debug\"");
    let key = server.upload(&photo("seeding.jpg"));
    server.item(&key);
    server.get("/image/width=9/site/secret-name.jpg", &[]);
    // S3's door tells strangers no, and the log nothing.
    for _ in 0..50 {
        assert_eq!(server.get("/raw-images/uploads/alice/secret-name.jpg", &[("host", "secret-host")]).status, 403);
    }
    assert_eq!(server.get("/raw-images/a?secret-name&acl", &[]).status, 403);
    server.terminate();
    let mut server = server;
    assert!(server.wait().success());
    let log = fs::read_to_string(place.path().join("log")).expect("a log");
    let lines: Vec<Value> = log.lines().map(|line| serde_json::from_str(line).expect(line)).collect();
    for message in ["serving", "images stored", "recorded", "ended"] {
        assert!(lines.iter().any(|line| line["message"] == message), "{message}: {log}");
    }
    assert!(lines.iter().all(|line| line["level"] != "ERROR"), "{log}");
    for hidden in ["secret-host", "alice", key.as_str(), "photo.jpg", "secret-name", "X-Amz-Signature"] {
        assert!(!log.contains(hidden), "{hidden}");
    }
}
