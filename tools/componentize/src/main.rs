//! Makes a component of a core module that wit-bindgen prepared: `componentize MODULE COMPONENT`.
//!
//! rav1e's dependency v_frame links wasm-bindgen on wasm32-unknown-unknown, which leaves exports and imports for a
//! JavaScript host that is not there. Nothing calls them: without the exports, the imports are garbage and collected.

use std::path::PathBuf;
use std::{env, fs};

use anyhow::{Context, Result, ensure};
use walrus::{Module, passes};
use wit_component::ComponentEncoder;

fn main() -> Result<()> {
    let paths: Vec<PathBuf> = env::args_os().skip(1).map(PathBuf::from).collect();
    let [module, component] = paths.as_slice() else { anyhow::bail!("usage: componentize MODULE COMPONENT") };
    let bytes = fs::read(module).with_context(|| format!("reading {}", module.display()))?;
    let encoded = encode(&without_wasm_bindgen(&bytes)?).with_context(|| format!("encoding {}", module.display()))?;
    // The file keeps its time when nothing changed, so that whatever embeds it isn't built again.
    if fs::read(component).is_ok_and(|old| old == encoded) {
        return Ok(());
    }
    fs::write(component, &encoded).with_context(|| format!("writing {}", component.display()))?;
    println!("{}: {} bytes", component.display(), encoded.len());
    Ok(())
}

fn without_wasm_bindgen(bytes: &[u8]) -> Result<Vec<u8>> {
    let mut module = Module::from_buffer(bytes)?;
    // rustc also exports every C symbol that Rust defines, here libwebp's allocator.
    let is_leftover = |name: &str| {
        name.starts_with("__wbindgen")
            || name.starts_with("__externref")
            || ["malloc", "calloc", "realloc", "free", "qsort"].contains(&name)
    };
    let leftovers: Vec<_> =
        module.exports.iter().filter(|export| is_leftover(&export.name)).map(|export| export.id()).collect();
    for export in leftovers {
        module.exports.delete(export);
    }
    passes::gc::run(&mut module);
    let left: Vec<_> = module.imports.iter().filter(|import| import.module.starts_with("__wbindgen")).collect();
    ensure!(left.is_empty(), "still imports from wasm-bindgen: {left:?}");
    Ok(module.emit_wasm())
}

fn encode(module: &[u8]) -> Result<Vec<u8>> {
    ComponentEncoder::default().module(module)?.validate(true).encode()
}
