//! What every browser gets, as in every other shell: edge/worker/tests has the same cases.

use std::sync::OnceLock;
use std::thread;

use darkroom_tests::{Answer, fixture};

use crate::server::{CHROME, Place, Server, eventually, photo};

const OLD_SAFARI: &str = "image/png,image/svg+xml,image/*;q=0.8,video/*;q=0.8,*/*;q=0.5";

/// One server for all: it ends with this process, as its folder is in the system's temporary one.
fn server() -> &'static Server {
    static SERVER: OnceLock<(Place, Server)> = OnceLock::new();
    let start = || {
        let place = Place::new();
        let server = place.serve("[delivery]\navif = \"wait\"");
        for (key, bytes) in [
            ("site/seeding.jpg", photo("seeding.jpg")),
            ("site/second.jpg", photo("seeding.jpg")),
            ("site/third.jpg", photo("seeding.jpg")),
            ("site/round.png", photo("round.png")),
            ("site/animated.gif", fixture("good/gif-animated.gif")),
            ("site/bad.jpg", fixture("bad/corrupt.jpg")),
            ("site/huge.png", fixture("bad/huge.png")),
            ("site/page.html", b"<html>".to_vec()),
        ] {
            server.seed("raw-images", key, &bytes);
        }
        (place, server)
    };
    &SERVER.get_or_init(start).1
}

/// What the first bytes say.
fn kind(bytes: &[u8]) -> &'static str {
    match bytes {
        [0xFF, 0xD8, 0xFF, ..] => "jpeg",
        [0x89, b'P', b'N', b'G', ..] => "png",
        [b'R', b'I', b'F', b'F', _, _, _, _, b'W', b'E', b'B', b'P', ..] => "webp",
        [_, _, _, _, b'f', b't', b'y', b'p', b'a', b'v', b'i', b'f', ..] => "avif",
        _ => "something else",
    }
}

fn get(path: &str, accept: &str) -> Answer {
    server().get(path, &[("accept", accept)])
}

#[test]
fn each_browser_gets_its_best_format() {
    for (accept, expected) in
        [(CHROME, "avif"), ("image/webp,*/*;q=0.8", "webp"), (OLD_SAFARI, "jpeg"), ("*/*", "jpeg")]
    {
        let answer = get("/image/width=320/site/seeding.jpg", accept);
        assert_eq!(answer.status, 200, "{accept}");
        assert_eq!(answer.header("content-type"), format!("image/{expected}"));
        assert_eq!(answer.header("vary"), "Accept");
        assert!(answer.header("cache-control").starts_with("public, max-age=86400, s-maxage=2592000"));
        assert_eq!(answer.header("x-content-type-options"), "nosniff");
        assert_eq!(answer.header("content-length"), answer.body.len().to_string());
        assert_eq!(kind(&answer.body), expected);
    }
}

#[test]
fn transparency_and_animations_survive() {
    assert_eq!(get("/image/width=160/site/round.png", "*/*").header("content-type"), "image/png");
    let animation = get("/image/width=32/site/animated.gif", CHROME);
    assert_eq!(animation.header("content-type"), "image/gif");
    assert_eq!(animation.body, fixture("good/gif-animated.gif"));
}

#[test]
fn what_is_stored_is_found_and_remade_once_its_original_has_changed() {
    let server = server();
    let path = "/image/width=480,format=webp/site/third.jpg";
    let made = get(path, "*/*");
    assert!(made.header("server-timing").starts_with("store;desc=miss"), "{}", made.header("server-timing"));
    let stored = eventually("the variant", || {
        Some(server.object("processed-images", "variants/site/third.jpg/width=480.webp"))
            .filter(|one| one.status == 200)
    });
    assert_eq!((stored.header("content-type"), &stored.body), ("image/webp", &made.body));
    let found = get("/image/width=480/site/third.jpg", "image/webp");
    assert!(found.header("server-timing").starts_with("store;desc=hit"), "{}", found.header("server-timing"));
    assert_eq!(found.body, made.body);
    server.seed("raw-images", "site/third.jpg", &photo("aitzgorri.jpg"));
    let remade = get(path, "*/*");
    assert!(remade.header("server-timing").starts_with("store;desc=miss"));
    assert_ne!(remade.header("etag"), found.header("etag"));
}

#[test]
fn conditions_ranges_and_head() {
    let server = server();
    let path = "/image/width=240,format=webp/site/seeding.jpg";
    let whole = get(path, "*/*");
    let etag = whole.header("etag");
    assert_eq!(server.get(path, &[("if-none-match", etag)]).status, 304);
    assert_eq!(server.get(path, &[("if-none-match", "\"other\"")]).status, 200);
    let part = server.get(path, &[("range", "bytes=10-19")]);
    assert_eq!((part.status, part.body.as_slice()), (206, &whole.body[10..20]));
    assert_eq!(server.get(path, &[("range", "bytes=999999999-")]).status, 416);
    let head = server.agent.head(format!("{}{path}", server.url)).call().expect("an answer");
    assert_eq!(head.headers()["content-length"], whole.body.len().to_string());
}

#[test]
fn errors_have_their_status_and_say_why() {
    for (path, status, said) in [
        ("/image/width=none/site/seeding.jpg", 400, "width"),
        ("/image/lossless=true/site/seeding.jpg", 403, "lossless"),
        ("/image/width=100/https://other.example/a.jpg", 403, "https://other.example"),
        ("/image/preset=none/site/seeding.jpg", 404, "preset"),
        ("/image/width=100/site/none.jpg", 404, "site/none.jpg"),
        ("/elsewhere", 404, "elsewhere"),
        ("/image/width=100/site/page.html", 415, "source"),
        ("/image/width=100,format=webp/site/huge.png", 200, ""),
    ] {
        let answer = get(path, "image/webp,image/png,image/jpeg");
        let text = String::from_utf8_lossy(&answer.body).into_owned();
        assert_eq!(answer.status, status, "{path}");
        assert!(text.contains(said), "{path}: {text}");
    }
    // The original stands in where a browser can make something of it.
    let stand_in = get("/image/width=100/site/bad.jpg", CHROME);
    assert_eq!((stand_in.status, stand_in.body), (200, fixture("bad/corrupt.jpg")));
    let post = server().agent.post(format!("{}/image/width=9/a.jpg", server().url)).send(&[]).expect("an answer");
    assert_eq!(post.status(), 405);
}

#[test]
fn facts_are_json() {
    let facts = get("/image/width=320,format=json/site/seeding.jpg", "*/*").json();
    assert_eq!((facts["width"].as_u64(), facts["original"]["width"].as_u64()), (Some(320), Some(1992)), "{facts}");
}

#[test]
fn what_many_ask_for_is_made_once() {
    let server = server();
    let path = "/image/width=1280,format=webp/site/second.jpg";
    let made = || {
        let text = String::from_utf8(server.get("/metrics", &[]).body).expect("text");
        let line = text.lines().find(|line| line.starts_with("darkroom_deliveries_total{result=\"Made\"}"));
        line.and_then(|line| line.rsplit(' ').next()?.parse::<u64>().ok()).unwrap_or(0)
    };
    let before = made();
    let bodies: Vec<Vec<u8>> = thread::scope(|scope| {
        let gets: Vec<_> = (0..12)
            .map(|_| {
                scope.spawn(|| {
                    darkroom_tests::agent()
                        .get(format!("{}{path}", server.url))
                        .call()
                        .expect("an answer")
                        .into_body()
                        .read_to_vec()
                        .expect("a body")
                })
            })
            .collect();
        gets.into_iter().map(|get| get.join().expect("an answer")).collect()
    });
    assert!(bodies.iter().all(|body| *body == bodies[0]) && kind(&bodies[0]) == "webp");
    assert!(made() > before);
}

#[test]
fn avif_in_the_background_stands_in_with_webp() {
    let place = Place::new();
    let server = place.serve("");
    server.seed("raw-images", "site/a.jpg", &photo("seeding.jpg"));
    let first = server.get("/image/width=320/site/a.jpg", &[("accept", CHROME)]);
    assert_eq!(first.header("content-type"), "image/webp");
    assert!(first.header("cache-control").contains("max-age=60"), "{}", first.header("cache-control"));
    eventually("the AVIF", || {
        let later = server.get("/image/width=320/site/a.jpg", &[("accept", CHROME)]);
        (later.header("content-type") == "image/avif").then_some(())
    });
}

#[test]
fn only_signed_urls_where_that_is_asked_for() {
    use std::process::Command;
    let place = Place::new();
    let key = "0123456789abcdef0123456789abcdef";
    let server = place.serve(&format!("[delivery]\nmode = \"signed\"\nsigning_keys = [\"{key}\"]"));
    server.seed("raw-images", "site/a.jpg", &photo("seeding.jpg"));
    let path = "/image/width=320,format=webp/site/a.jpg";
    assert_eq!(server.get(path, &[]).status, 403);
    let signed = Command::new(crate::server::program()).args(["sign", path]).env("DARKROOM_SIGNING_KEY", key).output();
    let signed = String::from_utf8(signed.expect("it runs").stdout).expect("text");
    assert_eq!(server.get(signed.trim(), &[]).status, 200, "{signed}");
}
