//! Links a core module with the exports of one world.

use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::{Context, Result, ensure};
use wasm_encoder::{Module, RawSection};
use wasmparser::{Parser, Payload};
use wit_parser::{Function, LiftLowerAbi, ManglingAndAbi, Resolve, WasmExport, WasmExportKind, WorldId, WorldItem};

/// A world's functions by their names in the canonical ABI.
pub(crate) struct Exports {
    /// Must exist.
    required: Vec<String>,
    /// Free a function's result if it is on the heap.
    post_returns: Vec<String>,
}

pub(crate) fn exports(resolve: &Resolve, world: WorldId) -> Exports {
    const MANGLING: ManglingAndAbi = ManglingAndAbi::Legacy(LiftLowerAbi::Sync);
    let realloc = resolve.wasm_export_name(MANGLING, WasmExport::Realloc);
    let mut exports = Exports { required: vec![realloc], post_returns: Vec::new() };
    for (key, item) in &resolve.worlds[world].exports {
        let (interface, functions): (_, Vec<&Function>) = match item {
            WorldItem::Interface { id, .. } => (Some(key), resolve.interfaces[*id].functions.values().collect()),
            WorldItem::Function(function) => (None, vec![function]),
            WorldItem::Type { .. } => continue,
        };
        for func in functions {
            let name = |kind| resolve.wasm_export_name(MANGLING, WasmExport::Func { interface, func, kind });
            exports.required.push(name(WasmExportKind::Normal));
            exports.post_returns.push(name(WasmExportKind::PostReturn));
        }
    }
    exports
}

/// Links everything reachable from the exports. An import that no world declares is a missing symbol, and an error.
pub(crate) fn module(linker: &str, library: &Path, exports: &Exports) -> Result<Vec<u8>> {
    let mut command = Command::new(linker);
    // Like rustc for this target, puts the stack below the data, so that an overflow traps.
    command.args(["--no-entry", "--no-demangle", "--gc-sections", "--stack-first", "-z", "stack-size=1048576"]);
    command.args(["-O3", "--strip-debug", "--compress-relocations", "--fatal-warnings"]);
    command.args(exports.required.iter().map(|name| format!("--export={name}")));
    command.args(exports.post_returns.iter().map(|name| format!("--export-if-defined={name}")));
    command.arg(library).args(["-o", "-"]);
    let linked = command.stderr(Stdio::inherit()).output().with_context(|| format!("starting {linker}"))?;
    ensure!(linked.status.success(), "{linker} on {}: {}", library.display(), linked.status);
    without_leftovers(&linked.stdout)
}

/// The linker copies the custom sections of everything in the library: the types of the other guests' worlds, and
/// wasm-bindgen's descriptions, which come from rav1e's dependency v_frame on this target.
fn without_leftovers(linked: &[u8]) -> Result<Vec<u8>> {
    let mut module = Module::new();
    for payload in Parser::new(0).parse_all(linked) {
        let payload = payload?;
        let is_leftover = |name: &str| name.starts_with("component-type:") || name == "__wasm_bindgen_unstable";
        if matches!(&payload, Payload::CustomSection(section) if is_leftover(section.name())) {
            continue;
        }
        if let Some((id, range)) = payload.as_section() {
            let data = &linked[usize::try_from(range.start)?..usize::try_from(range.end)?];
            module.section(&RawSection { id, data });
        }
    }
    Ok(module.finish())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn required(world: &str) -> Vec<String> {
        let mut resolve = Resolve::default();
        let (package, _) = resolve.push_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/../../wit")).expect("valid WIT");
        let world = resolve.select_world(&[package], Some(world)).expect("the world");
        exports(&resolve, world).required
    }

    #[test]
    fn a_link_keeps_what_its_world_exports() {
        assert_eq!(required("command"), ["cabi_realloc", "wasi:cli/run@0.2.0#run"]);
        let edge = required("edge");
        assert!(required("image-processor").iter().all(|name| edge.contains(name)), "{edge:?}");
        assert!(edge.contains(&"darkroom:image/delivery@0.1.0#resume".to_owned()), "{edge:?}");
        let delivers = required("image-processor").iter().any(|name| name.contains("delivery"));
        assert!(!delivers, "a core without delivery exports it");
    }

    #[test]
    fn types_of_other_worlds_are_left_out() {
        let custom = |name: &'static str| wasm_encoder::CustomSection { name: name.into(), data: (&[1_u8][..]).into() };
        let mut module = Module::new();
        for name in ["component-type:wit-bindgen:0:x", "name-of-ours", "__wasm_bindgen_unstable"] {
            module.section(&custom(name));
        }
        let mut expected = Module::new();
        expected.section(&custom("name-of-ours"));
        assert_eq!(without_leftovers(&module.finish()).expect("a module"), expected.finish());
    }
}
