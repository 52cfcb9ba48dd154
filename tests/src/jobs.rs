use std::error::Error;

use darkroom_recipe::{Preset, Recipe};

/// The files that a benchmark job makes, and the recipe of each.
///
/// # Errors
/// When there is no such job.
pub fn outputs(job: &str) -> Result<Vec<(String, Recipe)>, Box<dyn Error>> {
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
        // What is left to do after decoding takes next to nothing.
        "decode" => vec![("100.jpg".into(), "width=100,height=100,format=jpeg".parse()?)],
        _ => return Err(format!("{job}: known jobs are upload, thumbnails, webp-800, avif-800, decode").into()),
    })
}
