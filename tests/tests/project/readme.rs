//! README's example in Rust is this file's `example`, line by line; `tests/readme` runs every other block.

use std::error::Error;
use std::fs;

use darkroom_tests::repository;

#[rustfmt::skip] // as README has it
fn example(photo: Vec<u8>) -> Result<(), Box<dyn Error>> {
    use darkroom_host::{Code, Options, Processor};
    use darkroom_recipe::{Limits, Recipe};

    let component = std::fs::read("target/darkroom/processor.wasm")?;
    let cache = darkroom_host::cache_folder();
    let processor = Processor::load(Code::Wasm { bytes: &component, cache: cache.as_deref() }, Options::default())?;
    let recipes: Vec<Recipe> = vec!["width=800".parse()?, "width=150,format=jpeg".parse()?];
    for rendition in processor.transform(&photo, &recipes, &Limits::default())?.results {
        let rendition = rendition?;
        println!("{} {}x{}: {} bytes", rendition.format.name(), rendition.width, rendition.height, rendition.bytes.len());
    }
    Ok(())
}

#[test]
fn the_example_in_rust_runs_as_it_stands() -> Result<(), Box<dyn Error>> {
    std::env::set_current_dir(repository())?;
    let readme = fs::read_to_string("README.md")?;
    let block = readme.split("```rust\n").nth(1).and_then(|rest| rest.split("```").next()).ok_or("a block in Rust")?;
    let here = include_str!("readme.rs").replace("\n    ", "\n");
    assert!(here.contains(block), "README.md has another example than this file:\n{block}");
    example(fs::read("examples/photos/seeding.jpg")?)
}
