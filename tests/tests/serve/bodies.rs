//! Limits on request content, for every client.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use bytes::Bytes;
use rusty_s3::S3Action;
use rusty_s3::actions::{DeleteObjects, ObjectIdentifier};
use ureq::http::{Method, Request};

use crate::http2;
use crate::server::{Place, Server};

/// Content that no client should send, in bytes.
const LENGTH: usize = 64 << 20;
/// The allowed growth of the server's memory meanwhile: threads, connections, the allocator's own.
const GROWTH: u64 = 16 << 20;
const FORM: &str = "content-type: multipart/form-data; boundary=b";
const BEGINNING: &str = "--b\r\ncontent-disposition: form-data; name=\"key\"\r\n\r\nsite/a.jpg\r\n--b\r\ncontent-disposition: form-data; \
     name=\"file\"; filename=\"a.jpg\"\r\ncontent-type: image/jpeg\r\n\r\n";

/// A request's head on a separate connection.
fn begin(server: &Server, head: &str) -> TcpStream {
    let host = server.url.strip_prefix("http://").expect("a URL");
    let mut socket = TcpStream::connect(host).expect("connected");
    socket.set_read_timeout(Some(Duration::from_secs(10))).expect("set");
    socket.set_write_timeout(Some(Duration::from_secs(10))).expect("set");
    write!(socket, "{head}\r\nhost: {host}\r\n\r\n").expect("written");
    socket
}

/// The response, which has to come without further input.
fn answer(socket: &TcpStream) -> String {
    let mut reader = BufReader::new(socket);
    let mut text = String::new();
    while !text.ends_with("\r\n\r\n") {
        assert!(reader.read_line(&mut text).expect("an answer before the content") > 0, "{text}");
    }
    let _ = reader.take(500).read_to_string(&mut text);
    text
}

/// Sends as much as the server accepts.
fn send(socket: &mut TcpStream, chunked: bool) -> usize {
    let piece = [b'x'; 1 << 16];
    let mut sent = 0;
    while sent < LENGTH {
        let frame = if chunked { format!("{:x}\r\n", piece.len()) } else { String::new() };
        let end: &[u8] = if chunked { b"\r\n" } else { b"" };
        let written = [frame.as_bytes(), &piece, end].into_iter().try_for_each(|part| socket.write_all(part));
        if written.is_err() {
            break;
        }
        sent += piece.len();
    }
    sent
}

fn delete_url(server: &Server) -> String {
    let keys = [ObjectIdentifier::new("a".into())];
    server.signed("raw-images", |bucket, credentials| {
        DeleteObjects::new(bucket, Some(credentials), keys.iter()).sign(Duration::from_secs(60))
    })
}

fn path(server: &Server, url: &str) -> String {
    url.strip_prefix(&server.url).expect("of this server").to_owned()
}

#[test]
fn what_is_too_much_is_refused_before_it_is_sent() {
    let place = Place::new();
    let server = place.serve("");
    let delete = path(&server, &delete_url(&server));
    let put = path(&server, &server.put_url("raw-images", "site/large"));
    let whole = "content-length: 67108865";
    for (head, status, code) in [
        (format!("POST /raw-images HTTP/1.1\r\n{FORM}\r\n{whole}"), 501, "NotImplemented"),
        (format!("POST /raw-images HTTP/1.1\r\n{FORM}\r\ntransfer-encoding: chunked"), 501, "NotImplemented"),
        (format!("POST /raw-images/a HTTP/1.1\r\n{FORM}\r\ntransfer-encoding: chunked"), 501, "NotImplemented"),
        (
            format!("POST /thumbnails/ HTTP/1.1\r\ncontent-type: MultiPart/Form-Data+xml; boundary=b\r\n{whole}"),
            501,
            "NotImplemented",
        ),
        (format!("POST / HTTP/1.1\r\nauthorization: AWS4-x\r\n{FORM}\r\n{whole}"), 501, "NotImplemented"),
        (format!("POST /raw-images?delete HTTP/1.1\r\n{whole}"), 400, "MaxMessageLengthExceeded"),
        (format!("POST {delete} HTTP/1.1\r\n{whole}"), 400, "MaxMessageLengthExceeded"),
        (format!("POST {delete} HTTP/1.1\r\ntransfer-encoding: chunked"), 411, "MissingContentLength"),
        (format!("DELETE /raw-images/a HTTP/1.1\r\n{whole}"), 400, "MaxMessageLengthExceeded"),
        (format!("PUT /raw-images/a HTTP/1.1\r\n{whole}"), 400, "EntityTooLarge"),
        (format!("PUT {put} HTTP/1.1\r\n{whole}"), 400, "EntityTooLarge"),
        (
            format!("PUT {put} HTTP/1.1\r\ncontent-length: 100\r\nx-amz-decoded-content-length: 67108865"),
            400,
            "EntityTooLarge",
        ),
        (format!("GET /health HTTP/1.1\r\n{whole}"), 413, "no content"),
        (format!("POST /image/width=100/site/a.jpg HTTP/1.1\r\n{whole}"), 413, "no content"),
        ("POST /nowhere HTTP/1.1\r\ncontent-length: 1".into(), 413, "no content"),
    ] {
        let said = answer(&begin(&server, &head));
        assert!(said.starts_with(&format!("HTTP/1.1 {status} ")) && said.contains(code), "{head}: {said}");
    }
}

#[test]
fn what_is_sent_all_the_same_is_not_held() {
    let place = Place::new();
    let server = place.serve("");
    server.get("/health", &[]);
    let before = server.memory();
    let delete = path(&server, &delete_url(&server));
    for (request, chunked) in [
        (format!("POST /raw-images HTTP/1.1\r\n{FORM}"), false),
        (format!("POST /raw-images HTTP/1.1\r\n{FORM}"), true),
        (format!("POST {delete} HTTP/1.1"), false),
        (format!("POST {delete} HTTP/1.1"), true),
        ("POST /health HTTP/1.1".into(), true),
    ] {
        let framing = if chunked { "transfer-encoding: chunked".into() } else { format!("content-length: {LENGTH}") };
        let mut socket = begin(&server, &format!("{request}\r\n{framing}"));
        if !chunked {
            let _ = socket.write_all(BEGINNING.as_bytes());
        }
        let sent = send(&mut socket, chunked);
        let grown = server.memory().saturating_sub(before);
        assert!(grown < GROWTH, "{request}: {sent} bytes were taken, memory grew by {grown}");
    }
    assert_eq!(server.get("/health", &[]).status, 200);
}

#[test]
fn http2_has_the_same_limits() {
    let place = Place::new();
    let server = place.serve("");
    server.get("/health", &[]);
    let before = server.memory();
    let delete = delete_url(&server);
    for (url, form, length, status) in [
        (format!("{}/raw-images", server.url), true, Some(LENGTH), 501),
        (format!("{}/raw-images", server.url), true, None, 501),
        (delete.clone(), false, Some(LENGTH), 400),
        (delete, false, None, 411),
        (server.put_url("raw-images", "site/large"), false, None, 411),
        (format!("{}/health", server.url), false, Some(LENGTH), 413),
    ] {
        let mut request = Request::builder().method(Method::POST).uri(&url);
        if form {
            request = request.header("content-type", "multipart/form-data; boundary=b");
        }
        if let Some(length) = length {
            request = request.header("content-length", length);
        }
        let request = request.body(()).expect("a request");
        let answered = http2::send(&server.url, request, Bytes::from_static(&[b'x'; 1 << 14]), LENGTH);
        assert_eq!(answered, status, "{url}");
        let grown = server.memory().saturating_sub(before);
        assert!(grown < GROWTH, "{url}: memory grew by {grown}");
    }
}
