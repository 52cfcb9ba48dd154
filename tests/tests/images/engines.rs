//! The component gives the same bytes in every engine that can run it, as does the native build, which only tests run;
//! and its command reports errors.

use std::fs;
use std::process::Command;

use darkroom_host::{Error, Options};
use darkroom_recipe::Limits;
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

/// The smallest memory account that a call needs, in bytes: found by raising it until the call succeeds.
fn account(processor: &Engine, source: &[u8], recipe: &str) -> u64 {
    let recipe = recipe.parse().expect(recipe);
    let mut limits = Limits { memory: 1, ..Limits::default() };
    loop {
        let made = processor.transform(source, std::slice::from_ref(&recipe), &limits);
        match made.and_then(|mut made| made.results.remove(0)) {
            Ok(_) => return limits.memory,
            Err(Error::Limit(message)) => {
                let wanted = message.strip_prefix("memory in bytes: ").and_then(|rest| rest.split_once(','));
                let wanted: u64 = wanted.and_then(|(number, _)| number.parse().ok()).expect(&message);
                assert!(wanted > limits.memory, "{recipe}: {message}");
                limits.memory = wanted;
            }
            Err(error) => panic!("{recipe}: {error}"),
        }
    }
}

/// A host that caps the component's memory at the account, plus room for the source and for the component's own data,
/// as the Worker does, gets an image or the account's error.
#[test]
fn the_account_of_memory_covers_what_the_component_takes() {
    const OWN: u64 = 8 << 20;
    let large = fs::read(darkroom_tests::repository().join("examples/photos/seeding.jpg")).expect("the photo");
    let alpha = fs::read(darkroom_tests::repository().join("examples/photos/round.png")).expect("the picture");
    for (source, recipe) in [
        (&large, "width=1200,format=jxl"),
        (&large, "format=jxl,effort=3,quality=100"),
        (&large, "width=1200,format=jxl,lossless=true"),
        (&large, "format=jxl,lossless=true"),
        (&large, "format=jxl,lossless=true,metadata=keep"),
        (&large, "lossless=true"),
        (&alpha, "width=1000,fit=contain,format=jxl"),
        (&alpha, "width=1000,fit=contain,format=jxl,lossless=true"),
    ] {
        let memory = account(&in_wasmtime(), source, recipe);
        let capped = Engine::component(Options { memory: OWN + source.len() as u64 + memory, ..Options::default() });
        let limits = Limits { memory, ..Limits::default() };
        let made = capped.transform(source, &[recipe.parse().expect(recipe)], &limits);
        let made = made.and_then(|mut made| made.results.remove(0));
        assert!(made.is_ok(), "{recipe}: {memory} bytes were enough for the account: {:?}", made.err());
    }
}
