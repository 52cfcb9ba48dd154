//! Originals in a folder that the server only reads.

use std::fs;

use crate::server::{Place, photo, refused};

#[test]
fn photos_of_a_folder_are_sources() {
    let (place, photos) = (Place::new(), Place::new());
    fs::create_dir(photos.path().join("cats")).expect("made");
    let cat = photos.path().join("cats/a cat.jpg");
    fs::write(&cat, photo("seeding.jpg")).expect("written");
    fs::write(photos.path().join(".hidden.jpg"), photo("seeding.jpg")).expect("written");
    let server = place.serve(&format!("originals = {:?}", photos.path()));

    let made = server.get("/image/width=64,format=webp/cats/a%20cat.jpg", &[]);
    assert_eq!((made.status, made.header("content-type")), (200, "image/webp"));
    for (path, status) in [("none.jpg", 404), (".hidden.jpg", 404), ("cats", 404), ("../etc/passwd", 400)] {
        assert_eq!(server.get(&format!("/image/width=64,format=webp/{path}"), &[]).status, status, "{path}");
    }
    assert_eq!(server.object("raw-images", "cats/a cat.jpg").status, 404, "S3 has only what was put there");

    // A different width each time: a stored image would bypass the folder.
    let length = |width: u32| {
        let answer = server.get(&format!("/image/width={width},format=json/cats/a%20cat.jpg"), &[]);
        answer.json()["original"]["file_size"].as_u64().expect("a length")
    };
    assert_eq!(length(65), photo("seeding.jpg").len() as u64);
    fs::write(&cat, photo("portrait.jpg")).expect("written");
    assert_eq!(length(66), photo("portrait.jpg").len() as u64);
    server.seed("raw-images", "cats/a cat.jpg", &photo("seeding.jpg"));
    assert_eq!(length(67), photo("seeding.jpg").len() as u64, "the store's own comes first");
}

#[test]
fn what_is_no_place_is_told_at_the_start() {
    let place = Place::new();
    for (originals, why) in [
        ("/nowhere/at/all", "must be a folder, or a store's URL"),
        ("gs://bucket/photos", "feature for GoogleCloudStorage not enabled"),
    ] {
        let told = refused(&place.path().join("data"), &[("DARKROOM__ORIGINALS", originals)]);
        assert!(told.contains(why), "{told}");
    }
}
