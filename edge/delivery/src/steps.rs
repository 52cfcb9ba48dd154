//! The way of a request for callers that do the I/O themselves, and in another language: [`Steps`] stops wherever a
//! store is to be asked, says what for, and goes on with the reply.
//!
//! It is for CloudFront's origin group, where one request comes by twice: before the bucket that may have the image is
//! asked, and again where it had none. What comes has passed the CloudFront Function, which says in the field
//! [`Verified::FIELD`] what it has found out.

use std::cell::{Cell, RefCell};
use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};

use bytes::Bytes;
use darkroom_recipe::{Description, ImageInfo, Recipe, Rendition};

use crate::{
    Answer, Bounds, Bucket, Candidate, Config, Decision, EdgeSettings, Error, Fields, IMMUTABLE, ObjectKey, Original,
    Output, Plan, Shell, Source, Stamp, Stored, Transformed, Verified, content_etag, finish, known_media_type,
    parse_http_date, plan_verified, respond,
};

/// Where in the origin group a request is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pass {
    /// Before the bucket is asked: which object is it?
    Look,
    /// The bucket had none: make it.
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

/// What the caller is to do next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// Get an object, and say what came.
    Get(Ask),
    /// Store an object, and say whether that worked.
    Put(Put),
    /// Nothing more.
    Done(Ending),
}

/// An object that is wanted.
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "named as in S3")]
pub struct Ask {
    pub bucket: String,
    pub key: String,
    /// Whether its metadata is enough.
    pub head: bool,
    /// Longer ones are not to be read.
    pub limit: u64,
}

/// An object that is to be stored.
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "named as in S3")]
pub struct Put {
    pub bucket: String,
    pub key: String,
    pub bytes: Bytes,
    pub media_type: String,
    pub cache_control: String,
    pub metadata: Vec<(String, String)>,
}

/// What came of a step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reply {
    /// The object.
    Found(Found),
    /// There is none of that name.
    Missing,
    /// It has so many bytes, more than the limit.
    TooLong(u64),
    /// It is stored.
    Stored,
    /// The store failed, or took too long.
    Failed(String),
}

/// An object as a store gives it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Found {
    /// Empty where its metadata was enough.
    pub bytes: Bytes,
    /// Without quotation marks; empty where the store gives none.
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
    /// The bucket is to be asked for this object.
    Object(String, String),
    /// Nothing that could be sent is stored: the bucket is to be asked in vain.
    Nothing,
    /// This is the answer.
    Answer(Answer),
    /// The origin function is to answer, for this reason.
    Elsewhere(String),
}

/// Why the processor made nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Trouble {
    /// It would take more than is allowed here.
    Beyond(String),
    /// It can't be made anywhere.
    Error(Error),
}

/// What became of a source.
pub type Rendered = (ImageInfo, Result<Rendition, Trouble>);

/// The image core, within the limits of the edge.
pub trait Processor {
    /// What can stand in for it, and what its camera wrote.
    ///
    /// # Errors
    /// As [`Processor::transform`].
    fn describe(&self, source: &[u8]) -> Result<Description, Trouble>;

    /// What the source is, and what `recipe` makes of it, within `bounds`.
    ///
    /// # Errors
    /// It is no image, or larger than this edge takes.
    fn transform(&self, source: &[u8], recipe: &Recipe, bounds: Bounds) -> Result<Rendered, Trouble>;
}

/// A request on its way.
pub struct Steps {
    way: Pin<Box<dyn Future<Output = Ending>>>,
    desk: Rc<Desk>,
}

/// Where the way of a request and its caller leave things for each other.
#[derive(Default)]
struct Desk {
    step: RefCell<Option<Step>>,
    reply: RefCell<Option<Reply>>,
    clock: Cell<f64>,
    /// Why the origin function has to do it.
    beyond: RefCell<Option<String>>,
}

impl Steps {
    /// Begins a pass. `now` is in seconds since 1970.
    pub fn begin<P: Processor + 'static>(
        pass: Pass,
        asked: Asked,
        settings: EdgeSettings,
        processor: P,
        now: u64,
    ) -> Self {
        let desk = Rc::new(Desk::default());
        let shell = EdgeShell { settings, processor, desk: Rc::clone(&desk) };
        Self { way: Box::pin(async move { way(&shell, pass, &asked, now).await }), desk }
    }

    /// The next step, for the reply to the last one; there is none to the first. `clock` is in milliseconds from any
    /// beginning. After [`Step::Done`] there is no next.
    ///
    /// # Panics
    /// When it is called after that.
    pub fn next(&mut self, reply: Option<Reply>, clock: f64) -> Step {
        self.desk.reply.replace(reply);
        self.desk.clock.set(clock);
        match self.way.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(outcome) => Step::Done(outcome),
            Poll::Pending => self.desk.step.take().expect("the way only waits for replies"),
        }
    }
}

async fn way<P: Processor>(shell: &EdgeShell<P>, pass: Pass, asked: &Asked, now: u64) -> Ending {
    let fields = Fields::from_pairs(asked.fields.iter().map(|(name, value)| (name.as_str(), value.as_str())));
    let verified = asked.fields.iter().find(|(name, _)| name == Verified::FIELD);
    let verified = Verified::read(verified.map(|(_, text)| text.as_str()));
    let config = &shell.settings.delivery;
    match plan_verified(&asked.method, &asked.path, &verified, &fields, config) {
        Err(error) => Ending::Answer(Answer::error(&error, None, &fields, config)),
        Ok(Decision::Preflight) => Ending::Answer(Answer::preflight(&fields, config)),
        Ok(Decision::Deliver(plan)) => match pass {
            Pass::Look => look(&shell.settings, &plan),
            Pass::Make => make(shell, &plan, config, now).await,
        },
    }
}

/// Which object the bucket is to be asked for: only ever an upload's, which never changes. What is stored says of itself
/// that it may be kept for ever, and that would not do for another original's rendition, or for a stand-in.
fn look(settings: &EdgeSettings, plan: &Plan) -> Ending {
    let lasting = plan.request.source.is_immutable() && plan.output == Output::Image;
    match plan.stored().into_iter().next() {
        Some(Candidate { object, provisional: false, .. }) if lasting => {
            Ending::Object(settings.bucket(object.bucket).to_owned(), object.key)
        }
        _ => Ending::Nothing,
    }
}

/// Makes the image and stores it, where all of that is done before the answer: nothing runs here after it.
async fn make<P: Processor>(shell: &EdgeShell<P>, plan: &Plan, config: &Config, now: u64) -> Ending {
    if plan.stand_in.is_some() {
        return Ending::Elsewhere("the AVIF is made after the answer".into());
    }
    if matches!(plan.request.source, Source::Remote(_)) {
        return Ending::Elsewhere("the original is on another server".into());
    }
    let response = respond(shell, plan, config, now).await;
    if let Some(reason) = shell.desk.beyond.take() {
        return Ending::Elsewhere(reason);
    }
    // An image that could not be stored is made again by whoever asks next.
    let _ = finish(shell, plan, response.later.split().0).await;
    match generated_length(&response.answer) {
        ..=GENERATED => Ending::Answer(response.answer),
        length => Ending::Elsewhere(format!("an answer of {length} bytes, must be at most {GENERATED}")),
    }
}

/// CloudFront's quota for an answer that a function at the origin's request gives, fields and Base64 included.
const GENERATED: usize = 1 << 20;

/// In bytes, with room for what CloudFront's JSON adds to each field.
fn generated_length(answer: &Answer) -> usize {
    let fields: usize = answer.headers.iter().map(|(name, value)| 2 * name.len() + value.len() + 32).sum();
    answer.body.len().div_ceil(3) * 4 + fields + 256
}

/// The stores behind an edge, through its caller.
struct EdgeShell<P> {
    settings: EdgeSettings,
    processor: P,
    desk: Rc<Desk>,
}

impl<P: Processor> EdgeShell<P> {
    async fn ask(&self, step: Step) -> Reply {
        self.desk.step.replace(Some(step));
        poll_fn(|_| self.desk.reply.take().map_or(Poll::Pending, Poll::Ready)).await
    }

    /// The object; why it can't be had, where that is not that there is none.
    async fn get(&self, bucket: Bucket, key: &str, head: bool) -> Result<Option<Found>, String> {
        let (bucket, limit) = (self.settings.bucket(bucket).to_owned(), self.settings.limits.source_bytes);
        match self.ask(Step::Get(Ask { bucket, key: key.to_owned(), head, limit })).await {
            Reply::Found(found) => Ok(Some(found)),
            Reply::Missing => Ok(None),
            Reply::TooLong(length) => Err(format!("{key}: {length} bytes, must be at most {limit}")),
            Reply::Failed(text) => Err(format!("store: {text}")),
            Reply::Stored => Err("a reply to another step".into()),
        }
    }

    async fn original(&self, source: &Source, head: bool) -> Result<Found, Error> {
        match self.get(Bucket::Raw, &source.name(), head).await {
            Ok(Some(found)) if head || !found.etag.is_empty() => Ok(found),
            Ok(Some(found)) => Ok(Found { etag: content_etag(&found.bytes), ..found }),
            Ok(None) => Err(Error::NotFound(source.name())),
            Err(reason) => Err(self.beyond(reason)),
        }
    }

    /// Remembers that the origin function has to do it, whatever becomes of the error.
    fn beyond(&self, reason: String) -> Error {
        self.desk.beyond.replace(Some(reason.clone()));
        Error::Internal(reason)
    }

    fn trouble(&self, trouble: Trouble) -> Error {
        match trouble {
            Trouble::Beyond(reason) => self.beyond(reason),
            Trouble::Error(error) => error,
        }
    }
}

impl<P: Processor> Shell for EdgeShell<P> {
    async fn find(&self, object: &ObjectKey) -> Result<Option<Stored>, Error> {
        let found = self.get(object.bucket, &object.key, false).await.map_err(Error::Store)?;
        let Some(found) = found else { return Ok(None) };
        let value =
            |wanted: &str| found.metadata.iter().find(|(name, _)| name == wanted).map(|(_, value)| value.as_str());
        let stamp = Stamp::read(value).zip(known_media_type(&found.media_type));
        let last_modified = found.last_modified.as_deref().and_then(parse_http_date);
        Ok(stamp.map(|(stamp, media_type)| Stored { bytes: found.bytes.clone(), media_type, stamp, last_modified }))
    }

    async fn keep(&self, object: &ObjectKey, stored: &Stored) -> Result<(), Error> {
        let put = Put {
            bucket: self.settings.bucket(object.bucket).to_owned(),
            key: object.key.clone(),
            bytes: stored.bytes.clone(),
            media_type: stored.media_type.to_owned(),
            cache_control: IMMUTABLE.to_owned(),
            metadata: stored.stamp.metadata().map(|(name, value)| (name.to_owned(), value)).to_vec(),
        };
        match self.ask(Step::Put(put)).await {
            Reply::Stored => Ok(()),
            other => Err(Error::Store(format!("{}: {other:?}", object.key))),
        }
    }

    async fn original(&self, source: &Source) -> Result<Original, Error> {
        let Found { bytes, etag, last_modified, .. } = self.original(source, false).await?;
        Ok(Original { bytes, etag, last_modified: last_modified.as_deref().and_then(parse_http_date) })
    }

    async fn original_etag(&self, source: &Source) -> Result<String, Error> {
        Ok(self.original(source, true).await?.etag)
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
        self.desk.clock.get()
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

    /// Whose renditions are their recipes' texts.
    struct Desk;

    impl Processor for Desk {
        fn describe(&self, _: &[u8]) -> Result<Description, Trouble> {
            let dominant_color = Color { red: 1, green: 2, blue: 0xAB, alpha: 255 };
            Ok(Description { thumb_hash: vec![1, 2, 3], dominant_color, exif: BTreeMap::new() })
        }

        fn transform(&self, source: &[u8], recipe: &Recipe, _: Bounds) -> Result<Rendered, Trouble> {
            let format = Format::of(source).ok_or_else(|| Trouble::Beyond("too large".into()))?;
            let info = crate::plan::info(format, 1, false);
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
        Step::Get(Ask { bucket: bucket.into(), key: key.into(), head: false, limit })
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
            ("format=json", "webp-any", Step::Done(Ending::Nothing)),
        ] {
            assert_eq!(begin(Pass::Look, &format!("{path}/{UPLOAD}"), word).next(None, 0.0), expected, "{path} {word}");
        }
        assert_eq!(begin(Pass::Look, "width=96/site/a.jpg", "webp-any").next(None, 0.0), Step::Done(Ending::Nothing));
    }

    #[test]
    fn making_looks_gets_stores_and_answers() {
        let mut way = begin(Pass::Make, &format!("width=701/{UPLOAD}"), "webp-any;signed");
        let key = format!("variants/{UPLOAD}/width=701.webp");
        assert_eq!(way.next(None, 1.0), get("p", &key), "a width off the ladder is signed");
        let failed = Reply::Failed("a store that fails costs time, not the answer".into());
        assert_eq!(way.next(Some(failed), 3.0), get("r", UPLOAD));
        let found = Found { bytes: JPEG.into(), etag: "e".into(), ..Found::default() };
        let Step::Put(put) = way.next(Some(Reply::Found(found)), 8.0) else { panic!("it stores") };
        assert_eq!((put.bucket.as_str(), put.key, &*put.bytes), ("p", key, b"width=701".as_slice()));
        assert_eq!(put.metadata[0], ("source-etag".to_owned(), "e".to_owned()));
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
