//! Prepares the Worker's two WebAssembly modules.

mod memory;

use std::path::{Path, PathBuf};

use anyhow::Context;
use clap::Parser;
use wasm_bindgen_cli_support::Bindgen;

/// Prepares the Worker's two WebAssembly modules
#[derive(Parser)]
enum Command {
    /// What the `wasm-bindgen` command does, of exactly the release that the shell links
    Glue { module: PathBuf, folder: PathBuf },
    /// Lets instances of a core module follow each other in one memory, of at most PAGES of 64 KiB; prints its least
    Memory { module: PathBuf, pages: u64 },
}

fn main() -> anyhow::Result<()> {
    match Command::parse() {
        Command::Glue { module, folder } => glue(&module, &folder),
        Command::Memory { module, pages } => {
            let source = std::fs::read(&module).with_context(|| module.display().to_string())?;
            let (bytes, least) = memory::shared(&source, pages)?;
            std::fs::write(&module, bytes).with_context(|| module.display().to_string())?;
            println!("{least}");
            Ok(())
        }
    }
}

/// For the web: such glue takes a compiled module, which is what workerd makes of an import. State can be reset, since a
/// panic leaves an instance behind that nothing else should enter.
fn glue(module: &Path, folder: &Path) -> anyhow::Result<()> {
    let mut bindgen = Bindgen::new();
    bindgen.input_path(module).out_name("shell").web(true)?.typescript(false).reset_state_function(true);
    bindgen.generate(folder).with_context(|| format!("glue for {}", module.display()))
}
