//! Good, bad and huge images for a while: every request gets a response, and memory stays constant. `DARKROOM_SOAK` is
//! the number of seconds: 60 by default.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use darkroom_tests::{agent, answer, fixture, put};

use crate::server::{CHROME, Place, Server, eventually, photo};
use crate::shutdown::depth;

const CLIENTS: usize = 4;
const QUEUED: u64 = 8;

fn seconds() -> u64 {
    std::env::var("DARKROOM_SOAK").ok().and_then(|seconds| seconds.parse().ok()).unwrap_or(60)
}

/// One client's requests, with another size in every round: otherwise only the store would be tested.
fn deliver(server: &Server, round: usize) {
    let size = format!("width=320,height={}", 100 + round);
    for (source, statuses) in [
        ("site/good.jpg", [200, 503]),
        ("site/good.png", [200, 503]),
        ("site/bad.jpg", [422, 503]),
        ("site/huge.png", [422, 503]),
        ("site/none.jpg", [404, 503]),
    ] {
        let url = format!("{}/image/{size},format=webp/{source}", server.url);
        let answer = answer(agent().get(&url).header("accept", "image/webp,image/jpeg").call().expect("an answer"));
        assert!(statuses.contains(&answer.status), "{url}: {}", answer.status);
    }
    let url = format!("{}/image/{size}/site/good.jpg", server.url);
    let answer = answer(agent().get(&url).header("accept", CHROME).call().expect("an answer"));
    assert!([200, 503].contains(&answer.status), "{url}: {}", answer.status);
}

fn upload(server: &Server, round: usize) {
    let bytes = match round % 3 {
        0 => photo("seeding.jpg"),
        1 => fixture("bad/no-data.jpg"),
        _ => fixture("bad/huge.jpg"),
    };
    let granted = server.grant("photo.jpg", "image/jpeg", bytes.len());
    assert_eq!(put(&agent(), &granted, &bytes).status, 200);
    // Uploads arrive faster than they are processed: without a bound, only the queue would be tested.
    eventually("a shorter queue", || (depth(server)? < QUEUED).then_some(()));
}

#[test]
fn memory_holds_steady() {
    let place = Place::new();
    let server = place.serve("[limits]\nqueue = 3");
    for (key, bytes) in [
        ("site/good.jpg", photo("aitzgorri.jpg")),
        ("site/good.png", photo("round.png")),
        ("site/bad.jpg", fixture("bad/no-data.jpg")),
        ("site/huge.png", fixture("bad/huge.png")),
    ] {
        server.seed("raw-images", key, &bytes);
    }
    let (whole, rounds) = (Duration::from_secs(seconds()), AtomicUsize::new(0));
    let begun = Instant::now();
    let mut samples = Vec::new();
    thread::scope(|scope| {
        for client in 0..CLIENTS {
            let (server, rounds) = (&server, &rounds);
            scope.spawn(move || {
                while begun.elapsed() < whole {
                    let round = rounds.fetch_add(1, Ordering::Relaxed);
                    if client == 0 { upload(server, round) } else { deliver(server, round) }
                }
            });
        }
        while begun.elapsed() < whole {
            thread::sleep(Duration::from_millis(200));
            samples.push(server.memory());
        }
    });
    eventually("all uploads are done", || (depth(&server)? == 0).then_some(()));
    // Compares the maximum of the middle third with that of the last: a leak keeps growing.
    let third = samples.len() / 3;
    let highest = |samples: &[u64]| samples.iter().copied().max().unwrap_or_default() >> 20;
    let (middle, last) = (highest(&samples[third..2 * third]), highest(&samples[2 * third..]));
    println!("{} rounds, {middle} MiB, then {last} MiB", rounds.load(Ordering::Relaxed));
    assert!(last <= middle + middle / 4 + 64, "{middle} MiB grew to {last} MiB");
    assert!(rounds.load(Ordering::Relaxed) > CLIENTS, "nothing was asked for");
}
