//! Answers on their way to clients: how many bytes may wait in memory until they are taken, and for how long.

use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, ready};
use std::time::{Duration, Instant};

use axum::Extension;
use axum::body::{Body, HttpBody};
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE, RETRY_AFTER};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use hyper::body::{Frame, SizeHint};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::sleep;

use super::{App, delivery};

/// Content is handed on in pieces of so many bytes, so that it is seen when a client takes some.
pub(super) const PIECE: usize = 64 << 10;
/// What an answer that is read from a file holds: a piece in each buffer on its way.
const STREAM: u64 = 4 * PIECE as u64;
/// What an answer without an end holds: an event.
const EVENTS: u64 = 4 << 10;
/// In which bytes are counted.
const UNIT: u64 = 1 << 10;

/// The room for all bytes that wait, of which one connection gets a quarter at most.
pub(crate) struct Room {
    all: Arc<Semaphore>,
    share: u64,
}

/// The client at the other end of one connection.
pub(crate) struct Peer {
    share: Arc<Semaphore>,
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

/// Lets an answer go where there is room for it. One whose length is known is in memory as a whole; any other one is read
/// while it is sent.
pub(super) async fn in_turn(
    State(app): State<Arc<App>>,
    Extension(peer): Extension<Arc<Peer>>,
    request: Request,
    next: Next,
) -> Response {
    let response = next.run(request).await;
    if response.body().is_end_stream() {
        return response;
    }
    let endless = response.headers().get(CONTENT_TYPE).is_some_and(|kind| kind == "text/event-stream");
    let bytes = response.body().size_hint().exact().unwrap_or(if endless { EVENTS } else { STREAM });
    match app.room.take(&peer, bytes) {
        Some(room) => response.map(|inner| {
            let waits = Some(peer.wait());
            Body::new(Content { inner, rest: Bytes::new(), peer, waits, _room: room })
        }),
        None => {
            let fields = [(RETRY_AFTER, delivery::RETRY_AFTER.to_string()), (CACHE_CONTROL, "no-store".to_owned())];
            (StatusCode::SERVICE_UNAVAILABLE, fields, "too many answers wait to be taken\n").into_response()
        }
    }
}

impl Room {
    /// For so many bytes.
    pub(crate) fn new(bytes: u64) -> Self {
        Self { all: Arc::new(Semaphore::new(units(bytes) as usize)), share: bytes / 4 }
    }

    /// A connection's client, for which nothing waits yet.
    pub(super) fn peer(&self) -> Arc<Peer> {
        let turn = Mutex::new(Turn { waiting: 0, since: Instant::now() });
        Arc::new(Peer { share: Arc::new(Semaphore::new(units(self.share) as usize)), turn })
    }

    /// Room for so many bytes, if there is any. An answer that is longer than a share takes all of the share.
    fn take(&self, peer: &Peer, bytes: u64) -> Option<[OwnedSemaphorePermit; 2]> {
        let units = units(bytes.min(self.share));
        let share = Arc::clone(&peer.share).try_acquire_many_owned(units).ok()?;
        Some([share, Arc::clone(&self.all).try_acquire_many_owned(units).ok()?])
    }
}

/// At least one.
fn units(bytes: u64) -> u32 {
    u32::try_from(bytes.div_ceil(UNIT)).unwrap_or(u32::MAX).max(1)
}

impl Peer {
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

    fn content(room: &Room, peer: &Arc<Peer>, bytes: usize) -> Option<Content> {
        let (inner, waits) = (Body::from(vec![0; bytes]), Some(peer.wait()));
        let _room = room.take(peer, bytes as u64)?;
        Some(Content { inner, rest: Bytes::new(), peer: Arc::clone(peer), waits, _room })
    }

    #[test]
    fn pieces_wait_until_they_are_dropped() {
        let runtime = Builder::new_current_thread().enable_time().build().expect("a runtime");
        let room = Room::new(4 << 20);
        let peer = room.peer();
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
        let [greedy, other] = [(); 2].map(|()| room.peer());
        let first = content(&room, &greedy, 700 << 10).expect("room");
        assert!(content(&room, &greedy, 700 << 10).is_none());
        assert!(content(&room, &other, 700 << 10).is_some());
        drop(first);
        assert!(content(&room, &greedy, 9 << 20).is_some(), "a long answer takes all of a share, and no more");
        let peers: Vec<_> = (0..5).map(|_| room.peer()).collect();
        let held: Vec<_> = peers.iter().filter_map(|peer| content(&room, peer, 1 << 20)).collect();
        assert_eq!(held.len(), 4);
    }
}
