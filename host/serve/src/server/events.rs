use std::convert::Infallible;
use std::sync::Arc;

use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Sse;
use axum::response::sse;
use futures_util::{Stream, StreamExt, stream};
use tokio::sync::broadcast::Receiver;
use tokio::sync::broadcast::error::RecvError;

use super::App;
use super::identity::User;
use crate::events::Event;

/// `GET /events`: what happens to a user's images, as server-sent events. A client that comes again with
/// `Last-Event-ID` gets what it has missed, as far as that is kept.
pub(super) async fn stream(
    State(app): State<Arc<App>>,
    User(user): User,
    headers: HeaderMap,
) -> Sse<impl Stream<Item = Result<sse::Event, Infallible>>> {
    let last = headers.get("last-event-id").and_then(|id| id.to_str().ok()?.parse().ok());
    let (missed, receiver) = app.hub.listen(last);
    let events = stream::iter(missed).chain(stream::unfold(receiver, next));
    let events = events.filter(move |event| std::future::ready(event.user == user));
    let events = events.map(|event| {
        let text = sse::Event::default().id(event.number.to_string()).event(event.name).data(&event.data);
        Ok(text)
    });
    // Otherwise those who listen would hold up the server's end.
    Sse::new(events.take_until(app.stop.clone().cancelled_owned())).keep_alive(sse::KeepAlive::default())
}

/// Who listens too slowly misses events.
async fn next(mut receiver: Receiver<Arc<Event>>) -> Option<(Arc<Event>, Receiver<Arc<Event>>)> {
    loop {
        match receiver.recv().await {
            Ok(event) => return Some((event, receiver)),
            Err(RecvError::Lagged(_)) => {}
            Err(RecvError::Closed) => return None,
        }
    }
}
