//! The data centre's Cache API, with normalised keys: one entry for all requests that get the same response.

use darkroom_delivery::{
    Answer, CACHE_TAG, Config, ETag, Image, Method, Outcome, Plan, REASON, Served, Timing, image_headers,
    known_media_type, parse_http_date, server_timing,
};
use url::Url;
use worker::{Cache, Headers, Response, ResponseBuilder};

use crate::headers;

/// Set only on entries: marks an image that a better one will replace.
const PROVISIONAL: &str = "Darkroom-Provisional";

/// The cache key of a response, as the URL that the Cache API requires.
pub(crate) fn key(url: &Url, plan: &Plan) -> worker::Result<String> {
    Ok(url.join(&plan.cache_key())?.into())
}

/// The whole image, as sent without conditions. The entry needs no `Vary`: the key contains the format.
pub(crate) fn entry(plan: &Plan, image: &Image, config: &Config, now: u64) -> worker::Result<Response> {
    let Answer { status, headers: pairs, body } = Answer::image(&plan.unconditional(), image, &[], config, now);
    let kept = ["Content-Type", "Content-Length", "Cache-Control", "ETag", "Last-Modified", CACHE_TAG, REASON];
    let mark = image.provisional.then(|| (PROVISIONAL, "1".to_owned()));
    let pairs = pairs.into_iter().filter(|(name, _)| kept.contains(name)).chain(mark);
    Ok(ResponseBuilder::new().with_status(status).with_headers(headers(pairs)?).fixed(body.into()))
}

pub(crate) async fn put(key: String, entry: Response) -> worker::Result<()> {
    Cache::default().put(key, entry).await
}

/// The response from the cache; none if there is none.
pub(crate) async fn answer(key: &str, plan: &Plan, config: &Config, now: u64) -> worker::Result<Option<Response>> {
    let Some(mut found) = Cache::default().get(key, false).await? else { return Ok(None) };
    let Some(cached) = Cached::read(found.headers()) else { return Ok(None) };
    let served = Served {
        media_type: cached.media_type,
        length: cached.length,
        etag: &cached.etag,
        last_modified: cached.last_modified,
        provisional: cached.provisional,
        reason: cached.reason.as_deref(),
    };
    let (outcome, mut pairs) = image_headers(plan, &served, config, now);
    pairs.push(server_timing(&[Timing { name: "cache", description: Some("hit"), duration: None }]));
    let builder = ResponseBuilder::new().with_status(outcome.status()).with_headers(headers(pairs)?);
    Ok(Some(match outcome {
        Outcome::Whole if plan.method != Method::Head => builder.body(found.body().clone()),
        Outcome::Partial(range) => {
            let bytes = found.bytes().await?;
            let part = bytes.get(range.first as usize..=range.last as usize).unwrap_or_default();
            builder.fixed(part.to_vec())
        }
        _ => builder.empty(),
    }))
}

/// The metadata in an entry's head.
struct Cached {
    media_type: &'static str,
    length: u64,
    etag: ETag,
    last_modified: Option<u64>,
    provisional: bool,
    reason: Option<String>,
}

impl Cached {
    /// None if it isn't an entry of this release.
    fn read(headers: &Headers) -> Option<Self> {
        let value = |name| headers.get(name).ok().flatten();
        Some(Self {
            media_type: known_media_type(&value("Content-Type")?)?,
            length: value("Content-Length")?.parse().ok()?,
            etag: value("ETag")?.parse().ok()?,
            last_modified: value("Last-Modified").and_then(|date| parse_http_date(&date)),
            provisional: value(PROVISIONAL).is_some(),
            reason: value(REASON),
        })
    }
}
