//! Features of this shell beyond the common delivery, which tests/delivery covers.

use std::collections::BTreeSet;
use std::thread;

use darkroom_tests::{agent, answer};

use crate::server::{Place, photo};

#[test]
fn what_many_ask_for_is_made_once() {
    let place = Place::new();
    let server = place.serve("");
    server.seed("raw-images", "site/a.jpg", &photo("seeding.jpg"));
    let url = format!("{}/image/width=1280,format=webp/site/a.jpg", server.url);
    let answers: Vec<_> = thread::scope(|scope| {
        let ask = || answer(agent().get(&url).call().expect("an answer"));
        let asking: Vec<_> = (0..12).map(|_| scope.spawn(ask)).collect();
        asking.into_iter().map(|asked| asked.join().expect("an answer")).collect()
    });
    assert!(answers.iter().all(|answer| answer.status == 200 && answer.body == answers[0].body));
    // Everyone who waited for an image gets the duration of each step.
    let timings: BTreeSet<_> = answers.iter().map(|answer| answer.header("server-timing")).collect();
    let made: Vec<_> = timings.iter().filter(|timing| timing.starts_with("store;desc=miss")).collect();
    assert_eq!(made.len(), 1, "{timings:?}");
}
