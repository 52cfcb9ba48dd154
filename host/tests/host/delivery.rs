//! Requests answered from a store in memory, with the real image core.

use std::collections::BTreeMap;
use std::fs;
use std::future::poll_fn;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::task::Poll;
use std::time::Duration;

use async_trait::async_trait;
use darkroom_delivery::store::{Get, Head, Memory, NewObject, Object, Store};
use darkroom_delivery::{Answer, Bucket, Config, Fields, ObjectKey};
use darkroom_host::delivery::{Answered, Capacity, Deliver, JobQueue, RenderJob, Services};
use darkroom_host::{Code, Options, Processor, StoreError, cache_folder};
use darkroom_recipe::Limits;
use tokio::runtime::{Builder, Runtime};
use tokio::task::JoinSet;
use tokio::time::sleep;

use crate::guest;

/// A store in memory. Every call is written down.
#[derive(Default)]
struct Instrumented {
    memory: Memory,
    calls: Mutex<Vec<String>>,
    slow: bool,
    read_only: bool,
}

impl Instrumented {
    fn with(objects: &[(&str, &str)]) -> Self {
        let watched = Self::default();
        for (key, fixture) in objects {
            watched.insert(key, fixture);
        }
        watched
    }

    fn insert(&self, key: &str, fixture: &str) {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/fixtures").join(fixture);
        let original = NewObject {
            object: ObjectKey { bucket: Bucket::Raw, key: key.into() },
            bytes: fs::read(path).expect("a fixture").into(),
            content_type: "",
            cache_control: "",
            metadata: BTreeMap::new(),
        };
        runtime().block_on(self.memory.put(original)).expect("put");
    }

    /// How many calls were of this name, about this bucket and keys that begin so.
    fn calls(&self, name: &str, bucket: Bucket, key: &str) -> usize {
        let call = format!("{name} {bucket:?}/{key}");
        self.calls.lock().expect("no panic").iter().filter(|made| made.starts_with(&call)).count()
    }

    async fn call(&self, name: &str, object: &ObjectKey) {
        self.calls.lock().expect("no panic").push(format!("{name} {:?}/{}", object.bucket, object.key));
        if self.slow {
            sleep(Duration::from_secs(60)).await;
        }
    }
}

#[async_trait]
impl Store for Instrumented {
    async fn get(&self, object: &ObjectKey, get: Get<'_>) -> Result<Object, StoreError> {
        self.call("get", object).await;
        self.memory.get(object, get).await
    }

    async fn head(&self, object: &ObjectKey) -> Result<Head, StoreError> {
        self.call("head", object).await;
        self.memory.head(object).await
    }

    async fn put(&self, object: NewObject) -> Result<(), StoreError> {
        self.call("put", &object.object).await;
        if self.read_only {
            return Err(StoreError::Refused("read only".into()));
        }
        self.memory.put(object).await
    }
}

/// Another process, which takes jobs and does nothing about them.
#[derive(Default)]
struct Jobs(Mutex<Vec<RenderJob>>);

#[async_trait]
impl JobQueue for Jobs {
    async fn push(&self, job: &RenderJob) -> Result<(), StoreError> {
        self.0.lock().expect("no panic").push(job.clone());
        Ok(())
    }
}

fn runtime() -> Runtime {
    Builder::new_current_thread().enable_time().build().expect("a runtime")
}

fn deliver(objects: &Arc<Instrumented>, capacity: Capacity, queue: Option<Arc<dyn JobQueue>>) -> Arc<Deliver> {
    let cache = cache_folder();
    let code = Code::Wasm { bytes: &guest::image_core(), cache: cache.as_deref() };
    let services = Services {
        store: Arc::<Instrumented>::clone(objects),
        origins: None,
        processor: Arc::new(Processor::load(code, Options::default()).expect("the image core loads")),
        limits: Limits { pixels: 3_000_000, ..Limits::default() },
        capacity,
    };
    let config = Config { remote_origins: vec!["h.example".parse().expect("origin")], ..Config::default() };
    Deliver::new(services, config, queue)
}

async fn get(deliver: &Arc<Deliver>, path: &str, accept: &str) -> Answered {
    deliver.handle("", "GET", path, "", &Fields::from_pairs([("Accept", accept)])).await
}

async fn get_and_finish(deliver: &Arc<Deliver>, path: &str, accept: &str) -> Answer {
    let Answered { answer, work, .. } = get(deliver, path, accept).await;
    if let Some(work) = work {
        work.await.expect("no panic");
    }
    answer
}

fn header<'a>(answer: &'a Answer, name: &str) -> &'a str {
    answer.headers.iter().find(|(field, _)| *field == name).map_or("", |(_, value)| value)
}

const CHROME: &str = "image/avif,image/webp,image/*,*/*;q=0.8";
const PHOTO: &str = "/image/width=16/a.jpg";

fn photo() -> Instrumented {
    Instrumented::with(&[("a.jpg", "good/jpeg-420.jpg")])
}

/// Twenty at one time; the answers of all.
fn burst(deliver: &Arc<Deliver>) -> Vec<Answer> {
    runtime().block_on(async {
        let mut requests = JoinSet::new();
        for _ in 0..20 {
            let deliver = Arc::clone(deliver);
            requests.spawn(async move { get_and_finish(&deliver, PHOTO, CHROME).await });
        }
        requests.join_all().await
    })
}

#[test]
fn a_burst_on_a_cold_image_makes_it_once() {
    let objects = Arc::new(photo());
    let deliver = deliver(&objects, Capacity::default(), None);
    let answers = burst(&deliver);
    assert_eq!(answers.len(), 20);
    for answer in &answers {
        assert_eq!((answer.status, header(answer, "Content-Type")), (200, "image/webp"));
        assert_eq!(answer.body, answers[0].body);
    }
    assert_eq!(objects.calls("get", Bucket::Raw, ""), 1);
    assert_eq!(objects.calls("put", Bucket::Processed, "variants/a.jpg/"), 2, "the WebP and the AVIF");
    let next = runtime().block_on(get(&deliver, PHOTO, CHROME));
    assert_eq!(header(&next.answer, "Content-Type"), "image/avif");
    assert_eq!(objects.calls("get", Bucket::Raw, ""), 1);
}

#[test]
fn a_store_that_takes_nothing_costs_no_answer() {
    let objects = Arc::new(Instrumented { read_only: true, ..photo() });
    let answers = burst(&deliver(&objects, Capacity::default(), None));
    assert!(answers.iter().all(|answer| answer.status == 200), "{answers:?}");
}

#[test]
fn what_fails_once_is_tried_again() {
    let objects = Arc::new(Instrumented::default());
    let deliver = deliver(&objects, Capacity::default(), None);
    assert!(burst(&deliver).iter().all(|answer| answer.status == 404));
    objects.insert("a.jpg", "good/jpeg-420.jpg");
    assert_eq!(runtime().block_on(get(&deliver, PHOTO, CHROME)).answer.status, 200);
}

#[test]
fn a_client_that_goes_away_takes_no_image_along() {
    let objects = Arc::new(photo());
    let deliver = deliver(&objects, Capacity::default(), None);
    runtime().block_on(async {
        let mut asked = Box::pin(get(&deliver, PHOTO, "image/webp"));
        let recent = poll_fn(|context| Poll::Ready(asked.as_mut().poll(context))).await;
        assert!(recent.is_pending(), "gone before the image is made");
        drop(asked);
        assert_eq!(get_and_finish(&deliver, PHOTO, "image/webp").await.status, 200);
    });
    assert_eq!(objects.calls("get", Bucket::Raw, ""), 1);
}

#[test]
fn a_better_image_is_made_elsewhere_and_asked_for_once() {
    let (objects, jobs) = (Arc::new(photo()), Arc::new(Jobs::default()));
    let deliver = deliver(&objects, Capacity::default(), Some(Arc::<Jobs>::clone(&jobs)));
    let asked = || jobs.0.lock().expect("no panic").clone();
    let job = RenderJob { path: PHOTO.into(), verified: "avif-webp-any".into() };
    runtime().block_on(async {
        for _ in 0..2 {
            let answer = get_and_finish(&deliver, PHOTO, CHROME).await;
            assert_eq!(header(&answer, "Content-Type"), "image/webp");
        }
        assert_eq!(asked(), std::slice::from_ref(&job));
        // Another process, whose store is this one, may be asked twice.
        for _ in 0..2 {
            deliver.run(&job).await.expect("the AVIF");
        }
        assert_eq!(header(&get(&deliver, PHOTO, CHROME).await.answer, "Content-Type"), "image/avif");
    });
    assert_eq!(objects.calls("put", Bucket::Processed, "variants/a.jpg/width=16.avif"), 1);
}

#[test]
fn errors_have_their_status() {
    let photos = [
        ("a.jpg", "good/jpeg-420.jpg"),
        ("cut.png", "bad/no-data.png"),
        ("huge.png", "bad/huge.png"),
        ("page.jpg", "bad/text.jpg"),
    ];
    let ready = Capacity::default();
    let (full, hasty) = (
        Capacity { originals: 0, queue: Duration::from_millis(1), ..ready },
        Capacity { store: Duration::from_millis(1), ..ready },
    );
    for (capacity, slow, url, accept, status) in [
        (ready, false, "/image/width=0/a.jpg", CHROME, 400),
        (ready, false, "/image/max-bytes=9/a.jpg", CHROME, 403),
        (ready, false, "/image/width=16/https://h.example/a.jpg", CHROME, 403),
        (ready, false, "/image/width=16/gone.jpg", CHROME, 404),
        (ready, false, PHOTO, "text/html", 406),
        (ready, false, "/image/width=16/page.jpg", CHROME, 415),
        (ready, false, "/image/width=16/cut.png", "image/webp", 422),
        (ready, false, "/image/width=16,format=png/cut.png", CHROME, 422),
        (ready, false, "/image/width=16/huge.png", CHROME, 422),
        (ready, false, "/image/width=3840,height=3840,fit=cover/a.jpg", CHROME, 422),
        (ready, false, "/image/trim=65535;0;0;0/a.jpg", CHROME, 400),
        (ready, false, "/image/metadata=keep/a.jpg", CHROME, 403),
        (full, false, PHOTO, CHROME, 503),
        (hasty, true, PHOTO, CHROME, 504),
    ] {
        let objects = Arc::new(Instrumented { slow, ..Instrumented::with(&photos) });
        let deliver = deliver(&objects, capacity, None);
        assert_eq!(runtime().block_on(get(&deliver, url, accept)).answer.status, status, "{url}");
    }
}
