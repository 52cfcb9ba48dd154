//! Errors name the file and the reason, and leave nothing behind.

use crate::run::{Workspace, fixture};

#[test]
fn a_bad_photo_is_named_and_the_rest_go_on() {
    let workspace = Workspace::new();
    workspace.put("photos/good.jpg", fixture("good/jpeg-420.jpg"));
    for (name, bytes) in [
        ("empty.jpg", Vec::new()),
        ("text.jpg", b"this is no photo".to_vec()),
        ("truncated.png", fixture("bad/no-data.png")),
        ("huge.png", fixture("bad/huge.png")),
        ("photo.heic", fixture("bad/photo.heic")),
    ] {
        workspace.put(&format!("photos/{name}"), bytes);
    }
    let run = workspace.run("process photos --out web --json -").exits(1);
    let lines = run.lines();
    assert_eq!(lines.len(), 6);
    for line in &lines {
        let good = line["originalKey"] == "good.jpg";
        assert_eq!(line["status"], if good { "completed" } else { "failed" }, "{line}");
        assert_eq!(line["error"].is_string(), !good, "{line}");
    }
    run.says("failed: empty.jpg: unrecognized format: ")
        .says("failed: text.jpg: unrecognized format: ")
        .says("failed: truncated.png: malformed image: ")
        .says("failed: huge.png: limit exceeded: ")
        .says("failed: photo.heic: unsupported feature: ");
    let compressed = workspace.files("web/compressed");
    assert_eq!(compressed.len(), 1, "{compressed:?}");
}

#[test]
fn a_damaged_photo_is_shown_and_named_unless_it_is_to_be_refused() {
    let workspace = Workspace::new();
    workspace.put("photos/good.jpg", fixture("good/jpeg-420.jpg"));
    workspace.put("photos/cut.jpg", fixture("bad/truncated.jpg"));
    let run = workspace.run("process photos --out web --json -").exits(0);
    for line in &run.lines() {
        let damaged = line["originalKey"] == "cut.jpg";
        assert_eq!(line["status"], "completed", "{line}");
        assert_eq!(line.get("damaged").is_some_and(|told| *told == true), damaged, "{line}");
    }
    run.says("damaged: cut.jpg: what is missing is grey");
    let refused = workspace.run("process photos --out web --on-damage refuse").exits(1);
    refused.says("failed: cut.jpg: malformed image: ");
}

#[test]
fn a_failed_photo_is_tried_again() {
    let workspace = Workspace::new();
    workspace.put("a.jpg", "no photo yet");
    workspace.run("process a.jpg --out web").exits(1);
    workspace.put("a.jpg", fixture("good/jpeg-420.jpg"));
    workspace.run("process a.jpg --out web").exits(0);
}

#[test]
fn wrong_usage_exits_with_2_and_says_what_is_allowed() {
    let workspace = Workspace::new();
    workspace.put("a.jpg", fixture("good/jpeg-420.jpg"));
    workspace.put("texts/notes.txt", "no image");
    for (words, message) in [
        ("process a.jpg --out web --preset huge", "compressed, small, medium, large"),
        ("process a.jpg --out web --recipe width=0", "width=0: must be an integer from 1 to 65535"),
        ("process a.jpg --out web --recipe colour=red", "unknown option"),
        ("process missing.jpg --out web", "missing.jpg: No such file"),
        ("process texts --out web", "texts: no images in this folder"),
        ("process a.jpg", "--out"),
        ("process a.jpg --out web --jobs 0", "--jobs"),
        ("probe missing.jpg", "missing.jpg: No such file"),
        ("frobnicate", "frobnicate"),
    ] {
        workspace.run(words).exits(2).says(message);
    }
    assert_eq!(workspace.files("web"), [""; 0]);
}

#[test]
fn an_output_folder_that_cannot_be_written_is_told_before_any_work() {
    let workspace = Workspace::new();
    workspace.put("a.jpg", fixture("good/jpeg-420.jpg"));
    workspace.put("file", "in the way");
    workspace.run("process a.jpg --out file").exits(1).says("cannot write to the output folder file: ");
    workspace.run("process a.jpg --out web --json file/x.jsonl").exits(1).says("cannot write file/x.jsonl: ");
    workspace.put("blocked/compressed", "in the way");
    workspace
        .run("process a.jpg --out blocked")
        .exits(1)
        .says("failed: a.jpg: compressed: cannot write blocked/compressed/a.webp: ");
}

/// A file size limit simulates a full disk: writing fails halfway. The input is an animation, because that is written
/// unchanged and can therefore be made large enough.
#[cfg(unix)]
#[test]
fn a_full_disk_leaves_no_half_files() {
    let workspace = Workspace::new();
    // An animation is passed through, and this one is repeated until it is long enough.
    let animation = fixture("good/gif-animated.gif");
    let (head, frames) = animation[..animation.len() - 1].split_at(13 + (3 << ((animation[10] & 7) + 1)));
    workspace.put("a.gif", [head, &frames.repeat((16 << 20) / frames.len()), b";"].concat());
    // Compiled code is cached before the limit applies.
    workspace.run("--version").exits(0);
    let run =
        workspace.shell("trap '' XFSZ; ulimit -f 8000; exec $0 process a.gif --out web --preset compressed").exits(1);
    run.says("failed: a.gif: compressed: cannot write web/compressed/a.gif: File too large");
    assert_eq!(workspace.files("web"), [""; 0]);
}

#[cfg(target_os = "linux")]
#[test]
fn what_could_not_be_written_is_a_failure() {
    let workspace = Workspace::new();
    workspace.put("a.jpg", fixture("good/jpeg-420.jpg"));
    for command in [
        "process a.jpg --out web > /dev/full",
        "process a.jpg --out web --json - > /dev/full",
        "process a.jpg --out web --json /dev/full",
        "probe a.jpg > /dev/full",
        "probe a.jpg --json > /dev/full",
        "sign /image/w=9/a.jpg > /dev/full",
        "--version > /dev/full",
        "completions bash > /dev/full",
    ] {
        let script = format!("export DARKROOM_SIGNING_KEY=0123456789abcdef; exec $0 {command}");
        workspace.shell(&script).exits(1).says("No space left on device");
    }
    workspace.shell("$0 process a.jpg --out web --force --json /dev/stdout | grep -c originalKey").exits(0);
}

#[cfg(unix)]
#[test]
fn a_link_in_the_output_folder_is_not_written_through() {
    let workspace = Workspace::new();
    workspace.put("a.jpg", fixture("good/jpeg-420.jpg"));
    workspace.put("elsewhere.txt", "mine");
    workspace.put("web/keep", "");
    std::os::unix::fs::symlink("../elsewhere.txt", workspace.path("web/.darkroom.jsonl")).expect("linked");
    workspace.run("process a.jpg --out web").exits(0);
    assert_eq!(std::fs::read_to_string(workspace.path("elsewhere.txt")).expect("there"), "mine");
    let run = workspace.run("process a.jpg --out web").exits(0);
    assert!(run.stdout.contains("up to date"), "{}", run.stdout);
}

#[cfg(unix)]
#[test]
fn names_give_a_terminal_no_orders() {
    let workspace = Workspace::new();
    workspace.put("photos/\u{1b}[2Jgood\n.jpg", fixture("good/jpeg-420.jpg"));
    workspace.put("photos/\u{1b}]0;bad\u{7}.jpg", "no photo");
    for command in ["process photos --out web", "probe photos"] {
        let run = workspace.run(command).exits(1);
        let said = run.stdout + &run.stderr;
        assert!(!said.contains(['\u{1b}', '\u{7}']), "{said:?}");
        assert!(said.contains("\\u{1b}[2Jgood\\n.jpg") && said.contains("failed: \\u{1b}]0;bad\\u{7}.jpg"), "{said}");
    }
}

#[test]
fn a_reader_that_stops_early_is_no_failure() {
    let workspace = Workspace::new();
    workspace.put("a.jpg", fixture("good/jpeg-420.jpg"));
    workspace.shell("{ $0 probe a.jpg --json; echo $? > code; } | true").exits(0);
    let code = std::fs::read_to_string(workspace.path("code")).expect("written");
    assert_eq!(code.trim(), "0");
}
