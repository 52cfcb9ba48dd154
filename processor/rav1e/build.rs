//! Copies rav1e's sources, replacing its transforms with those of `src/lanes`. Each replacement must match, so another
//! release of rav1e fails the build here.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    println!("cargo:rerun-if-changed=src/lanes");
    let out = PathBuf::from(env::var_os("OUT_DIR").expect("cargo sets it")).join("rav1e");
    copy(&darkroom_sources::folder("rav1e").join("src"), &out);
    // Code that `include!` does not accept, and the output of rav1e's own build script.
    edit(&out.join("lib.rs"), |text| {
        let inner = |line: &&str| !line.starts_with("//!") && !line.starts_with("#![");
        let text: Vec<&str> = text.lines().filter(inner).collect();
        replace(&text.join("\n"), "include!(concat!(env!(\"OUT_DIR\"), \"/built.rs\"));", "")
    });
    let transform = out.join("transform");
    for name in ["forward.rs", "inverse.rs"] {
        edit(&transform.join(name), |text| replace(text, "pub use self::rust::*;", "pub use super::lanes::*;"));
    }
    copy(Path::new("src/lanes"), &transform.join("lanes"));
    edit(&transform.join("mod.rs"), |text| format!("{text}\nmod lanes;\n"));
    // The one-dimensional transforms are written for single numbers; they only add, multiply and shift them.
    let inverse = fs::read_to_string(transform.join("inverse.rs")).expect("copied");
    let begin = inverse.find("static COSPI_INV").expect("the first table");
    let end = inverse.find("type InvTxfmFn").expect("what follows the last transform");
    let lanes = inverse[begin..end].replace("[i32]", "[Lanes]");
    let lanes = replace(&lanes, ": [i32; 4] = [0; 4]", " = [Lanes::ZERO; 4]");
    let lanes = replace(&lanes, ": [i32; 8] = [0; 8]", " = [Lanes::ZERO; 8]");
    fs::write(out.join("inverse_lanes.rs"), lanes).expect("written");
}

fn edit(path: &Path, change: impl FnOnce(&str) -> String) {
    let text = fs::read_to_string(path).expect("copied");
    fs::write(path, change(&text)).expect("written");
}

fn replace(text: &str, from: &str, to: &str) -> String {
    assert_eq!(text.matches(from).count(), 1, "{from}");
    text.replace(from, to)
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).expect("a folder");
    for entry in fs::read_dir(from).expect("rav1e's sources") {
        let path = entry.expect("an entry").path();
        let target = to.join(path.file_name().expect("a name"));
        if path.is_dir() {
            copy(&path, &target);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let text = fs::read_to_string(&path).expect("a file");
            // Its unit tests and fuzz targets need more crates, and rav1e runs them itself.
            let text = text.replace("cfg(test)", "cfg(any())").replace("cfg(fuzzing)", "cfg(any())");
            let text = text.replace("cfg_attr(test,", "cfg_attr(any(),");
            fs::write(target, text).expect("written");
        }
    }
}
