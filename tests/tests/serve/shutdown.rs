//! Shutdowns and crashes.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{BufRead, BufReader, Write};
use std::net::TcpStream;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use darkroom_tests::{agent, put, try_put};
use serde_json::Value;

use crate::server::{Place, Server, eventually, files, photo, refused};
use crate::upload::assert_objects;

/// The queue's depth, as the server reports it.
pub(crate) fn depth(server: &Server) -> Option<u64> {
    let text = String::from_utf8(server.try_get("/metrics", &[])?.body).ok()?;
    text.lines().find_map(|line| line.strip_prefix("darkroom_queue_depth "))?.parse().ok()
}

/// One completed item for each, with complete objects, and an empty queue.
fn assert_all_done(server: &Server, keys: &BTreeSet<String>) {
    eventually("an empty queue", || (depth(server)? == 0).then_some(()));
    let items = server.items();
    let done: Vec<String> = items.iter().map(|item| item["originalKey"].as_str().expect("a key").to_owned()).collect();
    assert_eq!(done.len(), keys.len(), "{done:?}");
    assert_eq!(&done.into_iter().collect::<BTreeSet<_>>(), keys);
    assert!(items.iter().all(|item| item["status"] == "completed"), "{items:?}");
    keys.iter().for_each(|key| assert_objects(server, key));
}

/// `count` concurrent clients; each retries until its photo is confirmed.
fn upload(server: &Server, count: usize) -> BTreeSet<String> {
    let photo = &photo("seeding.jpg");
    thread::scope(|scope| {
        let uploads: Vec<_> = (0..count).map(|_| scope.spawn(move || server.upload(photo))).collect();
        uploads.into_iter().map(|upload| upload.join().expect("kept")).collect()
    })
}

#[test]
fn kills_at_random_lose_nothing() {
    let place = Place::new();
    let settings = "[uploads]\nformats = [\"webp\"]";
    let mut server = place.serve(settings);
    let keys = upload(&server, 24);
    for round in 0..10u64 {
        // Spread over the time that some images take, and never the same.
        let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).expect("a clock");
        thread::sleep(Duration::from_millis(50 + (u64::from(now.subsec_nanos()) / 1000 + 97 * round) % 1500));
        server.kill();
        server = place.serve(settings);
    }
    assert_all_done(&server, &keys);
}

/// Four clients at each of six steps; the server is killed as soon as the first of their photos reaches it.
#[test]
fn kills_at_every_step_lose_nothing() {
    let place = Place::new();
    let photo = photo("seeding.jpg");
    let mut told = Vec::new();
    for step in ["uploaded", "started", "read", "stored", "recorded", "completed"] {
        let server = place.serve("");
        let events = server.agent.get(format!("{}/events", server.url)).call().expect("events");
        let waits = thread::spawn(move || until(BufReader::new(events.into_body().into_reader()), step));
        let granted: Vec<Value> = (0..4).map(|_| server.grant("photo.jpg", "image/jpeg", photo.len())).collect();
        thread::scope(|scope| {
            let put = |granted| try_put(&agent(), granted, &photo).is_ok_and(|answer| answer.status == 200);
            let puts: Vec<_> = granted.iter().map(|granted| scope.spawn(move || (granted, put(granted)))).collect();
            assert!(waits.join().expect("it waits"), "{step} never came");
            server.kill();
            let puts = puts.into_iter().map(|put| put.join().expect("a client"));
            told.extend(puts.map(|(granted, kept)| (granted["key"].as_str().expect("a key").to_owned(), kept)));
        });
    }
    let server = place.serve("");
    let keys: BTreeSet<String> = told
        .into_iter()
        .filter_map(|(key, told)| {
            let kept = server.object("raw-images", &key).status == 200;
            assert!(kept || !told, "{key} was answered, and lost");
            kept.then_some(key) // what was not answered may be kept all the same
        })
        .collect();
    assert!(keys.len() >= 6, "one at each step: {keys:?}");
    assert_all_done(&server, &keys);
}

/// Whether this step, or the outcome, was reached.
fn until(lines: impl BufRead, step: &str) -> bool {
    lines.lines().map_while(Result::ok).any(|line| {
        let data = line.strip_prefix("data: ").and_then(|data| serde_json::from_str::<Value>(data).ok());
        data.is_some_and(|data| data["step"] == step || data["status"] == step)
    })
}

#[test]
fn a_kill_during_a_put_leaves_nothing_behind() {
    let place = Place::new();
    let server = place.serve("");
    let granted = server.grant("photo.jpg", "image/jpeg", 1_000_000);
    let url = granted["uploadUrl"].as_str().expect("a URL");
    let (host, path) = url.strip_prefix("http://").and_then(|rest| rest.split_once('/')).expect("a URL");
    let mut socket = TcpStream::connect(host).expect("connected");
    let head = "content-type: image/jpeg\r\nif-none-match: *\r\ncontent-length: 1000000";
    write!(socket, "PUT /{path} HTTP/1.1\r\nhost: {host}\r\n{head}\r\n\r\n").expect("written");
    socket.write_all(&[0; 500_000]).expect("half of it");
    let folders = ["objects", "incoming"].map(|name| place.path().join("data").join(name));
    let blobs = || folders.iter().map(|folder| files(folder).len()).sum::<usize>();
    eventually("half an object", || (blobs() == 1).then_some(()));
    server.kill();
    let server = place.serve("");
    assert_eq!(blobs(), 0);
    assert_eq!(server.object("raw-images", granted["key"].as_str().expect("a key")).status, 404);
}

#[test]
fn an_end_that_is_asked_for_loses_no_accepted_upload() {
    let place = Place::new();
    let mut server = place.serve("");
    let photo = photo("seeding.jpg");
    let first = server.upload(&photo);
    // An upload in progress at shutdown completes, and the next start processes it.
    let granted = server.grant("photo.jpg", "image/jpeg", photo.len());
    let url = granted["uploadUrl"].as_str().expect("a URL");
    let (host, path) = url.strip_prefix("http://").and_then(|rest| rest.split_once('/')).expect("a URL");
    let mut socket = TcpStream::connect(host).expect("connected");
    let length = photo.len();
    let head = format!("content-type: image/jpeg\r\nif-none-match: *\r\ncontent-length: {length}");
    write!(socket, "PUT /{path} HTTP/1.1\r\nhost: {host}\r\n{head}\r\n\r\n").expect("written");
    socket.write_all(&photo[..length / 2]).expect("half of it");
    thread::sleep(Duration::from_millis(300));
    server.terminate();
    thread::sleep(Duration::from_millis(300));
    assert!(server.try_get("/health", &[]).is_none_or(|answer| answer.status == 200));
    socket.write_all(&photo[length / 2..]).expect("the rest");
    let mut status = String::new();
    BufReader::new(socket).read_line(&mut status).expect("an answer");
    assert!(status.starts_with("HTTP/1.1 200"), "{status}");
    let begun = Instant::now();
    assert!(server.wait().success());
    assert!(begun.elapsed() < Duration::from_secs(30));
    let second = granted["key"].as_str().expect("a key").to_owned();
    assert_all_done(&place.serve(""), &BTreeSet::from([first, second]));
}

#[test]
fn one_folder_has_one_server() {
    let place = Place::new();
    let _server = place.serve("");
    let said = refused(&place.path().join("data"), &[]);
    assert!(said.contains("in use by another process"), "{said}");
}

#[test]
fn a_second_put_after_a_kill_is_refused_as_before() {
    let place = Place::new();
    let server = place.serve("[uploads]\nworkers = 0");
    let granted = server.grant("photo.jpg", "image/jpeg", 7);
    assert_eq!(put(&server.agent, &granted, b"a photo").status, 200);
    server.kill();
    let server = place.serve("[uploads]\nworkers = 0");
    // Its URL names the first server's port.
    let key = granted["key"].as_str().expect("a key");
    assert_eq!(server.object("raw-images", key).body, b"a photo");
    assert_eq!(depth(&server), Some(1));
    server.delete("raw-images", key);
    assert_eq!(server.object("raw-images", key).status, 404);
}

/// Four clients put, replace and delete objects while the server is killed again and again.
#[test]
fn kills_while_objects_come_and_go_lose_nothing_and_leave_nothing() {
    const CLIENTS: usize = 4;
    const KILLS: u64 = 6;
    let place = Place::new();
    let mut acknowledged: Vec<BTreeMap<String, Option<Vec<u8>>>> = vec![BTreeMap::new(); CLIENTS];
    for round in 0..KILLS {
        let server = place.serve("[uploads]\nworkers = 0");
        let alive = AtomicBool::new(true);
        thread::scope(|scope| {
            for (client, acknowledged) in acknowledged.iter_mut().enumerate() {
                let (server, alive) = (&server, &alive);
                scope.spawn(move || {
                    for number in 0u64.. {
                        if !alive.load(Ordering::Relaxed) {
                            return;
                        }
                        change(server, acknowledged, client, round, number);
                    }
                });
            }
            thread::sleep(Duration::from_millis(700 + 130 * round));
            server.kill_now();
            alive.store(false, Ordering::Relaxed);
        });
    }
    let server = place.serve("[uploads]\nworkers = 0");
    let told = || acknowledged.iter().flatten();
    assert!(told().count() > 100, "{} keys", told().count());
    let mut there = 0;
    for (key, content) in told() {
        let object = server.object("raw-images", key);
        there += usize::from(object.status == 200);
        match content {
            // Unknown: the last request to this key was cut off. The object is complete, or does not exist.
            Some(bytes) if bytes.is_empty() => assert!([200, 404].contains(&object.status), "{key}: {}", object.status),
            Some(bytes) => assert!(object.status == 200 && object.body == *bytes, "{key}: {}", object.status),
            None => assert_eq!(object.status, 404, "{key}"),
        }
    }
    assert_eq!(files(&place.path().join("data/objects")).len(), there);
    assert_eq!(files(&place.path().join("data/incoming")).len(), 0);
}

/// One change to a key of this client's, and its known state afterwards: no content if unknown.
fn change(
    server: &Server,
    acknowledged: &mut BTreeMap<String, Option<Vec<u8>>>,
    client: usize,
    round: u64,
    number: u64,
) {
    let key = format!("site/{client}/{}", (round * 31 + number) % 97);
    let bytes = format!("{client} {round} {number}").repeat(200).into_bytes();
    acknowledged.insert(key.clone(), Some(Vec::new()));
    if number % 5 == 4 {
        let deleted = server.agent.delete(server.delete_url("raw-images", &key)).call();
        if deleted.is_ok_and(|answer| answer.status() == 204) {
            acknowledged.insert(key, None);
        }
    } else {
        let put = server.agent.put(server.put_url("raw-images", &key)).send(&bytes);
        if put.is_ok_and(|answer| answer.status() == 200) {
            acknowledged.insert(key, Some(bytes));
        }
    }
}
