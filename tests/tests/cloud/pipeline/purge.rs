//! Deleting an original deletes everything derived from it, and invalidates it in caches.

use darkroom_delivery::{Source, cache_tag};
use serde_json::json;

use crate::pipeline::chain::{assert_objects, objects, photo};
use crate::pipeline::cloud::{Way, cloud, eventually};

#[test]
fn the_deletion_of_an_original_deletes_what_was_derived_from_it() {
    let (cloud, user) = (cloud(), "purged-chain");
    let [gone, kept] = [(); 2].map(|()| cloud.upload(Way::Queue, user, &photo()));
    let keys = || cloud.items(user).into_iter().map(|item| item["originalKey"].clone()).collect::<Vec<_>>();
    eventually("both items", || (keys().len() == 2).then_some(()));
    let original = cloud.object(Way::Queue.bucket(), &gone).expect("the original");
    cloud.delete(Way::Queue.bucket(), &gone, original.header("x-amz-version-id"));
    eventually("one item", || (keys() == [kept.as_str()]).then_some(()));
    let tags = [&gone, &kept].map(|key| json!(format!("#{}", cache_tag(&Source::Key(key.parse().expect(key))))));
    let invalidated = cloud.door("invalidated", &json!({}));
    let invalidated = invalidated.as_array().expect("paths");
    assert_eq!(tags.map(|tag| invalidated.contains(&tag)), [true, false], "{invalidated:?}");
    for made in objects(&gone, &[]) {
        assert!(cloud.object(made.bucket, &made.key).is_none(), "{} is left", made.key);
    }
    assert_objects(cloud, &kept, &[]);
}
