//! Limits for one client, for one image and in total.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::process::Command;
use std::thread;
use std::time::{Duration, Instant};

use darkroom_tests::{agent, answer};

use crate::server::{Place, Server, eventually, photo};

fn connect(server: &Server) -> TcpStream {
    let socket = TcpStream::connect(server.url.strip_prefix("http://").expect("a URL")).expect("connected");
    socket.set_read_timeout(Some(Duration::from_secs(20))).expect("set");
    socket
}

#[test]
fn more_than_the_queue_are_told_to_come_back() {
    let place = Place::new();
    let server = place.serve("[limits]\ninstances = 1\nqueue = 1");
    server.seed("raw-images", "site/a.jpg", &photo("seeding.jpg"));
    let answers: Vec<_> = thread::scope(|scope| {
        let url = &server.url;
        let gets: Vec<_> = (1..=8u32)
            .map(|step| {
                let path = format!("{url}/image/width={},format=webp/site/a.jpg", step * 100);
                scope.spawn(move || answer(agent().get(path).call().expect("an answer")))
            })
            .collect();
        gets.into_iter().map(|get| get.join().expect("an answer")).collect()
    });
    let refused: Vec<_> = answers.iter().filter(|answer| answer.status == 503).collect();
    assert!(!refused.is_empty() && refused.len() < answers.len(), "{} refused", refused.len());
    assert!(
        refused
            .iter()
            .all(|answer| answer.header("retry-after") == "2" && answer.header("cache-control") == "no-store")
    );
    assert!(answers.iter().all(|answer| [200, 503].contains(&answer.status)));
    assert_eq!(server.get("/health", &[]).status, 200);
}

#[test]
fn slow_heads_and_bodies_end() {
    let place = Place::new();
    let server = place.serve("[limits]\nheader_seconds = 1\nidle_seconds = 1");
    let begun = Instant::now();
    for first in ["", "G", "GET /health HTTP/1.1\r\nhost: ", "PRI * HTTP/2.0"] {
        let mut slow = connect(&server);
        slow.write_all(first.as_bytes()).expect("written");
        let _ = slow.read_to_end(&mut Vec::new());
        assert!(begun.elapsed() < Duration::from_secs(15), "{first:?}");
    }
    let granted = server.grant("photo.jpg", "image/jpeg", 1000);
    let path = granted["uploadUrl"].as_str().expect("a URL").strip_prefix(&server.url).expect("of this server");
    let host = server.url.strip_prefix("http://").expect("a URL");
    let mut slow = connect(&server);
    let head = "content-type: image/jpeg\r\nif-none-match: *\r\ncontent-length: 1000";
    write!(slow, "PUT {path} HTTP/1.1\r\nhost: {host}\r\n{head}\r\n\r\nhalf").expect("written");
    let mut said = String::new();
    let _ = slow.read_to_string(&mut said);
    assert!(begun.elapsed() < Duration::from_secs(25) && !said.starts_with("HTTP/1.1 200"), "{said}");
    assert_eq!(server.object("raw-images", granted["key"].as_str().expect("a key")).status, 404);
}

/// It never pauses for long, and would go on for half an hour.
#[test]
fn content_that_hardly_comes_ends() {
    let place = Place::new();
    let server = place.serve("[limits]\nidle_seconds = 2\ncontent_rate = 1000");
    let granted = server.grant("photo.jpg", "image/jpeg", 10_000);
    let path = granted["uploadUrl"].as_str().expect("a URL").strip_prefix(&server.url).expect("of this server");
    let host = server.url.strip_prefix("http://").expect("a URL");
    let mut slow = connect(&server);
    let head = "content-type: image/jpeg\r\nif-none-match: *\r\ncontent-length: 10000";
    write!(slow, "PUT {path} HTTP/1.1\r\nhost: {host}\r\n{head}\r\n\r\n").expect("written");
    let begun = Instant::now();
    while slow.write_all(b"x").is_ok() {
        assert!(begun.elapsed() < Duration::from_secs(10), "it goes on after {:?}", begun.elapsed());
        thread::sleep(Duration::from_millis(200));
    }
    assert!(begun.elapsed() > Duration::from_secs(1));
}

#[test]
fn one_client_has_a_part_of_the_connections() {
    let place = Place::new();
    let server = place.serve("[limits]\nclient_connections = 2");
    let held = (connect(&server), connect(&server));
    thread::sleep(Duration::from_millis(300));
    let mut third = connect(&server);
    assert_eq!(third.read(&mut [0; 1]).unwrap_or(0), 0, "it is closed");
    drop(held);
    let metrics = eventually("a place", || server.try_get("/metrics", &[]));
    let text = String::from_utf8(metrics.body).expect("text");
    assert!(!text.contains("darkroom_refused_connections_total 0"), "{text}");
    assert!(text.contains("darkroom_refused_connections_total "), "{text}");
}

#[test]
fn larger_objects_than_allowed_are_refused() {
    let place = Place::new();
    let server = place.serve("[uploads]\nmax_bytes = 1000");
    server.seed("raw-images", "site/small", &[0; 1000]);
    let url = server.put_url("raw-images", "site/large");
    let refused = answer(agent().put(url).send(&[0; 1001]).expect("an answer"));
    assert_eq!(refused.status, 400);
    assert!(String::from_utf8_lossy(&refused.body).contains("EntityTooLarge"));
    assert_eq!(server.get("/upload-url?filename=a.jpg&contentType=image/jpeg&contentLength=1001", &[]).status, 422);
}

#[test]
fn connections_past_the_limit_wait() {
    let place = Place::new();
    let server = place.serve("[limits]\nconnections = 2");
    let (first, second) = (connect(&server), connect(&server));
    thread::sleep(Duration::from_millis(300));
    let mut third = connect(&server);
    third.write_all(b"GET /health HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n").expect("written");
    third.set_read_timeout(Some(Duration::from_millis(700))).expect("set");
    assert!(third.read(&mut [0; 1]).is_err(), "nobody has accepted it");
    drop((first, second));
    third.set_read_timeout(Some(Duration::from_secs(10))).expect("set");
    let mut said = String::new();
    third.read_to_string(&mut said).expect("an answer");
    assert!(said.starts_with("HTTP/1.1 200"), "{said}");
}

#[test]
fn http2_without_tls() {
    let place = Place::new();
    let server = place.serve("");
    server.seed("raw-images", "site/a.jpg", &photo("seeding.jpg"));
    let output = Command::new("curl")
        .args([
            "--silent",
            "--http2-prior-knowledge",
            "--output",
            "/dev/null",
            "--write-out",
            "%{http_version} %{http_code}",
        ])
        .arg(format!("{}/image/width=100,format=webp/site/a.jpg", server.url))
        .output()
        .expect("curl");
    assert_eq!(String::from_utf8_lossy(&output.stdout), "2 200");
    let granted = server.grant("photo.jpg", "image/jpeg", 7);
    let mut curl = Command::new("curl");
    curl.args(["--silent", "--http2-prior-knowledge", "--request", "PUT", "--data-binary", "a photo"]);
    curl.args(["--write-out", "%{http_version} %{http_code}"]);
    for name in ["content-type", "if-none-match"] {
        curl.args(["--header", &format!("{name}: {}", granted["headers"][name].as_str().expect("text"))]);
    }
    let output = curl.arg(granted["uploadUrl"].as_str().expect("a URL")).output().expect("curl");
    assert_eq!(String::from_utf8_lossy(&output.stdout), "2 200");
}
