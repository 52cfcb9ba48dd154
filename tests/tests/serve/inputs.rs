//! Every kind of upload, from the URL to the images.

use darkroom_tests::INPUTS;

use crate::server::Place;

#[test]
fn every_kind_of_upload_becomes_an_item_and_its_images() {
    let place = Place::new();
    let server = place.serve("");
    for input in INPUTS {
        let key = server.upload_as(input.name(), input.media_type, &input.bytes());
        let item = server.item(&key);
        assert_eq!(item["status"], "completed", "{}: {item}", input.file);
        assert_eq!(item["originalSize"], input.bytes().len(), "{}", input.file);
        let (stem, _) = key.strip_prefix("uploads/").and_then(|key| key.rsplit_once('.')).expect(&key);
        let compressed = server.object("processed-images", &format!("compressed/{stem}.webp")).body;
        let thumbnails = ["small", "medium", "large"]
            .map(|preset| server.object("thumbnails", &format!("thumbnails/{preset}/{stem}.jpg")).body);
        input.assert_shown(&compressed, &thumbnails.each_ref().map(Vec::as_slice));
        let delivered = server.get(&format!("/image/format=png,anim=false/{key}"), &[]);
        assert_eq!(delivered.status, 200, "{}: {}", input.file, String::from_utf8_lossy(&delivered.body));
        input.assert_shown(&compressed, &[&delivered.body]);
    }
}
