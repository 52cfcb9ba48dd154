//! The functions of the upload pipeline and of delivery in one Lambda binary, which contains only plumbing. Everything
//! is created once, at startup.

mod batch;
mod deliver;
mod function;
mod image_core;
mod log;
mod metrics;
mod retries;
mod runtime;
mod upload_url;
mod url_event;

use std::env;
use std::sync::Arc;

use anyhow::Context;
use darkroom_host::caches;
use darkroom_host::handlers::{Compress, Metadata, MetadataInput, Presign, Process, Purge, Thumbnail};
use darkroom_host::objects::{Buckets, S3};
use darkroom_host::pipeline::{DeletionEvent, Images, Settings, UploadEvent, presets};
use darkroom_host::records::DynamoDb;
use darkroom_host::topic::Sns;
use function::Function;
use metrics::emit;
use retries::{Receipts, Retries};
use runtime::{logged, run};

// One thread waits for the network; images are rendered on separate threads.
#[tokio::main(flavor = "current_thread")]
async fn main() -> anyhow::Result<()> {
    log::start();
    let started = start().await;
    started.inspect_err(|error| tracing::error!("the function does not start: {error:#}"))
}

async fn start() -> anyhow::Result<()> {
    let function: Function = variable("DARKROOM_FUNCTION")?.parse()?;
    let aws = darkroom_host::aws::config().await;
    let buckets = Buckets::read(|name| env::var(name).ok())?;
    let settings = || anyhow::Ok(Arc::new(Settings::read(|name| env::var(name).ok())?));
    let store = || Arc::new(S3::new(&aws, buckets.clone()));
    let images = || {
        let settings = settings()?;
        anyhow::Ok(Images { store: store(), processor: image_core::load(settings.deadline)?, settings })
    };
    let metadata = || {
        let records = Arc::new(DynamoDb::new(&aws, variable("DARKROOM_TABLE")?));
        anyhow::Ok(Metadata { records, settings: settings()?, emit })
    };
    let raw = &buckets.raw;
    match function {
        Function::Presign => {
            let presign = &Presign { presigner: store(), settings: settings()? };
            run(async |request| Ok(upload_url::handle(presign, &request).await)).await
        }
        Function::Compress => {
            let compress = &Compress { images: images()?, emit };
            run(async |event: UploadEvent| {
                logged(event.upload(raw)?, async |upload| compress.handle(upload).await).await
            })
            .await
        }
        Function::Thumbnail => {
            let thumbnail = &Thumbnail { images: images()?, emit };
            run(async |event: UploadEvent| {
                logged(event.upload(raw)?, async |upload| thumbnail.handle(upload).await).await
            })
            .await
        }
        Function::Metadata => {
            let metadata = &metadata()?;
            run(async |input: MetadataInput| {
                let outcome = input.outcome()?;
                logged(input.event.upload(raw)?, async |upload| metadata.handle(upload, outcome).await).await
            })
            .await
        }
        Function::Process => {
            let topic = Arc::new(Sns::new(&aws, variable("DARKROOM_TOPIC_ARN")?));
            let process = &Process { images: images()?, metadata: metadata()?, topic, emit };
            let retries = &Retries::new(&aws, variable("DARKROOM_QUEUE_URL")?);
            run(async |event| {
                let receipts = Receipts::from(&event);
                let response = batch::handle(process, event).await;
                retries.hasten(&receipts, &response).await;
                Ok(response)
            })
            .await
        }
        Function::Purge => {
            let records = Arc::new(DynamoDb::new(&aws, variable("DARKROOM_TABLE")?));
            let caches = caches::named(&aws, |name| env::var(name).ok())?;
            let presets = presets(|name| env::var(name).ok())?;
            let purge = &Purge { store: store(), records, presets, caches };
            run(async |event: DeletionEvent| purge.handle(&event.original(raw)?).await).await
        }
        Function::Deliver => deliver::run(&aws, buckets.clone()).await,
    }
}

fn variable(name: &str) -> anyhow::Result<String> {
    env::var(name).ok().filter(|value| !value.is_empty()).with_context(|| format!("{name} is not set"))
}
