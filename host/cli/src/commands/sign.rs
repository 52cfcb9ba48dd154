use std::io::{self, Write};
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::{Duration, SystemTime};

use anyhow::Context;
use clap::builder::NonEmptyStringValueParser;
use darkroom_delivery::{Request, SigningKey, sign};

use crate::usage::Usage;

/// Sign an image's URL, for servers that refuse unsigned ones
///
/// The key is read from the environment variable DARKROOM_SIGNING_KEY or from a file, because every user of this
/// machine can read arguments.
#[derive(clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Args {
    /// The URL, or its path: /image/OPTIONS/SOURCE
    #[arg(value_parser = NonEmptyStringValueParser::new())]
    url: String,
    /// A file with the key, in place of the environment variable
    #[arg(long, value_name = "FILE")]
    key_file: Option<PathBuf>,
    /// How long the URL is valid, such as 90s, 12h or 7days; forever by default
    #[arg(long, value_name = "DURATION", value_parser = humantime::parse_duration)]
    expires_in: Option<Duration>,
    /// When the URL expires, in seconds since 1970
    #[arg(long, value_name = "SECONDS", conflicts_with = "expires_in")]
    expires_at: Option<u64>,
}

const EXAMPLES: &str = "\
Examples:
  export DARKROOM_SIGNING_KEY=$(openssl rand -hex 32)
  darkroom sign https://img.example.com/image/width=800/site/photo.jpg
  darkroom sign --expires-in 7days '/image/width=800,quality=70/site/photo.jpg'";

const KEY: &str = "DARKROOM_SIGNING_KEY";

pub(crate) fn run(args: &Args) -> anyhow::Result<ExitCode> {
    let key = SigningKey::try_from(key(args)?).map_err(Usage)?;
    check(&args.url)?;
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).context("this machine's clock")?;
    let expires = args.expires_in.map(|expires_in| (now + expires_in).as_secs()).or(args.expires_at);
    writeln!(io::stdout().lock(), "{}", sign(&args.url, &key, expires))?;
    Ok(ExitCode::SUCCESS)
}

fn key(args: &Args) -> anyhow::Result<String> {
    let key = match &args.key_file {
        Some(file) => std::fs::read_to_string(file).with_context(|| file.display().to_string())?,
        None => std::env::var(KEY).map_err(|_| Usage(format!("no key: set {KEY}, or name a file with --key-file")))?,
    };
    Ok(key.trim().to_owned())
}

/// Rejects URLs that no edge would deliver.
fn check(url: &str) -> anyhow::Result<()> {
    let path = match url.split_once("://") {
        Some((_, rest)) => rest.find('/').map_or("", |start| &rest[start..]),
        None => url,
    };
    let (path, query) = path.split_once('?').unwrap_or((path, ""));
    Request::parse(path, query).map_err(|error| Usage(error.to_string()))?;
    Ok(())
}
