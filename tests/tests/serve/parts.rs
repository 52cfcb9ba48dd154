//! Uploads in parts.

use std::time::Duration;

use darkroom_tests::{Answer, answer};
use rusty_s3::S3Action;
use rusty_s3::actions::{CreateMultipartUpload, UploadPart};

use crate::server::{Place, Server, files};

const VALIDITY: Duration = Duration::from_secs(60);

fn begin(server: &Server, key: &str) -> String {
    let url =
        server.signed("raw-images", |bucket, keys| CreateMultipartUpload::new(bucket, Some(keys), key).sign(VALIDITY));
    let begun = answer(server.agent.post(url).send_empty().expect("an answer"));
    let said = String::from_utf8(begun.body).expect("text");
    let id = said.split("<UploadId>").nth(1).and_then(|rest| rest.split('<').next());
    id.unwrap_or_else(|| panic!("{said}")).to_owned()
}

fn part(server: &Server, key: &str, id: &str, bytes: &[u8], headers: &[(&str, &str)]) -> Answer {
    let url =
        server.signed("raw-images", |bucket, keys| UploadPart::new(bucket, Some(keys), key, 1, id).sign(VALIDITY));
    let request = headers.iter().fold(server.agent.put(url), |request, (name, value)| request.header(*name, *value));
    answer(request.send(bytes).expect("an answer"))
}

#[test]
fn a_parts_checksums_are_looked_at() {
    let place = Place::new();
    let server = place.serve("");
    let id = begin(&server, "site/a");
    // Of "a part".
    let right = [
        ("content-md5", "nbEg6IgPM6z03etAiSw5DA=="),
        ("x-amz-checksum-sha256", "NROuGjkIbConONqmMLni8wT0G1lFIo4HQaEXpQj8Ubk="),
    ];
    let wrong = [("content-md5", "AAAAAAAAAAAAAAAAAAAAAA=="), ("x-amz-checksum-crc32", "AAAAAA==")];
    for header in wrong {
        let refused = part(&server, "site/a", &id, b"a part", &[header]);
        let said = String::from_utf8_lossy(&refused.body).into_owned();
        assert!(refused.status == 400 && said.contains("BadDigest"), "{header:?}: {} {said}", refused.status);
    }
    assert_eq!(files(&place.path().join("data/incoming")).len(), 0);
    for header in right {
        assert_eq!(part(&server, "site/a", &id, b"a part", &[header]).status, 200, "{header:?}");
    }
}

#[test]
fn a_part_that_is_sent_again_takes_the_place_of_the_first() {
    let place = Place::new();
    let server = place.serve("");
    let id = begin(&server, "site/a");
    for number in 0..20 {
        let bytes = format!("part {number}");
        assert_eq!(part(&server, "site/a", &id, bytes.as_bytes(), &[]).status, 200);
    }
    assert_eq!(files(&place.path().join("data/incoming")).len(), 1);
}
