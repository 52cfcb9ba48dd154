//! Same samples with and without simd128: every fixture, whole and corrupted, in Node's WebAssembly and natively.

mod common;

use std::fs;
use std::process::Command;

use common::{Random, fixtures, repository};

#[path = "../examples/module.rs"]
#[allow(dead_code, unreachable_pub, reason = "only the checksum is asked for")]
mod module;

/// Prints a checksum for each file of a folder and each reduction.
const RUNNER: &str = "
    const fs = require('fs');
    const [module, folder] = process.argv.slice(1);
    const compiled = new WebAssembly.Module(fs.readFileSync(module));
    for (const name of fs.readdirSync(folder).sort()) {
        const source = fs.readFileSync(`${folder}/${name}`);
        for (const times of [1, 2, 4, 8]) {
            const { exports } = new WebAssembly.Instance(compiled);
            const start = exports.allocate(source.length);
            new Uint8Array(exports.memory.buffer).set(source, start);
            console.log(name, times, exports.checksum(start, source.length, times) >>> 0);
        }
    }";

fn run(command: &mut Command) -> String {
    let output = command.output().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("text")
}

/// The files, by their names in the folder.
fn sources() -> Vec<(String, Vec<u8>)> {
    let mut random = Random(42);
    let mut sources = Vec::new();
    for (number, (path, bytes)) in fixtures().into_iter().enumerate() {
        if path.to_string_lossy().contains("huge") {
            continue; // too much memory
        }
        sources.push((format!("{number:03}-0"), bytes.clone()));
        for variant in 1..12 {
            let corrupt = random.corrupt(&bytes);
            let small = |size: (usize, usize)| size.0 * size.1 < 1 << 20;
            if darkroom_jpeg::Decoder::new(&corrupt).is_ok_and(|decoder| small(decoder.size())) {
                sources.push((format!("{number:03}-{variant}"), corrupt));
            }
        }
    }
    sources.sort();
    sources
}

#[test]
fn simd_gives_the_same_samples() {
    let arguments = ["build", "--profile", "wasm", "-p", "darkroom-jpeg", "--example", "module"];
    run(Command::new(repository().join("scripts/wasm-cargo.sh")).args(arguments).current_dir(repository()));
    let module = repository().join("target/wasm32-unknown-unknown/wasm/examples/module.wasm");
    let folder = std::env::temp_dir().join(format!("darkroom-jpeg-{}", std::process::id()));
    fs::create_dir_all(&folder).expect("a folder");
    let mut native = String::new();
    for (name, bytes) in sources() {
        fs::write(folder.join(&name), &bytes).expect("a file");
        for times in [1, 2, 4, 8] {
            // SAFETY: the pointer and length are those of the slice.
            #[allow(unsafe_code)]
            let checksum = unsafe { module::checksum(bytes.as_ptr(), bytes.len(), times) };
            native += &format!("{name} {times} {checksum}\n");
        }
    }
    let wasm = run(Command::new("node").arg("-e").arg(RUNNER).arg(&module).arg(&folder));
    fs::remove_dir_all(&folder).expect("removing the folder");
    let differing: Vec<_> = wasm.lines().zip(native.lines()).filter(|(wasm, native)| wasm != native).collect();
    assert!(differing.is_empty() && wasm.lines().count() == native.lines().count(), "{differing:?}");
}
