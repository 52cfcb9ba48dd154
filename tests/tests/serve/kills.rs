//! Many uploads while the server is killed again and again. `DARKROOM_KILLED` is their number: 150 by default.

use std::collections::BTreeSet;
use std::sync::RwLock;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use darkroom_tests::{agent, fixture, try_put};
use rusqlite::Connection;

use crate::server::{Place, Server, eventually};
use crate::shutdown::depth;

const CLIENTS: usize = 8;
const SETTINGS: &str = "[uploads]\nformats = [\"webp\"]";

fn count() -> usize {
    std::env::var("DARKROOM_KILLED").ok().and_then(|count| count.parse().ok()).unwrap_or(150)
}

/// One upload; its key if the response was 200.
fn upload(url: &str, photo: &[u8]) -> Option<String> {
    let agent = agent();
    let query = format!("filename=photo.jpg&contentType=image/jpeg&contentLength={}", photo.len());
    let answer = agent.get(format!("{url}/upload-url?{query}")).call().ok()?;
    let granted = darkroom_tests::answer(answer).json();
    let put = try_put(&agent, &granted, photo).ok()?;
    (put.status == 200).then(|| granted["key"].as_str().expect("a key").to_owned())
}

/// All keys whose upload was confirmed, and how often the server was killed meanwhile.
fn upload_under_kills(place: &Place, count: usize) -> (BTreeSet<String>, u32, Server) {
    let photo = &fixture("good/jpeg-420.jpg");
    let mut server = place.serve(SETTINGS);
    let (url, begun) = (&RwLock::new(server.url.clone()), &AtomicUsize::new(0));
    let client = move || {
        let mut kept = Vec::new();
        while begun.fetch_add(1, Ordering::Relaxed) < count {
            kept.push(eventually("an upload that is kept", || {
                let url = url.read().expect("no panic").clone();
                upload(&url, photo)
            }));
        }
        kept
    };
    thread::scope(|scope| {
        let clients: Vec<_> = (0..CLIENTS).map(|_| scope.spawn(client)).collect();
        let mut kills = 0;
        while !clients.iter().all(thread::ScopedJoinHandle::is_finished) {
            let now = SystemTime::now().duration_since(UNIX_EPOCH).expect("a clock").subsec_nanos();
            thread::sleep(Duration::from_millis(300 + u64::from(now / 1000 % 1500)));
            server.kill();
            kills += 1;
            server = place.serve(SETTINGS);
            server.url.clone_into(&mut url.write().expect("no panic"));
        }
        let kept = clients.into_iter().flat_map(|client| client.join().expect("a client")).collect();
        (kept, kills, server)
    })
}

#[test]
fn no_upload_is_lost_or_doubled() {
    let place = Place::new();
    let count = count();
    let (kept, kills, server) = upload_under_kills(&place, count);
    assert_eq!(kept.len(), count);
    let begun = Instant::now();
    while depth(&server) != Some(0) {
        assert!(begun.elapsed() < Duration::from_millis(500) * u32::try_from(count).expect("fewer"), "work goes on");
        thread::sleep(Duration::from_millis(100));
    }
    for key in &kept {
        let stem = key.strip_prefix("uploads/").and_then(|key| key.strip_suffix(".jpg")).expect(key);
        assert_eq!(server.object("processed-images", &format!("compressed/{stem}.webp")).status, 200, "{key}");
    }
    drop(server);
    let items = Connection::open(place.path().join("data/records.sqlite")).expect("the items");
    let mut statement = items.prepare("SELECT original_key, status FROM items").expect("SQL");
    let found: Vec<(String, String)> =
        statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?))).and_then(Iterator::collect).expect("rows");
    let completed: BTreeSet<&str> =
        found.iter().filter(|(_, status)| status == "completed").map(|(key, _)| key.as_str()).collect();
    assert_eq!(found.len(), completed.len(), "an item for each original, and each completed");
    let lost: Vec<_> = kept.iter().filter(|key| !completed.contains(key.as_str())).collect();
    assert!(lost.is_empty(), "{lost:?}");
    println!("{count} uploads under {kills} kills: {} items, {} lost", found.len(), lost.len());
}
