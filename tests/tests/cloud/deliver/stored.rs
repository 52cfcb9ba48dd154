//! Images are rendered, streamed and stored.

use std::fs;
use std::process::Command;
use std::thread;

use darkroom_delivery::etag;
use darkroom_recipe::{OUTPUT_VERSION, Recipe};
use darkroom_tests::{Answer, repository};

use crate::deliver::origin::{AVIF, FALLBACK, WEBP, eventually, file, origin};

/// The output of `darkroom process` for a photo, by the variant's name in the store.
fn processed(name: &str, photo: &[u8], recipe: &str) -> Vec<u8> {
    let folder = tempfile::tempdir().expect("a folder");
    let (source, out) = (folder.path().join(name), folder.path().join("out"));
    fs::write(&source, photo).expect("the photo");
    let mut command = Command::new(repository().join("target/release/darkroom"));
    let output = command.arg("process").arg(&source).arg("--out").arg(&out).args(["--recipe", recipe]).output();
    let output = output.expect("target/release/darkroom; run `make build`");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let made = fs::read_dir(out.join("variants").join(name)).expect("a folder").next().expect("a file");
    fs::read(made.expect("an entry").path()).expect("the image")
}

/// Pixels that no format compresses well: a BMP of 1700 by 1400.
fn noise() -> Vec<u8> {
    let (width, height) = (1700_u32, 1400_u32);
    let length = width * 3 * height;
    let mut bmp = b"BM".to_vec();
    for number in [54 + length, 0, 54, 40, width, height, 24 << 16 | 1, 0, length, 2835, 2835, 0, 0] {
        bmp.extend(number.to_le_bytes());
    }
    let mut state = 1_u64;
    bmp.extend((0..length).map(|_| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        (state >> 56) as u8
    }));
    bmp
}

fn stored_hit(answer: &Answer) -> bool {
    answer.header("server-timing").starts_with("store;desc=hit")
}

#[test]
fn more_than_six_megabytes_arrive_whole() {
    let (origin, photo) = (origin(), noise());
    origin.s3.seed("raw-images", "noise.bmp", &photo);
    let expected = processed("noise.bmp", &photo, "format=png");
    assert!(expected.len() > 6 << 20, "{} bytes are too few", expected.len());
    let answer = origin.get("deliver", "/image/format=png/noise.bmp", AVIF);
    assert_eq!((answer.status, answer.header("content-type")), (200, "image/png"));
    assert_eq!(answer.header("lambda-runtime-function-response-mode"), "streaming");
    assert!(answer.body == expected, "{} bytes, {} were expected", answer.body.len(), expected.len());
    assert!(origin.variant("noise.bmp/format=png.png").as_ref() == Some(&expected), "not stored as it was sent");
}

#[test]
fn the_command_lines_bytes_are_sent_and_stored_with_their_stamp() {
    let (origin, photo) = (origin(), file("examples/photos/seeding.jpg"));
    origin.s3.seed("raw-images", "seeding.jpg", &photo);
    let source_etag = "589bea183216c844a43e275b30246f58"; // MD5 of the photo, as S3 gives it
    for (accept, media_type, recipe, ending) in
        [(WEBP, "image/webp", "width=320", "webp"), (FALLBACK, "image/jpeg", "format=jpeg,width=320", "jpg")]
    {
        let expected = processed("seeding.jpg", &photo, recipe);
        let first = origin.get("deliver", "/image/width=320/seeding.jpg", accept);
        assert_eq!((first.status, first.header("content-type")), (200, media_type));
        assert!(!stored_hit(&first) && first.body == expected, "{recipe}");
        let stored = origin.variant(&format!("seeding.jpg/width=320.{ending}"));
        assert!(stored.as_ref() == Some(&expected), "{recipe}");
        let next = origin.get("deliver", "/image/width=320/seeding.jpg", accept);
        assert!(stored_hit(&next) && next.body == expected, "{recipe}");
        let recipe: Recipe = recipe.parse().expect(recipe);
        let tag = etag(source_etag, &recipe, OUTPUT_VERSION).to_string();
        for answer in [first, next] {
            assert_eq!(answer.header("etag"), tag, "{recipe}");
        }
    }
}

#[test]
fn an_avif_is_made_by_an_asynchronous_invocation() {
    let origin = origin();
    origin.s3.seed("raw-images", "later.jpg", &file("examples/photos/seeding.jpg"));
    let path = "/image/width=256/later.jpg";
    let first = origin.get("deliver", path, AVIF);
    assert_eq!(first.header("content-type"), "image/webp");
    assert_eq!(first.header("cache-control"), "public, max-age=60");
    eventually("a stored AVIF", || origin.variant("later.jpg/width=256.avif").is_some());
    let next = origin.get("deliver", path, AVIF);
    assert_eq!(next.header("content-type"), "image/avif");
    assert!(stored_hit(&next));
    let expected = processed("later.jpg", &file("examples/photos/seeding.jpg"), "format=avif,width=256");
    assert_eq!(next.body, expected);
    let jobs = origin.jobs("deliver");
    assert_eq!(jobs.iter().filter(|job| job["path"] == path).count(), 1, "{jobs:?}");
}

/// On a cold image: in one instance that handles one request at a time, and in one that handles twenty.
#[test]
fn a_burst_makes_an_image_once() {
    let origin = origin();
    for function in ["deliver", "deliver-many"] {
        let key = format!("{function}-burst.jpg");
        origin.s3.seed("raw-images", &key, &file("examples/photos/aitzgorri.jpg"));
        let path = format!("/image/width=480/{key}");
        let answers: Vec<Answer> = thread::scope(|scope| {
            let requests: Vec<_> = (0..20).map(|_| scope.spawn(|| origin.get(function, &path, AVIF))).collect();
            requests.into_iter().map(|request| request.join().expect("an answer")).collect()
        });
        let webp: Vec<&Answer> =
            answers.iter().filter(|answer| answer.header("content-type") == "image/webp").collect();
        assert!(answers.iter().all(|answer| answer.status == 200) && !webp.is_empty(), "{answers:?}");
        assert!(webp.iter().all(|answer| answer.body == webp[0].body), "{function}");
        assert_eq!(origin.made(function, webp[0].body.len()), 1, "{function}");
        let avif = format!("{key}/width=480.avif");
        eventually("a stored AVIF", || origin.variant(&avif).is_some());
        let jobs = origin.jobs(function);
        assert_eq!(jobs.iter().filter(|job| job["path"] == path).count(), 1, "{jobs:?}");
    }
}
