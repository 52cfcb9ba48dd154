//! The request lifecycle for callers that do the I/O themselves, in another language: [`Steps`] stops wherever it needs
//! a store, says what it needs, and continues with the reply.
//!
//! It serves CloudFront's origin group, where one request passes twice: before the bucket that may have the image is
//! asked, and again if it had none. Requests have passed the CloudFront Function, which reports its findings in the
//! field [`Verified::FIELD`].

use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};

use async_trait::async_trait;
use bytes::Bytes;
use darkroom_recipe::{Description, ImageInfo, Recipe, Rendition};

use crate::origin::Origins;
use crate::store::{Get, Head, NewObject, Object, Store, StoreError};
use crate::{
    Answer, Bounds, Bucket, Candidate, Config, Decision, EdgeSettings, Error, Fields, ObjectKey, Original, Plan,
    Remote, Shell, Source, Transformed, Verified, finish, parse_http_date, plan_verified, respond,
};

/// Where in the origin group a request is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pass {
    /// Before the bucket is asked: which object is it?
    Look,
    /// The bucket had none: render it.
    Make,
}

/// A request as it arrives.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asked {
    /// In upper case.
    pub method: String,
    /// Still encoded, without a query: as [`crate::Request::path`] gives it.
    pub path: String,
    /// Names, in lower case, and values.
    pub fields: Vec<(String, String)>,
}

/// The caller's next action.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// Get an object, and report the result.
    Get(GetObject),
    /// Store an object, and report whether that worked.
    Put(PutObject),
    /// Nothing more.
    Done(Ending),
}

/// The object to get.
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "named as in S3")]
pub struct GetObject {
    pub bucket: String,
    pub key: String,
    /// Whether its metadata is enough.
    pub head: bool,
    /// Don't read a longer one.
    pub limit: u64,
}

/// The object to store.
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "named as in S3")]
pub struct PutObject {
    pub bucket: String,
    pub key: String,
    pub bytes: Bytes,
    pub media_type: String,
    pub cache_control: String,
    pub metadata: Vec<(String, String)>,
}

/// The result of a step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reply {
    /// The object.
    Found(Found),
    /// There is no object with that name.
    Missing,
    /// It has this many bytes, more than the limit.
    TooLong(u64),
    /// It is stored.
    Stored,
    /// The store failed, or took too long.
    Failed(String),
}

/// An object as a store gives it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Found {
    /// Empty if its metadata was enough.
    pub bytes: Bytes,
    /// Without quotation marks; empty if the store gives none.
    pub etag: String,
    /// As the store gives it.
    pub media_type: String,
    /// An HTTP-date.
    pub last_modified: Option<String>,
    /// Names in lower case, without the store's prefix.
    pub metadata: Vec<(String, String)>,
}

/// How a pass ends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ending {
    /// Ask the bucket for this object.
    Object(String, String),
    /// Nothing that could be sent is stored: ask the bucket for a key that no object has.
    Nothing,
    /// Send this response.
    Answer(Answer),
    /// Let the origin function respond, for this reason.
    Elsewhere(String),
}

/// Why the processor made nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RenderError {
    /// It would take more than is allowed here.
    Beyond(String),
    /// It can't be made anywhere.
    Error(Error),
}

/// The result of processing a source.
pub type Rendered = (ImageInfo, Result<Rendition, RenderError>);

/// The image core, within the limits of the edge.
pub trait Processor {
    /// Placeholders for the source, and its EXIF fields.
    ///
    /// # Errors
    /// As [`Processor::transform`].
    fn describe(&self, source: &[u8]) -> Result<Description, RenderError>;

    /// Facts about the source, and the rendition of `recipe`, within `bounds`.
    ///
    /// # Errors
    /// The source is no image, or exceeds this edge's limits.
    fn transform(&self, source: &[u8], recipe: &Recipe, bounds: Bounds) -> Result<Rendered, RenderError>;
}

/// A request in progress.
pub struct Steps {
    way: Pin<Box<dyn Future<Output = Ending>>>,
    desk: Arc<Desk>,
}

/// The state that the request lifecycle and its caller share.
#[derive(Default)]
struct Desk(Mutex<Things>);

#[derive(Default)]
struct Things {
    step: Option<Step>,
    reply: Option<Reply>,
    clock: f64,
    /// Why the origin function has to respond.
    beyond: Option<String>,
}

impl Desk {
    fn things(&self) -> MutexGuard<'_, Things> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn ask(&self, step: Step) -> Reply {
        self.things().step = Some(step);
        poll_fn(|_| self.things().reply.take().map_or(Poll::Pending, Poll::Ready)).await
    }

    /// Remembers that the origin function has to respond, regardless of the error's later handling.
    fn beyond(&self, reason: &str) {
        self.things().beyond = Some(reason.to_owned());
    }
}

impl Steps {
    /// Starts a pass. `now` is in seconds since 1970.
    pub fn begin<P: Processor + 'static>(
        pass: Pass,
        asked: Asked,
        settings: EdgeSettings,
        processor: P,
        now: u64,
    ) -> Self {
        let desk = Arc::new(Desk::default());
        let store = CallersStore { settings, desk: Arc::clone(&desk) };
        let shell = EdgeShell { store, processor };
        Self { way: Box::pin(async move { way(&shell, pass, &asked, now).await }), desk }
    }

    /// Returns the next step, given the reply to the last one; the first call has no reply. `clock` is in milliseconds
    /// from any starting point. No step follows [`Step::Done`].
    ///
    /// # Panics
    /// If it is called after that.
    pub fn next(&mut self, reply: Option<Reply>, clock: f64) -> Step {
        {
            let mut things = self.desk.things();
            (things.reply, things.clock) = (reply, clock);
        }
        match self.way.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(outcome) => Step::Done(outcome),
            Poll::Pending => self.desk.things().step.take().expect("the way only waits for replies"),
        }
    }
}

async fn way<P: Processor>(shell: &EdgeShell<P>, pass: Pass, asked: &Asked, now: u64) -> Ending {
    let fields = Fields::from_pairs(asked.fields.iter().map(|(name, value)| (name.as_str(), value.as_str())));
    let verified = asked.fields.iter().find(|(name, _)| name == Verified::FIELD);
    let verified = Verified::read(verified.map(|(_, text)| text.as_str()));
    let config = &shell.store.settings.delivery;
    match plan_verified(&asked.method, &asked.path, &verified, &fields, config) {
        Err(error) => Ending::Answer(Answer::error(&error, None, &fields, config)),
        Ok(Decision::Preflight) => Ending::Answer(Answer::preflight(&fields, config)),
        Ok(Decision::Deliver(plan)) => match pass {
            Pass::Look => look(&shell.store.settings, &plan),
            Pass::Make => make(shell, &plan, config, now).await,
        },
    }
}

/// The object to ask the bucket for: always an upload's, which never changes. A stored object may be cached forever,
/// which would be wrong for another original's rendition, or for a stand-in.
fn look(settings: &EdgeSettings, plan: &Plan) -> Ending {
    let lasting = plan.request.source.is_immutable();
    match plan.candidates().into_iter().next() {
        Some(Candidate { object, provisional: false, .. }) if lasting => {
            Ending::Object(settings.bucket(object.bucket).to_owned(), object.key)
        }
        _ => Ending::Nothing,
    }
}

/// Renders the image and stores it, all before the response: nothing runs here after it.
async fn make<P: Processor>(shell: &EdgeShell<P>, plan: &Plan, config: &Config, now: u64) -> Ending {
    if plan.stand_in.is_some() {
        return Ending::Elsewhere("the AVIF is made after the answer".into());
    }
    if matches!(plan.request.source, Source::Remote(_)) {
        return Ending::Elsewhere("the original is on another server".into());
    }
    let response = respond(shell, plan, config, now).await;
    let beyond = shell.store.desk.things().beyond.take();
    if let Some(reason) = beyond {
        return Ending::Elsewhere(reason);
    }
    // If an image could not be stored, the next request renders it again.
    let _ = finish(shell, plan, response.later.split().0).await;
    match generated_length(&response.answer) {
        ..=GENERATED => Ending::Answer(response.answer),
        length => Ending::Elsewhere(format!("an answer of {length} bytes, must be at most {GENERATED}")),
    }
}

/// CloudFront's quota for a response that a function on origin request generates, header fields and Base64 included.
const GENERATED: usize = 1 << 20;

/// In bytes, with room for what CloudFront's JSON adds to each field.
fn generated_length(answer: &Answer) -> usize {
    let fields: usize = answer.headers.iter().map(|(name, value)| 2 * name.len() + value.len() + 32).sum();
    answer.body.len().div_ceil(3) * 4 + fields + 256
}

/// The stores behind an edge, through its caller.
struct CallersStore {
    settings: EdgeSettings,
    desk: Arc<Desk>,
}

impl CallersStore {
    async fn found(&self, object: &ObjectKey, get: Option<Get<'_>>) -> Result<Object, StoreError> {
        let (bucket, key) = (self.settings.bucket(object.bucket).to_owned(), object.key.clone());
        let limit = get.map_or(self.settings.limits.source_bytes, |get| get.limit);
        let found = match self.desk.ask(Step::Get(GetObject { bucket, key, head: get.is_none(), limit })).await {
            Reply::Found(found) => Ok(found.into()),
            Reply::Missing => Err(StoreError::NotFound),
            Reply::TooLong(length) => Err(Get::newest(limit).check(length).err().unwrap_or(StoreError::NotFound)),
            Reply::Failed(text) => Err(StoreError::Unavailable(text)),
            Reply::Stored => Err(StoreError::Unavailable("a reply to another step".into())),
        };
        // An original that can't be read here may be readable in the region.
        if let (Bucket::Raw, Err(error)) = (object.bucket, &found)
            && *error != StoreError::NotFound
        {
            self.desk.beyond(&format!("the original: {error}"));
        }
        found
    }
}

#[cfg_attr(target_family = "wasm", async_trait(?Send))]
#[cfg_attr(not(target_family = "wasm"), async_trait)]
impl Store for CallersStore {
    async fn get(&self, object: &ObjectKey, get: Get<'_>) -> Result<Object, StoreError> {
        self.found(object, Some(get)).await
    }

    async fn head(&self, object: &ObjectKey) -> Result<Head, StoreError> {
        Ok(self.found(object, None).await?.head)
    }

    async fn put(&self, object: NewObject) -> Result<(), StoreError> {
        let NewObject { object: ObjectKey { bucket, key }, bytes, content_type, cache_control, metadata } = object;
        let put = PutObject {
            bucket: self.settings.bucket(bucket).to_owned(),
            key,
            bytes,
            media_type: content_type.to_owned(),
            cache_control: cache_control.to_owned(),
            metadata: metadata.into_iter().map(|(name, value)| (name.to_owned(), value)).collect(),
        };
        match self.desk.ask(Step::Put(put)).await {
            Reply::Stored => Ok(()),
            other => Err(StoreError::Unavailable(format!("{other:?}"))),
        }
    }
}

impl From<Found> for Object {
    fn from(found: Found) -> Self {
        let Found { bytes, etag, media_type, last_modified, metadata } = found;
        let last_modified = last_modified.as_deref().and_then(parse_http_date);
        let head = Head { etag, content_type: media_type, metadata: metadata.into_iter().collect(), last_modified };
        Self { bytes, head }
    }
}

struct EdgeShell<P> {
    store: CallersStore,
    processor: P,
}

impl<P: Processor> EdgeShell<P> {
    fn beyond(&self, reason: String) -> Error {
        self.store.desk.beyond(&reason);
        Error::Internal(reason)
    }

    fn trouble(&self, trouble: RenderError) -> Error {
        match trouble {
            RenderError::Beyond(reason) => self.beyond(reason),
            RenderError::Error(error) => error,
        }
    }
}

impl<P: Processor> Shell for EdgeShell<P> {
    type Store = CallersStore;

    fn store(&self) -> &CallersStore {
        &self.store
    }

    fn source_bytes(&self) -> u64 {
        self.store.settings.limits.source_bytes
    }

    fn origins(&self, _: &Remote) -> Result<&dyn Origins, Error> {
        Err(self.beyond("the original is on another server".into()))
    }

    async fn describe(&self, original: &Original) -> Result<Description, Error> {
        self.processor.describe(&original.bytes).map_err(|trouble| self.trouble(trouble))
    }

    async fn transform(&self, original: &Original, recipe: &Recipe, bounds: Bounds) -> Result<Transformed, Error> {
        let trouble = |trouble| self.trouble(trouble);
        let (info, rendition) = self.processor.transform(&original.bytes, recipe, bounds).map_err(trouble)?;
        Ok(Transformed { info, rendition: rendition.map_err(trouble) })
    }

    fn clock(&self) -> f64 {
        self.store.desk.things().clock
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use darkroom_recipe::{Color, Format};

    use super::*;
    use crate::EdgeLimits;

    const UPLOAD: &str = "uploads/u/20260102_030405_abcdef01_a.jpg";
    const JPEG: &[u8] = b"\xFF\xD8\xFF a photo that is longer than the text of its recipe";

    /// Returns a recipe's text as its rendition.
    struct Desk;

    impl Processor for Desk {
        fn describe(&self, _: &[u8]) -> Result<Description, RenderError> {
            let dominant_color = Color { red: 1, green: 2, blue: 0xAB, alpha: 255 };
            Ok(Description { thumb_hash: vec![1, 2, 3], dominant_color, exif: BTreeMap::new() })
        }

        fn transform(&self, source: &[u8], recipe: &Recipe, _: Bounds) -> Result<Rendered, RenderError> {
            let format = Format::of(source).ok_or_else(|| RenderError::Beyond("too large".into()))?;
            let info = crate::flow::plan::info(format, 1, false);
            let recipe = recipe.for_source(&info);
            let bytes = recipe.to_string().into_bytes();
            let format = recipe.encoding.format;
            Ok((info, Ok(Rendition { format, width: 9, height: 5, quality: Some(80), bytes })))
        }
    }

    fn begin(pass: Pass, path: &str, verified: &str) -> Steps {
        let settings = r#"{"region":"x","buckets":{"raw":"r","processed":"p","thumbnails":"t"}}"#;
        let settings = EdgeSettings::from_json(settings).expect("settings");
        let fields = vec![(Verified::FIELD.to_owned(), verified.to_owned())];
        let asked = Asked { method: "GET".into(), path: format!("/image/{path}"), fields };
        Steps::begin(pass, asked, settings, Desk, 1000)
    }

    fn get(bucket: &str, key: &str) -> Step {
        let limit = EdgeLimits::default().source_bytes;
        Step::Get(GetObject { bucket: bucket.into(), key: key.into(), head: false, limit })
    }

    #[test]
    fn the_bucket_is_asked_for_what_lasts() {
        let object = |bucket: &str, key: String| Step::Done(Ending::Object(bucket.into(), key));
        let stem = "u/20260102_030405_abcdef01_a";
        for (path, word, expected) in [
            ("width=96", "webp-any", object("p", format!("variants/{UPLOAD}/width=96.webp"))),
            ("width=96", "any", object("p", format!("variants/{UPLOAD}/width=96.jpg"))),
            ("width=96", "avif-webp-any", object("p", format!("variants/{UPLOAD}/width=96.avif"))),
            ("format=jpeg", "webp-any", object("p", format!("variants/{UPLOAD}/format=jpeg.jpg"))),
            ("preset=small", "any", object("t", format!("thumbnails/small/{stem}.jpg"))),
            ("preset=compressed", "webp-any", object("p", format!("compressed/{stem}.webp"))),
            ("format=json", "webp-any", object("p", format!("variants/{UPLOAD}/format=json.json"))),
        ] {
            assert_eq!(begin(Pass::Look, &format!("{path}/{UPLOAD}"), word).next(None, 0.0), expected, "{path} {word}");
        }
        assert_eq!(begin(Pass::Look, "width=96/site/a.jpg", "webp-any").next(None, 0.0), Step::Done(Ending::Nothing));
    }

    #[test]
    fn making_looks_gets_stores_and_answers() {
        let mut way = begin(Pass::Make, &format!("width=701/{UPLOAD}"), "webp-any;signed");
        let key = format!("variants/{UPLOAD}/width=701.webp");
        assert_eq!(way.next(None, 1.0), get("p", &key), "a width that is not listed");
        let failed = Reply::Failed("a store that fails costs time, not the answer".into());
        assert_eq!(way.next(Some(failed), 3.0), get("r", UPLOAD));
        let found = Found { bytes: JPEG.into(), etag: "e".into(), ..Found::default() };
        let Step::Get(looked) = way.next(Some(Reply::Found(found.clone())), 8.0) else { panic!("it looks once more") };
        assert_eq!((looked.key.as_str(), looked.head), (UPLOAD, true), "an original that is gone meanwhile");
        let Step::Put(put) = way.next(Some(Reply::Found(found)), 8.0) else { panic!("it stores") };
        assert_eq!((put.bucket.as_str(), put.key, &*put.bytes), ("p", key, b"width=701".as_slice()));
        assert!(put.metadata.contains(&("source-etag".to_owned(), "e".to_owned())), "{:?}", put.metadata);
        let Step::Done(Ending::Answer(answer)) = way.next(Some(Reply::Failed("full".into())), 9.0) else {
            panic!("nor does one that takes nothing")
        };
        assert_eq!((answer.status, &*answer.body), (200, b"width=701".as_slice()));
        let timing = answer.headers.iter().find(|(name, _)| *name == "Server-Timing").expect("timing");
        assert_eq!(timing.1, "store;desc=miss;dur=2.0, origin;desc=fetch;dur=5.0");
    }

    #[test]
    fn what_is_beyond_this_edge_goes_elsewhere() {
        let ends = |word: &str, replies: &[Reply]| {
            let mut way = begin(Pass::Make, &format!("width=96/{UPLOAD}"), word);
            let first = way.next(None, 0.0);
            replies.iter().fold(first, |_, reply| way.next(Some(reply.clone()), 0.0))
        };
        let found = |bytes: &[u8]| Reply::Found(Found { bytes: bytes.to_vec().into(), ..Found::default() });
        for (word, replies) in [
            ("avif-webp-any", vec![]),
            ("webp-any", vec![Reply::Missing, Reply::TooLong(1 << 30)]),
            ("webp-any", vec![Reply::Missing, Reply::Failed("slow".into())]),
            ("webp-any", vec![Reply::Failed("slow".into()), Reply::Failed("slow".into())]),
            ("webp-any", vec![Reply::Missing, found(b"no image")]),
        ] {
            let ending = ends(word, &replies);
            assert!(matches!(ending, Step::Done(Ending::Elsewhere(_))), "{word} {replies:?}: {ending:?}");
        }
    }
}
