//! Sources on other servers. host/serve/src/client.rs tests their addresses; this tests a client's options.

use std::io::{BufRead, BufReader, Write};
use std::net::TcpListener;
use std::thread;

use crate::server::{Place, photo};

/// Serves a photo at `/photo.jpg`; `/elsewhere` and `/away` are redirects.
fn origin() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = listener.local_addr().expect("an address").port();
    thread::spawn(move || {
        for socket in listener.incoming() {
            let Ok(mut socket) = socket else { continue };
            let mut line = String::new();
            let mut reader = BufReader::new(socket.try_clone().expect("cloned"));
            reader.read_line(&mut line).expect("a line");
            let mut head = String::new();
            while !head.ends_with("\r\n\r\n") && reader.read_line(&mut head).is_ok_and(|length| length > 0) {}
            let photo = photo("seeding.jpg");
            let (status, location) = match line.split(' ').nth(1).unwrap_or_default() {
                "/photo.jpg" => (200, String::new()),
                "/elsewhere" => (302, format!("http://127.0.0.1:{port}/photo.jpg")),
                "/away" => (302, "http://other.localhost/photo.jpg".into()),
                "/here" => (302, "/photo.jpg".into()),
                _ => (404, String::new()),
            };
            let body = if status == 200 { photo.as_slice() } else { b"" };
            let length = body.len();
            let _ = write!(
                socket,
                "HTTP/1.1 {status} X\r\ncontent-length: {length}\r\netag: \"1\"\r\nlocation: {location}\r\nconnection: close\r\n\r\n"
            );
            if !line.starts_with("HEAD") {
                let _ = socket.write_all(body);
            }
        }
    });
    port
}

#[test]
fn only_listed_origins_at_public_addresses() {
    let port = origin();
    let listed = format!("[delivery]\nremote_origins = [\"http://localhost:{port}\", \"http://ip6-localhost:{port}\"]");
    let place = Place::new();
    let closed = place.serve(&listed);
    let image = |url: &str| format!("/image/width=100,format=webp/{url}");
    for (url, status) in [
        // Listed, but at this machine's own address.
        (format!("http://localhost:{port}/photo.jpg"), 502),
        (format!("http://ip6-localhost:{port}/photo.jpg"), 502),
        // Not listed: another port, scheme or name, or an address.
        ("http://localhost/photo.jpg".into(), 403),
        (format!("https://localhost:{port}/photo.jpg"), 403),
        ("http://metadata.google.internal/".into(), 403),
        (format!("http://127.0.0.1:{port}/photo.jpg"), 400),
        (format!("http://2130706433:{port}/photo.jpg"), 400),
        (format!("http://0x7f000001:{port}/photo.jpg"), 400),
        (format!("http://0177.0.0.1:{port}/photo.jpg"), 400),
        (format!("http://[::1]:{port}/photo.jpg"), 400),
        (format!("http://[::ffff:127.0.0.1]:{port}/photo.jpg"), 400),
        ("http://169.254.169.254/latest/meta-data/".into(), 400),
        (format!("http://user@localhost:{port}/photo.jpg"), 400),
        ("file:///etc/passwd".into(), 400),
    ] {
        let answer = closed.get(&image(&url), &[]);
        assert_eq!(answer.status, status, "{url}: {}", String::from_utf8_lossy(&answer.body));
    }
    let place = Place::new();
    let open = place.serve(&format!("private_hosts = [\"localhost\"]\n{listed}"));
    for (path, status) in [("photo.jpg", 200), ("here", 200), ("none", 404), ("elsewhere", 502), ("away", 502)] {
        let answer = open.get(&image(&format!("http://localhost:{port}/{path}")), &[]);
        assert_eq!(answer.status, status, "{path}: {}", String::from_utf8_lossy(&answer.body));
    }
}
