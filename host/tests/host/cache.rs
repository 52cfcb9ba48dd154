//! Compiled code in a cache folder.

use std::fs;
use std::path::{Path, PathBuf};

use darkroom_host::{Code, Options, Processor};
use tempfile::TempDir;

use crate::guest;

/// Loads through `folder`, and gives the number that only the component knows.
fn load(folder: &Path) -> u32 {
    let code = Code::Wasm { bytes: &guest::unruly(), cache: Some(folder) };
    Processor::load(code, Options::default()).expect("the component loads").output_version()
}

fn files(folder: &Path) -> Vec<PathBuf> {
    fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry").path()).collect()
}

#[test]
fn the_second_start_takes_what_the_first_has_compiled() {
    let folder = TempDir::new().expect("a folder");
    assert_eq!(load(folder.path()), 7);
    let [file] = &files(folder.path())[..] else { panic!("not one file") };
    let written = fs::metadata(file).and_then(|file| file.modified()).expect("a time");
    assert_eq!(load(folder.path()), 7);
    assert_eq!(&files(folder.path())[..], std::slice::from_ref(file));
    assert_eq!(fs::metadata(file).and_then(|file| file.modified()).expect("a time"), written);
}

#[test]
fn a_damaged_file_is_made_again() {
    let folder = TempDir::new().expect("a folder");
    load(folder.path());
    let file = &files(folder.path())[0];
    let good = fs::read(file).expect("a file");
    let mut flipped = good.clone();
    flipped[good.len() / 2] ^= 1;
    for bad in [&flipped[..], &good[..good.len() / 2], b"", b"no code at all, but longer than a digest is"] {
        fs::write(file, bad).expect("written");
        assert_eq!(load(folder.path()), 7);
        assert_eq!(fs::read(file).expect("a file"), good, "made again");
    }
}

#[test]
fn a_folder_that_cannot_be_written_is_no_obstacle() {
    let folder = TempDir::new().expect("a folder");
    let file = folder.path().join("file");
    fs::write(&file, "in the way").expect("written");
    assert_eq!(load(&file.join("below a file")), 7);
}

#[test]
fn old_files_are_removed() {
    let folder = TempDir::new().expect("a folder");
    for number in 0..9 {
        fs::write(folder.path().join(format!("{number}.cwasm")), "old").expect("written");
    }
    load(folder.path());
    assert_eq!(files(folder.path()).len(), 4);
    assert!(files(folder.path()).iter().any(|file| fs::metadata(file).is_ok_and(|file| file.len() > 1000)));
}
