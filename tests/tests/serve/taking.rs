//! Clients that don't read their responses: the unread data is bounded, and so is the wait.

use std::io::{BufRead, BufReader, Cursor, Read, Write};
use std::net::TcpStream;
use std::thread;
use std::time::{Duration, Instant};

use tokio::time::timeout;
use ureq::http::Request;

use crate::http2::{connect, runtime};
use crate::server::{Place, Server, eventually, photo};

/// Ten megabytes of PNG.
const LARGE: &str = "/image/format=png,effort=0/site/noise.png";
const IDLE: Duration = Duration::from_secs(3);

/// With a large image in its store.
fn serve(place: &Place, settings: &str) -> Server {
    let server = place.serve(&format!("{settings}\nidle_seconds = {}", IDLE.as_secs()));
    server.seed("raw-images", "site/a.jpg", &photo("seeding.jpg"));
    server.seed("raw-images", "site/noise.png", &noise());
    assert!(server.get(LARGE, &[]).body.len() > 10 << 20);
    eventually("it is stored", || {
        server.get(LARGE, &[]).header("server-timing").starts_with("store;desc=hit").then_some(())
    });
    server
}

/// An image that no format compresses: 2000 × 1800 pixels.
fn noise() -> Vec<u8> {
    let mut random = 1u64;
    let pixels = image::RgbImage::from_fn(2000, 1800, |_, _| {
        random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        image::Rgb([33, 41, 49].map(|shift| (random >> shift) as u8))
    });
    let mut file = Cursor::new(Vec::new());
    pixels.write_to(&mut file, image::ImageFormat::Png).expect("a file");
    file.into_inner()
}

fn get(url: &str, path: &str) -> Request<()> {
    Request::get(format!("{url}{path}")).body(()).expect("a request")
}

#[test]
fn a_client_that_opens_no_window_holds_little_and_is_ended() {
    let place = Place::new();
    let server = serve(&place, "[limits]");
    let before = server.memory();
    let honest = || {
        assert_eq!(server.get("/image/width=160,format=webp/site/a.jpg", &[]).status, 200);
        assert_eq!(server.get("/health", &[]).status, 200);
    };
    let ended = runtime().block_on(async {
        let (client, connection) = connect(&server.url, 0).await;
        let mut answers = Vec::new();
        for _ in 0..100 {
            let (answer, _) =
                client.clone().ready().await.expect("ready").send_request(get(&server.url, LARGE), true).expect("sent");
            let answer = answer.await.expect("an answer");
            assert_eq!(answer.status(), 200);
            answers.push(answer); // and with it a stream whose window stays shut
        }
        let grown = server.memory().saturating_sub(before);
        assert!(grown < 64 << 20, "memory grew by {} MiB", grown >> 20);
        honest();
        let begun = Instant::now();
        let ended = timeout(4 * IDLE, connection).await;
        assert!(ended.is_ok(), "the connection is still there");
        begun.elapsed()
    });
    assert!(ended > IDLE / 2, "after {ended:?} already");
    honest();
}

#[test]
fn what_is_not_in_a_file_has_a_budget_too() {
    const BUDGET: usize = 40 << 20;
    let place = Place::new();
    let settings = format!("proxies = [\"127.0.0.1\"]\n[limits]\nheld_bytes = {BUDGET}");
    let server = serve(&place, &settings);
    let of_another = [("x-forwarded-for", "198.51.100.7")];
    let path =
        |height: usize| format!("/image/width=1280,height={height},fit=cover,format=png,effort=0/site/noise.png");
    runtime().block_on(async {
        let (client, connection) = connect(&server.url, 0).await;
        let (mut held, mut refused, mut answers) = (0, 0, Vec::new());
        for number in 0..10 {
            // Each is rendered for this response.
            let request = get(&server.url, &path(900 + number));
            let (answer, _) = client.clone().ready().await.expect("ready").send_request(request, true).expect("sent");
            let answer = answer.await.expect("an answer");
            let field =
                |name| answer.headers().get(name).and_then(|value| value.to_str().ok()).unwrap_or_default().to_owned();
            match answer.status().as_u16() {
                200 => held += field("content-length").parse::<usize>().expect("a length"),
                503 => {
                    assert_eq!((field("retry-after").as_str(), field("cache-control").as_str()), ("2", "no-store"));
                    refused += 1;
                }
                other => panic!("{other}"),
            }
            answers.push(answer);
        }
        assert!(refused > 0 && held > 0 && held <= BUDGET / 4, "{held} bytes are held, {refused} refused");
        // One client has used up its own share alone, on whatever connection.
        assert_eq!(server.get(&path(850), &[]).status, 503);
        assert_eq!(server.get(&path(850), &of_another).status, 200);
        assert!(timeout(4 * IDLE, connection).await.is_ok(), "the connection is still there");
    });
    assert_eq!(server.get(&path(851), &[]).status, 200);
}

fn begin(server: &Server, url: &str) -> TcpStream {
    let host = server.url.strip_prefix("http://").expect("a URL");
    let mut socket = TcpStream::connect(host).expect("connected");
    let path = url.strip_prefix(&server.url).unwrap_or(url);
    write!(socket, "GET {path} HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\n\r\n").expect("written");
    socket.set_read_timeout(Some(4 * IDLE)).expect("set");
    socket
}

#[test]
fn unread_answers_of_http1_are_ended_and_slow_readers_are_not() {
    let place = Place::new();
    let server = serve(&place, "[limits]");
    server.seed("raw-images", "site/large", &vec![7; 60 << 20]);
    let url = server.get_url("raw-images", "site/large");
    thread::scope(|scope| {
        scope.spawn(|| {
            let mut unread = begin(&server, &url);
            thread::sleep(3 * IDLE);
            let mut taken = Vec::new();
            // The content of the system's own buffers, and no more.
            let _ = unread.read_to_end(&mut taken);
            assert!(taken.len() < 60 << 20, "all of it was there");
        });
        scope.spawn(|| {
            let mut slow = begin(&server, &url);
            let (mut taken, mut piece) = (0, vec![0; 1 << 20]);
            while let Ok(length) = slow.read(&mut piece) {
                if length == 0 {
                    break;
                }
                taken += length;
                thread::sleep(Duration::from_millis(100));
            }
            assert!(taken > 60 << 20, "{taken} bytes");
        });
    });
}

/// There the server has nothing to send.
#[test]
fn a_client_that_waits_for_events_is_not_ended() {
    let place = Place::new();
    let server = place.serve("[limits]\nidle_seconds = 1\n[uploads]\nworkers = 0");
    let events = BufReader::new(begin(&server, "/events"));
    thread::sleep(Duration::from_secs(4));
    let key = server.upload(b"a photo");
    assert!(events.lines().map_while(Result::ok).any(|line| line.contains(&key)));
}
