use std::io;
use std::process::ExitCode;

use clap_complete::Shell;

/// Print a script that completes darkroom's options on Tab
///
/// For bash: darkroom completions bash > ~/.local/share/bash-completion/completions/darkroom
#[derive(clap::Args)]
pub(crate) struct Args {
    /// The shell that the script is for
    shell: Shell,
}

pub(crate) fn run(args: &Args, command: &mut clap::Command) -> anyhow::Result<ExitCode> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, command, "darkroom", &mut script);
    io::Write::write_all(&mut io::stdout().lock(), &script)?;
    Ok(ExitCode::SUCCESS)
}
