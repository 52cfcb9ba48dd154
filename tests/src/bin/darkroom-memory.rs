//! The sandbox memory that a job needs: `darkroom-memory CODE JOB PHOTO` prints the lowest cap under which the job
//! succeeds, in MiB. A wasm memory never shrinks, so that is its peak. CODE is the output of `darkroom precompile`.

use std::env;
use std::error::Error;
use std::fs;
use std::path::Path;

use darkroom_host::{Code, Error as HostError, LoadError, Options, Processor};
use darkroom_recipe::{Limits, Recipe};

/// The bytes by which a wasm memory grows.
const PAGE: u64 = 1 << 16;

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let [code, job, photo] = arguments.as_slice() else { return Err("usage: darkroom-memory CODE JOB PHOTO".into()) };
    let (code, source) = (Path::new(code), fs::read(photo)?);
    let recipes: Vec<Recipe> = darkroom_tests::outputs(job)?.into_iter().map(|(_, recipe)| recipe).collect();
    let (mut too_little, mut enough) = (0, Options::default().memory / PAGE);
    if !is_done(code, &source, &recipes, enough)? {
        return Err("the default cap is not enough".into());
    }
    while enough - too_little > 1 {
        let middle = too_little.midpoint(enough);
        if is_done(code, &source, &recipes, middle)? { enough = middle } else { too_little = middle }
    }
    println!("{:.1}", (enough * PAGE) as f64 / f64::from(1 << 20));
    Ok(())
}

/// Whether the cap suffices; all other failures are errors.
fn is_done(code: &Path, source: &[u8], recipes: &[Recipe], pages: u64) -> Result<bool, Box<dyn Error>> {
    let options = Options { memory: pages * PAGE, ..Options::default() };
    let processor = match Processor::load(Code::Precompiled(code), options) {
        // Even its initial memory does not fit.
        Err(LoadError::Component(_)) => return Ok(false),
        loaded => loaded?,
    };
    match processor.transform(source, recipes, &Limits::default()) {
        Err(HostError::Memory { .. }) => Ok(false),
        rendered => Ok(rendered?.results.into_iter().all(|rendition| rendition.is_ok())),
    }
}
