use std::collections::BTreeMap;
use std::fs;
use std::io::{self, Write};
use std::num::NonZero;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Context;
use darkroom_delivery::Provenance;
use darkroom_recipe::{Limits, Recipe};
use serde::Deserialize;

use crate::usage::Usage;
use crate::verdict::{Files, Verdict, verdict};
use crate::{core, sources};

/// Check that a rendition is what a recipe makes of an original
///
/// A rendition's bytes are a function of the original, the recipe and the image core's output version, the same on every
/// machine. It is made again, and compared.
#[derive(clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Args {
    /// The original's file
    original: PathBuf,
    /// The file to be checked
    rendition: PathBuf,
    /// The recipe, such as 'width=800,format=avif'
    #[arg(short, long, value_name = "RECIPE", required_unless_present = "object")]
    recipe: Option<Recipe>,
    /// A recipe that was made in the same call; repeat for more. A smaller image may be made of a larger one, so that its
    /// bytes depend on what it was made beside; the built-in presets are tried without being named
    #[arg(long, value_name = "RECIPE")]
    with: Vec<Recipe>,
    /// What the store tells of the rendition, as `aws s3api head-object` prints it: its metadata have the recipe;
    /// - reads standard input
    #[arg(long, value_name = "FILE")]
    object: Option<PathBuf>,
}

const EXAMPLES: &str = "\
Examples:
  darkroom verify IMG_1234.jpg small.avif --recipe 'width=800,format=avif'
  aws s3api head-object --bucket BUCKET --key KEY | darkroom verify IMG_1234.jpg small.avif --object -

Exit code: 0 if it is what the recipe makes of the original, 1 if that can't be made, 2 for wrong usage, 3 if it is something
else, 4 if another output version made it and the bytes differ, from which nothing follows.";

const DIFFERS: u8 = 3;
const OTHER_VERSION: u8 = 4;

pub(crate) fn run(args: &Args) -> anyhow::Result<ExitCode> {
    let told = args.object.as_deref().map(told).transpose()?;
    let recipe = recipe(args.recipe.as_ref(), told.as_ref())?;
    let (original, rendition) = (read(&args.original)?, read(&args.rendition)?);
    let processor = core::load(NonZero::<u32>::MIN)?;
    let files = Files { original: &original, rendition: &rendition };
    let verdict = verdict(&processor, files, &recipe, &args.with, told.as_ref());
    let name = args.rendition.display();
    match verdict.with_context(|| args.original.display().to_string())? {
        Verdict::Same(what) => {
            writeln!(io::stdout().lock(), "verified: {name}: {what}")?;
            Ok(ExitCode::SUCCESS)
        }
        Verdict::Differs(why) => {
            eprintln!("differs: {name}: {why}");
            Ok(ExitCode::from(DIFFERS))
        }
        Verdict::OtherVersion(other) => {
            let version = processor.output_version();
            eprintln!("unknown: {name}: output version {other} made it, and this is {version}, whose bytes are others");
            Ok(ExitCode::from(OTHER_VERSION))
        }
    }
}

/// What an object of a store has in its metadata.
fn told(path: &Path) -> anyhow::Result<Provenance> {
    #[derive(Deserialize)]
    #[serde(rename_all = "PascalCase")]
    struct Object {
        metadata: BTreeMap<String, String>,
    }
    let text = if path == Path::new("-") { io::read_to_string(io::stdin()) } else { fs::read_to_string(path) };
    let text = text.map_err(|error| Usage(format!("--object {}: {error}", path.display())))?;
    let object: Option<Object> = serde_json::from_str(&text).ok();
    let told = object.and_then(|object| Provenance::read(|name| object.metadata.get(name).map(String::as_str)));
    let must = "must be what `aws s3api head-object` prints, with source-etag and rendition-etag in its Metadata";
    Ok(told.ok_or_else(|| Usage(format!("--object {}: {must}", path.display())))?)
}

fn recipe(asked: Option<&Recipe>, told: Option<&Provenance>) -> Result<Recipe, Usage> {
    let told = told.map(|told| told.recipe.as_str()).filter(|told| !told.is_empty());
    match (asked, told) {
        (Some(asked), _) => Ok(asked.clone()),
        (None, Some(told)) => told.parse().map_err(|error| Usage(format!("the object's recipe: {error}"))),
        (None, None) => Err(Usage("an older release made the object and told no recipe; add --recipe".into())),
    }
}

fn read(path: &Path) -> anyhow::Result<Vec<u8>> {
    fs::metadata(path).map_err(|error| Usage(format!("{}: {error}", path.display())))?;
    sources::read(path, &Limits::default()).with_context(|| path.display().to_string())
}
