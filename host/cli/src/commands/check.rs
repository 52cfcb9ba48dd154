use std::io::{self, Write};
use std::process::ExitCode;

use darkroom_serve::Checked;

use super::serve::Place;

/// Read everything that a server has stored, and report what has changed
///
/// Compares each object with the length and the MD5 recorded for it, and with the metadata in its file. Changes
/// nothing. The server must not run meanwhile.
#[derive(clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Args {
    #[command(flatten)]
    place: Place,
}

const EXAMPLES: &str = "\
Example:
  darkroom check --data /var/lib/darkroom

Exit code: 0 if all is as it was stored, 1 if something is damaged or the folder can't be read, 2 for wrong usage.";

pub(crate) fn run(args: &Args) -> anyhow::Result<ExitCode> {
    let Checked { objects, bytes, unlabelled, damaged, unknown } =
        darkroom_serve::check(&args.place.config(Vec::new())?)?;
    let mut out = io::stdout().lock();
    writeln!(out, "{objects} objects of {bytes} bytes are as they were stored")?;
    if unlabelled > 0 {
        writeln!(out, "{unlabelled} of them say nothing of themselves: an earlier release wrote their files")?;
    }
    unknown.iter().try_for_each(|file| writeln!(out, "{file}: a file that no object refers to"))?;
    damaged.iter().try_for_each(|line| writeln!(out, "{line}"))?;
    Ok(if damaged.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
