//! `darkroom process`, as people and scripts use it.

use std::fs;

use crate::run::{Desk, Run, fixture};

/// A desk with three photos, one of them in a subfolder.
fn desk() -> Desk {
    let desk = Desk::new();
    desk.put("photos/a.jpg", fixture("good/jpeg-exif.jpg"));
    desk.put("photos/sub/b.png", fixture("good/png-rgb-16.png"));
    desk.put("photos/sub/c", fixture("good/jpeg-420.jpg"));
    desk.put("photos/.hidden.jpg", fixture("good/jpeg-420.jpg"));
    desk.put("photos/notes.txt", "no image");
    desk
}

#[test]
fn a_folder_becomes_a_folder() {
    let desk = desk();
    let run = desk.run("process photos --out web --json web/photos.jsonl --page").exits(0);
    let files = desk.files("web");
    for file in ["compressed/a.webp", "thumbnails/small/sub/b.jpg", "thumbnails/large/sub/c.jpg", "index.html"] {
        assert!(files.contains(&file.to_owned()), "{file} is not in {files:?}");
    }
    assert_eq!(files.iter().filter(|file| file.starts_with("compressed")).count(), 3, "{files:?}");
    assert!(run.stdout.contains("3 photos"), "{}", run.stdout);
    let lines = fs::read_to_string(desk.path("web/photos.jsonl")).expect("JSON lines");
    assert_eq!(lines.lines().count(), 3);
}

#[test]
fn a_json_line_tells_all_about_a_photo() {
    let desk = desk();
    let lines = desk.run("process photos/a.jpg --out web --json -").exits(0).lines();
    let [line] = &lines[..] else { panic!("{lines:?}") };
    assert_eq!(line["originalKey"], "a.jpg");
    assert_eq!(line["originalSize"], fixture("good/jpeg-exif.jpg").len());
    assert_eq!(line["compressedKey"], "compressed/a.webp");
    let size = fs::metadata(desk.path("web/compressed/a.webp")).expect("the file").len();
    assert_eq!(line["compressedSize"], size);
    let saved = (1.0 - size as f64 / fixture("good/jpeg-exif.jpg").len() as f64) * 100.0;
    assert_eq!(line["savingsPercent"], (saved * 100.0).round() / 100.0);
    assert_eq!(line["thumbnails"]["medium"], "thumbnails/medium/a.jpg");
    assert_eq!(line["status"], "completed");
    for number in ["width", "height", "processingTimeMs"] {
        assert!(line[number].is_u64(), "{number} in {line}");
    }
    assert!(line.get("error").is_none());
}

#[test]
fn what_is_up_to_date_is_left_alone() {
    let desk = desk();
    let written = || fs::metadata(desk.path("web/compressed/a.webp")).and_then(|file| file.modified()).expect("a time");
    let told = |run: Run| run.exits(0).stdout.matches("up to date").count();
    assert_eq!(told(desk.run("process photos --out web")), 0);
    let first = written();
    assert_eq!(told(desk.run("process photos --out web")), 4, "three photos and the total");
    assert_eq!(written(), first);
    assert_eq!(told(desk.run("process photos --out web --force")), 0);
    assert!(written() > first);
    // What is gone, damaged or another photo now is made again.
    fs::remove_file(desk.path("web/thumbnails/small/a.jpg")).expect("removed");
    desk.put("web/compressed/sub/b.webp", "cut");
    desk.put("photos/sub/c", fixture("good/jpeg-444.jpg"));
    assert_eq!(told(desk.run("process photos --out web")), 0);
    assert_eq!(told(desk.run("process photos --out web --preset small")), 0, "another plan");
    assert_eq!(told(desk.run("process photos --out web")), 4, "both plans are remembered");
}

#[test]
fn presets_and_recipes_choose_the_outputs() {
    let desk = desk();
    desk.run("process photos/a.jpg --out web --preset small --recipe w=8,f=png --recipe width=8,format=png -r q=70")
        .exits(0);
    let files: Vec<_> = desk.files("web").into_iter().filter(|file| !file.starts_with('.')).collect();
    let expected =
        ["thumbnails/small/a.jpg", "variants/a.jpg/format=png,width=8.png", "variants/a.jpg/quality=70.webp"];
    assert_eq!(files, expected);
}

#[test]
fn photos_that_share_a_name_keep_apart() {
    let desk = Desk::new();
    desk.put("photos/a.jpg", fixture("good/jpeg-exif.jpg"));
    desk.put("photos/a.png", fixture("good/png-rgb-16.png"));
    desk.run("process photos --out web --preset small").exits(0);
    assert_eq!(desk.files("web/thumbnails/small"), ["a.jpg.jpg", "a.png.jpg"]);
    desk.put("more/a.jpg", fixture("good/jpeg-444.jpg"));
    desk.run("process photos more --out both --preset small").exits(0);
    assert_eq!(desk.files("both/thumbnails/small"), ["more/a.jpg", "photos/a.jpg.jpg", "photos/a.png.jpg"]);
    let run = desk.run("process photos/a.jpg more/a.jpg --out none --preset small").exits(1);
    run.says("failed: a.jpg: its results would overwrite those of photos/a.jpg");
}

#[test]
fn results_inside_the_folder_are_not_taken_for_photos() {
    let desk = desk();
    desk.run("process photos --out photos/web").exits(0);
    let run = desk.run("process photos --out photos/web").exits(0);
    assert!(run.stdout.contains("3 photos"), "{}", run.stdout);
    desk.run("process photos/a.jpg photos/a.jpg --out twice").exits(0);
}

#[test]
fn an_animation_stays_one() {
    let desk = Desk::new();
    desk.put("a.gif", fixture("good/gif-animated.gif"));
    let line = &desk.run("process a.gif --out web --json -").exits(0).lines()[0];
    assert_eq!(line["compressedKey"], "compressed/a.webp");
    let made = fs::read(desk.path("web/compressed/a.webp")).expect("the file");
    assert_eq!(made.windows(4).filter(|name| name == b"ANMF").count(), 3, "each frame");
    assert_eq!(line["thumbnails"]["small"], "thumbnails/small/a.jpg");
}

#[cfg(unix)]
#[test]
fn links_to_nowhere_and_in_circles_are_left_out() {
    let desk = desk();
    desk.shell("ln -s nowhere photos/gone.jpg; ln -s . photos/circle; $0 process photos --out web")
        .exits(0)
        .says("left out");
    assert_eq!(desk.files("web/compressed").len(), 3);
}

#[cfg(unix)]
#[test]
fn outputs_are_as_open_as_the_umask_allows() {
    use std::os::unix::fs::PermissionsExt;
    let desk = desk();
    desk.shell("umask 022; exec $0 process photos/a.jpg --out web --json web/a.jsonl").exits(0);
    for file in ["compressed/a.webp", "a.jsonl", ".darkroom.jsonl"] {
        let mode = fs::metadata(desk.path("web").join(file)).expect(file).permissions().mode();
        assert_eq!(mode & 0o777, 0o644, "{file}");
    }
}

#[cfg(unix)]
#[test]
fn ctrl_c_ends_cleanly_and_the_next_run_goes_on() {
    let desk = Desk::new();
    for number in 0..300 {
        desk.put(&format!("photos/{number:03}.jpg"), fixture("good/jpeg-420.jpg"));
    }
    let command = "process photos --out web --recipe w=1500,h=1500,fit=squeeze,q=90";
    let run = desk.shell(&format!("$0 {command} & sleep 2; kill -INT $!; wait $!"));
    // A shell starts what runs in the background with SIGINT ignored, but darkroom listens to it all the same.
    let run = run.exits(130).says("photos are done");
    assert!(!run.stdout.contains("failed"), "{}", run.stdout);
    assert!(desk.files("web").iter().all(|file| !file.contains("/.darkroom-")), "{:?}", desk.files("web"));
    let done = desk.files("web/variants").len();
    let again = desk.shell(&format!("$0 {command} & sleep 1; kill -INT $!; wait $!"));
    let skipped = again.stdout.matches("up to date").count();
    assert!(skipped >= done, "{skipped} of {done}");
}
