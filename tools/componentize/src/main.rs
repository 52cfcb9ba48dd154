//! Makes components from the guests' static library: `componentize WIT LIBRARY LINKER WORLD=COMPONENT...`.
//!
//! The library contains every guest, compiled once. Each world takes seconds to link, and keeps only the code that its
//! exports reach.

mod link;

use std::path::Path;
use std::{env, fs};

use anyhow::{Context, Result};
use wit_component::{ComponentEncoder, StringEncoding, embed_component_metadata};
use wit_parser::Resolve;

fn main() -> Result<()> {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let [wit, library, linker, worlds @ ..] = arguments.as_slice() else {
        anyhow::bail!("usage: componentize WIT LIBRARY LINKER WORLD=COMPONENT...")
    };
    for world in worlds {
        let (world, component) = world.split_once('=').with_context(|| format!("{world}: must be WORLD=COMPONENT"))?;
        let encoded = encode(Path::new(wit), world, |exports| link::module(linker, Path::new(library), exports));
        write(Path::new(component), &encoded.with_context(|| format!("world {world}"))?)?;
    }
    Ok(())
}

fn encode(wit: &Path, world: &str, link: impl FnOnce(&link::Exports) -> Result<Vec<u8>>) -> Result<Vec<u8>> {
    let mut resolve = Resolve::default();
    let (package, _) = resolve.push_dir(wit)?;
    let world = resolve.select_world(&[package], Some(world))?;
    let mut module = link(&link::exports(&resolve, world))?;
    embed_component_metadata(&mut module, &resolve, world, StringEncoding::UTF8, false)?;
    ComponentEncoder::default().validate(true).module(&module)?.encode()
}

/// An unchanged file keeps its modification time, so that builds that embed it are not repeated.
fn write(component: &Path, encoded: &[u8]) -> Result<()> {
    if fs::read(component).is_ok_and(|old| old == encoded) {
        return Ok(());
    }
    fs::write(component, encoded).with_context(|| format!("writing {}", component.display()))?;
    println!("{}: {} bytes", component.display(), encoded.len());
    Ok(())
}
