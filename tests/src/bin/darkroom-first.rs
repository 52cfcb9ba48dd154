//! Runs one job from precompiled code, twice: `darkroom-first CODE JOB PHOTO` prints a line as soon as each is done, so
//! that the parent process can time it from the start. CODE is the output of `darkroom precompile`.

use std::env;
use std::error::Error;
use std::fs;
use std::path::Path;

use darkroom_host::{Code, Options, Processor};
use darkroom_recipe::{Limits, Recipe};

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let [code, job, photo] = arguments.as_slice() else { return Err("usage: darkroom-first CODE JOB PHOTO".into()) };
    let processor = Processor::load(Code::Precompiled(Path::new(code)), Options::default())?;
    let source = fs::read(photo)?;
    let recipes: Vec<Recipe> = darkroom_tests::outputs(job)?.into_iter().map(|(_, recipe)| recipe).collect();
    for _ in 0..2 {
        let renditions = processor.transform(&source, &recipes, &Limits::default())?.results;
        println!("{}", renditions.into_iter().collect::<Result<Vec<_>, _>>()?.len());
    }
    Ok(())
}
