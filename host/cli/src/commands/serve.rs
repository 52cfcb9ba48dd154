use std::env;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;

use darkroom_serve::Config;

use crate::core;
use crate::usage::Usage;

/// Serve uploads and images on this machine: all of Darkroom in one process
///
/// What is uploaded is kept in a folder, made into web images, and delivered in the size and format that a URL and a
/// browser ask for. Ends with Ctrl-C or SIGTERM, after what was begun.
#[derive(clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Args {
    /// The folder of everything that is kept; ./darkroom-data by default
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
    /// Where to listen; 127.0.0.1:8080 by default
    #[arg(long, value_name = "ADDRESS:PORT")]
    listen: Option<SocketAddr>,
    /// A TOML file with further settings
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
}

const EXAMPLES: &str = "\
Settings come from the file, then from variables such as DARKROOM__LIMITS__QUEUE=10, then from these options.

Examples:
  darkroom serve
  darkroom serve --data /var/lib/darkroom --listen 127.0.0.1:9000 --config darkroom.toml";

pub(crate) fn run(args: &Args) -> anyhow::Result<ExitCode> {
    let mut variables: Vec<(String, String)> = env::vars().collect();
    let option = |name: &str, value: Option<String>| value.map(|value| (format!("DARKROOM__{name}"), value));
    variables.extend(option("DATA", args.data.as_ref().map(|data| data.display().to_string())));
    variables.extend(option("LISTEN", args.listen.map(|listen| listen.to_string())));
    let config = Config::load(args.config.as_deref(), variables).map_err(|error| Usage(error.to_string()))?;
    darkroom_serve::run(config, core::load_with)?;
    Ok(ExitCode::SUCCESS)
}
