use std::env;
use std::io::{Write, stdout};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;

use darkroom_serve::Config;

use crate::core;
use crate::usage::Usage;

/// Serve uploads and images on this machine: all of Darkroom in one process
///
/// Stores uploads in a folder, makes web images of them, and delivers these in the size and format that a URL and a
/// browser request. Ctrl-C or SIGTERM stops it once the work in progress is done.
#[derive(clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Args {
    #[command(flatten)]
    place: Place,
    /// Where to listen; 127.0.0.1:8080 by default
    #[arg(long, value_name = "ADDRESS:PORT")]
    listen: Option<SocketAddr>,
    /// Only check the settings: exit status 0 if a server could start with them, 2 if not
    #[arg(long)]
    check: bool,
    /// Only ask the server with these settings whether it is ready: exit status 0 if it is, 1 if not
    #[arg(long, conflicts_with = "check")]
    ready: bool,
}

/// The location of a server's data and settings.
#[derive(clap::Args)]
pub(crate) struct Place {
    /// The folder for all data; ./darkroom-data by default
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
    /// A TOML file with further settings
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
}

impl Place {
    /// Whether an option says where.
    pub(crate) fn is_named(&self) -> bool {
        self.data.is_some() || self.config.is_some()
    }

    /// The settings, of which `more` are those of other options.
    pub(crate) fn config(&self, more: Vec<(String, String)>) -> Result<Config, Usage> {
        let data = self.data.as_ref().map(|data| ("DARKROOM__DATA".to_owned(), data.display().to_string()));
        let variables = env::vars().chain(data).chain(more);
        Config::load(self.config.as_deref(), variables.collect::<Vec<_>>()).map_err(|error| Usage(error.to_string()))
    }
}

const EXAMPLES: &str = "\
Settings come from the file, then from variables such as DARKROOM__LIMITS__QUEUE=10, then from these options.

Examples:
  darkroom serve
  darkroom serve --data /var/lib/darkroom --listen 127.0.0.1:9000 --config darkroom.toml";

pub(crate) fn run(args: &Args) -> anyhow::Result<ExitCode> {
    let listen = args.listen.map(|listen| ("DARKROOM__LISTEN".to_owned(), listen.to_string()));
    let config = args.place.config(listen.into_iter().collect())?;
    match *args {
        Args { check: true, .. } => {
            writeln!(stdout().lock(), "the settings are right; memory: at most {} MiB", config.memory_ceiling() >> 20)?;
        }
        Args { ready: true, .. } => darkroom_serve::ready(&config)?,
        _ => darkroom_serve::run(config, core::load_with)?,
    }
    Ok(ExitCode::SUCCESS)
}
