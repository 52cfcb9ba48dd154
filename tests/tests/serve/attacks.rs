//! What takes memory, all of it at one time: the process stays below what its settings come to, and stored images are answered
//! meanwhile. `DARKROOM_SOAK` is for how many seconds: 15 by default.

use std::fs;
use std::io::{Cursor, Read, Write};
use std::net::TcpStream;
use std::process::Command;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use darkroom_tests::{Answer, agent, answer};
use ureq::http::Request;

use crate::http2::{connect, runtime};
use crate::server::{Place, Server, eventually, photo, program};

const SETTINGS: &str = "proxies = [\"127.0.0.1\"]
[limits]
instances = 2
memory = 1073741824
total_memory = 1610612736
held_bytes = 67108864
connections = 600
[uploads]
max_bytes = 33554432
workers = 1
";
const CACHED: &str = "/image/width=320,format=webp/site/a.jpg";
const LARGE: &str = "/image/format=png,effort=0/site/noise.png";

fn seconds() -> u64 {
    std::env::var("DARKROOM_SOAK").ok().and_then(|seconds| seconds.parse().ok()).unwrap_or(15)
}

/// Width × height of noise; or of one colour, which is a file of nothing.
fn png(width: u32, height: u32, noise: bool) -> Vec<u8> {
    let mut random = 1u64;
    let pixels = image::RgbImage::from_fn(width, height, |_, _| {
        if noise {
            random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        }
        image::Rgb([33, 41, 49].map(|shift| (random >> shift) as u8))
    });
    let mut file = Cursor::new(Vec::new());
    pixels.write_to(&mut file, image::ImageFormat::Png).expect("a file");
    file.into_inner()
}

fn get(server: &Server, path: &str, client: &str) -> Answer {
    let request = agent().get(format!("{}{path}", server.url)).header("x-forwarded-for", client);
    answer(request.call().expect("an answer"))
}

/// The most that the process had at one time, in bytes.
fn peak(server: &Server) -> u64 {
    let status = fs::read_to_string(format!("/proc/{}/status", server.pid())).expect("it runs");
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).expect("a line");
    line.trim().trim_end_matches(" kB").trim().parse::<u64>().expect("a number") * 1024
}

/// What `darkroom serve --check` says that the settings come to, in bytes.
fn ceiling(place: &Place) -> u64 {
    let config = place.path().join("darkroom.toml");
    let said = Command::new(program()).args(["serve", "--check", "--config"]).arg(config).output().expect("it runs");
    let said = String::from_utf8(said.stdout).expect("text");
    let number =
        said.split("at most ").nth(1).and_then(|rest| rest.split(' ').next()).and_then(|text| text.parse().ok());
    number.map(|mebibytes: u64| mebibytes << 20).unwrap_or_else(|| panic!("{said}"))
}

/// A request's head on a connection of its own.
fn begin(server: &Server, head: &str) -> Option<TcpStream> {
    let host = server.url.strip_prefix("http://").expect("a URL");
    let mut socket = TcpStream::connect(host).ok()?;
    socket.set_write_timeout(Some(Duration::from_secs(1))).expect("set");
    socket.set_read_timeout(Some(Duration::from_secs(1))).expect("set");
    write!(socket, "{head}\r\nhost: {host}\r\n\r\n").ok()?;
    Some(socket)
}

/// One kind of attack, again and again.
fn attack(server: &Server, kind: usize, number: usize) {
    match kind {
        // Forms, and what else brings content that nobody asked for.
        0 => {
            let form = "POST /raw-images HTTP/1.1\r\ncontent-type: multipart/form-data; boundary=b\r\ncontent-length: 4000000000";
            let Some(mut socket) = begin(server, form) else { return };
            while socket.write_all(&[b'x'; 1 << 16]).is_ok() {}
        }
        // Content that hardly comes.
        1 => {
            let url = server.put_url("raw-images", &format!("site/slow-{number}"));
            let path = url.strip_prefix(&server.url).expect("of this server");
            let head = format!("PUT {path} HTTP/1.1\r\ncontent-length: 30000000");
            let mut held: Vec<_> = (0..20).filter_map(|_| begin(server, &head)).collect();
            for _ in 0..5 {
                held.iter_mut().for_each(|socket| drop(socket.write_all(&[0; 1 << 15])));
                thread::sleep(Duration::from_secs(1));
            }
        }
        // Answers that nobody takes: in HTTP/2, and in HTTP/1.1.
        2 => runtime().block_on(async {
            let (client, _connection) = connect(&server.url, 0).await;
            let mut answers = Vec::new();
            for _ in 0..60 {
                let request = Request::get(format!("{}{LARGE}", server.url)).body(()).expect("a request");
                let Ok(mut client) = client.clone().ready().await else { return };
                let Ok((answer, _)) = client.send_request(request, true) else { return };
                answers.push(answer.await);
            }
            tokio::time::sleep(Duration::from_secs(2)).await;
        }),
        3 => {
            let head = format!("GET {LARGE} HTTP/1.1");
            let held: Vec<_> = (0..20).filter_map(|_| begin(server, &head)).collect();
            thread::sleep(Duration::from_secs(2));
            held.into_iter().for_each(|mut socket| drop(socket.read(&mut [0; 1])));
        }
        // As large as an image may become, of large ones, and never the same.
        4 => drop(get(
            server,
            &format!("/image/width=3840,height={},fit=squeeze,format=webp,effort=0/site/wide.png", 6000 + number),
            "198.51.100.4",
        )),
        5 => drop(get(
            server,
            &format!("/image/width=3840,height={},fit=cover,format=png,effort=0/site/noise.png", 4000 - number),
            "198.51.100.5",
        )),
        // Drawn, turned, blurred: each in another way.
        6 => drop(get(
            server,
            &format!("/image/width=2560,height={},fit=pad,rotate=90,blur=20,format=jpeg/site/noise.png", 2000 + number),
            "198.51.100.6",
        )),
        _ => {
            let bytes = png(3000, 2000 + number as u32 % 9, true);
            let url = server.put_url("raw-images", &format!("site/upload-{number}"));
            let _ = agent().put(url).send(&bytes);
        }
    }
}

#[test]
fn memory_stays_below_what_the_settings_come_to() {
    let place = Place::new();
    let server = place.serve(SETTINGS);
    for (key, bytes) in [
        ("site/a.jpg", photo("seeding.jpg")),
        ("site/noise.png", png(2600, 2400, true)),
        ("site/wide.png", png(48_000, 1000, false)),
    ] {
        server.seed("raw-images", key, &bytes);
    }
    for path in [CACHED, LARGE] {
        eventually("it is stored", || {
            get(&server, path, "192.0.2.1").header("server-timing").starts_with("store;desc=hit").then_some(())
        });
    }
    let (ceiling, done, rounds) = (ceiling(&place), AtomicBool::new(false), AtomicUsize::new(0));
    let begun = Instant::now();
    let mut times = Vec::new();
    thread::scope(|scope| {
        for kind in 0..16 {
            let (server, done, rounds) = (&server, &done, &rounds);
            scope.spawn(move || {
                while !done.load(Ordering::Relaxed) {
                    attack(server, kind % 8, rounds.fetch_add(1, Ordering::Relaxed));
                }
            });
        }
        while begun.elapsed() < Duration::from_secs(seconds()) {
            let asked = Instant::now();
            assert_eq!(get(&server, CACHED, "192.0.2.1").status, 200);
            times.push(asked.elapsed());
            thread::sleep(Duration::from_millis(5));
        }
        done.store(true, Ordering::Relaxed);
    });
    times.sort_unstable();
    let of = |share: usize| times[(times.len() - 1) * share / 100];
    let (peak, rounds) = (peak(&server), rounds.load(Ordering::Relaxed));
    println!(
        "{} stored images, half within {:?}, 99% within {:?}; {rounds} attacks; at most {} MiB of {} MiB",
        times.len(),
        of(50),
        of(99),
        peak >> 20,
        ceiling >> 20
    );
    assert!(peak < ceiling, "{} MiB, which may be {} MiB", peak >> 20, ceiling >> 20);
    assert!(rounds > 16, "hardly anything was tried");
}
