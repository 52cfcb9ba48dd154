//! An S3 server that verifies signatures, for tests in other languages. It prints its URL, and serves until its standard
//! input ends.
//! Usage: `darkroom-s3 BUCKET[,BUCKET]... ACCESS_KEY SECRET_KEY [KEY FILE]...`

use std::io::{Read, stdin};

use darkroom_tests::S3Server;

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [buckets, access_key, secret_key, objects @ ..] = arguments.as_slice() else {
        panic!("usage: darkroom-s3 BUCKET[,BUCKET]... ACCESS_KEY SECRET_KEY [KEY FILE]...");
    };
    let (bucket, others) = buckets.split_once(',').unwrap_or((buckets, ""));
    let server = S3Server::start(bucket, access_key, secret_key);
    others.split(',').filter(|name| !name.is_empty()).for_each(|name| server.add_bucket(name));
    for object in objects.chunks_exact(2) {
        server.seed(bucket, &object[0], &std::fs::read(&object[1]).expect("a file"));
    }
    println!("http://{}", server.address());
    let _ = stdin().read_to_end(&mut Vec::new());
}
