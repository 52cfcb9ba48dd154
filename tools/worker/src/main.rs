//! Prepares WebAssembly modules for JavaScript: the Worker's shell, and the image core for the Worker and the npm package.

mod core;
mod memory;

use std::path::{Path, PathBuf};

use anyhow::Context;
use clap::Parser;
use wasm_bindgen_cli_support::Bindgen;

/// Prepares WebAssembly modules for JavaScript
#[derive(Parser)]
enum Command {
    /// Does the work of the `wasm-bindgen` command, in exactly the release that the shell links
    Glue { module: PathBuf, folder: PathBuf },
    /// Extracts the single core module of COMPONENT
    Core { component: PathBuf, module: PathBuf },
    /// Lets consecutive instances of a core module share one memory of at most PAGES of 64 KiB; prints the minimum
    Memory { module: PathBuf, pages: u64 },
}

fn main() -> anyhow::Result<()> {
    match Command::parse() {
        Command::Glue { module, folder } => glue(&module, &folder),
        Command::Core { component, module } => write(&module, core::of(&read(&component)?)?),
        Command::Memory { module, pages } => {
            let (bytes, least) = memory::shared(&read(&module)?, pages)?;
            write(&module, &bytes)?;
            println!("{least}");
            Ok(())
        }
    }
}

fn read(path: &Path) -> anyhow::Result<Vec<u8>> {
    std::fs::read(path).with_context(|| path.display().to_string())
}

fn write(path: &Path, bytes: &[u8]) -> anyhow::Result<()> {
    std::fs::write(path, bytes).with_context(|| path.display().to_string())
}

/// Generates glue for the web, which accepts a compiled module, as workerd provides for an import. State can be reset,
/// because no further call should enter an instance after a panic.
fn glue(module: &Path, folder: &Path) -> anyhow::Result<()> {
    let mut bindgen = Bindgen::new();
    bindgen.input_path(module).out_name("shell").web(true)?.typescript(false).reset_state_function(true);
    bindgen.generate(folder).with_context(|| format!("glue for {}", module.display()))
}
