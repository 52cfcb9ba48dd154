//! Tests `darkroom process` as people and scripts use it.

use std::fs;

use crate::run::{Run, Workspace, fixture};

/// A workspace with three photos, one of them in a subfolder.
fn workspace() -> Workspace {
    let workspace = Workspace::new();
    workspace.put("photos/a.jpg", fixture("good/jpeg-exif.jpg"));
    workspace.put("photos/sub/b.png", fixture("good/png-rgb-16.png"));
    workspace.put("photos/sub/c", fixture("good/jpeg-420.jpg"));
    workspace.put("photos/.hidden.jpg", fixture("good/jpeg-420.jpg"));
    workspace.put("photos/notes.txt", "no image");
    workspace
}

#[test]
fn a_folder_becomes_a_folder() {
    let workspace = workspace();
    let run = workspace.run("process photos --out web --json web/photos.jsonl --page").exits(0);
    let files = workspace.files("web");
    for file in ["compressed/a.webp", "thumbnails/small/sub/b.jpg", "thumbnails/large/sub/c.jpg", "index.html"] {
        assert!(files.contains(&file.to_owned()), "{file} is not in {files:?}");
    }
    assert_eq!(files.iter().filter(|file| file.starts_with("compressed")).count(), 3, "{files:?}");
    assert!(run.stdout.contains("3 photos"), "{}", run.stdout);
    let lines = fs::read_to_string(workspace.path("web/photos.jsonl")).expect("JSON lines");
    assert_eq!(lines.lines().count(), 3);
}

#[test]
fn a_json_line_tells_all_about_a_photo() {
    let workspace = workspace();
    let lines = workspace.run("process photos/a.jpg --out web --json -").exits(0).lines();
    let [line] = &lines[..] else { panic!("{lines:?}") };
    assert_eq!(line["originalKey"], "a.jpg");
    assert_eq!(line["originalSize"], fixture("good/jpeg-exif.jpg").len());
    assert_eq!(line["compressedKey"], "compressed/a.webp");
    let size = fs::metadata(workspace.path("web/compressed/a.webp")).expect("the file").len();
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
    let workspace = workspace();
    let written =
        || fs::metadata(workspace.path("web/compressed/a.webp")).and_then(|file| file.modified()).expect("a time");
    let told = |run: Run| run.exits(0).stdout.matches("up to date").count();
    assert_eq!(told(workspace.run("process photos --out web")), 0);
    let first = written();
    assert_eq!(told(workspace.run("process photos --out web")), 4, "three photos and the total");
    assert_eq!(written(), first);
    assert_eq!(told(workspace.run("process photos --out web --force")), 0);
    assert!(written() > first);
    // Outputs that are deleted or damaged, or whose photo has changed, are made again.
    fs::remove_file(workspace.path("web/thumbnails/small/a.jpg")).expect("removed");
    workspace.put("web/compressed/sub/b.webp", "cut");
    workspace.put("photos/sub/c", fixture("good/jpeg-444.jpg"));
    assert_eq!(told(workspace.run("process photos --out web")), 0);
    assert_eq!(told(workspace.run("process photos --out web --preset small")), 0, "another plan");
    assert_eq!(told(workspace.run("process photos --out web")), 4, "both plans are remembered");
}

#[test]
fn presets_and_recipes_choose_the_outputs() {
    let workspace = workspace();
    workspace
        .run("process photos/a.jpg --out web --preset small --recipe w=8,f=png --recipe width=8,format=png -r q=70")
        .exits(0);
    let files: Vec<_> = workspace.files("web").into_iter().filter(|file| !file.starts_with('.')).collect();
    let expected =
        ["thumbnails/small/a.jpg", "variants/a.jpg/format=png,width=8.png", "variants/a.jpg/quality=70.webp"];
    assert_eq!(files, expected);
}

#[test]
fn photos_that_share_a_name_keep_apart() {
    let workspace = Workspace::new();
    workspace.put("photos/a.jpg", fixture("good/jpeg-exif.jpg"));
    workspace.put("photos/a.png", fixture("good/png-rgb-16.png"));
    workspace.run("process photos --out web --preset small").exits(0);
    assert_eq!(workspace.files("web/thumbnails/small"), ["a.jpg.jpg", "a.png.jpg"]);
    workspace.put("more/a.jpg", fixture("good/jpeg-444.jpg"));
    workspace.run("process photos more --out both --preset small").exits(0);
    assert_eq!(workspace.files("both/thumbnails/small"), ["more/a.jpg", "photos/a.jpg.jpg", "photos/a.png.jpg"]);
    let run = workspace.run("process photos/a.jpg more/a.jpg --out none --preset small").exits(1);
    run.says("failed: a.jpg: its results would overwrite those of photos/a.jpg");
}

#[test]
fn results_inside_the_folder_are_not_taken_for_photos() {
    let workspace = workspace();
    workspace.run("process photos --out photos/web").exits(0);
    let run = workspace.run("process photos --out photos/web").exits(0);
    assert!(run.stdout.contains("3 photos"), "{}", run.stdout);
    workspace.run("process photos/a.jpg photos/a.jpg --out twice").exits(0);
}

#[test]
fn an_animation_stays_one() {
    let workspace = Workspace::new();
    workspace.put("a.gif", fixture("good/gif-animated.gif"));
    let line = &workspace.run("process a.gif --out web --json -").exits(0).lines()[0];
    assert_eq!(line["compressedKey"], "compressed/a.webp");
    let made = fs::read(workspace.path("web/compressed/a.webp")).expect("the file");
    assert_eq!(made.windows(4).filter(|name| name == b"ANMF").count(), 3, "each frame");
    assert_eq!(line["thumbnails"]["small"], "thumbnails/small/a.jpg");
}

#[cfg(unix)]
#[test]
fn links_to_nowhere_and_in_circles_are_left_out() {
    let workspace = workspace();
    workspace
        .shell("ln -s nowhere photos/gone.jpg; ln -s . photos/circle; $0 process photos --out web")
        .exits(0)
        .says("left out");
    assert_eq!(workspace.files("web/compressed").len(), 3);
}

#[cfg(unix)]
#[test]
fn outputs_are_as_open_as_the_umask_allows() {
    use std::os::unix::fs::PermissionsExt;
    let workspace = workspace();
    workspace.shell("umask 022; exec $0 process photos/a.jpg --out web --json web/a.jsonl").exits(0);
    for file in ["compressed/a.webp", "a.jsonl", ".darkroom.jsonl"] {
        let mode = fs::metadata(workspace.path("web").join(file)).expect(file).permissions().mode();
        assert_eq!(mode & 0o777, 0o644, "{file}");
    }
}

#[cfg(unix)]
#[test]
fn ctrl_c_ends_cleanly_and_the_next_run_goes_on() {
    let workspace = Workspace::new();
    for number in 0..300 {
        workspace.put(&format!("photos/{number:03}.jpg"), fixture("good/jpeg-420.jpg"));
    }
    let command = "process photos --out web --recipe w=1500,h=1500,fit=squeeze,q=90";
    let run = workspace.shell(&format!("$0 {command} & sleep 2; kill -INT $!; wait $!"));
    // A shell starts background jobs with SIGINT ignored, but darkroom handles it all the same.
    let run = run.exits(130).says("photos are done");
    assert!(!run.stdout.contains("failed"), "{}", run.stdout);
    assert!(workspace.files("web").iter().all(|file| !file.contains("/.darkroom-")), "{:?}", workspace.files("web"));
    let done = workspace.files("web/variants").len();
    let again = workspace.shell(&format!("$0 {command} & sleep 1; kill -INT $!; wait $!"));
    let skipped = again.stdout.matches("up to date").count();
    assert!(skipped >= done, "{skipped} of {done}");
}
