//! The webhook.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::Command;
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::Duration;

use serde_json::Value;

use crate::server::{Place, photo};

/// One request's head and body.
struct Post {
    head: String,
    body: String,
}

/// Responds with these statuses, and repeats the last one.
fn listen(statuses: &'static [u16]) -> (String, Receiver<Post>) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let url = format!("http://{}/hook", listener.local_addr().expect("an address"));
    let (sender, receiver) = channel();
    thread::spawn(move || {
        for (number, socket) in listener.incoming().enumerate() {
            let status = statuses[number.min(statuses.len() - 1)];
            let Some(post) = socket.ok().and_then(|socket| answer(socket, status)) else { continue };
            if sender.send(post).is_err() {
                return;
            }
        }
    });
    (url, receiver)
}

fn answer(mut socket: TcpStream, status: u16) -> Option<Post> {
    let mut reader = BufReader::new(socket.try_clone().ok()?);
    let mut head = String::new();
    while !head.ends_with("\r\n\r\n") {
        reader.read_line(&mut head).ok().filter(|length| *length > 0)?;
    }
    let length = head.lines().find_map(|line| line.to_lowercase().strip_prefix("content-length: ")?.parse().ok());
    let mut body = vec![0; length?];
    reader.read_exact(&mut body).ok()?;
    write!(socket, "HTTP/1.1 {status} X\r\ncontent-length: 0\r\nconnection: close\r\n\r\n").ok()?;
    Some(Post { head, body: String::from_utf8(body).ok()? })
}

fn field<'a>(post: &'a Post, name: &str) -> &'a str {
    let line = post.head.lines().find(|line| line.starts_with(name)).unwrap_or_else(|| panic!("{name}: {}", post.head));
    line.split_once(": ").expect("a value").1
}

#[test]
fn outcomes_arrive_signed_and_again_until_they_do() {
    let (url, posts) = listen(&[500, 204]);
    let place = Place::new();
    let settings = format!("[webhook]\nurl = \"{url}\"\nsecret = \"hush\"");
    let server = place.serve(&settings);
    let key = server.upload(&photo("seeding.jpg"));
    let first = posts.recv_timeout(Duration::from_secs(60)).expect("a request");
    // The next attempt is due in 20 s; a restart makes it at once.
    drop(server);
    let _server = place.serve(&settings);
    let second = posts.recv_timeout(Duration::from_secs(60)).expect("another");
    for post in [&first, &second] {
        let item: Value = serde_json::from_str(&post.body).expect("JSON");
        assert_eq!((item["originalKey"].as_str(), item["status"].as_str()), (Some(key.as_str()), Some("completed")));
        assert_eq!(field(post, "darkroom-id"), item["id"]);
        let signature = field(post, "darkroom-signature");
        let (seconds, code) = signature.strip_prefix("t=").and_then(|rest| rest.split_once(",v1=")).expect("two parts");
        assert_eq!(code, hmac("hush", &format!("{seconds}.{}", post.body)));
    }
    assert!(posts.recv_timeout(Duration::from_secs(2)).is_err(), "it has arrived");
}

/// By an independent implementation.
fn hmac(secret: &str, text: &str) -> String {
    let script = "import hashlib,hmac,sys; print(hmac.new(sys.argv[1].encode(), sys.argv[2].encode(), hashlib.sha256).hexdigest())";
    let output = Command::new("python3").args(["-c", script, secret, text]).output().expect("python3");
    String::from_utf8(output.stdout).expect("text").trim().to_owned()
}
