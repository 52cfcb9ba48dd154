//! Ownership of images.

use std::io::{Read, Write};

use darkroom_tests::answer;

use crate::server::Place;

const URL: &str = "/upload-url?filename=a.jpg&contentType=image/jpeg&contentLength=5";

#[test]
fn tokens_tell_users_apart() {
    let place = Place::new();
    let server = place.serve("[users.tokens]\ntoken-of-alice-1 = \"alice\"\ntoken-of-bob-0001 = \"bob\"");
    assert_eq!(server.get(URL, &[]).status, 401);
    assert_eq!(server.get(URL, &[("authorization", "Bearer token-of-bob-0002")]).status, 401);
    assert_eq!(server.get("/images", &[]).status, 401);
    for (token, user) in [("token-of-alice-1", "alice"), ("token-of-bob-0001", "bob")] {
        let answer = server.get(URL, &[("authorization", &format!("Bearer {token}"))]).json();
        assert!(answer["key"].as_str().is_some_and(|key| key.starts_with(&format!("uploads/{user}/"))), "{answer}");
    }
}

#[test]
fn another_sites_page_does_not_speak_for_a_visitor() {
    let place = Place::new();
    let server = place.serve("");
    assert_eq!(server.get(URL, &[]).status, 200);
    assert_eq!(server.get(URL, &[("host", "rebound.example")]).status, 421);
    let answer = server.get(URL, &[("origin", "https://other.example")]);
    assert_eq!(answer.header("access-control-allow-origin"), "");
    let place = Place::new();
    let server = place.serve("[users]\nallow_origins = [\"https://app.example\"]");
    let answer = server.get(URL, &[("origin", "https://app.example")]);
    assert_eq!(answer.header("access-control-allow-origin"), "https://app.example");
}

#[test]
fn two_hosts_are_none() {
    let server = Place::new();
    let server = server.serve("");
    let address = server.url.strip_prefix("http://").expect("a URL");
    let mut socket = std::net::TcpStream::connect(address).expect("connected");
    let head = format!("GET {URL} HTTP/1.1\r\nHost: {address}\r\nHost: other.example\r\nConnection: close\r\n\r\n");
    socket.write_all(head.as_bytes()).expect("sent");
    let mut answer = String::new();
    socket.read_to_string(&mut answer).expect("answered");
    assert!(answer.starts_with("HTTP/1.1 400 "), "{answer}");
}

/// Amazon S3 takes no field of its own that is not signed, and neither is one kept here.
#[test]
fn what_is_not_signed_does_not_count() {
    let place = Place::new();
    let server = place.serve("");
    let granted = server.grant("a.jpg", "image/jpeg", 5);
    let put = |more: Option<(&str, &str)>| {
        let headers = granted["headers"].as_object().expect("fields").iter();
        let request = server.agent.put(granted["uploadUrl"].as_str().expect("a URL"));
        let request = headers.fold(request, |all, (name, value)| all.header(name, value.as_str().expect("text")));
        let request = more.into_iter().fold(request, |all, (name, value)| all.header(name, value));
        answer(request.send(&b"photo"[..]).expect("an answer")).status
    };
    for name in ["x-amz-meta-owner", "x-amz-acl", "x-amz-tagging", "x-amz-storage-class"] {
        assert_eq!(put(Some((name, "a"))), 403, "{name}");
    }
    assert_eq!(put(Some(("content-disposition", "attachment"))), 200);
    let stored = server.object("raw-images", granted["key"].as_str().expect("a key"));
    assert_eq!((stored.status, stored.header("content-disposition")), (200, ""));
    let old = "/raw-images/a.jpg?AWSAccessKeyId=a&Expires=99999999999&Signature=b";
    let refused = server.get(old, &[]);
    assert_eq!(refused.status, 400);
    assert!(String::from_utf8_lossy(&refused.body).contains("version 4"));
}

#[test]
fn the_stores_want_a_signature() {
    let place = Place::new();
    let server = place.serve("");
    server.seed("raw-images", "site/a.jpg", b"x");
    assert_eq!(server.get("/raw-images/site/a.jpg", &[]).status, 403);
    assert_eq!(server.get("/raw-images?list-type=2", &[]).status, 403);
    assert_eq!(server.get("/processed-images/", &[]).status, 403);
}
