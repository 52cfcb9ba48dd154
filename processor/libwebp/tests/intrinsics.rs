//! Every intrinsic of `include/`, compiled to wasm and run by Node, against the scalar model in `intrinsics/`. On x86-64
//! the model itself is held against the processor. Needs what scripts/setup-wasm.sh finds, and Node.

use std::collections::BTreeSet;
use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::LazyLock;

const SOURCE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/intrinsics/cases.c");
const HEADERS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/include");
/// The model counts on wrapping; a result by macro leaves some of its variables unused.
const FLAGS: [&str; 5] = ["-O2", "-fwrapv", "-Wall", "-Werror", "-Wno-unused-variable"];
/// Prints the text at the address that `report` returns.
const RUNNER: &str = "
    const { exports } = new WebAssembly.Instance(new WebAssembly.Module(require('fs').readFileSync(process.argv[1])));
    const start = exports.report();
    const memory = Buffer.from(exports.memory.buffer);
    process.stdout.write(memory.subarray(start, memory.indexOf(0, start)));";

#[test]
fn the_headers_agree_with_the_model() {
    assert_clean(wasm_report());
}

#[test]
fn every_intrinsic_of_the_headers_is_exercised() {
    let exercised: BTreeSet<String> = wasm_report().lines().map(|line| first_word(line).to_owned()).collect();
    let missing: Vec<String> = defined().difference(&exercised).cloned().collect();
    assert!(missing.is_empty(), "tests/intrinsics/cases.c does not exercise {missing:?}");
}

#[cfg(target_arch = "x86_64")]
#[test]
fn the_model_agrees_with_the_processor() {
    let program = scratch("native");
    run(Command::new(tool("clang")).args(FLAGS).arg("-msse4.1").arg(SOURCE).arg("-o").arg(&program));
    assert_clean(&run(&mut Command::new(program)));
}

/// Every line is an intrinsic, how often it was checked and how often it failed.
fn assert_clean(report: &str) {
    let failed: Vec<&str> = report.lines().filter(|line| line.split(' ').nth(2).is_some_and(|n| n != "0")).collect();
    assert!(failed.is_empty(), "intrinsic, checks, failures, the first of them:\n{}", failed.join("\n"));
    assert!(report.lines().count() > 80, "the report is cut off:\n{report}");
}

fn wasm_report() -> &'static str {
    static REPORT: LazyLock<String> = LazyLock::new(compile_and_run);
    &REPORT
}

/// Compiles the cases with the headers as libwebp is compiled, and returns the report.
fn compile_and_run() -> String {
    let (object, module) = (scratch("cases.o"), scratch("cases.wasm"));
    let target = ["--target=wasm32-unknown-unknown", "-msimd128", "-D__SSE2__", "-D__SSE4_1__", "-isystem", HEADERS];
    run(Command::new(tool("clang")).args(target).args(FLAGS).arg("-c").arg(SOURCE).arg("-o").arg(&object));
    let arguments = ["-flavor", "wasm", "--no-entry", "--export=report", "-o"];
    run(Command::new(linker()).args(arguments).arg(&module).arg(&object));
    run(Command::new("node").args(["-e", RUNNER]).arg(&module))
}

/// Every name in the headers that is an intrinsic's.
fn defined() -> BTreeSet<String> {
    let headers = ["emmintrin.h", "smmintrin.h"].map(|name| fs::read_to_string(Path::new(HEADERS).join(name)));
    let text = headers.map(|header| header.expect("a header")).join("\n");
    let words = text.split(|c: char| !c.is_alphanumeric() && c != '_');
    words.filter(|word| word.starts_with("_mm_") || word.starts_with("_MM_")).map(str::to_owned).collect()
}

fn scratch(name: &str) -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("intrinsics-{name}"))
}

fn first_word(line: &str) -> &str {
    line.split(' ').next().unwrap_or_default()
}

/// What wasm.env has under a key.
fn tool(key: &str) -> String {
    let cache = env::var_os("DARKROOM_CACHE").map(PathBuf::from).unwrap_or_else(|| {
        let home = || PathBuf::from(env::var_os("HOME").expect("HOME")).join(".cache");
        env::var_os("XDG_CACHE_HOME").map_or_else(home, PathBuf::from).join("darkroom")
    });
    let script = format!(". \"$0\" && printf %s \"${key}\"");
    let value = run(Command::new("bash").args(["-euc", &script]).arg(cache.join("wasm.env")));
    assert!(!value.is_empty(), "wasm.env has no {key}; run scripts/setup-wasm.sh");
    value
}

/// rustup's linker is not on PATH.
fn linker() -> PathBuf {
    let linker = PathBuf::from(tool("linker"));
    if linker != Path::new("rust-lld") {
        return linker;
    }
    let libraries = run(Command::new(tool("rustc")).args(["--print", "target-libdir"]));
    Path::new(libraries.trim()).with_file_name("bin").join(linker)
}

/// Standard output. Anything that goes wrong fails the test: a missing tool too.
fn run(command: &mut Command) -> String {
    let output = command.output().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    let (text, log) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{command:?}: {}\n{log}", output.status);
    text.into_owned()
}
