//! What each function of the upload pipeline does, free of Lambda's plumbing.

mod compress;
mod metadata;
mod presign;
mod process;
mod thumbnail;

pub use compress::{Compress, Compressed};
pub use metadata::{Images as ProcessedImages, Input as MetadataInput, Metadata, WorkflowFailure};
pub use presign::{Presign, Response};
pub use process::Process;
pub use thumbnail::{Thumbnail, Thumbnails};
