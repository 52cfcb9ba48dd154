//! Ceilings for the size and start-up time of everything that ships. docs/sizes.md has the figures; `UPDATE_DOCS=1`
//! rewrites it.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use darkroom_tests::{lambda_package, repository, run};
use tempfile::TempDir;

/// A figure of docs/sizes.md, and its maximum.
struct Row {
    name: &'static str,
    figure: f64,
    most: f64,
    unit: &'static str,
}

/// A file, its ceiling in bytes, and its ceiling with gzip.
const FILES: [(&str, &str, f64, f64); 6] = [
    ("the image core", "target/darkroom/processor.wasm", 10e6, 3.5e6),
    ("the image core as a command", "target/darkroom/darkroom.wasm", 9.9e6, 3.5e6),
    ("the image core with delivery", "target/darkroom/edge.wasm", 10.4e6, 3.65e6),
    ("Lambda@Edge's zip", "target/cloudfront/origin-request.zip", 5.2e6, 5.2e6),
    // AWS's limit is 50 MB; a smaller zip starts sooner.
    ("Lambda's zip", "lambda.zip", 15e6, 15e6),
    ("the image core, compiled for Lambda", "processor.cwasm", 25e6, 9.2e6),
];

#[test]
fn sizes_and_starts_stay_below_their_ceilings() {
    let rows: Vec<Row> = FILES.iter().flat_map(file).chain(worker()).chain([first_compile()]).collect();
    if std::env::var_os("UPDATE_DOCS").is_some() {
        fs::write(repository().join("docs/sizes.md"), document(&rows)).expect("writing docs/sizes.md");
    }
    let over = |row: &&Row| row.figure > row.most;
    let message = |row: &Row| format!("{}: {} {}: must be at most {}", row.name, row.figure, row.unit, row.most);
    let messages: Vec<String> = rows.iter().filter(over).map(message).collect();
    assert!(messages.is_empty(), "{}", messages.join("\n"));
}

fn document(rows: &[Row]) -> String {
    let head = "# Sizes and starts\n\nEach figure is measured on x86-64 and held below its ceiling by \
                `tests/tests/project/sizes.rs`. Times are CPU time.\n\n\
                | | measured | ceiling | |\n|---|---|---|---|\n";
    let line = |row: &Row| format!("| {} | {} | {} | {} |\n", row.name, row.figure, row.most, row.unit);
    rows.iter().fold(String::from(head), |text, row| text + &line(row))
}

fn file((name, path, most, most_gzipped): &(&'static str, &str, f64, f64)) -> [Row; 2] {
    let path = if path.contains('/') { repository().join(path) } else { lambda_package().join(path) };
    let size = fs::metadata(&path).unwrap_or_else(|error| panic!("{}: {error}: run `make test`", path.display())).len();
    [
        Row { name, figure: size as f64, most: *most, unit: "bytes" },
        Row { name, figure: gzipped(&path) as f64, most: *most_gzipped, unit: "bytes with gzip" },
    ]
}

fn gzipped(path: &Path) -> usize {
    Command::new("gzip").args(["-9", "-c"]).arg(path).output().expect("gzip").stdout.len()
}

/// As reported by wrangler: the size of the upload, and the start in workerd. Cloudflare's limits: docs/worker.md.
fn worker() -> [Row; 3] {
    const NAME: &str = "the Worker";
    let profile = TempDir::new().expect("a folder");
    let text = run(Command::new(repository().join("edge/worker/node_modules/.bin/wrangler"))
        .args(["check", "startup", "--outfile"])
        .arg(profile.path().join("profile"))
        .current_dir(repository())
        .envs([("CLOUDFLARE_CF_FETCH_ENABLED", "false"), ("WRANGLER_SEND_METRICS", "false")])
        .stdin(Stdio::null()));
    let figure = |after: &str| -> f64 {
        let rest = text.split_once(after).unwrap_or_else(|| panic!("no {after:?} in {text}")).1;
        rest.split_whitespace().next().and_then(|word| word.parse().ok()).expect("a number")
    };
    [
        Row { name: NAME, figure: figure("Bundle: "), most: 11_500.0, unit: "KiB" },
        Row { name: NAME, figure: figure("gzip: "), most: 4100.0, unit: "KiB with gzip" },
        // wrangler's profiler takes too few samples to report CPU time, so this is the whole window.
        Row { name: "the Worker's start in workerd", figure: figure("Profile window: "), most: 1000.0, unit: "ms" },
    ]
}

/// Without cached compiled code: the wait before the first image.
fn first_compile() -> Row {
    let folder = TempDir::new().expect("a folder");
    let script = "TIMEFORMAT=%U; { time \"$0\" precompile --out \"$1\"; } 2>&1";
    let text = run(Command::new("bash")
        .args(["-c", script])
        .arg(repository().join("target/release/darkroom"))
        .arg(folder.path().join("core.cwasm")));
    let seconds = text.lines().last().and_then(|line| line.parse().ok()).unwrap_or_else(|| panic!("{text}"));
    Row { name: "the image core's first compile", figure: seconds, most: 30.0, unit: "s" }
}
