//! Runs the scripts of `tests/js`, which need Node.js and the packages of their package.json.

use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::OnceLock;

/// The script's output for `input`. Installs missing packages first.
pub(crate) fn run(script: &str, input: &str) -> serde_json::Value {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/js");
    install(&folder);
    let mut node = Command::new("node")
        .arg(folder.join(script))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("this test needs node: install Node.js 20.19 or later");
    // Dropped immediately: the script reads to the end.
    node.stdin.take().expect("piped").write_all(input.as_bytes()).expect("the script reads its input");
    let output = node.wait_with_output().expect("the script ends");
    assert!(output.status.success(), "{script} failed: {}", output.status);
    serde_json::from_slice(&output.stdout).expect("the script prints JSON")
}

fn install(folder: &Path) {
    static DONE: OnceLock<()> = OnceLock::new();
    DONE.get_or_init(|| {
        let root = folder.ancestors().nth(4).expect("four folders up");
        let status = Command::new(root.join("scripts/packages.sh")).arg("delivery").arg(folder).status();
        let status = status.expect("this test needs bash, and scripts/packages.sh");
        assert!(status.success(), "scripts/packages.sh could not install the npm packages: {status}");
    });
}
