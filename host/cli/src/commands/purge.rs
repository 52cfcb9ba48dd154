use std::env;
use std::io::{self, Write};
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::Context;
use darkroom_delivery::UploadKey;
use darkroom_host::caches;
use darkroom_host::handlers::{Purge, Purged};
use darkroom_host::objects::{Buckets, S3};
use darkroom_host::pipeline::presets;
use darkroom_host::records::DynamoDb;

use super::serve::Place;

/// Delete what the upload pipeline has derived from originals: outputs, variants and items
///
/// The pipeline does so itself when an original is deleted. This is for lost events, and for originals that were
/// deleted while they were being processed.
#[derive(clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Args {
    /// Keys of originals in the raw bucket
    #[arg(required = true, value_name = "KEY")]
    keys: Vec<UploadKey>,
    /// Also purge if the original still exists
    #[arg(short, long)]
    force: bool,
    #[command(flatten)]
    place: Place,
}

const EXAMPLES: &str = "\
DARKROOM_RAW_BUCKET, DARKROOM_PROCESSED_BUCKET, DARKROOM_THUMBNAILS_BUCKET and DARKROOM_TABLE name the stores;
DARKROOM_DELIVERY, where it is set, has the presets, and DARKROOM_DISTRIBUTION names the CloudFront distribution that is
to forget the images; DARKROOM_CLOUDFLARE_ZONE and DARKROOM_CLOUDFLARE_TOKEN name a zone of Cloudflare's that is to forget
them, too. AWS's own variables and files have the credentials and the region.

With --data or --config it is a server's data folder that is purged: the server must not run meanwhile.

Examples:
  darkroom purge uploads/u1/20260101_120000_0123456789abcdef_photo.jpg
  darkroom purge --data /var/lib/darkroom uploads/local/20260101_120000_0123456789abcdef_photo.jpg

Exit code: 0 if all were purged, 1 if an original is still there or a store fails, 2 for wrong usage.";

pub(crate) fn run(args: &Args) -> anyhow::Result<ExitCode> {
    if args.place.is_named() {
        let mut code = ExitCode::SUCCESS;
        for (key, purged) in darkroom_serve::purge(&args.place.config(Vec::new())?, &args.keys, args.force)? {
            if !told(&key, purged)? {
                code = ExitCode::FAILURE;
            }
        }
        return Ok(code);
    }
    let buckets = Buckets::read(|name| env::var(name).ok())?;
    let presets = presets(|name| env::var(name).ok())?;
    let table = env::var("DARKROOM_TABLE").context("DARKROOM_TABLE is not set")?;
    tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(async {
        let aws = darkroom_host::aws::config().await;
        let (store, records) = (Arc::new(S3::new(&aws, buckets)), Arc::new(DynamoDb::new(&aws, table)));
        let caches = caches::named(&aws, |name| env::var(name).ok())?;
        let purge = Purge { store, records, presets, caches };
        let mut code = ExitCode::SUCCESS;
        for key in &args.keys {
            let purged = if args.force { Some(purge.purge(key).await?) } else { purge.handle(key).await? };
            if !told(key, purged)? {
                code = ExitCode::FAILURE;
            }
        }
        Ok(code)
    })
}

/// Whether it was purged.
fn told(key: &UploadKey, purged: Option<Purged>) -> io::Result<bool> {
    match purged {
        Some(Purged { objects, items }) => {
            writeln!(io::stdout().lock(), "{key}: {objects} objects and {items} items deleted")?
        }
        None => eprintln!("{key}: the original is still there; --force purges nevertheless"),
    }
    Ok(purged.is_some())
}
