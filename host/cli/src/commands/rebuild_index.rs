use std::io::{self, Write};
use std::process::ExitCode;

use darkroom_serve::Rebuilt;

use super::serve::Place;

/// Rebuild the index of a server's data folder from the metadata in the objects' files
///
/// For a folder whose index.sqlite is lost or damaged: first move its remains away. The server processes uploads
/// without an item when it starts. No file is changed or deleted. The server must not run meanwhile.
#[derive(clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Args {
    #[command(flatten)]
    place: Place,
}

const EXAMPLES: &str = "\
Example:
  darkroom rebuild-index --data /var/lib/darkroom

Exit code: 0 if there is an index, 1 if the folder can't be read or has one already, 2 for wrong usage.";

pub(crate) fn run(args: &Args) -> anyhow::Result<ExitCode> {
    let Rebuilt { objects, queued, left } = darkroom_serve::rebuild_index(&args.place.config(Vec::new())?)?;
    let mut out = io::stdout().lock();
    left.iter()
        .try_for_each(|file| writeln!(out, "{file}: left out: it does not say what it is, or another file is newer"))?;
    writeln!(out, "{objects} objects, {queued} uploads to be worked on")?;
    Ok(ExitCode::SUCCESS)
}
