//! Photos in, web images out: `darkroom process photos --out web`.

mod commands;
mod core;
mod files;
mod manifest;
mod names;
mod page;
mod plan;
mod record;
mod sources;
mod stop;
mod table;
mod usage;
mod verdict;
mod work;

use std::io::{self, Write};
use std::process::ExitCode;

use clap::{CommandFactory, Parser, Subcommand};

use crate::commands::{
    check, completions, licenses, man, precompile, probe, process, purge, rebuild_index, serve, sign, verify,
};

/// Turns photos into web images.
///
/// Each photo becomes a WebP in full size and three JPEG thumbnails, or the outputs that you choose. Everything runs on
/// this machine; the image code is WebAssembly in a sandbox without access to files or network.
#[derive(Parser)]
#[command(name = "darkroom", after_help = EXAMPLES, disable_version_flag = true, arg_required_else_help = true)]
struct Cli {
    /// Print the version, the image core's digest and its output version
    #[arg(short = 'V', long)]
    version: bool,
    #[command(subcommand)]
    command: Option<Command>,
}

const EXAMPLES: &str = "\
Examples:
  darkroom process photos --out web           all photos in a folder, to ./web
  darkroom process photos --out web --page    the same, with a page to look at them
  darkroom probe IMG_1234.jpg                 what a file is
  darkroom serve                              uploads and images on http://127.0.0.1:8080
  darkroom process --help                     all about recipes and presets";

#[derive(Subcommand)]
enum Command {
    Process(process::Args),
    Probe(probe::Args),
    Verify(verify::Args),
    Sign(sign::Args),
    Precompile(precompile::Args),
    Purge(purge::Args),
    Serve(serve::Args),
    Check(check::Args),
    RebuildIndex(rebuild_index::Args),
    Completions(completions::Args),
    Man(man::Args),
    Licenses(licenses::Args),
}

fn main() -> ExitCode {
    let cli = Cli::parse();
    // The server sets up its own log.
    if !matches!(cli.command, Some(Command::Serve(_))) {
        tracing_subscriber::fmt().with_writer(io::stderr).without_time().with_target(false).init();
    }
    let done = run(cli).and_then(|code| Ok(io::stdout().flush().map(|()| code)?));
    done.unwrap_or_else(|error| {
        // Whoever reads our output may stop early, as `head` does: that's no failure of ours.
        if error.chain().filter_map(|cause| cause.downcast_ref()).any(is_broken_pipe) {
            return ExitCode::SUCCESS;
        }
        eprintln!("darkroom: {}", lines(&format!("{error:#}")));
        ExitCode::from(if error.is::<usage::Usage>() { 2 } else { 1 })
    })
}

fn run(cli: Cli) -> anyhow::Result<ExitCode> {
    match cli.command {
        _ if cli.version => core::print_version(),
        Some(Command::Process(args)) => process::run(&args),
        Some(Command::Probe(args)) => probe::run(&args),
        Some(Command::Verify(args)) => verify::run(&args),
        Some(Command::Sign(args)) => sign::run(&args),
        Some(Command::Precompile(args)) => precompile::run(&args),
        Some(Command::Purge(args)) => purge::run(&args),
        Some(Command::Serve(args)) => serve::run(&args),
        Some(Command::Check(args)) => check::run(&args),
        Some(Command::RebuildIndex(args)) => rebuild_index::run(&args),
        Some(Command::Completions(args)) => completions::run(&args, &mut Cli::command()),
        Some(Command::Man(args)) => man::run(&args, Cli::command()),
        Some(Command::Licenses(licenses::Args {})) => licenses::run(),
        None => Err(usage::Usage("no command given; `darkroom --help` lists them".into()).into()),
    }
}

/// A message of one or more lines, which may name a file.
fn lines(message: &str) -> String {
    message.lines().map(table::shown).collect::<Vec<_>>().join("\n")
}

fn is_broken_pipe(error: &io::Error) -> bool {
    error.kind() == io::ErrorKind::BrokenPipe
}
