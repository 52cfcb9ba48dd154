//! From the presigned PUT, or any S3 client's, to the item and its objects.

use std::io::{BufRead, BufReader};
use std::process::Command;
use std::{fs, thread};

use darkroom_tests::{decode_bytes, put, repository, venv_of};
use serde_json::Value;

use crate::server::{Place, Server, eventually, objects, photo};

/// Every object exists, complete, with the right headers.
pub(crate) fn assert_objects(server: &Server, key: &str) {
    let places = objects(key);
    let found = places.each_ref().map(|(bucket, key, _)| server.object(bucket, key));
    let pictures = decode_bytes(&found.each_ref().map(|object| object.body.as_slice()));
    for (((_, key, size), object), picture) in places.iter().zip(&found).zip(pictures) {
        assert_eq!((picture.width, picture.height), *size, "{key}");
        let media_type = if key.starts_with("compressed/") { "image/webp" } else { "image/jpeg" };
        assert_eq!(object.header("content-type"), media_type, "{key}");
        assert_eq!(object.header("cache-control"), "public, max-age=31536000, s-maxage=2592000, immutable", "{key}");
        for name in ["source-etag", "output-version", "rendition-etag"] {
            assert!(!object.header(&format!("x-amz-meta-{name}")).is_empty(), "{key} {name}");
        }
    }
}

#[test]
fn an_upload_becomes_an_item_its_objects_and_events() {
    let place = Place::new();
    let server = place.serve("");
    let events = server.agent.get(format!("{}/events", server.url)).call().expect("events");
    let listener = thread::spawn(move || outcome(BufReader::new(events.into_body().into_reader())));
    let photo = photo("seeding.jpg");
    let key = server.upload(&photo);
    let (steps, outcome) = listener.join().expect("events");
    let names: Vec<&str> = steps.iter().filter_map(|step| step["step"].as_str()).collect();
    assert_eq!(names, ["uploaded", "started", "read", "stored", "stored", "stored", "stored", "recorded"]);
    let (done, of) = (steps.iter().map(|step| step["done"].as_u64()), steps.iter().map(|step| step["of"].as_u64()));
    assert!(done.eq((1..=8).map(Some)) && of.eq([Some(8); 8]), "{steps:?}");

    let item = server.item(&key);
    assert_eq!(item["status"], "completed");
    assert_eq!(item["originalSize"], photo.len());
    let id = item["imageId"].as_str().expect("an id");
    assert_eq!(outcome["id"], format!("{id}:completed"));
    assert_eq!(server.get(&format!("/images/{id}"), &[]).json(), item);
    assert_objects(&server, &key);
    let small = item["thumbnails"]["small"].as_str().expect("a URL").strip_prefix(&server.url).expect("of this server");
    let thumbnail = server.get(small, &[("accept", "image/jpeg")]);
    assert_eq!(thumbnail.body, server.object("thumbnails", &objects(&key)[1].1).body);
    assert!(thumbnail.header("server-timing").starts_with("store;desc=hit"), "{}", thumbnail.header("server-timing"));
}

/// All steps until the outcome.
fn outcome(lines: impl BufRead) -> (Vec<Value>, Value) {
    let mut steps = Vec::new();
    let mut event = String::new();
    for line in lines.lines() {
        let line = line.expect("text");
        if let Some(name) = line.strip_prefix("event: ") {
            event = name.to_owned();
        }
        let Some(data) = line.strip_prefix("data: ") else { continue };
        let data: Value = serde_json::from_str(data).expect("JSON");
        if event == "completed" {
            return (steps, data);
        }
        steps.push(data);
    }
    panic!("no outcome after {steps:?}");
}

#[test]
fn one_upload_as_asked_for_and_no_other() {
    let place = Place::new();
    let server = place.serve("[uploads]\nworkers = 0");
    let bytes = b"a photo";
    let granted = server.grant("photo.jpg", "image/jpeg", bytes.len());
    let with = |name: &str, value: &str| {
        let mut changed = granted.clone();
        changed["headers"][name] = value.into();
        changed
    };
    let elsewhere = |from: &str, to: &str| {
        let mut changed = granted.clone();
        changed["uploadUrl"] = granted["uploadUrl"].as_str().expect("a URL").replace(from, to).into();
        changed
    };
    for (what, changed, bytes) in [
        ("a wrong type", with("content-type", "text/html"), bytes.as_slice()),
        ("a longer body", granted.clone(), b"a longer photo"),
        ("another condition", with("if-none-match", "\"0\""), bytes),
        ("a changed key", elsewhere("/uploads/local/", "/uploads/other/"), bytes),
        ("a longer validity", elsewhere("X-Amz-Expires=900", "X-Amz-Expires=9000"), bytes),
    ] {
        assert_eq!(put(&server.agent, &changed, bytes).status, 403, "{what}");
    }
    assert_eq!(put(&server.agent, &granted, bytes).status, 200);
    assert_eq!(put(&server.agent, &granted, bytes).status, 412, "a second PUT");
    for (query, status) in [
        ("filename=a.jpg&contentType=image/jpeg", 400),
        ("filename=a.pdf&contentType=application/pdf&contentLength=5", 415),
        ("filename=a.jpg&contentType=image/jpeg&contentLength=67108865", 422),
    ] {
        assert_eq!(server.get(&format!("/upload-url?{query}"), &[]).status, status, "{query}");
    }
}

#[test]
fn two_puts_at_one_time_make_one_object() {
    let place = Place::new();
    let server = place.serve("[uploads]\nworkers = 0");
    let granted = server.grant("photo.jpg", "image/jpeg", 7);
    let statuses: Vec<u16> = thread::scope(|scope| {
        let puts: Vec<_> =
            (0..8).map(|_| scope.spawn(|| put(&darkroom_tests::agent(), &granted, b"a photo").status)).collect();
        puts.into_iter().map(|put| put.join().expect("an answer")).collect()
    });
    assert_eq!(statuses.iter().filter(|status| **status == 200).count(), 1, "{statuses:?}");
    assert!(statuses.iter().all(|status| [200, 412].contains(status)), "{statuses:?}");
}

#[test]
fn bad_photos_fail_and_harm_nobody_else() {
    let place = Place::new();
    let server = place.serve("");
    let bad = fs::read(repository().join("tests/fixtures/bad/no-data.jpg")).expect("a fixture");
    let (bad, good) = (server.upload(&bad), server.upload(&photo("seeding.jpg")));
    let failed = server.item(&bad);
    assert_eq!(failed["status"], "failed");
    assert!(failed["reason"].as_str().is_some_and(|reason| reason.contains("malformed")), "{failed}");
    assert_eq!(server.item(&good)["status"], "completed");
}

#[test]
fn a_damaged_photo_is_completed_and_told() {
    let place = Place::new();
    let server = place.serve("");
    let cut = fs::read(repository().join("tests/fixtures/bad/truncated.jpg")).expect("a fixture");
    let (cut, good) = (server.upload(&cut), server.upload(&photo("seeding.jpg")));
    let (cut, good) = (server.item(&cut), server.item(&good));
    assert!(cut["status"] == "completed" && cut["damaged"] == true, "{cut}");
    assert!(good["status"] == "completed" && good.get("damaged").is_none(), "{good}");
    let metrics = String::from_utf8(server.get("/metrics", &[]).body).expect("text");
    assert!(metrics.contains("darkroom_damaged_images_total 1\n"), "{metrics}");
}

/// AWS's own client for Python, which uploads a large file in parts, like its command line.
#[test]
fn any_s3_client_can_upload() {
    let place = Place::new();
    let server = place.serve("");
    let key = |name: &str| format!("uploads/local/20260101_120000_0123456789abcdef_{name}.jpg");
    let photo = repository().join("examples/photos/seeding.jpg");
    s3_client(&server, "s3_client.py", &[&key("whole"), &key("parts"), &photo.to_string_lossy()]);
    assert_eq!(server.item(&key("whole"))["status"], "completed");
    let parts = eventually("the large one", || Some(server.item(&key("parts"))));
    // Its content is no photo: the test only needs it to arrive and be tried.
    assert_eq!((parts["status"].as_str(), parts["originalSize"].as_u64()), (Some("failed"), Some(12 << 20)));
}

#[test]
fn keys_are_listed_as_they_are() {
    let place = Place::new();
    let server = place.serve("[uploads]\nworkers = 0");
    s3_client(&server, "s3_keys.py", &[]);
}

/// Runs a script of tests/aws with the S3 server's own keys.
fn s3_client(server: &Server, script: &str, arguments: &[&str]) {
    let (id, secret) = server.credentials();
    let output = Command::new(venv_of("aws", "python"))
        .arg(repository().join("tests/aws").join(script))
        .arg(&server.url)
        .args(arguments)
        .env("AWS_ACCESS_KEY_ID", id)
        .env("AWS_SECRET_ACCESS_KEY", secret)
        .output()
        .expect("python; run `make test`");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}
