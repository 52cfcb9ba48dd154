//! Renditions within their budget.

use std::fs;

use crate::server::{Place, Server, eventually, files, photo};
use crate::shutdown::depth;
use crate::upload::assert_objects;

const BUDGET: u64 = 400_000;

fn metric(server: &Server, name: &str) -> u64 {
    let text = String::from_utf8(server.get("/metrics", &[]).body).expect("text");
    let line = text.lines().find_map(|line| line.strip_prefix(&format!("darkroom_{name} ")));
    line.and_then(|value| value.parse().ok()).unwrap_or_else(|| panic!("{name}: {text}"))
}

/// The size of new files in a data folder.
fn taken(place: &Place, before: u64) -> u64 {
    let size = |path| fs::metadata(path).map_or(0, |file| file.len().div_ceil(4096) * 4096);
    files(&place.path().join("data/objects")).into_iter().map(size).sum::<u64>() - before
}

fn get(server: &Server, height: u32) -> bool {
    let answer = server.get(&format!("/image/width=320,height={height},fit=cover,format=webp/site/a.jpg"), &[]);
    assert_eq!(answer.status, 200);
    answer.header("server-timing").starts_with("store;desc=hit")
}

#[test]
fn those_not_used_for_longest_go_first() {
    let place = Place::new();
    let server = place.serve(&format!("[limits]\nrendition_bytes = {BUDGET}"));
    server.seed("raw-images", "site/a.jpg", &photo("seeding.jpg"));
    // An item names its outputs: they stay.
    let upload = server.upload(&photo("seeding.jpg"));
    server.item(&upload);
    eventually("an empty queue", || (depth(&server)? == 0).then_some(()));
    let before = taken(&place, 0);
    let favourite = 200;
    for height in 1..=80 {
        get(&server, 200 + height);
        eventually("it is stored", || get(&server, 200 + height).then_some(()));
        get(&server, favourite);
        let taken = taken(&place, before);
        assert!(taken <= BUDGET, "{taken} bytes on the disk");
    }
    assert!(get(&server, favourite), "what is used all the time stays");
    assert!(get(&server, 280), "the newest stays");
    assert!(!get(&server, 201), "the oldest has gone");
    assert_objects(&server, &upload);
    assert!(metric(&server, "rendition_bytes") <= BUDGET && metric(&server, "rendition_bytes") > BUDGET / 2);
    assert!(metric(&server, "evicted_renditions_total") > 10);
    let files = metric(&server, "rendition_files");
    assert!(files > 10 && files * 4096 <= metric(&server, "rendition_bytes"), "{files}");
    assert_eq!(metric(&server, "refused_renditions_total"), 0);
    server.kill();

    let server = place.serve("[limits]\nrendition_bytes = 100000");
    assert!(taken(&place, before) <= 100_000, "{}", taken(&place, before));
    assert!(get(&server, 200), "the last that was used stays");
    // Larger than all of the room: it is sent, and told.
    assert_eq!(server.get("/image/format=png/site/a.jpg", &[]).status, 200);
    eventually("it is told", || (metric(&server, "refused_renditions_total") == 1).then_some(()));
    assert_objects(&server, &upload);
    assert_eq!(server.object("raw-images", "site/a.jpg").body, photo("seeding.jpg"));
}
