//! The whole system in one process: uploads, processing, metadata and delivery, on embedded parts or on AWS. It calls
//! the host's own functions, and keeps everything through their own stores: the embedded ones are a folder and SQLite.

mod app;
mod client;
mod config;
mod deleter;
mod embedded;
mod events;
mod log;
mod metrics;
mod open_files;
mod origins;
mod queue;
mod score;
mod server;
mod sources;
mod store;
mod webhook;
mod worker;

use std::io::{self, Write};
use std::net::{Ipv4Addr, Ipv6Addr};
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use app::Parts;
pub use config::{
    Aws, BucketNames, Cloudflare, Config, InvalidConfig, Limits, Log, LogFormat, S3, StoreKind, Uploads, Users, Webhook,
};
use darkroom_delivery::UploadKey;
use darkroom_host::handlers::Purged;
use darkroom_host::{LoadError, Options, Processor};
use store::Rules;
pub use store::check::{Checked, Rebuilt};
use tokio::net::TcpListener;
use tokio::runtime::Runtime;
use tokio::signal::unix::{SignalKind, signal};
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

/// Serves until SIGTERM or Ctrl-C, then finishes what was begun: requests, uploads and the images that are worked on.
/// What takes longer than it may is begun again by the next start. Prints the server's URL when it listens. `load` loads
/// the image core.
///
/// # Errors
/// The server can't start: the address is taken, the folder is in use or can't be written.
pub fn run(config: Config, load: impl FnOnce(Options) -> Result<Processor, LoadError>) -> anyhow::Result<()> {
    let runtime = Runtime::new()?;
    let entered = runtime.enter();
    log::start(&config.log);
    open_files::allow(&config.limits);
    let processor = load(config.options())?;
    let served = runtime.block_on(serve(config, Arc::new(processor)));
    drop(entered);
    // Threads that still render have nobody who waits for them.
    runtime.shutdown_timeout(Duration::ZERO);
    served
}

/// Reads all objects of a data folder that no server uses, and tells which are not as they were stored.
///
/// # Errors
/// It is no data folder, is in use, or lacks its index; or the disk fails.
pub fn check(config: &Config) -> anyhow::Result<Checked> {
    store::check::check(&config.data, &rules(config)?)
}

/// Makes the index of a data folder that has lost it, of what its files say of themselves. Uploads that have no item are
/// queued. No file is changed or deleted.
///
/// # Errors
/// It is no data folder, is in use, or has an index; or the disk fails.
pub fn rebuild_index(config: &Config) -> anyhow::Result<Rebuilt> {
    let items = embedded::Items::open(&config.data.join("records.sqlite"), &config.table)?;
    store::check::rebuild(&config.data, &rules(config)?, &config.buckets.raw, |key| Ok(items.has(&key.parse()?)?))
}

/// Deletes what a data folder that no server uses has of these uploads, but for the originals themselves; not where those are
/// still there, unless `force` says so.
///
/// # Errors
/// It is no data folder, is in use, or lacks its index; or the disk or a cache fails. A repeat deletes the rest.
pub fn purge(config: &Config, keys: &[UploadKey], force: bool) -> anyhow::Result<Vec<(UploadKey, Option<Purged>)>> {
    Runtime::new()?.block_on(app::purge_folder(config, keys, force))
}

fn rules(config: &Config) -> anyhow::Result<Rules> {
    Ok(Rules::new(config.limits.rendition_bytes, &config.settings()?))
}

/// Asks the server with this configuration, on this machine, whether it is ready: for a container's health check.
///
/// # Errors
/// It doesn't answer within 5 seconds, or it is not ready.
pub fn ready(config: &Config) -> anyhow::Result<()> {
    let mut address = config.listen;
    if address.ip().is_unspecified() {
        let localhost = if address.is_ipv4() { Ipv4Addr::LOCALHOST.into() } else { Ipv6Addr::LOCALHOST.into() };
        address.set_ip(localhost);
    }
    let url = format!("http://{address}/ready");
    let asked = async {
        let client = client::client(client::AddressPolicy::Anywhere)?;
        let response = timeout(Duration::from_secs(5), client.get(url.parse()?)).await??;
        anyhow::ensure!(response.status().is_success(), "{}", response.status());
        Ok(())
    };
    Runtime::new()?.block_on(asked).with_context(|| url.clone())
}

async fn serve(config: Config, processor: Arc<Processor>) -> anyhow::Result<()> {
    let stop = CancellationToken::new();
    let listener = TcpListener::bind(config.listen).await.with_context(|| config.listen.to_string())?;
    let config = Config { listen: listener.local_addr()?, ..config };
    let shutdown = Duration::from_secs(config.limits.shutdown_seconds);
    listen_for_signals(stop.clone())?;
    let Parts { app, workers } = app::start(config, processor, &stop).await?;
    let url = app.config.public_url();
    let app = Arc::new(app);
    let router = server::router(Arc::clone(&app))?;
    tracing::info!(url, "serving");
    writeln!(io::stdout().lock(), "{url}")?;
    server::serve(listener, router, &app, stop).await;
    // A worker that is at an image finishes it.
    if timeout(shutdown, workers.join_all()).await.is_err() {
        tracing::warn!("images were left to the next start: they took too long to end");
    }
    tracing::info!("ended");
    Ok(())
}

fn listen_for_signals(stop: CancellationToken) -> io::Result<()> {
    let (mut terminate, mut interrupt) = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
    tokio::spawn(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
        tracing::info!("ending");
        stop.cancel();
    });
    Ok(())
}
