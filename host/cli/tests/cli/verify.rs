//! `darkroom verify`: a rendition is made again, and each way in which it may not be what it is said to be has its words.

use std::fs;

use darkroom_delivery::{Provenance, Source};
use darkroom_recipe::{OUTPUT_VERSION, Recipe};

use crate::run::{Workspace, fixture};

const RECIPE: &str = "width=40,height=30,fit=cover,format=jpeg";
/// By `md5sum`, as S3 gives it to `a.jpg`.
const MD5: &str = "f74c5e9c006296e4dc8b7fd637a11e2d";

/// Two originals, and what the recipe makes of the first.
fn workspace() -> Workspace {
    let workspace = Workspace::new();
    workspace.put("a.jpg", fixture("good/jpeg-exif.jpg"));
    workspace.put("b.jpg", fixture("good/jpeg-420.jpg"));
    workspace.run(&format!("process a.jpg --out web --recipe {RECIPE}")).exits(0);
    let [made] = &workspace.files("web/variants")[..] else { panic!("one variant") };
    fs::copy(workspace.path("web/variants").join(made), workspace.path("made.jpg")).expect("copied");
    workspace
}

/// As `aws s3api head-object` prints an object's metadata.
fn object(workspace: &Workspace, name: &str, source_etag: &str, change: impl Fn(&mut Provenance)) {
    let recipe: Recipe = RECIPE.parse().expect(RECIPE);
    let source = Source::Key("uploads/u/a.jpg".parse().expect("a key"));
    let mut told = Provenance::new(&source, source_etag, &recipe);
    change(&mut told);
    let metadata: serde_json::Map<_, _> =
        told.metadata().into_iter().map(|(name, value)| (name.to_owned(), value.into())).collect();
    let head = serde_json::json!({"ContentLength": 9, "ContentType": "image/jpeg", "Metadata": metadata});
    workspace.put(name, head.to_string());
}

#[test]
fn what_the_recipe_makes_is_verified_and_anything_else_is_told_apart() {
    let workspace = workspace();
    let verified = workspace.run(&format!("verify a.jpg made.jpg --recipe {RECIPE}")).exits(0);
    let expected = format!("of this original, by {}", RECIPE.parse::<Recipe>().expect(RECIPE));
    assert!(verified.stdout.contains("verified: made.jpg: jpeg, 40×30, ") && verified.stdout.contains(&expected));

    let mut changed = fs::read(workspace.path("made.jpg")).expect("the file");
    let middle = changed.len() / 2;
    changed[middle] ^= 1;
    workspace.put("changed.jpg", &changed);
    workspace.put("longer.jpg", [fs::read(workspace.path("made.jpg")).expect("the file"), vec![0]].concat());
    workspace.put("text.jpg", "no image");
    for (words, code, message) in [
        (format!("a.jpg changed.jpg --recipe {RECIPE}"), 3, "differs: changed.jpg: "),
        (format!("a.jpg changed.jpg --recipe {RECIPE}"), 3, &*format!("{middle} bytes are the same")),
        (format!("a.jpg longer.jpg --recipe {RECIPE}"), 3, "it was changed, or made of another original"),
        (format!("b.jpg made.jpg --recipe {RECIPE}"), 3, "another original"),
        (format!("a.jpg text.jpg --recipe {RECIPE}"), 3, "it can't be read: unrecognized format"),
        ("a.jpg made.jpg --recipe width=20,format=jpeg".into(), 3, "it is jpeg, 40×30, and format=jpeg,width=20 makes"),
        ("a.jpg made.jpg --recipe format=avif".into(), 3, "makes avif, "),
        (format!("text.jpg made.jpg --recipe {RECIPE}"), 1, "text.jpg: unrecognized format"),
        ("a.jpg made.jpg".into(), 2, "--recipe"),
        ("a.jpg made.jpg --recipe width=0".into(), 2, "width=0: must be an integer from 1 to 65535"),
        ("a.jpg missing.jpg --recipe width=9".into(), 2, "missing.jpg: No such file"),
    ] {
        workspace.run(&format!("verify {words}")).exits(code).says(message);
    }
}

#[test]
fn an_objects_metadata_say_what_to_make_and_whether_that_can_be_compared() {
    let workspace = workspace();
    let tag = "0123456789abcdef0123456789abcdef".to_owned() + "-2";
    object(&workspace, "md5.json", MD5, |_| {});
    object(&workspace, "parts.json", &tag, |_| {});
    object(&workspace, "older.json", MD5, |told| {
        told.output_version = OUTPUT_VERSION - 1;
        told.etag = darkroom_delivery::etag(MD5, &RECIPE.parse().expect(RECIPE), told.output_version);
    });
    object(&workspace, "forged.json", MD5, |told| told.recipe = "width=41,format=jpeg".into());
    object(&workspace, "silent.json", MD5, |told| told.recipe.clear());
    workspace.put("none.json", "{\"Metadata\": {}}");
    let mut changed = fs::read(workspace.path("made.jpg")).expect("the file");
    let last = changed.len() - 9;
    changed[last] ^= 1;
    workspace.put("changed.jpg", &changed);
    for (words, code, message) in [
        ("a.jpg made.jpg --object md5.json", 0, ""),
        ("a.jpg made.jpg --object parts.json", 0, ""),
        // The same bytes are the same, whoever made them.
        ("a.jpg made.jpg --object older.json", 0, ""),
        ("a.jpg changed.jpg --object md5.json", 3, "it was changed, or made beside other recipes (--with)"),
        ("a.jpg changed.jpg --object older.json", 4, "unknown: changed.jpg: output version "),
        ("b.jpg made.jpg --object md5.json", 3, "it was made of another original: source-etag is "),
        ("a.jpg changed.jpg --object parts.json", 3, "source-etag is 0123456789abcdef0123456789abcdef-2"),
        ("a.jpg made.jpg --object forged.json", 3, "its metadata contradict each other"),
        ("a.jpg made.jpg --object md5.json --recipe width=9", 3, ",height=30,width=40, not with width=9"),
        ("a.jpg made.jpg --object silent.json", 2, "add --recipe"),
        ("a.jpg made.jpg --object none.json", 2, "must be what `aws s3api head-object` prints"),
    ] {
        workspace.run(&format!("verify {words}")).exits(code).says(message);
    }
    workspace.shell("$0 verify a.jpg made.jpg --object - <md5.json").exits(0);
}

/// Each preset is made beside the others, and smaller ones of larger ones.
#[test]
fn presets_are_verified_as_they_were_made() {
    let workspace = Workspace::new();
    let photo = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/photos/seeding.jpg");
    workspace.put("a.jpg", fs::read(photo).expect("the photo"));
    workspace.run("process a.jpg --out web").exits(0);
    for (side, name) in [(150, "small"), (300, "medium"), (600, "large")] {
        let recipe = format!("width={side},height={side},format=jpeg,quality=85,anim=false");
        workspace.run(&format!("verify a.jpg web/thumbnails/{name}/a.jpg --recipe {recipe}")).exits(0);
    }
}

/// A photo that no WebP of the same size does better than is stored as it is, without what its camera wrote.
#[test]
fn an_original_that_stands_in_is_verified_too() {
    let workspace = Workspace::new();
    workspace.put("a.jpg", fixture("good/jpeg-420.jpg"));
    workspace.run("process a.jpg --out web --recipe quality=100,format=jpeg").exits(0);
    let [made] = &workspace.files("web/variants")[..] else { panic!("one variant") };
    let run = workspace.run(&format!("verify a.jpg web/variants/{made} --recipe quality=100,format=jpeg")).exits(0);
    assert!(run.stdout.contains("the original in place of "), "{}", run.stdout);
    workspace.run("verify a.jpg a.jpg --recipe width=10").exits(3).says("it is jpeg, ");
}
