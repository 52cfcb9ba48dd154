//! A disk that is full: what is there is delivered, what comes is told to come back, and nothing is lost by it.

use std::fs;
use std::path::Path;
use std::process::Command;
use std::thread;
use std::time::Duration;

use darkroom_tests::{agent, put, try_put};

use crate::server::{Place, Server, eventually, photo};
use crate::shutdown::depth;

/// More than any disk has.
const FULL: &str = "[limits]\nfree_bytes = 1000000000000000000\n[uploads]\nattempts = 1";
const IMAGE: &str = "/image/width=160,format=webp/site/a.jpg";

fn metric(server: &Server, name: &str) -> String {
    let text = String::from_utf8(server.get("/metrics", &[]).body).expect("text");
    text.lines().find_map(|line| line.strip_prefix(&format!("darkroom_{name} "))).expect(name).to_owned()
}

/// Of little: who sends much may be cut off before it hears why.
fn try_upload(server: &Server) -> (u16, String) {
    let bytes = b"a photo";
    // On a connection of its own: it ends with the refusal.
    let answer = put(&agent(), &server.grant("photo.jpg", "image/jpeg", bytes.len()), bytes);
    (answer.status, String::from_utf8_lossy(&answer.body).into_owned())
}

fn is_stored(server: &Server) -> Option<()> {
    server.get(IMAGE, &[]).header("server-timing").starts_with("store;desc=hit").then_some(())
}

#[test]
fn uploads_are_refused_images_delivered_and_attempts_kept() {
    let place = Place::new();
    let server = place.serve("[uploads]\nworkers = 0");
    server.seed("raw-images", "site/a.jpg", &photo("seeding.jpg"));
    eventually("it is stored", || is_stored(&server));
    let key = server.upload(&photo("seeding.jpg"));
    assert_eq!((server.get("/ready", &[]).status, metric(&server, "disk_full").as_str()), (200, "0"));
    server.kill();

    // A start works. The upload that waits has one attempt, and keeps it.
    let server = place.serve(FULL);
    let ready = server.get("/ready", &[]);
    assert_eq!(ready.status, 503);
    assert!(String::from_utf8_lossy(&ready.body).contains("the disk is full"), "{ready:?}");
    assert_eq!(metric(&server, "disk_full"), "1");
    let (status, said) = try_upload(&server);
    assert!(status == 507 && said.contains("InsufficientStorage"), "{status} {said}");
    assert!(is_stored(&server).is_some());
    let cold = server.get("/image/width=320,format=webp/site/a.jpg", &[]);
    assert_eq!(cold.status, 200, "what can't be stored is sent all the same");
    thread::sleep(Duration::from_secs(4));
    assert!(server.items().is_empty(), "{:?}", server.items());
    assert_eq!(depth(&server), Some(1));
    server.kill();

    let server = place.serve("[uploads]\nattempts = 1");
    assert_eq!(server.item(&key)["status"], "completed");
    assert_eq!((server.get("/ready", &[]).status, try_upload(&server).0), (200, 200));
}

/// A file system of its own, until this is dropped. None where this user may not mount any.
struct Mounted<'a>(&'a Path);

impl<'a> Mounted<'a> {
    fn new(path: &'a Path) -> Option<Self> {
        fs::create_dir(path).expect("made");
        let mount = Command::new("mount").args(["-t", "tmpfs", "-o", "size=16m", "darkroom-test"]).arg(path).output();
        mount.is_ok_and(|mount| mount.status.success()).then_some(Self(path))
    }
}

impl Drop for Mounted<'_> {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("--lazy").arg(self.0).status();
    }
}

/// Somebody else takes what was to stay free.
#[test]
fn a_disk_without_a_byte_is_delivered_from_and_recovered() {
    let place = Place::new();
    let data = place.path().join("data");
    let Some(mounted) = Mounted::new(&data) else {
        println!("not run: it takes the right to mount a file system");
        return;
    };
    let settings = "[limits]\nfree_bytes = 4194304\n[uploads]\nattempts = 2";
    let server = place.serve(settings);
    server.seed("raw-images", "site/a.jpg", &photo("seeding.jpg"));
    eventually("it is stored", || is_stored(&server));
    let photo = photo("seeding.jpg");
    let takes = || {
        let granted = server.grant("photo.jpg", "image/jpeg", photo.len());
        try_put(&agent(), &granted, &photo).is_ok_and(|answer| answer.status == 200)
    };
    assert!((0..100).any(|_| !takes()), "it is never full");
    assert_eq!(try_upload(&server).0, 507);
    // Not one byte is left: the kernel says so.
    let ballast = data.join("ballast");
    let _ = fs::write(&ballast, vec![1; 16 << 20]);
    assert_eq!((server.get("/ready", &[]).status, try_upload(&server).0), (503, 507));
    assert!(is_stored(&server).is_some());
    fs::remove_file(&ballast).expect("removed");
    server.kill();
    // Below its reserve a start works, and everything that was acknowledged is still to be done.
    let server = place.serve(settings);
    assert!(is_stored(&server).is_some());
    assert_eq!(server.get("/ready", &[]).status, 503);
    assert!(server.items().iter().all(|item| item["status"] == "completed"), "{:?}", server.items());
    drop(server);
    drop(mounted);
}
