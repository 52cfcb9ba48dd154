//! The origin function behind cargo-lambda's runtime API, with streamed responses and a real S3 server.

mod origin;
mod requests;
mod settings;
mod stored;
