//! Deleting deletes: whichever way an original goes, whoever asks afterwards finds nothing of it.

use std::process::Command;
use std::time::Duration;

use darkroom_tests::answer;
use rusty_s3::S3Action;
use serde_json::Value;

use crate::server::{Place, Server, eventually, objects, photo, program};

const VARIANTS: [&str; 4] = ["width=96,format=webp", "format=json", "preset=small,format=png", "preset=own"];
const SETTINGS: &str = "[delivery.presets]\nown = \"width=77\"\n";

/// Asks every way.
fn found(server: &Server, key: &str, id: &str) -> Vec<String> {
    let mut found = Vec::new();
    let paths = VARIANTS.iter().chain(["preset=compressed", "width=2000", "format=auto"].iter());
    for path in paths.map(|options| format!("/image/{options}/{key}")) {
        for accept in ["*/*", "image/webp", "image/avif,image/webp"] {
            found.extend((server.get(&path, &[("accept", accept)]).status != 404).then(|| path.clone()));
        }
    }
    for path in ["", "/original", "/score"].map(|part| format!("/images/{id}{part}")) {
        found.extend((server.get(&path, &[]).status != 404).then_some(path));
    }
    let objects = objects(key).map(|(bucket, key, _)| (bucket, key));
    for (bucket, key) in objects.into_iter().chain([("raw-images", key.to_owned())]) {
        found.extend((server.object(bucket, &key).status != 404).then_some(key));
    }
    found.extend(server.items().iter().any(|item| item["imageId"] == id).then(|| "its item".into()));
    found
}

/// An upload that is done, and of which everything was asked for.
fn upload(server: &Server) -> (String, String) {
    let key = server.upload(&photo("seeding.jpg"));
    let id = server.item(&key)["imageId"].as_str().expect("an id").to_owned();
    for options in VARIANTS {
        assert_eq!(server.get(&format!("/image/{options}/{key}"), &[]).status, 200, "{options}");
    }
    (key, id)
}

fn assert_gone(server: &Server, (key, id): &(String, String), way: &str) {
    eventually(&format!("nothing is left, by {way}"), || {
        server.items().iter().all(|item| item["imageId"] != *id).then_some(())
    });
    assert_eq!(found(server, key, id), [""; 0], "{way}");
}

/// What the store has of an upload: an S3 client's lists tell.
fn left(server: &Server, key: &str) -> Vec<String> {
    let stem = key.strip_prefix("uploads/").and_then(|key| key.strip_suffix(".jpg")).expect(key);
    let mut keys = Vec::new();
    for bucket in ["raw-images", "processed-images", "thumbnails"] {
        let url =
            server.signed(bucket, |bucket, keys| bucket.list_objects_v2(Some(keys)).sign(Duration::from_secs(60)));
        let list = String::from_utf8(answer(server.agent.get(url).call().expect("a list")).body).expect("text");
        let keys_of = list.split("<Key>").skip(1).filter_map(|rest| rest.split("</Key>").next());
        keys.extend(keys_of.filter(|key| key.contains(stem)).map(str::to_owned));
    }
    keys
}

#[test]
fn nothing_is_left_whichever_way_an_original_goes() {
    let place = Place::new();
    let server = place.serve(SETTINGS);
    let (kept, by_s3, by_id) = (upload(&server), upload(&server), upload(&server));
    assert!(!found(&server, &kept.0, &kept.1).is_empty());
    server.delete("raw-images", &by_s3.0);
    assert_gone(&server, &by_s3, "S3");
    let answer = server.delete_image(&by_id.1, &[]);
    assert_eq!(answer.status, 204);
    assert_eq!(found(&server, &by_id.0, &by_id.1), [""; 0], "at once");
    assert_eq!(server.delete_image(&by_id.1, &[]).status, 404);
    for (key, _) in [&by_s3, &by_id] {
        assert_eq!(left(&server, key), [""; 0]);
    }
    let whole = left(&server, &kept.0).len();
    assert!(whole >= 8, "{whole}: the original, four outputs and more");
    for (bucket, key, _) in objects(&kept.0) {
        assert_eq!(server.object(bucket, &key).status, 200, "{key}");
    }

    // The third way is without the server.
    let data = server.data.clone();
    server.terminate();
    let mut server = server;
    assert!(server.wait().success());
    let purge = |force: bool| {
        let mut command = Command::new(program());
        command.arg("purge").arg("--data").arg(&data).arg(&kept.0).args(force.then_some("--force"));
        command.env("DARKROOM__DELIVERY__PRESETS__OWN", "\"width=77\"");
        let output = command.output().expect("it runs");
        (output.status.success(), String::from_utf8_lossy(&output.stdout).into_owned())
    };
    assert!(!purge(false).0, "the original is still there");
    let (done, said) = purge(true);
    assert!(done && said.contains("1 items deleted"), "{said}");
    let server = place.serve(SETTINGS);
    assert_eq!(left(&server, &kept.0), [kept.0.as_str()], "the original is not for this command to delete");
    assert_eq!(server.get(&format!("/images/{}", kept.1), &[]).status, 404);
}

#[test]
fn an_upload_that_is_deleted_while_it_waits_or_is_worked_on_leaves_nothing() {
    let place = Place::new();
    let server = place.serve("");
    let keys: Vec<String> = (0..12).map(|_| server.upload(&photo("seeding.jpg"))).collect();
    for key in &keys {
        server.delete("raw-images", key);
    }
    // One more shows that the queue is through.
    let last = server.upload(&photo("seeding.jpg"));
    server.item(&last);
    eventually("no item but the last one", || (server.items().len() == 1).then_some(()));
    eventually("no object", || keys.iter().all(|key| left(&server, key).is_empty()).then_some(()));
}

#[test]
fn only_the_owner_deletes() {
    let place = Place::new();
    let server = place.serve(
        "[users.tokens]\nalices-token-of-32-characters-00 = \"alice\"\nbobs-token-of-32-characters-0000 = \"bob\"",
    );
    let [alice, bob] =
        ["alices-token-of-32-characters-00", "bobs-token-of-32-characters-0000"].map(|token| format!("Bearer {token}"));
    server.seed("raw-images", "uploads/alice/20260101_120000_0123456789abcdef_a.jpg", &photo("seeding.jpg"));
    let item: Value = eventually("an item", || {
        server.get("/images", &[("authorization", &alice)]).json()["images"]
            .as_array()
            .and_then(|all| all.first().cloned())
    });
    let id = item["imageId"].as_str().expect("an id");
    assert_eq!(server.delete_image(id, &[]).status, 401);
    assert_eq!(server.delete_image(id, &[("authorization", &bob)]).status, 404);
    assert_eq!(server.get(&format!("/images/{id}"), &[("authorization", &alice)]).status, 200);
    assert_eq!(server.delete_image(id, &[("authorization", &alice)]).status, 204);
    assert_eq!(server.get(&format!("/images/{id}"), &[("authorization", &alice)]).status, 404);
}
