//! Clients that disconnect at the moment when their upload is complete. `DARKROOM_RACES` is their number: 150 by
//! default.

use std::io::Write;
use std::net::TcpStream;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use darkroom_tests::{agent, answer};
use rusty_s3::S3Action;
use rusty_s3::actions::{CompleteMultipartUpload, CreateMultipartUpload, UploadPart};

use crate::server::{Place, Server};

const CLIENTS: usize = 8;
const VALIDITY: Duration = Duration::from_secs(600);
/// The window after its last byte in which a client disconnects: the duration of a commit.
const MOMENT: u32 = 30_000_000;

fn races() -> usize {
    std::env::var("DARKROOM_RACES").ok().and_then(|count| count.parse().ok()).unwrap_or(150)
}

/// Sends a request and disconnects some time after its last byte, without reading a response.
fn send_and_leave(server: &Server, method: &str, url: &str, content: &[u8]) {
    let host = server.url.strip_prefix("http://").expect("a URL");
    let path = url.strip_prefix(&server.url).expect("of this server");
    let mut socket = TcpStream::connect(host).expect("connected");
    let length = content.len();
    write!(socket, "{method} {path} HTTP/1.1\r\nhost: {host}\r\ncontent-length: {length}\r\n\r\n").expect("written");
    socket.write_all(content).expect("written");
    let now = SystemTime::now().duration_since(UNIX_EPOCH).expect("a clock");
    thread::sleep(Duration::from_nanos(u64::from(now.subsec_nanos() % MOMENT)));
}

/// An object is complete, or does not exist.
fn look(server: &Server, key: &str, content: &[u8]) -> bool {
    let object = server.object("raw-images", key);
    assert!(object.status == 404 || (object.status == 200 && object.body == content), "{key}: {}", object.status);
    object.status == 200
}

/// Runs `race` this many times, on several threads. It returns whether its object was committed without its client.
fn run(count: usize, race: impl Fn(usize) -> bool + Sync) {
    let (next, committed) = (AtomicUsize::new(0), AtomicUsize::new(0));
    thread::scope(|scope| {
        for _ in 0..CLIENTS {
            scope.spawn(|| {
                loop {
                    let number = next.fetch_add(1, Ordering::Relaxed);
                    if number >= count {
                        return;
                    }
                    committed.fetch_add(usize::from(race(number)), Ordering::Relaxed);
                }
            });
        }
    });
    let committed = committed.into_inner();
    println!("{count} races, {committed} committed without their clients");
    assert!(committed > count / 10, "{committed} of {count}: nothing was raced");
}

#[test]
fn an_upload_whose_client_goes_away_is_whole_or_not_there() {
    let place = Place::new();
    let server = place.serve("[uploads]\nworkers = 0");
    let content = vec![7; 300_000];
    run(races(), |number| {
        let key = format!("site/{number}.jpg");
        let url = server.put_url("raw-images", &key);
        send_and_leave(&server, "PUT", &url, &content);
        look(&server, &key, &content);
        // Whether or not it was stored, it is complete after another try, as its sender expects. A refused try may be
        // cut off.
        let again = agent().put(&url).header("if-none-match", "*").send(&content).map(answer);
        let refused = again.is_err() || again.is_ok_and(|answer| answer.status == 412);
        assert!(look(&server, &key, &content), "{key} is lost; refused: {refused}");
        refused
    });
}

#[test]
fn parts_whose_client_goes_away_while_they_are_joined_are_whole_or_not_there() {
    let place = Place::new();
    let server = place.serve("[uploads]\nworkers = 0");
    let part = vec![7; 200_000];
    run(races() / 3, |number| {
        let key = format!("site/{number}.jpg");
        let sign = |sign: &dyn Fn(&rusty_s3::Bucket, &rusty_s3::Credentials) -> url::Url| {
            server.signed("raw-images", |bucket, credentials| sign(bucket, credentials))
        };
        let create = sign(&|bucket, keys| CreateMultipartUpload::new(bucket, Some(keys), &key).sign(VALIDITY));
        let created = answer(server.agent.post(create).send_empty().expect("an answer"));
        let created =
            CreateMultipartUpload::parse_response(&String::from_utf8_lossy(&created.body)).expect("an upload");
        let upload = created.upload_id();
        let tags: Vec<String> = (1..=2)
            .map(|part_number| {
                let put =
                    sign(&|bucket, keys| UploadPart::new(bucket, Some(keys), &key, part_number, upload).sign(VALIDITY));
                answer(server.agent.put(put).send(&part).expect("an answer")).header("etag").to_owned()
            })
            .collect();
        let complete = |tags: &[String]| {
            let body = tags
                .iter()
                .enumerate()
                .map(|(index, tag)| format!("<Part><PartNumber>{}</PartNumber><ETag>{tag}</ETag></Part>", index + 1));
            format!("<CompleteMultipartUpload>{}</CompleteMultipartUpload>", body.collect::<String>())
        };
        let url = sign(&|bucket, keys| {
            CompleteMultipartUpload::new(bucket, Some(keys), &key, upload, tags.iter().map(String::as_str))
                .sign(VALIDITY)
        });
        send_and_leave(&server, "POST", &url, complete(&tags).as_bytes());
        look(&server, &key, &part.repeat(2));
        let again = answer(agent().post(&url).send(complete(&tags)).expect("an answer")).status;
        // 404: the upload no longer exists, since it is joined; 400: the join was in progress.
        assert!([200, 400, 404].contains(&again), "{key}: {again}");
        let object = server.object("raw-images", &key);
        assert!(
            object.status == 200 && object.body == part.repeat(2),
            "{key} is lost: {again}, then {}",
            object.status
        );
        again != 200
    });
}
