use std::io;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use hyper::Request;
use hyper::body::Incoming;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use hyper_util::server::graceful::GracefulShutdown;
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::{sleep, timeout};
use tokio_util::sync::CancellationToken;
use tower::ServiceExt;

use super::App;
use super::answers::{PIECE, Peer};
use super::clients::Client;
use crate::config::Limits;
use crate::metrics::METRICS;

/// What a client of HTTP/2 begins with (RFC 9113 §3.4).
const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
/// Streams of one HTTP/2 connection.
const STREAMS: u32 = 128;
/// How often an HTTP/2 connection is asked whether its client is there.
const KEEP_ALIVE: Duration = Duration::from_secs(20);
/// Where no connection can be accepted, for instance for want of file handles.
const REST: Duration = Duration::from_millis(100);

/// What a client may send of one stream, and of all, before the server has taken it: an upload goes to the disk piece by
/// piece, and what waits is the server's memory.
const WINDOWS: [u32; 2] = [64 << 10, 256 << 10];

/// Answers in HTTP/1.1 and HTTP/2 until `stop`, then finishes what was begun, as long as that takes no longer than it
/// may. Connections past the limit wait in the system's own queue; past that of one client they are closed. One whose client
/// takes nothing of what waits for it is ended.
pub(crate) async fn serve(listener: TcpListener, router: Router, app: &App, stop: CancellationToken) {
    let limits = &app.config.limits;
    let (builder, header) = (builder(limits), Duration::from_secs(limits.header_seconds));
    let idle = Duration::from_secs(limits.idle_seconds);
    let graceful = GracefulShutdown::new();
    let places = Arc::new(Semaphore::new(limits.connections));
    loop {
        let accepted = tokio::select! {
            () = stop.cancelled() => break,
            accepted = accept(&listener, &places) => accepted,
        };
        let Some((socket, client, place)) = accepted.and_then(|accepted| admit(app, accepted)) else { continue };
        let peer = Peer::new(client);
        let service = TowerToHyperService::new(router.clone().map_request(of(&peer)));
        let (builder, watcher, stop) = (builder.clone(), graceful.watcher(), stop.clone());
        tokio::spawn(async move {
            let begun = tokio::select! {
                () = stop.cancelled() => false,
                begun = timeout(header, begins(&socket)) => matches!(begun, Ok(Ok(()))),
            };
            if begun {
                let connection = builder.serve_connection(TokioIo::new(socket), service).into_owned();
                tokio::select! {
                    ended = watcher.watch(connection) => if let Err(error) = ended {
                        tracing::debug!(error, "a connection broke off");
                    },
                    () = peer.is_gone(idle) => tracing::debug!("a client takes nothing"),
                }
            }
            drop(place);
        });
    }
    drop(listener);
    if timeout(Duration::from_secs(limits.shutdown_seconds), graceful.shutdown()).await.is_err() {
        tracing::warn!("connections were cut: they took too long to end");
    }
}

/// Tells each request whose it is.
fn of(peer: &Arc<Peer>) -> impl FnMut(Request<Incoming>) -> Request<Incoming> + Clone + use<> {
    let peer = Arc::clone(peer);
    move |mut request| {
        request.extensions_mut().insert(Arc::clone(&peer));
        request
    }
}

/// Waits until it is known whether a connection is HTTP/2: the library itself would wait for ever.
async fn begins(socket: &TcpStream) -> io::Result<()> {
    let mut first = [0; PREFACE.len()];
    let mut pause = Duration::from_millis(1);
    loop {
        let length = socket.peek(&mut first).await?;
        if length == 0 || length == first.len() || !PREFACE.starts_with(&first[..length]) {
            return Ok(());
        }
        // What was seen stays readable, so that nothing tells of more. Few clients are that slow; many may pretend.
        sleep(pause).await;
        pause = (pause * 2).min(Duration::from_millis(500));
    }
}

/// A connection, whose it is, and its place among all.
struct Accepted {
    socket: TcpStream,
    address: IpAddr,
    place: OwnedSemaphorePermit,
}

/// The connection's client, and its places: among all, and among the client's own. None where that has too many.
fn admit(app: &App, accepted: Accepted) -> Option<(TcpStream, Arc<Client>, [OwnedSemaphorePermit; 2])> {
    let Accepted { socket, address, place } = accepted;
    let client = app.clients.at(address);
    let own = Arc::clone(&client.connections).try_acquire_owned();
    if own.is_err() {
        METRICS.refused_connections.inc();
    }
    Some((socket, client, [place, own.ok()?]))
}

async fn accept(listener: &TcpListener, places: &Arc<Semaphore>) -> Option<Accepted> {
    let place = Arc::clone(places).acquire_owned().await.ok()?;
    match listener.accept().await {
        Ok((socket, address)) => {
            let _ = socket.set_nodelay(true);
            Some(Accepted { socket, address: address.ip(), place })
        }
        Err(error) => {
            tracing::warn!(%error, "no connection can be accepted");
            sleep(REST).await;
            None
        }
    }
}

fn builder(limits: &Limits) -> Builder<TokioExecutor> {
    let mut builder = Builder::new(TokioExecutor::new());
    let header = Duration::from_secs(limits.header_seconds);
    builder.http1().timer(TokioTimer::new()).header_read_timeout(header).max_buf_size(64 << 10);
    let mut http2 = builder.http2();
    http2.timer(TokioTimer::new()).keep_alive_interval(KEEP_ALIVE).max_concurrent_streams(STREAMS);
    http2.max_header_list_size(64 << 10).max_send_buf_size(PIECE);
    http2.initial_stream_window_size(WINDOWS[0]).initial_connection_window_size(WINDOWS[1]);
    builder
}
