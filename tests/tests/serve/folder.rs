//! The data folder: its owner, and the files that are never deleted from it.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

use crate::server::{Place, files, photo, refused};

/// A data folder with an object in it, whose server has stopped.
fn data(place: &Place) -> PathBuf {
    let mut server = place.serve("[uploads]\nworkers = 0");
    server.seed("raw-images", "site/a.jpg", b"a photo");
    server.upload(b"another photo");
    server.terminate();
    assert!(server.wait().success());
    place.path().join("data")
}

fn objects(data: &Path) -> Vec<PathBuf> {
    files(&data.join("objects"))
}

#[test]
fn without_its_index_the_server_does_not_start_and_deletes_nothing() {
    for damage in ["missing", "empty", "foreign", "no database"] {
        let (place, other) = (Place::new(), Place::new());
        let (data, index) = (data(&place), place.path().join("data/index.sqlite"));
        let saved = fs::read(&index).expect("an index");
        match damage {
            "missing" => fs::remove_file(&index).expect("removed"),
            "empty" => fs::write(&index, "").expect("written"),
            "foreign" => drop(fs::copy(self::data(&other).join("index.sqlite"), &index).expect("copied")),
            _ => fs::write(&index, "text ".repeat(1000)).expect("written"),
        }
        let there = objects(&data);
        assert_eq!(there.len(), 2);
        let said = refused(&data, &[]);
        assert!(said.contains("index.sqlite") && said.contains("restore"), "{damage}: {said}");
        assert_eq!(objects(&data), there, "{damage}");
        fs::write(&index, saved).expect("written");
        let server = place.serve("[uploads]\nworkers = 0");
        assert_eq!(server.object("raw-images", "site/a.jpg").body, b"a photo", "{damage}");
    }
}

#[test]
fn a_folder_with_something_else_in_it_is_left_as_it_is() {
    let place = Place::new();
    let data = place.path().join("data");
    fs::create_dir_all(data.join("objects/chairs")).expect("made");
    fs::write(data.join("objects/chairs/chair.obj"), "a chair").expect("written");
    let said = refused(&data, &[]);
    assert!(said.contains("darkroom-data.toml") && said.contains("empty folder"), "{said}");
    assert_eq!(files(&data), [data.join("objects/chairs/chair.obj")]);
}

#[test]
fn what_others_put_among_the_objects_stays() {
    let (place, elsewhere) = (Place::new(), Place::new());
    let data = data(&place);
    fs::write(elsewhere.path().join("precious"), "a").expect("written");
    symlink(elsewhere.path(), data.join("objects/link")).expect("linked");
    symlink(elsewhere.path(), data.join("incoming/link")).expect("linked");
    for stranger in ["objects/.DS_Store", "objects/lost+found/x/y", "objects/ab/precious", "incoming/precious"] {
        fs::create_dir_all(data.join(stranger).parent().expect("a folder")).expect("made");
        fs::write(data.join(stranger), "a").expect("written");
    }
    let before = files(&data);
    let server = place.serve("[uploads]\nworkers = 0");
    assert_eq!(server.object("raw-images", "site/a.jpg").body, b"a photo");
    let lost: Vec<_> = before.iter().filter(|path| !path.exists() && !is_journal(path)).collect();
    assert!(lost.is_empty(), "{lost:?}");
    assert!(elsewhere.path().join("precious").exists());
}

/// SQLite's own, which come and go.
fn is_journal(path: &Path) -> bool {
    path.extension().is_some_and(|ending| ["sqlite-wal", "sqlite-shm"].iter().any(|journal| ending == *journal))
}

/// As the message says.
#[test]
fn a_folder_of_an_earlier_build_is_taken_over_with_a_marker() {
    let place = Place::new();
    let data = data(&place);
    let marker = data.join("darkroom-data.toml");
    fs::remove_file(&marker).expect("removed");
    assert!(refused(&data, &[]).contains("format = 1"));
    fs::write(&marker, "format = 1\n").expect("written");
    let server = place.serve("");
    assert_eq!(server.object("raw-images", "site/a.jpg").body, b"a photo");
    server.upload(&photo("seeding.jpg"));
}
