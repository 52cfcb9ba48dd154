//! What is measured, for Prometheus.

use std::fmt;
use std::fs;
use std::sync::LazyLock;
use std::time::Duration;

use darkroom_delivery::Image;
use darkroom_host::pipeline::Measurement;
use darkroom_host::records;
use prometheus_client::encoding::text::encode;
use prometheus_client::encoding::{EncodeLabelSet, EncodeLabelValue};
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::Registry;

/// One set for the process: the pipeline's functions emit to a plain function.
pub(crate) static METRICS: LazyLock<Metrics> = LazyLock::new(Metrics::new);

/// The families.
pub(crate) struct Metrics {
    registry: Registry,
    requests: Family<RequestLabels, Counter>,
    durations: Family<RouteLabels, Histogram>,
    pub(crate) in_flight: Gauge,
    pub(crate) refused_connections: Counter,
    deliveries: Family<DeliveryLabels, Counter>,
    uploads: Family<UploadLabels, Counter>,
    upload_seconds: Histogram,
    images: Family<ImageLabels, Counter>,
    damaged: Counter,
    damaged_deliveries: Counter,
    bytes_saved: Counter,
    rendition_bytes: Gauge,
    rendition_files: Gauge,
    refused: Counter,
    evicted: Counter,
    evicted_bytes: Counter,
    queue: Gauge,
    instances: Gauge,
    instances_busy: Gauge,
    pub(crate) instances_memory: Gauge,
    memory: Gauge,
    disk_free: Gauge,
    disk_full: Gauge,
}

/// Which part of the server answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, EncodeLabelValue)]
#[allow(missing_docs, reason = "they say it")]
pub(crate) enum Route {
    Image,
    S3,
    Upload,
    Images,
    Events,
    Page,
    Operations,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct RequestLabels {
    route: Route,
    status: u16,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct RouteLabels {
    route: Route,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct DeliveryLabels {
    result: Delivered,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, EncodeLabelValue)]
enum Delivered {
    Hit,
    Made,
    Error,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct UploadLabels {
    result: Worked,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, EncodeLabelValue)]
enum Worked {
    Done,
    Waits,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct ImageLabels {
    outcome: Outcome,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, EncodeLabelValue)]
enum Outcome {
    Completed,
    Failed,
}

/// Seconds: from a stored image to the longest that a request may take.
const BUCKETS: [f64; 12] = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0, 60.0];

fn histogram() -> Histogram {
    Histogram::new(BUCKETS)
}

impl Metrics {
    fn new() -> Self {
        let mut metrics = Self {
            registry: Registry::with_prefix("darkroom"),
            requests: Family::default(),
            durations: Family::new_with_constructor(histogram),
            in_flight: Gauge::default(),
            refused_connections: Counter::default(),
            deliveries: Family::default(),
            uploads: Family::default(),
            upload_seconds: histogram(),
            images: Family::default(),
            damaged: Counter::default(),
            damaged_deliveries: Counter::default(),
            bytes_saved: Counter::default(),
            rendition_bytes: Gauge::default(),
            rendition_files: Gauge::default(),
            refused: Counter::default(),
            evicted: Counter::default(),
            evicted_bytes: Counter::default(),
            queue: Gauge::default(),
            instances: Gauge::default(),
            instances_busy: Gauge::default(),
            instances_memory: Gauge::default(),
            memory: Gauge::default(),
            disk_free: Gauge::default(),
            disk_full: Gauge::default(),
        };
        metrics.register();
        metrics
    }

    fn register(&mut self) {
        let registry = &mut self.registry;
        registry.register("http_requests", "Requests answered", self.requests.clone());
        registry.register("http_request_seconds", "From a request's head to its answer's", self.durations.clone());
        registry.register("http_requests_in_flight", "Requests that wait for their answer", self.in_flight.clone());
        registry.register(
            "refused_connections",
            "Connections closed, of clients that had too many",
            self.refused_connections.clone(),
        );
        registry.register("deliveries", "Images from the store, made, or refused", self.deliveries.clone());
        registry.register("upload_attempts", "Uploads worked on, by whether they are done", self.uploads.clone());
        registry.register("upload_attempt_seconds", "Time for one", self.upload_seconds.clone());
        registry.register("images", "Outcomes recorded", self.images.clone());
        registry.register("damaged_images", "Completed, of originals that lack pixels", self.damaged.clone());
        registry.register("damaged_deliveries", "Answers that show damage", self.damaged_deliveries.clone());
        registry.register("saved_bytes", "Bytes that compressed images have less", self.bytes_saved.clone());
        registry.register("rendition_bytes", "Renditions that can be made again", self.rendition_bytes.clone());
        registry.register("rendition_files", "How many they are", self.rendition_files.clone());
        registry.register(
            "refused_renditions",
            "Renditions that were not stored for want of room",
            self.refused.clone(),
        );
        registry.register("evicted_renditions", "Renditions removed for others", self.evicted.clone());
        registry.register("evicted_bytes", "Their bytes", self.evicted_bytes.clone());
        registry.register("queue_depth", "Uploads that wait or are worked on", self.queue.clone());
        registry.register("instances", "Images that may be rendered at one time", self.instances.clone());
        registry.register("instances_busy", "Images that are being rendered", self.instances_busy.clone());
        registry.register("instances_memory_bytes", "Memory that they have", self.instances_memory.clone());
        registry.register("disk_free_bytes", "Bytes free on the store's disk", self.disk_free.clone());
        registry.register("disk_full", "1 where nothing more is taken for want of room", self.disk_full.clone());
        registry.register("resident_memory_bytes", "Memory of the process", self.memory.clone());
    }

    pub(crate) fn request(&self, route: Route, status: u16, took: Duration) {
        self.requests.get_or_create(&RequestLabels { route, status }).inc();
        self.durations.get_or_create(&RouteLabels { route }).observe(took.as_secs_f64());
    }

    /// What was sent; none where that is an error.
    pub(crate) fn delivery(&self, image: Option<&Image>) {
        let result = match image {
            Some(Image { found: true, .. }) => Delivered::Hit,
            Some(_) => Delivered::Made,
            None => Delivered::Error,
        };
        self.deliveries.get_or_create(&DeliveryLabels { result }).inc();
        self.damaged_deliveries.inc_by(image.is_some_and(|image| image.damaged).into());
    }

    /// The bytes that renditions take now, and how many they are.
    pub(crate) fn renditions(&self, bytes: u64, files: u64) {
        self.rendition_bytes.set(i64::try_from(bytes).unwrap_or(i64::MAX));
        self.rendition_files.set(i64::try_from(files).unwrap_or(i64::MAX));
    }

    /// One was not stored: it is larger than all of their room, or too much would have had to go for it at one time.
    pub(crate) fn refused(&self) {
        self.refused.inc();
    }

    pub(crate) fn evicted(&self, renditions: u64, bytes: u64) {
        self.evicted.inc_by(renditions);
        self.evicted_bytes.inc_by(bytes);
    }

    /// The store's disk: bytes that are free, and whether they are too few.
    pub(crate) fn disk(&self, free: u64, full: bool) {
        self.disk_free.set(i64::try_from(free).unwrap_or(i64::MAX));
        self.disk_full.set(full.into());
    }

    pub(crate) fn uploads(&self, done: bool, took: Duration) {
        let result = if done { Worked::Done } else { Worked::Waits };
        self.uploads.get_or_create(&UploadLabels { result }).inc();
        self.upload_seconds.observe(took.as_secs_f64());
    }

    /// All of them as text, with what is only known now.
    pub(crate) fn text(&self, queue: u64, instances: u32, busy: usize) -> Result<String, fmt::Error> {
        self.queue.set(i64::try_from(queue).unwrap_or(i64::MAX));
        self.instances.set(instances.into());
        self.instances_busy.set(i64::try_from(busy).unwrap_or(i64::MAX));
        self.memory.set(resident());
        let mut text = String::new();
        encode(&mut text, &self.registry)?;
        Ok(text)
    }
}

/// Takes what the pipeline's functions measure.
pub(crate) fn emit(measurement: Measurement<'_>) {
    match measurement {
        Measurement::Compressed { original, result } => {
            METRICS.bytes_saved.inc_by(original.saturating_sub(result));
        }
        Measurement::Thumbnails { .. } => {}
        Measurement::Recorded(item) => {
            let outcome = match item.outcome {
                records::Outcome::Completed { damaged, .. } => {
                    METRICS.damaged.inc_by(damaged.into());
                    Outcome::Completed
                }
                records::Outcome::Failed { .. } => Outcome::Failed,
            };
            METRICS.images.get_or_create(&ImageLabels { outcome }).inc();
        }
    }
}

/// Bytes; 0 where the system does not tell.
fn resident() -> i64 {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kibibytes = line.and_then(|line| line.trim().strip_suffix(" kB")?.trim().parse::<i64>().ok());
    kibibytes.unwrap_or(0) * 1024
}
