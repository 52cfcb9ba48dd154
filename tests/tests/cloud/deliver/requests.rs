//! Statuses, conditions, and access rules.

use darkroom_delivery::{SigningKey, Source, cache_tag, sign};

use crate::deliver::origin::{AVIF, FALLBACK, WEBP, file, origin};

#[test]
fn errors_have_their_status() {
    let origin = origin();
    let seed = |key, path| origin.s3.seed("raw-images", key, &file(path));
    seed("wrong.jpg", "tests/fixtures/bad/text.jpg");
    seed("corrupt.png", "tests/fixtures/bad/no-data.png");
    seed("huge.png", "tests/fixtures/bad/huge.png");
    seed("photo.heic", "tests/fixtures/bad/photo.heic");
    for (function, path, status, says) in [
        ("deliver", "/image/width=0/any.jpg", 400, "width=0: must be an integer"),
        ("deliver", "/image/width=9/a/../any.jpg", 400, "source"),
        ("deliver", "/image/width=9/https://img.example/any.jpg", 403, "source https://img.example"),
        ("deliver", "/other/any.jpg", 404, "/other/any.jpg: not found"),
        ("deliver", "/image/preset=nope/any.jpg", 404, "preset=nope: not found"),
        ("deliver", "/image/width=9/gone.jpg", 404, "gone.jpg: not found"),
        ("deliver", "/image/width=9/wrong.jpg", 415, "source: unrecognized format"),
        ("deliver", "/image/width=9/photo.heic", 415, "no still image in the file"),
        ("deliver", "/image/format=json/corrupt.png", 422, "source: malformed"),
        ("deliver", "/image/format=json/huge.png", 422, "limit exceeded"),
        ("deliver-no-store", "/image/width=9/any.jpg", 502, "the store failed"),
    ] {
        let answer = origin.get(function, path, WEBP);
        let text = String::from_utf8_lossy(&answer.body).into_owned();
        assert_eq!(answer.status, status, "{path}: {text}");
        assert!(text.contains(says), "{path}: {text}");
        assert_eq!(answer.header("content-type"), "text/plain; charset=utf-8", "{path}");
        let cache = if status < 500 { "public, max-age=5" } else { "no-store" };
        assert_eq!(answer.header("cache-control"), cache, "{path}");
    }
}

#[test]
fn a_photo_that_is_no_use_is_sent_as_it_is() {
    let (origin, photo) = (origin(), file("tests/fixtures/bad/no-data.jpg"));
    origin.s3.seed("raw-images", "corrupt.jpg", &photo);
    let answer = origin.get("deliver", "/image/width=9/corrupt.jpg", FALLBACK);
    assert_eq!((answer.status, answer.header("content-type")), (200, "image/jpeg"));
    assert!(answer.header("darkroom-reason").contains("malformed"), "{answer:?}");
    assert_eq!(answer.body, photo);
}

#[test]
fn conditions_ranges_and_head() {
    let origin = origin();
    origin.s3.seed("raw-images", "conditions.jpg", &file("examples/photos/portrait.jpg"));
    let path = "/image/width=64/conditions.jpg";
    let whole = origin.get("deliver", path, WEBP);
    let tag = whole.header("etag");
    let with = |name, value| [WEBP, &[(name, value)]].concat();

    let unchanged = origin.get("deliver", path, &with("if-none-match", tag));
    assert_eq!((unchanged.status, unchanged.header("etag"), unchanged.body.len()), (304, tag, 0));
    assert_eq!(unchanged.header("content-type"), "image/webp", "a cache takes it over");
    assert_eq!(origin.get("deliver", path, &with("if-none-match", "\"other\"")).body, whole.body);
    assert_eq!(origin.get("deliver", path, &with("if-match", "\"other\"")).status, 412);

    let part = origin.get("deliver", path, &with("range", "bytes=10-19"));
    assert_eq!((part.status, part.body.as_slice()), (206, &whole.body[10..20]));
    assert_eq!(part.header("content-range"), format!("bytes 10-19/{}", whole.body.len()));
    assert_eq!(origin.get("deliver", path, &with("range", "bytes=999999-")).status, 416);

    let head = origin.head("deliver", path, WEBP);
    assert_eq!((head.status, head.header("etag"), head.body.len()), (200, tag, 0));
    let missing = origin.head("deliver", "/image/width=64/gone.jpg", WEBP);
    assert_eq!((missing.status, missing.body.len()), (404, 0));
}

#[test]
fn facts_are_json() {
    let origin = origin();
    origin.s3.seed("raw-images", "facts.jpg", &file("examples/photos/portrait.jpg"));
    let facts = origin.get("deliver", "/image/format=json,width=64/facts.jpg", AVIF);
    assert_eq!(facts.header("content-type"), "application/json");
    assert_eq!((&facts.json()["width"], &facts.json()["format"]), (&64.into(), &"image/webp".into()));
}

/// The function trusts the distribution's field only if there is a distribution.
#[test]
fn without_a_distribution_every_request_is_looked_at() {
    let origin = origin();
    origin.s3.seed("raw-images", "signed.jpg", &file("examples/photos/portrait.jpg"));
    let key = SigningKey::try_from("0123456789abcdef".to_owned()).expect("a key");
    let path = "/image/width=65/signed.jpg";
    let browser: &[(&str, &str)] = &[("accept", "image/webp,*/*;q=0.8")];
    for (path, headers, status) in [
        (path.to_owned(), AVIF, 403),
        (path.to_owned(), browser, 403),
        (format!("{path}?sig=00"), browser, 403),
        (sign(path, &key, Some(1)), browser, 403),
        (sign(path, &key, None), browser, 200),
        (sign(path, &key, None), &[("accept", "text/html")][..], 406),
    ] {
        let answer = origin.get("deliver-alone", &path, headers);
        assert_eq!(answer.status, status, "{path}: {}", String::from_utf8_lossy(&answer.body));
    }
    assert_eq!(origin.post("deliver-alone", path).status, 405);
}

#[test]
fn buckets_of_another_region_are_asked_there() {
    let origin = origin();
    assert_eq!(origin.get("deliver-elsewhere", "/image/width=9,format=webp/gone.jpg", WEBP).status, 404);
    let asked = origin.taken("/raw-images/gone.jpg");
    let credential = asked.first().and_then(|one| one["credential"].as_str()).expect("a signed request");
    assert!(credential.starts_with("test/") && credential.ends_with("/us-west-2/s3/aws4_request"), "{credential}");
}

#[test]
fn a_distribution_reads_cache_tags_from_the_field_that_s3_has() {
    let origin = origin();
    origin.s3.seed("raw-images", "tagged.jpg", &file("examples/photos/seeding.jpg"));
    let tag = cache_tag(&Source::Key("tagged.jpg".parse().expect("a key")));
    for path in ["/image/width=64,format=webp/tagged.jpg", "/image/width=80,format=webp/tagged.jpg"] {
        let answer = origin.get("deliver", path, WEBP);
        assert_eq!((answer.status, answer.header("x-amz-meta-cache-tag")), (200, tag.as_str()), "{path}");
    }
}
