use std::fs;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context;

/// Write the manual pages, one for each command
///
/// As root, for everyone: darkroom man /usr/local/share/man/man1
#[derive(clap::Args)]
pub(crate) struct Args {
    /// The folder for the pages; created if it doesn't exist
    folder: PathBuf,
}

pub(crate) fn run(args: &Args, command: clap::Command) -> anyhow::Result<ExitCode> {
    let folder = &args.folder;
    let written = fs::create_dir_all(folder).and_then(|()| clap_mangen::generate_to(command, folder));
    written.with_context(|| folder.display().to_string())?;
    Ok(ExitCode::SUCCESS)
}
