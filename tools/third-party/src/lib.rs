//! Collects the licences of all third-party code that ships: crates, and the C and C++ inside crates. Each text comes
//! from the packages themselves and appears once, with the names of the packages that use it.

mod sbom;

use std::collections::{BTreeMap, BTreeSet};
use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

pub use sbom::sbom;

/// What ships: the programs, the components, the Worker.
const SHIPPED: [&str; 4] = ["darkroom-cli", "darkroom-lambda", "darkroom-guests", "darkroom-worker"];

/// Sources that are compiled without linking their package's Rust code: the package, the folder in it, and the name.
const COMPILED: [(&str, &str, &str); 6] = [
    ("jpegxl-src", "libjxl", "libjxl"),
    ("jpegxl-src", "libjxl/third_party/highway", "Highway"),
    ("jpegxl-src", "libjxl/third_party/brotli", "Brotli (headers)"),
    ("libwebp-sys", "vendor", "libwebp"),
    ("rav1e", "", "rav1e"),
    ("re_rav1d", "", "rav1d and dav1d"),
];

/// Compiled-in code that is not a cargo package.
const TOOLCHAIN: [(&str, &str); 3] = [
    ("Rust's standard library", "MIT OR Apache-2.0"),
    ("libc++ (headers)", "Apache-2.0 WITH LLVM-exception"),
    ("wasi-libc (headers)", "Apache-2.0 WITH LLVM-exception OR Apache-2.0 OR MIT"),
];

/// Name prefixes of files with licence texts.
const TEXTS: [&str; 7] = ["license", "licence", "copying", "copyright", "notice", "patents", "unlicense"];

/// The separator between two texts.
const RULE: &str = "================================================================================";

const HEAD: &str = "Darkroom ships with software of others: crates of Rust, and C and C++. Each is named with its licence; the texts follow,\n\
    each once. Where there is a choice of licences, the choice is the one whose text stands here. A package that brings no text\n\
    has the licence that it names, in the wording that others have here.\n";

/// One package, or a library in it.
struct Part {
    name: String,
    licence: String,
    texts: Vec<PathBuf>,
}

/// The whole document, for the workspace of the working directory.
///
/// # Panics
/// If cargo fails, or a package can't be read.
#[must_use]
pub fn text() -> String {
    let metadata = metadata();
    let shipped = shipped(&metadata);
    let packages = array(&metadata["packages"]);
    let mut parts: Vec<Part> = packages
        .iter()
        .filter(|package| !package["source"].is_null() && shipped.contains(text_of(&package["id"])))
        .map(|package| part(package, "", &format!("{} {}", text_of(&package["name"]), text_of(&package["version"]))))
        .collect();
    for (name, folder, called) in COMPILED {
        let package = packages.iter().find(|package| package["name"] == name);
        let package = package.unwrap_or_else(|| panic!("{name} is no dependency"));
        let part = part(package, folder, called);
        assert!(!part.texts.is_empty(), "{name}: no text in {folder}");
        parts.push(part);
    }
    let named = |(name, licence): (&str, &str)| Part { name: name.into(), licence: licence.into(), texts: Vec::new() };
    parts.extend(TOOLCHAIN.map(named));
    document(&parts)
}

fn document(parts: &[Part]) -> String {
    let lines: BTreeSet<String> = parts.iter().map(|part| format!("{}: {}\n", part.name, part.licence)).collect();
    let mut whose: BTreeMap<String, (String, BTreeSet<&str>)> = BTreeMap::new();
    for part in parts {
        for path in &part.texts {
            let bytes = fs::read(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
            let text = String::from_utf8_lossy(&bytes).replace("\r\n", "\n");
            // Copies differ in their line breaks.
            let same = text.split_whitespace().collect::<Vec<_>>().join(" ");
            whose.entry(same).or_insert_with(|| (text, BTreeSet::new())).1.insert(&part.name);
        }
    }
    let mut sections: Vec<String> = whose
        .into_values()
        .map(|(text, names)| {
            let names: Vec<&str> = names.into_iter().collect();
            format!("\n{RULE}\n{}\n\n{}\n", names.join(", "), text.trim_matches('\n'))
        })
        .collect();
    sections.sort();
    [HEAD, "\n", &lines.into_iter().collect::<String>(), &sections.concat()].concat()
}

/// A package, or the library in one of its folders, with its licence determined from the text.
fn part(package: &Value, folder: &str, name: &str) -> Part {
    let manifest = Path::new(text_of(&package["manifest_path"]));
    let root = manifest.parent().unwrap_or(manifest).join(folder);
    let entries = fs::read_dir(&root).unwrap_or_else(|error| panic!("{}: {error}", root.display()));
    let mut texts: Vec<PathBuf> = entries.filter_map(Result::ok).map(|entry| entry.path()).collect();
    texts.retain(|path| path.is_file() && TEXTS.iter().any(|start| file_name(path).starts_with(start)));
    texts.sort();
    let apache = |path: &PathBuf| file_name(path).contains("apache");
    if !texts.iter().all(apache) {
        texts.retain(|path| !apache(path)); // of two licences, the other one is a tenth as long
    }
    let own = if folder.is_empty() { package["license"].as_str() } else { None };
    Part { name: name.into(), licence: own.unwrap_or("as the text says").into(), texts }
}

fn file_name(path: &Path) -> String {
    path.file_name().unwrap_or_default().to_string_lossy().to_lowercase()
}

/// The packages that are linked into [`SHIPPED`].
fn shipped(metadata: &Value) -> BTreeSet<&str> {
    let nodes: BTreeMap<&str, &Value> =
        array(&metadata["resolve"]["nodes"]).iter().map(|node| (text_of(&node["id"]), node)).collect();
    let is_root = |package: &&Value| SHIPPED.iter().any(|name| package["name"] == *name);
    let mut open: Vec<&str> =
        array(&metadata["packages"]).iter().filter(is_root).map(|root| text_of(&root["id"])).collect();
    assert_eq!(open.len(), SHIPPED.len(), "{open:?}");
    let mut seen = BTreeSet::new();
    while let Some(id) = open.pop() {
        if seen.insert(id) {
            open.extend(linked(nodes[id]));
        }
    }
    seen
}

/// Which packages a node of cargo's graph is linked with: neither what tests want nor what build scripts want.
fn linked(node: &Value) -> BTreeSet<&str> {
    let is_linked = |dep: &&Value| array(&dep["dep_kinds"]).iter().any(|kind| kind["kind"].is_null());
    array(&node["deps"]).iter().filter(is_linked).map(|dep| text_of(&dep["pkg"])).collect()
}

/// On Linux and in WebAssembly, which is where what ships runs.
fn metadata() -> Value {
    let mut cargo = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    cargo.args(["metadata", "--locked", "--format-version", "1"]);
    for platform in ["x86_64-unknown-linux-gnu", "wasm32-unknown-unknown"] {
        cargo.args(["--filter-platform", platform]);
    }
    let output = cargo.output().expect("cargo metadata");
    assert!(output.status.success(), "cargo metadata: {}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).expect("JSON")
}

fn array(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

fn text_of(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    #[test]
    fn every_library_that_ships_is_named_with_its_text() {
        let text = super::text();
        for (library, words) in [
            ("libjxl", "the JPEG XL Project Authors"),
            ("libjxl", "Additional IP Rights Grant (Patents)"),
            ("Highway", "The Highway Project Authors"),
            ("Brotli (headers)", "by the Brotli Authors"),
            ("libwebp", "Copyright (c) 2010, Google Inc."),
            ("rav1e", "the rav1e contributors"),
            ("rav1d and dav1d", "VideoLAN and dav1d authors"),
        ] {
            let of = |section: &&str| {
                section.lines().nth(1).is_some_and(|names| names.split(", ").any(|name| name.starts_with(library)))
            };
            let mut sections = text.split(super::RULE).filter(of);
            assert!(sections.any(|section| section.contains(words)), "{library}: {words}");
        }
        for name in ["\nlibc++ (headers): ", "\nring ", "\nwasmtime ", "\njxl ", "\nmozjpeg-rs "] {
            assert!(text.contains(name), "{name}");
        }
        assert!(!text.contains("\ndarkroom-"), "not our own");
        assert!(!text.contains("/registry/"), "no path of this machine");
    }
}
