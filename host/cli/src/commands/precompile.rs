use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use darkroom_host::precompile;

use crate::core::COMPONENT;
use crate::files;

/// Compile the image core to native code, for hosts without a compiler
///
/// darkroom itself needs no such file: it compiles the core when it first starts, and keeps the result in the cache
/// folder.
#[derive(clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Args {
    /// Where to write the native code
    #[arg(long, value_name = "FILE", default_value = "processor.cwasm")]
    out: PathBuf,
    /// The target machine, as a Rust target triple of an x86-64 or arm64 processor; this one by default
    #[arg(long, value_name = "TRIPLE")]
    target: Option<String>,
}

const EXAMPLES: &str = "\
Examples:
  darkroom precompile
  darkroom precompile --target aarch64-unknown-linux-gnu --out processor-arm64.cwasm";

pub(crate) fn run(args: &Args) -> anyhow::Result<ExitCode> {
    let code = precompile(COMPONENT, args.target.as_deref())?;
    files::write(Path::new(&args.out), &code)?;
    writeln!(io::stdout().lock(), "{} ({} bytes)", args.out.display(), code.len())?;
    Ok(ExitCode::SUCCESS)
}
