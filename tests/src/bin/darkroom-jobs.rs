//! Runs one job with Darkroom, once to warm up and once measured: `darkroom-jobs JOB PHOTO FOLDER` prints CPU
//! milliseconds, and the MiB by which the process grew the first time.

use std::env;
use std::error::Error;
use std::fs;
use std::path::Path;
use std::time::Duration;

use cpu_time::ProcessTime;
use darkroom_recipe::{Limits, Recipe};

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let [job, photo, folder] = arguments.as_slice() else { return Err("usage: darkroom-jobs JOB PHOTO FOLDER".into()) };
    let (names, recipes): (Vec<String>, Vec<Recipe>) = darkroom_tests::outputs(job)?.into_iter().unzip();
    let source = fs::read(photo)?;
    let processor = darkroom_tests::processor();
    fs::write("/proc/self/clear_refs", "5")?; // the highest so far was loading the component
    let before = memory("VmRSS:")?;
    processor.transform(&source, &recipes, &Limits::default())?;
    let grown = memory("VmHWM:")? - before;
    let start = ProcessTime::now();
    let renditions = processor.transform(&source, &recipes, &Limits::default())?.results;
    println!("{:.1} {grown:.1}", milliseconds(start.elapsed()));
    for (name, rendition) in names.iter().zip(renditions) {
        fs::write(Path::new(folder).join(name), rendition?.bytes)?;
    }
    Ok(())
}

fn milliseconds(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1000.0
}

/// MiB of this process.
fn memory(field: &str) -> Result<f64, Box<dyn Error>> {
    let status = fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find_map(|line| line.strip_prefix(field)).ok_or("no such field")?;
    let kilobytes: f64 = line.trim().trim_end_matches(" kB").parse()?;
    Ok(kilobytes / 1024.0)
}
