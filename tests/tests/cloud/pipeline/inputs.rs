//! Every kind of upload, both ways.

use darkroom_tests::INPUTS;
use serde_json::json;

use crate::pipeline::cloud::{Way, cloud};

#[test]
fn every_kind_of_upload_becomes_an_item_and_its_images() {
    let cloud = cloud();
    for way in [Way::Workflow, Way::Queue] {
        for input in INPUTS {
            let user = format!("input-{}-{way:?}", input.name().replace('.', "-"));
            let key = cloud.upload_as(way, &user, input.name(), input.media_type, &input.bytes());
            let item = cloud.item(&user, "completed");
            assert_eq!(item["originalKey"], json!(key), "{}", input.file);
            assert_eq!(item["originalSize"], json!(input.bytes().len()), "{}", input.file);
            let (stem, _) = key.strip_prefix("uploads/").and_then(|key| key.rsplit_once('.')).expect(&key);
            let object =
                |bucket: &str, key: String| cloud.object(bucket, &key).unwrap_or_else(|| panic!("no {key}")).body;
            let compressed = object("processed-images", format!("compressed/{stem}.webp"));
            let thumbnails = ["small", "medium", "large"]
                .map(|preset| object("thumbnails", format!("thumbnails/{preset}/{stem}.jpg")));
            input.assert_shown(&compressed, &thumbnails.each_ref().map(Vec::as_slice));
        }
    }
}
