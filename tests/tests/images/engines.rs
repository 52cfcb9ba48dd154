//! The component gives the same bytes in every engine that can run it, as does the native build, which only tests run;
//! and its command says what is wrong.

use std::fs;
use std::process::Command;

use darkroom_host::Options;
use darkroom_tests::{Case, Engine, cases, component, node, sha256};

use crate::golden::{diff, exact, render};

fn in_wasmtime() -> Engine {
    Engine::component(Options::default())
}

#[test]
fn the_native_build_gives_the_same_bytes() {
    let (expected, actual) = (render(&in_wasmtime(), &exact()), render(&Engine::Native, &exact()));
    assert!(actual == expected, "the native build differs:\n{}", diff(&expected, &actual));
}

#[test]
fn other_engines_give_the_same_bytes() {
    let list = std::env::temp_dir().join(format!("darkroom-cases-{}.json", std::process::id()));
    let json: Vec<_> = cases().iter().map(Case::to_json).collect();
    fs::write(&list, serde_json::to_vec(&json).expect("JSON")).expect("writing the cases");
    let expected = render(&in_wasmtime(), &cases());
    for script in ["v8.mjs", "workerd.mjs"] {
        let actual = node(script, &[&component("processor.wasm"), &list]);
        assert!(actual == expected, "{script} differs:\n{}", diff(&expected, &actual));
    }
    fs::remove_file(list).expect("removing the cases");
}

#[test]
fn the_command_gives_the_same_bytes_on_the_stock_wasmtime() {
    let case = cases().into_iter().find(|case| case.name.ends_with(".jpg:width=320")).expect("a photo");
    let expected = render(&in_wasmtime(), std::slice::from_ref(&case));
    // No directory is granted.
    let output = Command::new(darkroom_tests::venv("wasmtime"))
        .arg("run")
        .arg(component("darkroom.wasm"))
        .args(["--width", "320"])
        .stdin(fs::File::open(&case.source).expect("the photo"))
        .output()
        .expect("wasmtime runs: `make test` installs it");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert_eq!(format!("{} {}\n", case.name, sha256(&output.stdout)), expected);
}

#[test]
fn the_command_says_what_is_wrong() {
    let output = Command::new(darkroom_tests::venv("wasmtime"))
        .arg("run")
        .arg(component("darkroom.wasm"))
        .args(["--width", "0"])
        .output()
        .expect("wasmtime runs: `make test` installs it");
    assert_eq!(output.status.code(), Some(1));
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(stderr.contains("--width=0: must be an integer from 1 to 65535"), "{stderr}");
}
