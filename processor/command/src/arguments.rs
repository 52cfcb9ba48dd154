//! `--option value` or `--option=value`, with the options of a recipe.

use darkroom_processor::{Recipe, apply_option};

pub(crate) const HELP: &str = "\
Makes a web image of a photo: standard input to standard output.

  wasmtime run darkroom.wasm --width 800 --format webp < in.jpg > out.webp

Options are those of a recipe:
  --width N, --height N        pixels
  --fit WORD                   scale-down (default), contain, cover, crop, pad, squeeze
  --gravity WORD               center (default), left, right, top, bottom, corners (top-left), auto, or 0.5x0.25
  --format WORD                webp (default), avif, jpeg, png
  --quality N                  1 to 100
  --effort N                   0 (fastest) to 10 (smallest)
  --max-bytes N                the highest quality that fits
  --dpr N, --rotate N, --flip WORD, --trim WORD, --background COLOR, --blur N, --sharpen N,
  --metadata WORD, --lossless true, --anim false

  --probe                      say what the photo is, instead
  --help, --version
";

/// What is asked for.
pub(crate) enum Request {
    Help,
    Version,
    Probe,
    Transform(Recipe),
}

pub(crate) fn parse<'a>(mut arguments: impl Iterator<Item = &'a String>) -> Result<Request, String> {
    let mut recipe = Recipe::default();
    while let Some(argument) = arguments.next() {
        match argument.as_str() {
            "--help" | "-h" => return Ok(Request::Help),
            "--version" | "-V" => return Ok(Request::Version),
            "--probe" => return Ok(Request::Probe),
            _ => {}
        }
        let Some(option) = argument.strip_prefix("--") else {
            return Err(format!("{argument}: only options are taken; the photo comes on standard input. See --help"));
        };
        let (option, value) = match option.split_once('=') {
            Some((option, value)) => (option, value),
            None => (option, arguments.next().ok_or_else(|| format!("--{option} needs a value"))?.as_str()),
        };
        apply_option(&mut recipe, option, value).map_err(|error| format!("--{error}"))?;
    }
    recipe.validate().map_err(|error| error.to_string())?;
    Ok(Request::Transform(recipe))
}
