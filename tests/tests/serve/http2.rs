//! An HTTP/2 client with full control over sending and reading.

use std::time::Duration;

use bytes::Bytes;
use h2::client::{Builder, SendRequest};
use tokio::net::TcpStream;
use tokio::runtime::Runtime;
use tokio::task::JoinHandle;
use tokio::time::timeout;
use ureq::http::Request;

/// The time limit for any server action.
const PATIENCE: Duration = Duration::from_secs(20);

pub(crate) fn runtime() -> Runtime {
    Runtime::new().expect("a runtime")
}

/// A connection, which closes when dropped. `window` is how much of each response the client accepts before it sends an
/// update.
pub(crate) async fn connect(url: &str, window: u32) -> (SendRequest<Bytes>, JoinHandle<Result<(), h2::Error>>) {
    let socket = TcpStream::connect(url.strip_prefix("http://").expect("a URL")).await.expect("connected");
    let (client, connection) = Builder::new().initial_window_size(window).handshake(socket).await.expect("HTTP/2");
    (client, tokio::spawn(connection))
}

/// The status of the response to a request whose content is `piece`, repeated until `length` bytes are sent, or the
/// server accepts no more.
pub(crate) fn send(url: &str, request: Request<()>, piece: Bytes, length: usize) -> u16 {
    runtime().block_on(async {
        let (client, _connection) = connect(url, 1 << 20).await;
        let (answer, mut content) = client.ready().await.expect("ready").send_request(request, false).expect("sent");
        let sending = async {
            let mut sent = 0;
            while sent < length {
                content.reserve_capacity(piece.len());
                let Some(Ok(capacity)) = std::future::poll_fn(|context| content.poll_capacity(context)).await else {
                    break;
                };
                let piece = piece.slice(..capacity.min(piece.len()));
                sent += piece.len();
                if content.send_data(piece, false).is_err() {
                    break;
                }
            }
            std::future::pending::<()>().await;
        };
        let answer = async { answer.await.expect("an answer").status().as_u16() };
        tokio::select! {
            answered = timeout(PATIENCE, answer) => answered.expect("an answer in time"),
            () = sending => unreachable!("it goes on"),
        }
    })
}
