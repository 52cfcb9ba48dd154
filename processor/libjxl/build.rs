//! Compiles the encoder part of libjxl from jpegxl-src's sources, together with `c`. Files changed by sources.rs are
//! copied first. Each change must match, so another release of libjxl fails the build here.

#[path = "sources.rs"]
mod sources;

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::thread;

use sources::{CHANGES, FAST, SMALL};

const OWN: [&str; 4] = ["c/absent.cc", "c/brotli.cc", "c/cms.cc", "c/encode.cc"];

fn main() {
    for path in ["build.rs", "sources.rs", "c", "include"] {
        println!("cargo:rerun-if-changed={path}");
    }
    let libjxl = darkroom_sources::folder("jpegxl-src").join("libjxl");
    let changed = PathBuf::from(env::var_os("OUT_DIR").expect("cargo sets it")).join("changed");
    change(&libjxl, &changed);
    let wasm = env::var("CARGO_CFG_TARGET_ARCH").is_ok_and(|arch| arch == "wasm32");
    let place =
        |file: &&str| Some(changed.join(file)).filter(|path| path.exists()).unwrap_or_else(|| libjxl.join(file));
    let jobs = env::var("NUM_JOBS").ok().and_then(|jobs| jobs.parse().ok()).unwrap_or(1);
    let part = |job: usize, files: &[&str], level| {
        let mut build = compiler(&libjxl, &changed, wasm);
        build.warnings(false).opt_level_str(level).files(files.iter().skip(job).step_by(jobs).map(place));
        build.compile_intermediates()
    };
    let both = |job| [part(job, FAST, "3"), part(job, SMALL, "s")].concat();
    let mut objects = thread::scope(|scope| {
        let threads: Vec<_> = (0..jobs).map(|job| scope.spawn(move || both(job))).collect();
        threads.into_iter().flat_map(|thread| thread.join().expect("compiled")).collect::<Vec<_>>()
    });
    // The library must not depend on the number of jobs.
    objects.sort();
    let mut own = compiler(&libjxl, &changed, wasm);
    own.opt_level_str("s").flag("-Wno-unused-parameter").files(OWN);
    if wasm {
        own.file("c/libc.cc");
    }
    own.objects(objects).compile("darkroom_jxl");
}

fn compiler(libjxl: &Path, changed: &Path, wasm: bool) -> cc::Build {
    let mut build = cc::Build::new();
    build.cpp(true).std("c++17").debug(false).define("NDEBUG", None);
    for define in ["JXL_STATIC_DEFINE", "JXL_CMS_STATIC_DEFINE", "JXL_INTERNAL_LIBRARY_BUILD"] {
        build.define(define, None);
    }
    // One target for all machines, so that native bytes can match WebAssembly's.
    build.define("HWY_COMPILE_ONLY_STATIC", None);
    build.flags(["-fno-exceptions", "-fno-rtti", "-fvisibility=hidden", "-ffp-contract=off"]);
    for folder in [changed, libjxl] {
        build.include(folder).flag(format!("-fmacro-prefix-map={}=.", folder.display()));
    }
    build.include("include");
    for folder in ["lib/include", "third_party/highway", "third_party/brotli/c/include", "third_party/skcms"] {
        build.flag("-isystem").flag(libjxl.join(folder).as_os_str());
    }
    if wasm {
        // Single-threaded. There is no C++ library to link: c/libc.cc replaces it.
        build.flag("-fno-threadsafe-statics").cpp_link_stdlib(None);
    }
    build
}

/// Writes the changed copies of source files to `changed`.
fn change(libjxl: &Path, changed: &Path) {
    for change in CHANGES {
        let copy = changed.join(change.file);
        fs::create_dir_all(copy.parent().expect("a folder")).expect("a folder");
        fs::copy(libjxl.join(change.file), copy).expect("libjxl's sources");
    }
    for change in CHANGES {
        let copy = changed.join(change.file);
        let text = fs::read_to_string(&copy).expect("copied");
        assert_eq!(text.matches(change.from).count(), change.times, "{}: {}", change.file, change.from);
        fs::write(copy, text.replace(change.from, change.to)).expect("written");
    }
}
