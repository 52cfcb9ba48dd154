//! Components to test with.

use std::path::Path;

use wit_component::{ComponentEncoder, StringEncoding, embed_component_metadata};
use wit_parser::Resolve;

/// The one that misbehaves: see unruly.wat.
pub(crate) fn unruly() -> Vec<u8> {
    let mut module = wat::parse_str(include_str!("unruly.wat")).expect("valid WAT");
    let mut resolve = Resolve::default();
    let (package, _) = resolve.push_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("../wit")).expect("valid WIT");
    let world = resolve.select_world(&[package], Some("image-processor")).expect("the world");
    embed_component_metadata(&mut module, &resolve, world, StringEncoding::UTF8, false).expect("metadata");
    let mut encoder = ComponentEncoder::default();
    encoder.validate(true).module(&module).expect("a module of the world").encode().expect("a component")
}

/// The image core itself.
pub(crate) fn image_core() -> Vec<u8> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/darkroom/processor.wasm");
    std::fs::read(path).expect("target/darkroom/processor.wasm: run `make build` first")
}
