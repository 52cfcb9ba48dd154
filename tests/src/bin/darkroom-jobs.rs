//! One job with Darkroom, once to warm up and once measured: `darkroom-jobs JOB PHOTO FOLDER` prints CPU milliseconds.

use std::env;
use std::error::Error;
use std::fs;
use std::path::Path;
use std::time::Duration;

use cpu_time::ProcessTime;
use darkroom_recipe::{Limits, Preset, Recipe};

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let [job, photo, folder] = arguments.as_slice() else { return Err("usage: darkroom-jobs JOB PHOTO FOLDER".into()) };
    let outputs = outputs(job)?;
    let recipes: Vec<Recipe> = outputs.iter().map(|(_, recipe)| recipe.clone()).collect();
    let source = fs::read(photo)?;
    let processor = darkroom_tests::processor();
    processor.transform(&source, &recipes, &Limits::default())?;
    let start = ProcessTime::now();
    let renditions = processor.transform(&source, &recipes, &Limits::default())?;
    println!("{:.1}", milliseconds(start.elapsed()));
    for ((name, _), rendition) in outputs.iter().zip(renditions) {
        fs::write(Path::new(folder).join(name), rendition?.bytes)?;
    }
    Ok(())
}

fn milliseconds(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1000.0
}

/// The files that a job makes.
fn outputs(job: &str) -> Result<Vec<(String, Recipe)>, Box<dyn Error>> {
    let file = |preset: Preset| match preset.recipe.resize.width {
        Some(side) => (format!("{side}.jpg"), preset.recipe),
        None => ("compressed.webp".into(), preset.recipe),
    };
    let presets = Preset::builtin().into_iter().map(file);
    Ok(match job {
        "upload" => presets.collect(),
        "thumbnails" => presets.filter(|(name, _)| name != "compressed.webp").collect(),
        "webp-800" => vec![("800.webp".into(), "width=800,height=800,quality=80".parse()?)],
        "avif-800" => vec![("800.avif".into(), "width=800,height=800,format=avif".parse()?)],
        _ => return Err(format!("{job}: known jobs are upload, thumbnails, webp-800, avif-800").into()),
    })
}
