//! How large what ships may become. docs/sizes.md has what it is; `UPDATE_DOCS=1` writes that anew.

use std::fs;
use std::io::Write as _;
use std::process::{Command, Stdio};

use darkroom_tests::{lambda_package, repository};

/// What ships, its ceiling in bytes, and that of what is left of it with gzip.
const CEILINGS: [(&str, &str, u64, u64); 6] = [
    ("the image core", "target/darkroom/processor.wasm", 8_000_000, 2_800_000),
    ("the image core as a command", "target/darkroom/darkroom.wasm", 7_900_000, 2_800_000),
    ("the image core with delivery", "target/darkroom/edge.wasm", 8_400_000, 2_950_000),
    ("Lambda@Edge's zip", "target/cloudfront/origin-request.zip", 4_100_000, 4_100_000),
    // AWS takes 50 MB; a smaller one starts sooner.
    ("Lambda's zip", "lambda.zip", 13_000_000, 13_000_000),
    ("the image core, compiled for Lambda", "processor.cwasm", 20_000_000, 7_000_000),
];

#[test]
fn what_ships_stays_below_its_ceiling() {
    let mut rows = String::from("| what | bytes | ceiling | with gzip | ceiling |\n|---|---|---|---|---|\n");
    let mut larger = Vec::new();
    for (what, path, most, most_gzipped) in CEILINGS {
        let path = if path.contains('/') { repository().join(path) } else { lambda_package().join(path) };
        let file = fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}: run `make test`", path.display()));
        let (size, gzipped) = (file.len() as u64, gzip(file));
        rows += &format!("| {what} | {size} | {most} | {gzipped} | {most_gzipped} |\n");
        if size > most || gzipped > most_gzipped {
            larger
                .push(format!("{what}: {size} bytes, {gzipped} with gzip, must be at most {most} and {most_gzipped}"));
        }
    }
    if std::env::var_os("UPDATE_DOCS").is_some() {
        let text = format!("# Sizes\n\nHeld by `tests/tests/project/sizes.rs`, on x86-64.\n\n{rows}");
        fs::write(repository().join("docs/sizes.md"), text).expect("writing docs/sizes.md");
    }
    assert!(larger.is_empty(), "{}", larger.join("\n"));
}

fn gzip(file: Vec<u8>) -> u64 {
    let command = Command::new("gzip").args(["-9", "-c"]).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn();
    let mut command = command.expect("gzip");
    let mut input = command.stdin.take().expect("its input");
    let writer = std::thread::spawn(move || input.write_all(&file));
    let output = command.wait_with_output().expect("gzip ends");
    writer.join().expect("no panic").expect("all is read");
    output.stdout.len() as u64
}
