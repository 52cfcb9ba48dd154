//! Renders a list with the image core, loaded as in `bootstrap`: `render CORE LIST FOLDER`. Each line of the list is a
//! source and a recipe, separated by a tab; the n-th line's output is written to `FOLDER/n`.

use std::path::Path;
use std::{env, fs};

use anyhow::Context;
use darkroom_host::{Code, Options, Processor};
use darkroom_recipe::{Limits, Recipe};

fn main() -> anyhow::Result<()> {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let [core, list, folder] = arguments.as_slice() else { anyhow::bail!("usage: render CORE LIST FOLDER") };
    let processor = Processor::load(Code::Precompiled(Path::new(core)), Options::default())?;
    for (number, line) in fs::read_to_string(list)?.lines().enumerate() {
        let (source, recipe) = line.split_once('\t').context("a line without a tab")?;
        let recipe: Recipe = recipe.parse()?;
        let mut renditions = processor.transform(&fs::read(source)?, &[recipe], &Limits::default())?.results;
        fs::write(Path::new(folder).join(number.to_string()), renditions.remove(0)?.bytes)?;
    }
    Ok(())
}
