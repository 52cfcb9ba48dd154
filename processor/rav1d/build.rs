//! Copies rav1d's sources. `src/libc.rs` defines C's types and error numbers, because the crate `libc` has none for
//! wasm32-unknown-unknown. Each change must match, so another release of rav1d fails the build here.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    let out = PathBuf::from(env::var_os("OUT_DIR").expect("cargo sets it")).join("rav1d");
    let sources = darkroom_sources::folder("re_rav1d");
    for folder in ["include", "src"] {
        copy(&sources.join(folder), &out.join(folder));
    }
    let root = inner(&fs::read_to_string(sources.join("lib.rs")).expect("a file"));
    assert_eq!(root.matches("\n    mod obu;").count(), 1);
    fs::write(out.join("lib.rs"), root.replace("    mod obu;", "    pub(crate) mod obu;")).expect("written");
}

/// The part of the root that `include!` accepts: without crate attributes, and without the module that wraps the C
/// interface.
fn inner(root: &str) -> String {
    let wrapper = root.find("pub mod dav1d {\n    // This whole module").expect("the wrapper");
    let lines = root[..wrapper].lines();
    let mut attribute = false;
    let lines = lines.filter(|line| {
        let starts = line.starts_with("#![");
        let within = attribute || starts;
        attribute = within && !line.ends_with(")]");
        !within && !line.starts_with("///")
    });
    lines.collect::<Vec<_>>().join("\n")
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).expect("a folder");
    for entry in fs::read_dir(from).expect("rav1d's sources") {
        let path = entry.expect("an entry").path();
        let target = to.join(path.file_name().expect("a name"));
        if path.is_dir() {
            copy(&path, &target);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let text = fs::read_to_string(&path).expect("a file");
            // Its C interface would be exported from every module that links it.
            let text = text.replace("#[no_mangle]\n", "").replace("libc::", "crate::libc::");
            fs::write(target, text.replace("cfg(test)", "cfg(any())")).expect("written");
        }
    }
}
