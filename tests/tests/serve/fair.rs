//! Many ask at one time, some of them for much: everybody is answered, and nobody waits for another's.

use std::io::Write;
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use darkroom_tests::{Answer, agent, answer};

use crate::server::{Place, Server, eventually, photo};

const SOURCE: &str = "site/a.jpg";

fn serve(place: &Place, settings: &str) -> Server {
    let server = place.serve(settings);
    server.seed("raw-images", SOURCE, &photo("seeding.jpg"));
    server
}

fn get(server: &Server, path: &str, client: &str) -> Answer {
    let request = agent().get(format!("{}{path}", server.url)).header("x-forwarded-for", client);
    answer(request.call().expect("an answer"))
}

/// In 0.1 to 0.5 seconds, each another one.
fn costly(number: usize) -> String {
    format!("/image/width=1600,height={},fit=cover,format=webp,sharpen=2/{SOURCE}", 800 + number)
}

#[test]
fn many_cold_images_at_one_time_are_all_answered() {
    let place = Place::new();
    let server = serve(&place, "");
    let statuses: Vec<u16> = thread::scope(|scope| {
        let path = |number| format!("/image/width=320,height={},fit=cover,format=webp/{SOURCE}", 100 + number);
        let server = &server;
        let asking: Vec<_> =
            (0..120).map(|number| scope.spawn(move || get(server, &path(number), "").status)).collect();
        asking.into_iter().map(|asked| asked.join().expect("an answer")).collect()
    });
    assert!(statuses.iter().all(|status| *status == 200), "{statuses:?}");
}

/// 80 of one client's wait all the time; those of others come between them, and what is stored has no turn to wait for.
#[test]
fn one_client_with_much_to_do_keeps_nobody_else_waiting() {
    const GREEDY: usize = 80;
    let place = Place::new();
    let server = serve(&place, "proxies = [\"127.0.0.0/8\"]");
    let cached = format!("/image/width=160,format=webp/{SOURCE}");
    eventually("it is stored", || {
        get(&server, &cached, "192.0.2.1").header("server-timing").starts_with("store;desc=hit").then_some(())
    });
    let (done, honest) = (AtomicBool::new(false), AtomicUsize::new(0));
    let next = AtomicUsize::new(0);
    thread::scope(|scope| {
        for _ in 0..GREEDY {
            scope.spawn(|| {
                while !done.load(Ordering::Relaxed) {
                    let status = get(&server, &costly(next.fetch_add(1, Ordering::Relaxed)), "198.51.100.1").status;
                    assert!([200, 503].contains(&status), "{status}");
                }
            });
        }
        thread::sleep(Duration::from_secs(1));
        let begun = Instant::now();
        for number in 0..10 {
            let cold = format!("/image/width=160,height={},fit=cover,format=webp/{SOURCE}", 100 + number);
            let asked = Instant::now();
            assert_eq!(get(&server, &cold, "203.0.113.1").status, 200);
            // Its turn comes after those that are being made, and one that waits.
            assert!(asked.elapsed() < Duration::from_secs(8), "a cold image after {:?}", asked.elapsed());
            for _ in 0..20 {
                assert_eq!(get(&server, &cached, "192.0.2.1").status, 200);
                honest.fetch_add(1, Ordering::Relaxed);
            }
        }
        println!("{} stored and 10 cold images within {:?}", honest.load(Ordering::Relaxed), begun.elapsed());
        done.store(true, Ordering::Relaxed);
    });
}

/// How many images the server has made, by its log.
fn made(place: &Place) -> usize {
    std::fs::read_to_string(place.path().join("log")).expect("a log").matches("\"image made\"").count()
}

#[test]
fn what_nobody_waits_for_any_more_is_not_begun() {
    const GONE: usize = 200;
    let place = Place::new();
    let server = serve(&place, "");
    let host = server.url.strip_prefix("http://").expect("a URL");
    for number in 0..GONE {
        let mut socket = TcpStream::connect(host).expect("connected");
        write!(socket, "GET {} HTTP/1.1\r\nhost: {host}\r\n\r\n", costly(number)).expect("written");
        if number % 20 == 19 {
            thread::sleep(Duration::from_millis(20)); // all have been read
        }
    }
    let begun = Instant::now();
    assert_eq!(get(&server, &costly(GONE), "").status, 200);
    assert!(begun.elapsed() < Duration::from_secs(10), "after {:?}", begun.elapsed());
    let made = made(&place);
    assert!(made < GONE / 4, "{made} images were made for nobody");
}

/// Accepts and says nothing.
fn silent_origin() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = listener.local_addr().expect("an address").port();
    thread::spawn(move || listener.incoming().collect::<Vec<_>>());
    port
}

#[test]
fn another_server_that_hangs_keeps_no_image_of_this_one_waiting() {
    let place = Place::new();
    let port = silent_origin();
    let origin = format!("private_hosts = [\"localhost\"]\n[delivery]\nremote_origins = [\"http://localhost:{port}\"]");
    let server = serve(&place, &format!("{origin}\n[limits]\norigin_seconds = 4"));
    thread::scope(|scope| {
        for number in 0..12 {
            let path = format!("/image/width=160,format=webp/http://localhost:{port}/{number}.jpg");
            let server = &server;
            scope.spawn(move || assert_eq!(get(server, &path, "").status, 504));
        }
        thread::sleep(Duration::from_millis(500));
        let begun = Instant::now();
        for number in 0..6 {
            let path = format!("/image/width=320,height={},fit=cover,format=webp/{SOURCE}", 100 + number);
            assert_eq!(get(&server, &path, "").status, 200);
        }
        assert!(begun.elapsed() < Duration::from_secs(3), "after {:?}", begun.elapsed());
    });
}

#[test]
fn what_took_too_long_is_not_tried_again_at_once() {
    let place = Place::new();
    let server = serve(&place, "[delivery]\ncostly_options = true\n[limits]\nimage_seconds = 1");
    let path = format!("/image/width=1920,format=avif,effort=10,quality=100/{SOURCE}");
    assert_eq!(get(&server, &path, "").status, 504);
    let begun = Instant::now();
    let again = get(&server, &path, "");
    assert_eq!((again.status, String::from_utf8_lossy(&again.body).contains("too long")), (504, true));
    assert!(begun.elapsed() < Duration::from_millis(500), "after {:?}", begun.elapsed());
    assert_eq!(get(&server, &format!("/image/width=160,format=webp/{SOURCE}"), "").status, 200);
}
