//! Interprets a request for an image: which formats the client accepts, what the URL asks for, which objects hold or
//! will hold the response, and its header fields. It has no codec, no I/O and no clock; the shell brings those.
//!
//! A shell calls [`plan()`], then [`respond()`] with its stores and its processor as a [`Shell`], sends the response,
//! and lets [`finish`] do the rest.

#![forbid(unsafe_code)]

mod config;
mod flow;
mod http;
mod layout;
mod negotiate;
pub mod origin;
pub mod store;
mod url;

pub use config::settings::{AvifPolicy, Caching, Config, InvalidConfig, Mode, StorePolicy};
pub use flow::deliver::{DAMAGED, Delivery, Image, Later, deliver, finish};
pub use flow::plan::{Candidate, Decision, Output, Plan, Target, plan, plan_verified};
pub use flow::respond::{Answer, REASON, Response, respond, respond_with};
pub use flow::shell::{IMMUTABLE, Original, Provenance, Shell, Stored, Transformed, known_media_type};
pub use http::conditional::{ByteRange, Outcome, Validators, evaluate, parse_http_date};
pub use http::error::{Error, InvalidUrl};
pub use http::fields::{Fields, Method};
pub use http::headers::{
    CACHE_TAG, Header, Served, Timing, error_headers, image_headers, preflight_headers, server_timing,
};
pub use layout::identity::{
    ETag, InvalidETag, cache_tag, content_etag, etag, facts_etag, hex, image_id, original_etag,
};
pub use layout::keys::{Bucket, ObjectKey, preset_key, variants_of};
pub use layout::upload::{InvalidUpload, UploadKey, clean_name};
pub use negotiate::accept::{Accept, InvalidQValue, Preference, QValue};
pub use negotiate::accept_class::{AcceptClass, NotAcceptable};
pub use negotiate::hints::{Hints, document_headers};
pub use negotiate::verified::Verified;
pub use url::bounds::Bounds;
pub use url::options::{FormatChoice, Options};
pub use url::remote::{Origin, Remote};
pub use url::request::{PREFIXES, Request};
pub use url::signature::{Authority, SignatureError, SigningKey, sign, verify};
pub use url::source::{Key, Source};
pub use url::widths::Widths;

// For edges that run JavaScript.
pub use config::edge::{BucketNames, EdgeLimits, EdgeSettings};
pub use config::tables::tables;
pub use flow::steps::{
    Asked, Ending, Found, GetObject, Pass, Processor, PutObject, RenderError, Rendered, Reply, Step, Steps,
};
