//! Parses `--option value` and `--option=value`, with the options of recipes.

use darkroom_processor::{Recipe, apply_option};

/// The text of `--help`.
pub(crate) fn help() -> String {
    format!(
        "\
Makes a web image of a photo: standard input to standard output.

  wasmtime run darkroom.wasm --width 800 --format webp < in.jpg > out.webp

Options, with what each takes and its default:
{}
  --probe       says what the photo is, instead
  --help, --version
",
        darkroom_processor::help("--")
    )
}

/// A parsed command line.
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
