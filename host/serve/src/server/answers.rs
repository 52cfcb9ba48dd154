//! What clients hold: how many bytes of their requests, and of answers that they have not taken, may be in memory, of one
//! client's and in all; and for how long an answer waits.

use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, ready};
use std::time::{Duration, Instant};

use axum::Extension;
use axum::body::{Body, HttpBody};
use axum::extract::{Request, State};
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE, RETRY_AFTER};
use axum::http::{Method, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use hyper::body::{Frame, SizeHint};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::sleep;

use super::bodies::DOCUMENT;
use super::clients::Client;
use super::{App, delivery};

/// Content is handed on in pieces of so many bytes, so that it is seen when a client takes some.
pub(super) const PIECE: usize = 64 << 10;
/// What an answer that is read from a file holds, or an object that is written to one: a piece in each buffer on its way.
const STREAM: u64 = 4 * PIECE as u64;
/// What an answer without an end holds: an event.
const EVENTS: u64 = 4 << 10;
/// What a request holds until it is answered: its head, its URL in some forms, and the task.
const REQUEST: u64 = 16 << 10;
/// In which bytes are counted.
const UNIT: u64 = 1 << 10;

/// The room for all bytes that clients hold, of which one gets a quarter at most.
pub(crate) struct Room {
    all: Arc<Semaphore>,
    bytes: u64,
}

/// What is at the other end of one connection.
pub(crate) struct Peer {
    client: Arc<Client>,
    turn: Mutex<Turn>,
}

/// Whether it is the client's turn.
struct Turn {
    /// How many answers and pieces wait for it.
    waiting: usize,
    /// When the first of them began to wait, or when the last piece was taken.
    since: Instant,
}

/// Something that waits for a client until this is dropped.
struct Waits(Arc<Peer>);

/// Bytes that were handed on: dropped when they are sent, or when nobody wants them any more.
struct Piece {
    bytes: Bytes,
    waits: Waits,
}

/// An answer's content.
struct Content {
    inner: Body,
    /// What is left of a frame that is longer than a piece.
    rest: Bytes,
    peer: Arc<Peer>,
    /// None while the client has taken all that there is so far.
    waits: Option<Waits>,
    _room: [OwnedSemaphorePermit; 2],
}

/// Lets a request in, and its answer go, where there is room for it. An answer whose length is known is in memory as a whole;
/// any other one is read while it is sent.
pub(super) async fn in_turn(
    State(app): State<Arc<App>>,
    Extension(peer): Extension<Arc<Peer>>,
    mut request: Request,
    next: Next,
) -> Response {
    let client = app.clients.of(&peer.client, request.headers());
    let Some(asks) = app.room.take(&client, held(&request)) else { return full() };
    request.extensions_mut().insert(Arc::clone(&client));
    let response = next.run(request).await;
    drop(asks);
    if response.body().is_end_stream() {
        return response;
    }
    let endless = response.headers().get(CONTENT_TYPE).is_some_and(|kind| kind == "text/event-stream");
    let bytes = response.body().size_hint().exact().unwrap_or(if endless { EVENTS } else { STREAM });
    match app.room.take(&client, bytes) {
        Some(room) => response.map(|inner| {
            let waits = Some(peer.wait());
            Body::new(Content { inner, rest: Bytes::new(), peer, waits, _room: room })
        }),
        None => full(),
    }
}

/// What a request may hold in memory: one that has content all of a document, or the buffers that an object goes through.
fn held(request: &Request) -> u64 {
    let content = if request.method() == Method::POST { DOCUMENT as u64 } else { STREAM };
    REQUEST + if request.body().is_end_stream() { 0 } else { content }
}

fn full() -> Response {
    let fields = [(RETRY_AFTER, delivery::RETRY_AFTER.to_string()), (CACHE_CONTROL, "no-store".to_owned())];
    let why = "too many requests or answers of this client, or of all, are in memory\n";
    (StatusCode::SERVICE_UNAVAILABLE, fields, why).into_response()
}

impl Room {
    /// For so many bytes.
    pub(crate) fn new(bytes: u64) -> Self {
        Self { all: Arc::new(Semaphore::new(units(bytes) as usize)), bytes }
    }

    /// What one client may have of it, in its units.
    pub(crate) fn share(&self) -> usize {
        units(self.bytes / 4) as usize
    }

    /// Room for so many bytes, if there is any. What is longer than half a share takes that half of it, so that no answer is
    /// too long for a client that asks for something else meanwhile.
    fn take(&self, client: &Client, bytes: u64) -> Option<[OwnedSemaphorePermit; 2]> {
        let take =
            |of: &Arc<Semaphore>, most: u64| Arc::clone(of).try_acquire_many_owned(units(bytes.min(most / 2))).ok();
        Some([take(&client.share, self.bytes / 4)?, take(&self.all, self.bytes)?])
    }
}

/// At least one.
fn units(bytes: u64) -> u32 {
    u32::try_from(bytes.div_ceil(UNIT)).unwrap_or(u32::MAX).max(1)
}

impl Peer {
    /// For which nothing waits yet.
    pub(super) fn new(client: Arc<Client>) -> Arc<Self> {
        Arc::new(Self { client, turn: Mutex::new(Turn { waiting: 0, since: Instant::now() }) })
    }

    /// Ends once the client has taken nothing for so long, though something waited for it.
    pub(super) async fn is_gone(&self, idle: Duration) {
        loop {
            let left = match &*self.turn() {
                Turn { waiting: 0, .. } => idle,
                Turn { since, .. } => idle.saturating_sub(since.elapsed()),
            };
            if left.is_zero() {
                return;
            }
            sleep(left).await;
        }
    }

    fn wait(self: &Arc<Self>) -> Waits {
        let mut turn = self.turn();
        if turn.waiting == 0 {
            turn.since = Instant::now();
        }
        turn.waiting += 1;
        Waits(Arc::clone(self))
    }

    fn turn(&self) -> MutexGuard<'_, Turn> {
        // A count and a time can't be left half changed.
        self.turn.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Waits {
    fn drop(&mut self) {
        self.0.turn().waiting -= 1;
    }
}

impl AsRef<[u8]> for Piece {
    fn as_ref(&self) -> &[u8] {
        &self.bytes
    }
}

impl Drop for Piece {
    fn drop(&mut self) {
        self.waits.0.turn().since = Instant::now();
    }
}

impl HttpBody for Content {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        while self.rest.is_empty() {
            // Until there is something to take, it is not the client's turn.
            let polled = Pin::new(&mut self.inner).poll_frame(context);
            if polled.is_pending() {
                self.waits = None;
            }
            match ready!(polled) {
                Some(Ok(frame)) => match frame.into_data() {
                    Ok(data) => self.rest = data,
                    Err(trailers) => return Poll::Ready(Some(Ok(trailers))),
                },
                end => return Poll::Ready(end),
            }
        }
        let length = self.rest.len().min(PIECE);
        let bytes = self.rest.split_to(length);
        self.waits = Some(self.peer.wait());
        let waits = self.peer.wait();
        Poll::Ready(Some(Ok(Frame::data(Bytes::from_owner(Piece { bytes, waits })))))
    }

    fn is_end_stream(&self) -> bool {
        self.rest.is_empty() && self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        let (inner, rest) = (self.inner.size_hint(), self.rest.len() as u64);
        let mut hint = SizeHint::new();
        hint.set_lower(inner.lower() + rest);
        if let Some(upper) = inner.upper() {
            hint.set_upper(upper + rest);
        }
        hint
    }
}

#[cfg(test)]
mod tests {
    use http_body_util::BodyExt;
    use tokio::runtime::Builder;
    use tokio::time::timeout;

    use super::*;

    use crate::server::Clients;

    fn peers<const N: usize>(room: &Room) -> [Arc<Peer>; N] {
        let clients = Clients::new(room.share(), 9, Vec::new());
        std::array::from_fn(|number| Peer::new(clients.at(std::net::Ipv4Addr::from_bits(number as u32).into())))
    }

    fn content(room: &Room, peer: &Arc<Peer>, bytes: usize) -> Option<Content> {
        let (inner, waits) = (Body::from(vec![0; bytes]), Some(peer.wait()));
        let _room = room.take(&peer.client, bytes as u64)?;
        Some(Content { inner, rest: Bytes::new(), peer: Arc::clone(peer), waits, _room })
    }

    #[test]
    fn pieces_wait_until_they_are_dropped() {
        let runtime = Builder::new_current_thread().enable_time().build().expect("a runtime");
        let room = Room::new(4 << 20);
        let [peer] = peers(&room);
        let mut content = content(&room, &peer, PIECE * 2 + 1).expect("room");
        assert_eq!(content.size_hint().exact(), Some(PIECE as u64 * 2 + 1));
        let mut pieces = Vec::new();
        runtime.block_on(async {
            while let Some(frame) = content.frame().await {
                pieces.push(frame.expect("a frame").into_data().expect("data"));
            }
        });
        assert_eq!(pieces.iter().map(Bytes::len).collect::<Vec<_>>(), [PIECE, PIECE, 1]);
        drop(content);
        assert_eq!(peer.turn().waiting, 3);
        let idle = Duration::from_millis(100);
        let gone = || runtime.block_on(async { timeout(3 * idle, peer.is_gone(idle)).await.is_ok() });
        assert!(gone());
        pieces.clear();
        assert_eq!(peer.turn().waiting, 0);
        assert!(!gone());
    }

    #[test]
    fn room_comes_back_and_no_peer_has_all_of_it() {
        let room = Room::new(4 << 20);
        let [greedy, other] = peers(&room);
        let again = Peer::new(Arc::clone(&greedy.client));
        let first = [&greedy, &again].map(|peer| content(&room, peer, 512 << 10).expect("room"));
        assert!(content(&room, &again, 1 << 10).is_none(), "another connection is the same client");
        assert!(content(&room, &other, 512 << 10).is_some());
        drop(first);
        assert!(content(&room, &greedy, 2 << 20).is_some(), "a long answer takes half a share, and no more");
        let peers: [_; 5] = peers(&room);
        let held: Vec<_> = peers.iter().filter_map(|peer| content(&room, peer, 1 << 20)).collect();
        assert_eq!(held.len(), 4);
    }
}
