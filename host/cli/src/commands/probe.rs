use std::io::{self, Write};
use std::num::NonZero;
use std::path::PathBuf;
use std::process::ExitCode;

use darkroom_host::Processor;
use darkroom_recipe::{ImageInfo, Limits};
use serde::Serialize;

use crate::sources::{self, Source};
use crate::{core, table};

/// Show the format, size, orientation and frames of image files
///
/// Only headers are read, so a file with corrupt pixels passes.
#[derive(clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Args {
    /// Photos, and folders of any depth
    #[arg(required = true, value_name = "PATH")]
    paths: Vec<PathBuf>,
    /// Write one JSON object per line and file instead of a table
    #[arg(long)]
    json: bool,
}

const EXAMPLES: &str = "\
Examples:
  darkroom probe photos
  darkroom probe IMG_1234.jpg --json

Exit code: 0 if all are images, 1 if some are not, 2 for wrong usage.";

/// One line of JSON.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Line<'a> {
    key: &'a str,
    size: u64,
    #[serde(flatten)]
    info: Option<ImageInfo>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<String>,
}

pub(crate) fn run(args: &Args) -> anyhow::Result<ExitCode> {
    let sources = sources::find(&args.paths, None)?;
    let processor = core::load(NonZero::<u32>::MIN)?;
    let lines: Vec<Line<'_>> = sources.iter().map(|source| line(&processor, source)).collect();
    let mut out = io::stdout().lock();
    if args.json {
        for line in &lines {
            writeln!(out, "{}", serde_json::to_string(line)?)?;
        }
    } else {
        write_table(&mut out, &lines)?;
    }
    Ok(ExitCode::from(u8::from(lines.iter().any(|line| line.error.is_some()))))
}

fn line<'a>(processor: &Processor, source: &'a Source) -> Line<'a> {
    let limits = Limits::default();
    let size = std::fs::metadata(&source.path).map_or(0, |file| file.len());
    let probed = sources::read(&source.path, &limits).and_then(|bytes| Ok(processor.probe(&bytes, &limits)?));
    let (info, error) = match probed {
        Ok(info) => (Some(info), None),
        Err(error) => (None, Some(format!("{error:#}"))),
    };
    Line { key: &source.key, size, info, error }
}

fn write_table(out: &mut impl Write, lines: &[Line<'_>]) -> io::Result<()> {
    let header = ["file", "format", "pixels", "orientation", "frames", "alpha", "bits", "icc", "metadata", "size"];
    let mut table = table::table(&header);
    let yes = |yes: bool| if yes { "yes" } else { "no" }.to_owned();
    for line in lines {
        let (name, size) = (table::shortened(line.key), table::bytes(line.size));
        let Some(info) = &line.info else { continue };
        table.add_row([
            name,
            info.format.name().into(),
            format!("{}×{}", info.width, info.height),
            info.orientation.to_string(),
            info.frames.to_string(),
            yes(info.alpha),
            info.bits_per_channel.to_string(),
            yes(info.icc_profile),
            yes(info.metadata),
            size,
        ]);
    }
    if !table.is_empty() {
        writeln!(out, "{table}")?;
    }
    for line in lines {
        if let Some(error) = &line.error {
            eprintln!("failed: {}: {}", table::shown(line.key), table::shown(error));
        }
    }
    Ok(())
}
