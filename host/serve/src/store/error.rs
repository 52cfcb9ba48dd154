use std::io;

use darkroom_delivery::store::StoreError;
use http::StatusCode;
use rusqlite::ErrorCode;
use s3s::{S3Error, S3ErrorCode, s3_error};

use super::blobs::BlobError;
use super::disk::{Full, is_full};

/// Why the store did not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    #[error("no such object")]
    NotFound,
    /// What a write depends on is not so.
    #[error("the condition is not met")]
    Condition,
    /// Larger than it may be, by what the text says.
    #[error("{0}")]
    TooLarge(String),
    /// The sender broke off, and why.
    #[error("the upload broke off: {0}")]
    Incomplete(String),
    #[error(transparent)]
    Full(#[from] Full),
    #[error("room is being made within limits.rendition_bytes")]
    NoRoom,
    /// The bytes in this file are not those that were stored.
    #[error("the object's file {0} is damaged: restore it, or delete the object")]
    Damaged(String),
    #[error(transparent)]
    Index(#[from] IndexError),
    #[error("the disk: {0}")]
    Disk(#[from] io::Error),
}

/// The index can't be read or written.
#[derive(Debug, thiserror::Error)]
#[error("the store's index: {why}")]
pub(crate) struct IndexError {
    pub(super) why: String,
    /// Whether for want of room.
    pub(super) full: bool,
}

impl From<rusqlite::Error> for IndexError {
    fn from(error: rusqlite::Error) -> Self {
        let full = error.sqlite_error_code() == Some(ErrorCode::DiskFull);
        Self { why: error.to_string(), full }
    }
}

impl From<IndexError> for StoreError {
    fn from(error: IndexError) -> Self {
        if error.full { Self::Full(error.to_string()) } else { Self::Unavailable(error.to_string()) }
    }
}

impl From<BlobError> for Error {
    fn from(error: BlobError) -> Self {
        match error {
            BlobError::TooLarge(limit) => Self::TooLarge(format!("an object has at most {limit} bytes")),
            BlobError::Incomplete(why) => Self::Incomplete(why),
            BlobError::Full(full) => Self::Full(full),
            BlobError::Disk(error) => Self::Disk(error),
        }
    }
}

/// For delivery and the pipeline.
impl From<Error> for StoreError {
    fn from(error: Error) -> Self {
        let text = error.to_string();
        match error {
            Error::NotFound => Self::NotFound,
            Error::Condition => Self::Changed,
            Error::TooLarge(_) => Self::Refused(text),
            Error::Damaged(_) => {
                tracing::error!(text);
                Self::Refused("the object is damaged: its bytes are not those that were stored".into())
            }
            Error::Full(_) => Self::Full(text),
            Error::Index(error) => error.into(),
            Error::Disk(error) if is_full(&error) => Self::Full(text),
            Error::Incomplete(_) | Error::NoRoom | Error::Disk(_) => Self::Unavailable(text),
        }
    }
}

/// For S3 clients.
impl From<Error> for S3Error {
    fn from(error: Error) -> Self {
        match error {
            Error::NotFound => s3_error!(NoSuchKey),
            Error::Condition => s3_error!(PreconditionFailed),
            Error::TooLarge(text) => s3_error!(EntityTooLarge, "{text}"),
            Error::Incomplete(why) => {
                tracing::info!(why, "an upload broke off");
                s3_error!(IncompleteBody)
            }
            Error::NoRoom => s3_error!(ServiceUnavailable, "{error}"),
            Error::Full(_) => insufficient(&error),
            Error::Index(error) => error.into(),
            Error::Disk(ref disk) if is_full(disk) => insufficient(&error),
            Error::Damaged(_) | Error::Disk(_) => Self::internal_error(error),
        }
    }
}

impl From<IndexError> for S3Error {
    fn from(error: IndexError) -> Self {
        if error.full { insufficient(&error) } else { Self::internal_error(error) }
    }
}

/// 507 (RFC 4918 §11.5). S3 itself is never full.
fn insufficient(error: &dyn std::fmt::Display) -> S3Error {
    tracing::warn!("{error}");
    let code = S3ErrorCode::Custom("InsufficientStorage".into());
    let mut insufficient = S3Error::with_message(code, "the server has no room for this: try again later");
    insufficient.set_status_code(StatusCode::INSUFFICIENT_STORAGE);
    insufficient
}

impl From<BlobError> for S3Error {
    fn from(error: BlobError) -> Self {
        Error::from(error).into()
    }
}
