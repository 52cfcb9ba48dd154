//! Makes renditions in sequence, from standard input: each line is `SOURCE RECIPE OUTPUT`, separated by tabs. Prints
//! the CPU milliseconds of each.

use std::error::Error;
use std::fs;
use std::io::{Write, stdin, stdout};

use cpu_time::ProcessTime;
use darkroom_recipe::{Limits, Recipe};

fn main() -> Result<(), Box<dyn Error>> {
    let processor = darkroom_tests::processor();
    for line in stdin().lines() {
        let line = line?;
        let parts: Vec<&str> = line.split('\t').collect();
        let [source, recipe, output] = parts.as_slice() else { return Err("a line is SOURCE RECIPE OUTPUT".into()) };
        let (source, recipes) = (fs::read(source)?, [recipe.parse::<Recipe>()?]);
        let start = ProcessTime::now();
        let mut made = processor.transform(&source, &recipes, &Limits::default())?;
        let spent = start.elapsed();
        fs::write(output, made.results.pop().ok_or("no rendition")??.bytes)?;
        println!("{:.2}", spent.as_secs_f64() * 1000.0);
        stdout().flush()?;
    }
    Ok(())
}
