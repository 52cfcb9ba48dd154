//! What a request for an image means: which formats the client takes, what the URL asks for, which objects hold or
//! will hold the answer, and which header fields go with it. No codec, no I/O, no clock: those are the shell's.
//!
//! A shell calls [`plan()`], then [`respond()`] with the stores and the processor that it brings as a [`Shell`], sends
//! the answer, and lets [`finish`] do the rest.

#![forbid(unsafe_code)]

mod accept;
mod accept_class;
mod bounds;
mod cloudflare;
mod conditional;
mod config;
mod deliver;
mod error;
mod etag;
mod facts;
mod fields;
mod headers;
mod hints;
mod imgix;
mod keys;
mod ladder;
mod lists;
mod options;
mod percent;
mod plan;
mod query;
mod remote;
mod respond;
mod settings;
mod shell;
mod signature;
mod source;
mod steps;
pub mod store;
mod tables;
mod upload;
mod url;
mod verified;

pub use accept::{Accept, InvalidQValue, Preference, QValue};
pub use accept_class::{AcceptClass, NotAcceptable};
pub use bounds::Bounds;
pub use conditional::{ByteRange, Outcome, Validators, evaluate, parse_http_date};
pub use config::{AvifPolicy, Caching, Config, InvalidConfig, Mode};
pub use deliver::{DAMAGED, Delivery, Image, Later, deliver, finish};
pub use error::{Error, InvalidUrl};
pub use etag::{ETag, InvalidETag, cache_tag, content_etag, etag, image_id, original_etag};
pub use fields::{Fields, Method};
pub use headers::{CACHE_TAG, Header, Served, Timing, error_headers, image_headers, preflight_headers, server_timing};
pub use hints::{Hints, document_headers};
pub use keys::{Bucket, ObjectKey, preset_key, variants_of};
pub use ladder::Ladder;
pub use options::{FormatChoice, Options};
pub use plan::{Candidate, Decision, Output, Plan, Target, plan, plan_verified};
pub use remote::{Origin, Remote};
pub use respond::{Answer, REASON, Response, respond, respond_with};
pub use shell::{IMMUTABLE, Original, Shell, Stamp, Stored, Transformed, known_media_type};
pub use signature::{Authority, SignatureError, SigningKey, sign, verify};
pub use source::{Key, Source};
pub use upload::{InvalidUpload, UploadKey, clean_name};
pub use url::{PREFIXES, Request};
pub use verified::Verified;

// For edges that run JavaScript.
pub use settings::{BucketNames, EdgeLimits, EdgeSettings};
pub use steps::{Ask, Asked, Ending, Found, Pass, Processor, Put, Rendered, Reply, Step, Steps, Trouble};
pub use tables::tables;
