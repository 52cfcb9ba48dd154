//! Ownership of images.

use crate::server::Place;

const URL: &str = "/upload-url?filename=a.jpg&contentType=image/jpeg&contentLength=5";

#[test]
fn tokens_tell_users_apart() {
    let place = Place::new();
    let server = place.serve("[users.tokens]\nt1 = \"alice\"\nt2 = \"bob\"");
    assert_eq!(server.get(URL, &[]).status, 401);
    assert_eq!(server.get(URL, &[("authorization", "Bearer t3")]).status, 401);
    assert_eq!(server.get("/images", &[]).status, 401);
    for (token, user) in [("t1", "alice"), ("t2", "bob")] {
        let answer = server.get(URL, &[("authorization", &format!("Bearer {token}"))]).json();
        assert!(answer["key"].as_str().is_some_and(|key| key.starts_with(&format!("uploads/{user}/"))), "{answer}");
    }
}

#[test]
fn another_sites_page_does_not_speak_for_a_visitor() {
    let place = Place::new();
    let server = place.serve("");
    assert_eq!(server.get(URL, &[]).status, 200);
    assert_eq!(server.get(URL, &[("host", "rebound.example")]).status, 421);
    let answer = server.get(URL, &[("origin", "https://other.example")]);
    assert_eq!(answer.header("access-control-allow-origin"), "");
    let place = Place::new();
    let server = place.serve("[users]\nallow_origins = [\"https://app.example\"]");
    let answer = server.get(URL, &[("origin", "https://app.example")]);
    assert_eq!(answer.header("access-control-allow-origin"), "https://app.example");
}

#[test]
fn the_stores_want_a_signature() {
    let place = Place::new();
    let server = place.serve("");
    server.seed("raw-images", "site/a.jpg", b"x");
    assert_eq!(server.get("/raw-images/site/a.jpg", &[]).status, 403);
    assert_eq!(server.get("/raw-images?list-type=2", &[]).status, 403);
    assert_eq!(server.get("/processed-images/", &[]).status, 403);
}
