//! The outputs that `DARKROOM_FORMATS` adds.

use darkroom_recipe::Format;

use crate::pipeline::chain::{lines_without, whole_chain};
use crate::pipeline::cloud::{Cloud, Way};

#[test]
fn other_formats_lie_beside_each_presets_own() {
    // Libraries' debug output is free of personal data, too.
    let cloud = Cloud::start(&[("DARKROOM_FORMATS", "avif,webp"), ("AWS_LAMBDA_LOG_LEVEL", "trace")]);
    for way in [Way::Workflow, Way::Queue] {
        let user = format!("formats-{way:?}");
        whole_chain(&cloud, way, &user, &[Format::Avif, Format::WebP]);
        lines_without(&cloud, way, &[&user, "uploads/", "photo.jpg", "X-Amz-Signature"]);
    }
}
