use std::env;
use std::io::{self, Write};
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::Context;
use darkroom_delivery::UploadKey;
use darkroom_host::caches::{Caches, CloudFront};
use darkroom_host::handlers::{Purge, Purged};
use darkroom_host::objects::{Buckets, S3};
use darkroom_host::pipeline::presets;
use darkroom_host::records::DynamoDb;

/// Delete everything that the upload pipeline has derived from originals: outputs, variants and items
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
}

const EXAMPLES: &str = "\
DARKROOM_RAW_BUCKET, DARKROOM_PROCESSED_BUCKET, DARKROOM_THUMBNAILS_BUCKET and DARKROOM_TABLE name the stores;
DARKROOM_DELIVERY, where it is set, has the presets, and DARKROOM_DISTRIBUTION names the CloudFront distribution that is
to forget the images; AWS's own variables and files have the credentials and the region.

Example:
  darkroom purge uploads/u1/20260101_120000_0123456789abcdef_photo.jpg

Exit code: 0 if all were purged, 1 if an original is still there or a store fails, 2 for wrong usage.";

pub(crate) fn run(args: &Args) -> anyhow::Result<ExitCode> {
    let buckets = Buckets::read(|name| env::var(name).ok())?;
    let presets = presets(|name| env::var(name).ok())?;
    let table = env::var("DARKROOM_TABLE").context("DARKROOM_TABLE is not set")?;
    tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(async {
        let aws = darkroom_host::aws::config().await;
        let (store, records) = (Arc::new(S3::new(&aws, buckets)), Arc::new(DynamoDb::new(&aws, table)));
        let distribution = env::var("DARKROOM_DISTRIBUTION").ok().filter(|id| !id.is_empty());
        let caches = distribution.map(|id| Arc::new(CloudFront::new(&aws, id)) as Arc<dyn Caches>);
        purge(args, &Purge { store, records, presets, caches }).await
    })
}

async fn purge(args: &Args, purge: &Purge) -> anyhow::Result<ExitCode> {
    let mut code = ExitCode::SUCCESS;
    for key in &args.keys {
        let purged = if args.force { Some(purge.purge(key).await?) } else { purge.handle(key).await? };
        if let Some(Purged { objects, items }) = purged {
            writeln!(io::stdout().lock(), "{key}: {objects} objects and {items} items deleted")?;
        } else {
            eprintln!("{key}: the original is still there; --force purges nevertheless");
            code = ExitCode::FAILURE;
        }
    }
    Ok(code)
}
