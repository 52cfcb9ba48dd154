use std::net::SocketAddr;

use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto::Builder;
use s3s::auth::SimpleAuth;
use s3s::service::S3ServiceBuilder;
use s3s_fs::FileSystem;
use tempfile::TempDir;
use tokio::net::TcpListener;
use tokio::runtime::Runtime;

/// An S3 server on 127.0.0.1 that verifies signatures. Dropping it stops it and deletes its objects.
pub struct S3Server {
    address: SocketAddr,
    _runtime: Runtime,
    folder: TempDir,
}

impl S3Server {
    /// With one empty bucket and one pair of keys.
    ///
    /// # Panics
    /// When it can't start.
    #[must_use]
    pub fn start(bucket: &str, access_key: &str, secret_key: &str) -> Self {
        let (runtime, folder) = (Runtime::new().expect("a runtime"), tempfile::tempdir().expect("a folder"));
        std::fs::create_dir(folder.path().join(bucket)).expect("a bucket");
        let mut service = S3ServiceBuilder::new(FileSystem::new(folder.path()).expect("a file system"));
        service.set_auth(SimpleAuth::from_single(access_key, secret_key));
        let service = service.build();
        let listener = runtime.block_on(TcpListener::bind("127.0.0.1:0")).expect("a port");
        let address = listener.local_addr().expect("an address");
        runtime.spawn(async move {
            while let Ok((socket, _)) = listener.accept().await {
                let service = service.clone();
                // The tests ignore clients that disconnect.
                tokio::spawn(async move {
                    let _ = Builder::new(TokioExecutor::new()).serve_connection(TokioIo::new(socket), service).await;
                });
            }
        });
        Self { address, _runtime: runtime, folder }
    }

    /// Puts an object into `bucket` directly, without a request.
    ///
    /// # Panics
    /// When it can't be written.
    pub fn seed(&self, bucket: &str, key: &str, bytes: &[u8]) {
        let path = self.folder.path().join(bucket).join(key);
        std::fs::write(path, bytes).expect("an object");
    }

    /// One more empty bucket.
    ///
    /// # Panics
    /// When it can't be made.
    pub fn add_bucket(&self, name: &str) {
        std::fs::create_dir(self.folder.path().join(name)).expect("a bucket");
    }

    /// The object stored under a key; none if there is none.
    #[must_use]
    pub fn object(&self, bucket: &str, key: &str) -> Option<Vec<u8>> {
        std::fs::read(self.folder.path().join(bucket).join(key)).ok()
    }

    /// The address on which it listens.
    #[must_use]
    pub const fn address(&self) -> SocketAddr {
        self.address
    }
}
