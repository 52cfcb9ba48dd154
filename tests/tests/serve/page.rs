//! The page, and the requests that only it makes.

use crate::server::{Place, eventually, photo};
use darkroom_tests::{Answer, answer, put};
use serde_json::Value;

#[test]
fn the_page_is_whole_and_its_own() {
    let place = Place::new();
    let server = place.serve("");
    let page = server.get("/", &[]);
    assert_eq!((page.status, page.header("content-type")), (200, "text/html; charset=utf-8"));
    let policy = page.header("content-security-policy");
    assert!(policy.starts_with("default-src 'none'; script-src 'self'; style-src 'self';"), "{policy}");
    let mut wanted = links(&page, &["src=\"", "href=\""]);
    wanted.retain(|link| link.starts_with('/'));
    assert_eq!(wanted, ["/assets/style.css", "/assets/main.js"]);
    let mut seen = 0;
    while let Some(link) = wanted.get(seen).cloned() {
        let asset = server.get(&link, &[]);
        let media_type = if link.ends_with(".css") { "text/css" } else { "text/javascript" };
        assert_eq!(asset.status, 200, "{link}");
        assert_eq!(asset.header("content-type"), format!("{media_type}; charset=utf-8"), "{link}");
        assert!(!String::from_utf8_lossy(&asset.body).contains("://"), "{link} names another origin");
        for module in links(&asset, &["from './"]) {
            let path = format!("/assets/{module}");
            if !wanted.contains(&path) {
                wanted.push(path);
            }
        }
        seen += 1;
    }
    assert_eq!(seen, 12, "{wanted:?}");
    assert_eq!(server.get("/assets/other.js", &[]).status, 404);
    // Upload URLs hold the number, and the policy lets the page reach its own origin only.
    let local = server.url.replace("127.0.0.1", "localhost");
    let request = server.agent.get(format!("{}/", server.url)).header("host", local.trim_start_matches("http://"));
    let request = request.config().max_redirects(0).max_redirects_will_error(false).build();
    let moved = answer(request.call().expect("an answer"));
    assert_eq!((moved.status, moved.header("location")), (307, format!("{}/", server.url).as_str()));
}

/// The text between one of these prefixes and the next quotation mark.
fn links(answer: &Answer, beginnings: &[&str]) -> Vec<String> {
    let text = String::from_utf8_lossy(&answer.body);
    let rests =
        beginnings.iter().flat_map(|beginning| text.match_indices(beginning).map(|(at, _)| at + beginning.len()));
    let mut starts: Vec<usize> = rests.collect();
    starts.sort_unstable();
    starts.iter().map(|start| text[*start..].chars().take_while(|next| !"\"'".contains(*next)).collect()).collect()
}

#[test]
fn originals_and_scores_are_their_owners() {
    let place = Place::new();
    let server = place.serve("[users.tokens]\ntoken-of-alice-1 = \"alice\"\ntoken-of-bob-0001 = \"bob\"");
    let get = |path: &str, token: &str| server.get(path, &[("authorization", &format!("Bearer {token}"))]);
    let source = photo("seeding.jpg");
    let path = format!("/upload-url?filename=a.jpg&contentType=image/jpeg&contentLength={}", source.len());
    assert_eq!(put(&server.agent, &get(&path, "token-of-alice-1").json(), &source).status, 200);
    let item: Value = eventually("an item", || get("/images", "token-of-alice-1").json()["images"].get(0).cloned());
    let image = format!("/images/{}", item["imageId"].as_str().expect("an ID"));

    let original = get(&format!("{image}/original"), "token-of-alice-1");
    assert_eq!((original.status, original.header("content-type")), (200, "image/jpeg"));
    assert_eq!(original.header("cache-control"), "no-store");
    assert!(original.header("content-security-policy").ends_with("; sandbox"));
    assert!(original.body == source);
    for path in [format!("{image}/original"), format!("{image}/score"), image.replace("img_", "img_0")] {
        assert_eq!(get(&path, "token-of-bob-0001").status, 404, "{path}");
        assert_eq!(server.get(&path, &[]).status, 401, "{path}");
    }

    let score = |options: &str| get(&format!("{image}/score?options={options}"), "token-of-alice-1");
    let value = |options: &str| score(options).json()["ssimulacra2"].as_f64().expect(options);
    let (low, usual, high) = (value("quality=30"), value("preset=compressed"), value("quality=95"));
    assert!(0.0 < low && low + 10.0 < usual && usual + 5.0 < high && high < 100.0, "{low} {usual} {high}");
    assert!(value("width=320,format=png") > 99.99);
    for options in ["width=320,format=avif", "width=320,format=jxl"] {
        let found = value(options);
        assert!(50.0 < found && found < 95.0, "{options}: {found}");
    }
    // The score judges the encoding: the blur is intended.
    assert!(value("width=320,blur=20,quality=95") > 85.0);
    // A request without a format gets WebP, like the pipeline's result.
    assert_eq!(usual.to_bits(), value("preset=compressed,format=webp").to_bits());
    let whole = get(&format!("{image}/score"), "token-of-alice-1").json();
    assert_eq!((&whole["width"], &whole["height"]), (&1600.into(), &900.into()), "{whole}");
    // What would be too large to look at is refused by its size alone.
    let begun = std::time::Instant::now();
    assert_eq!(score("width=3840,height=16383,fit=squeeze").status, 422);
    assert!(begun.elapsed() < std::time::Duration::from_secs(2), "{:?}", begun.elapsed());
    for (options, status) in [("trim=0%3B0%3B1115%3B0", 400), ("quality=0", 400), ("max-bytes=9", 403)] {
        let answer = score(options);
        assert_eq!(answer.status, status, "{options}");
        assert!(answer.json()["error"].is_string());
    }
}

#[test]
fn an_owner_needs_no_signature_of_their_own() {
    let place = Place::new();
    let server = place.serve("[delivery]\nmode = \"signed\"\nsigning_keys = [\"0123456789abcdef\"]");
    let key = server.upload(&photo("seeding.jpg"));
    let item = server.item(&key);
    let thumbnails = item["thumbnails"].as_object().expect("URLs");
    assert_eq!(thumbnails.len(), 3);
    for url in thumbnails.values().map(|url| url.as_str().expect("a URL")) {
        let path = url.strip_prefix(&server.url).expect("this server's");
        assert_eq!(server.get(path, &[]).status, 200, "{url}");
        assert_eq!(server.get(path.split('?').next().expect("a path"), &[]).status, 403, "{url}");
    }
    let score = format!("/images/{}/score", item["imageId"].as_str().expect("an ID"));
    assert_eq!(server.get(&score, &[]).status, 200);
    assert_eq!(server.get(&format!("{score}?options=width=320"), &[]).status, 200);
}
