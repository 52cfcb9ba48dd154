//! A core module with the exports of one world.

use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::{Context, Result, ensure};
use wasm_encoder::{Module, RawSection};
use wasmparser::{Parser, Payload};
use wit_parser::{
    Function, LiftLowerAbi, ManglingAndAbi, Resolve, WasmExport, WasmExportKind, WorldId, WorldItem, WorldKey,
};

/// What the canonical ABI calls the functions of a world.
pub(crate) struct Exports {
    /// Must be there.
    required: Vec<String>,
    /// Free what a function returned, where it returns something on the heap.
    post_returns: Vec<String>,
}

pub(crate) fn exports(resolve: &Resolve, world: WorldId) -> Exports {
    const MANGLING: ManglingAndAbi = ManglingAndAbi::Legacy(LiftLowerAbi::Sync);
    let functions: Vec<(Option<&WorldKey>, &Function)> = resolve.worlds[world]
        .exports
        .iter()
        .flat_map(|(key, item)| match item {
            WorldItem::Interface { id, .. } => {
                resolve.interfaces[*id].functions.values().map(|function| (Some(key), function)).collect()
            }
            WorldItem::Function(function) => vec![(None, function)],
            WorldItem::Type { .. } => Vec::new(),
        })
        .collect();
    let names = |kind: fn() -> WasmExportKind| -> Vec<String> {
        let name = |&(interface, func): &(Option<&WorldKey>, &Function)| {
            resolve.wasm_export_name(MANGLING, WasmExport::Func { interface, func, kind: kind() })
        };
        functions.iter().map(name).collect()
    };
    let mut required = names(|| WasmExportKind::Normal);
    required.push(resolve.wasm_export_name(MANGLING, WasmExport::Realloc));
    Exports { required, post_returns: names(|| WasmExportKind::PostReturn) }
}

/// Links what the exports reach. An import that no world has is a symbol that is missing, and an error.
pub(crate) fn module(linker: &str, library: &Path, exports: &Exports) -> Result<Vec<u8>> {
    let mut command = Command::new(linker);
    // As rustc links a module for this target, the stack below the data: it overflows into a trap.
    command.args(["--no-entry", "--no-demangle", "--gc-sections", "--stack-first", "-z", "stack-size=1048576"]);
    command.args(["-O3", "--strip-debug", "--compress-relocations", "--fatal-warnings"]);
    command.args(exports.required.iter().map(|name| format!("--export={name}")));
    command.args(exports.post_returns.iter().map(|name| format!("--export-if-defined={name}")));
    command.arg(library).args(["-o", "-"]);
    let linked = command.stderr(Stdio::inherit()).output().with_context(|| format!("starting {linker}"))?;
    ensure!(linked.status.success(), "{linker} on {}: {}", library.display(), linked.status);
    without_leftovers(&linked.stdout)
}

/// The linker copies the custom sections of all that is in the library: the types of the other guests' worlds, and
/// wasm-bindgen's descriptions, which rav1e's dependency v_frame brings on this target.
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
