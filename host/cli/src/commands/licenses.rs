use std::io::{self, Write};
use std::process::ExitCode;

/// Print the licences of the third-party software in this binary
#[derive(clap::Args)]
pub(crate) struct Args {}

const THIRD_PARTY: &str = include_str!(env!("DARKROOM_LICENCES"));

pub(crate) fn run() -> anyhow::Result<ExitCode> {
    io::stdout().lock().write_all(THIRD_PARTY.as_bytes())?;
    Ok(ExitCode::SUCCESS)
}
