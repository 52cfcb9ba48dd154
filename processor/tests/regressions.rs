//! Replays the inputs that fuzzing found: every file in `fuzz/regressions/<target>`, named after its
//! bug.

#[path = "../fuzz/harness.rs"]
mod harness;

use std::fs;
use std::path::Path;

use darkroom_processor::Format;

fn replay(target: &str, run: impl Fn(&[u8])) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/regressions").join(target);
    // A target without findings has no folder.
    let Ok(entries) = fs::read_dir(&folder) else { return };
    for entry in entries {
        let path = entry.expect("an entry").path();
        println!("{}", path.display());
        run(&fs::read(&path).expect("a regression file"));
    }
}

#[test]
fn decoders() {
    for format in Format::decodable() {
        replay(format.name(), |data| harness::decoder_target(format, data));
    }
}

#[test]
fn heif() {
    replay("heif", harness::heif_target);
}

#[test]
fn jpeg() {
    replay("jpeg", harness::jpeg_target);
}

#[test]
fn jxl_encode() {
    replay("jxl-encode", harness::jxl_encode_target);
}

#[test]
fn probe() {
    replay("probe", harness::probe_target);
}

#[test]
fn transform() {
    replay("transform", harness::transform_target);
}

#[test]
fn recipe() {
    replay("recipe", harness::recipe_target);
}

#[test]
fn webp() {
    replay("webp", harness::webp_target);
}
