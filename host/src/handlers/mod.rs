//! The functions of the upload pipeline, independent of Lambda.

mod compress;
mod metadata;
mod presign;
mod process;
mod purge;
mod thumbnail;

pub use compress::{Compress, Compressed};
pub use metadata::{Images as ProcessedImages, Input as MetadataInput, Metadata, WorkflowFailure};
pub use presign::{Presign, PresignedUpload, Refusal, UploadRequest};
pub use process::Process;
pub use purge::{Purge, Purged};
pub use thumbnail::{Thumbnail, Thumbnails};
