//! Images for CloudFront: receives a function URL's events and streams responses.

use std::env;
use std::sync::Arc;

use anyhow::{Context, anyhow};
use aws_config::{Region, SdkConfig};
use darkroom_delivery::{CACHE_TAG, Config, Fields, Mode, Verified};
use darkroom_host::Options;
use darkroom_host::delivery::{Answered, Capacity, Deliver, Invocation, RenderJob, Services};
use darkroom_host::objects::{Buckets, S3};
use darkroom_recipe::Limits;
use http::header::CONTENT_TYPE;
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use lambda_runtime::streaming::{Body, Response, channel};
use lambda_runtime::{Diagnostic, FunctionResponse, LambdaEvent, MetadataPrelude, service_fn};

use crate::url_event::Event;
use crate::{image_core, variable};

/// The origin of a distribution.
struct Origin {
    deliver: Arc<Deliver>,
    edge: Edge,
}

/// What precedes the function's URL.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Edge {
    /// A distribution whose viewer-request function states what it has verified about each request. No other client may
    /// have permission to call the URL.
    CloudFront,
    /// Nothing trustworthy: every request is verified here.
    None,
}

/// Answers events until Lambda ends the process.
pub(crate) async fn run(aws: &SdkConfig, buckets: Buckets) -> anyhow::Result<()> {
    let edge = edge()?;
    let origin = Arc::new(Origin { deliver: deliver(aws, buckets, edge)?, edge });
    let service = service_fn(move |event: LambdaEvent<Event>| {
        let origin = Arc::clone(&origin);
        async move { origin.event(event.payload).await }
    });
    lambda_runtime::run_concurrent(service).await.map_err(anyhow::Error::from_boxed)
}

fn deliver(aws: &SdkConfig, buckets: Buckets, edge: Edge) -> anyhow::Result<Arc<Deliver>> {
    let config = config(&env::var("DARKROOM_DELIVERY").unwrap_or_default(), edge).context("DARKROOM_DELIVERY")?;
    let queue = Invocation::new(aws, &variable("AWS_LAMBDA_FUNCTION_NAME")?)?;
    let services = Services {
        store: Arc::new(S3::new(&where_buckets_are(aws), buckets)),
        origins: None,
        processor: image_core::load(Options::default().deadline)?,
        limits: Limits::default(),
        capacity: Capacity::default(),
    };
    Ok(Deliver::new(services, config, Some(Arc::new(queue))))
}

/// Uses the buckets of another region if those in the function's own region are lost.
fn where_buckets_are(aws: &SdkConfig) -> SdkConfig {
    match env::var("DARKROOM_BUCKET_REGION") {
        Ok(region) if !region.is_empty() => aws.to_builder().region(Region::new(region)).build(),
        _ => aws.clone(),
    }
}

/// If a distribution verifies signatures, it has the keys, and this function needs none.
fn config(json: &str, edge: Edge) -> anyhow::Result<Config> {
    let config: Config = if json.is_empty() { Config::default() } else { serde_json::from_str(json)? };
    let mode = if edge == Edge::CloudFront { Mode::default() } else { config.mode };
    Config { mode, ..config.clone() }.validate()?;
    if let Some(origin) = config.remote_origins.first() {
        anyhow::bail!("remote_origins = {origin}: must be empty: this function reads sources from its bucket alone");
    }
    Ok(config)
}

fn edge() -> anyhow::Result<Edge> {
    match env::var("DARKROOM_EDGE").unwrap_or_default().as_str() {
        "cloudfront" => Ok(Edge::CloudFront),
        "" => Ok(Edge::None),
        other => Err(anyhow!("DARKROOM_EDGE={other}: must be cloudfront, or nothing")),
    }
}

impl Origin {
    async fn event(&self, event: Event) -> Result<FunctionResponse<(), Body>, Diagnostic> {
        if let Some(job) = event.render_job {
            return self.render(&job).await.map(FunctionResponse::BufferedResponse);
        }
        let answered = self.request(&event).await;
        stream(answered, self.edge)
            .map(FunctionResponse::StreamingResponse)
            .map_err(|error| diagnostic("NonRetryable", &error))
    }

    async fn request(&self, request: &Event) -> Answered {
        let Event { raw_path, raw_query_string, headers, request_context, .. } = request;
        let (path, query) = (raw_path.as_deref().unwrap_or_default(), raw_query_string.as_deref().unwrap_or_default());
        let method = &request_context.http.method;
        let fields = Fields::from_pairs(headers.iter().map(|(name, value)| (name.as_str(), value.as_str())));
        match (self.edge, headers.get(Verified::FIELD)) {
            (Edge::CloudFront, Some(text)) => {
                let verified = Verified::read(Some(text));
                self.deliver.handle_verified(method, path, &verified, &fields).await
            }
            _ => self.deliver.handle("", method, path, query, &fields).await,
        }
    }

    /// Lambda retries a failed job, so only temporary failures are reported.
    async fn render(&self, job: &RenderJob) -> Result<(), Diagnostic> {
        match self.deliver.run(job).await {
            Err(error) if error.status() >= 500 => Err(diagnostic("Retryable", &error)),
            Err(error) => {
                tracing::warn!(status = error.status(), "a job comes to nothing");
                Ok(())
            }
            Ok(()) => Ok(()),
        }
    }
}

/// A distribution reads cache tags from a single field for all origins, and S3 gives its metadata this prefix.
const S3_CACHE_TAG: &str = "x-amz-meta-cache-tag";

/// The response ends when the background work is done, because Lambda lets the process run until then.
fn stream(answered: Answered, edge: Edge) -> anyhow::Result<Response<Body>> {
    const CHUNK: usize = 256 << 10;
    let Answered { answer, image, work } = answered;
    let mut headers = HeaderMap::new();
    // Without a content type the runtime would add `application/octet-stream`, which a cache would even take from a
    // 304.
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(image.map_or("text/plain", |image| image.media_type)));
    for (name, value) in answer.headers {
        let name = if name == CACHE_TAG && edge == Edge::CloudFront { S3_CACHE_TAG } else { name };
        headers.insert(HeaderName::from_bytes(name.as_bytes())?, HeaderValue::from_str(&value)?);
    }
    let status_code = StatusCode::from_u16(answer.status)?;
    let (mut sender, stream) = channel();
    let mut body = answer.body;
    tokio::spawn(async move {
        while !body.is_empty() {
            let chunk = body.split_to(body.len().min(CHUNK));
            if sender.send_data(chunk).await.is_err() {
                tracing::warn!("the response was not taken whole");
                break;
            }
        }
        if let Some(work) = work {
            let _ = work.await; // it reports its own errors
        }
    });
    Ok(Response { metadata_prelude: MetadataPrelude { status_code, headers, cookies: Vec::new() }, stream })
}

fn diagnostic(name: &str, error: &dyn std::fmt::Display) -> Diagnostic {
    Diagnostic { error_type: name.into(), error_message: error.to_string() }
}
