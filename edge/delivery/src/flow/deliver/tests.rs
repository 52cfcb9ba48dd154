use std::cell::Cell;
use std::collections::BTreeMap;

use darkroom_recipe::{Color, Description, Format, OnDamage, Recipe, Rendition};

use serde_json::{Value, json};

use super::*;
use crate::origin::Origins;
use crate::store::{Memory, NewObject, Store, raw};
use crate::{Bounds, Bucket, Config, Decision, Fields, ObjectKey, StorePolicy, plan, sign};

mod meaning;

/// A store in memory, and a processor that returns a recipe's text as its rendition.
struct Desk {
    store: Memory,
    made: Cell<u32>,
    /// The most bytes that it stores.
    room: usize,
}

const EXIF: [(&str, &str); 2] = [("Make", "Canon"), ("Artist", "Ana")];
const JPEG: &[u8] = b"\xFF\xD8\xFF\xDA\0\x03sa photo that is longer than the text of a recipe, whatever options it has";
/// Has EXIF, and is too broken to render.
const PRIVATE: &[u8] = b"\xFF\xD8\xFF\xE1\0\x08Exif\0\0\xFF\xDA\0\x03sbad";
const PUBLIC: &[u8] = b"\xFF\xD8\xFF\xDA\0\x03sbad";

/// Has missing pixels.
const CUT: &[u8] = b"\xFF\xD8\xFF\xDA\0\x03s a photo that ends too early";

/// Longer than its lossless JPEG XL, and shorter than its lossy one.
const MIDDLE: &[u8] = b"\xFF\xD8\xFF\xDA\0\x03s and 17 signs more";

impl Desk {
    fn new() -> Self {
        let originals: [(&str, &'static [u8]); 7] = [
            ("a.jpg", JPEG),
            ("bad.jpg", PRIVATE),
            ("small.jpg", PUBLIC),
            ("page.jpg", b"<html>"),
            ("a.gif", b"GIF89a"),
            ("middle.jpg", MIDDLE),
            ("cut.jpg", CUT),
        ];
        let desk = Self { store: Memory::default(), made: Cell::new(0), room: usize::MAX };
        for (key, bytes) in originals {
            desk.put(key, bytes);
        }
        desk
    }

    fn put(&self, key: &str, bytes: &'static [u8]) {
        let original = NewObject {
            object: raw(key),
            bytes: bytes.into(),
            content_type: "",
            cache_control: "",
            metadata: BTreeMap::new(),
        };
        pollster::block_on(self.store.put(original)).expect("put");
    }

    fn kept(&self, key: &str) -> Option<&'static str> {
        let object = ObjectKey { bucket: Bucket::Processed, key: key.to_owned() };
        self.store.written(&object).map(|written| written.content_type)
    }
}

impl Shell for Desk {
    type Store = Memory;

    fn store(&self) -> &Memory {
        &self.store
    }

    fn source_bytes(&self) -> u64 {
        1 << 20
    }

    fn keeps(&self, bytes: usize) -> bool {
        bytes <= self.room
    }

    fn origins(&self, remote: &crate::Remote) -> Result<&dyn Origins, Error> {
        Err(Error::NotFound(remote.to_string()))
    }

    async fn describe(&self, _: &Original) -> Result<Description, Error> {
        let dominant_color = Color { red: 1, green: 2, blue: 0xAB, alpha: 255 };
        Ok(Description {
            thumb_hash: vec![1, 2, 3],
            dominant_color,
            exif: EXIF.map(|(name, value)| (name.into(), value.into())).into(),
        })
    }

    async fn transform(&self, original: &Original, recipe: &Recipe, bounds: Bounds) -> Result<Transformed, Error> {
        let format = Format::of(&original.bytes).ok_or_else(|| Error::Unsupported("no image".into()))?;
        let info = crate::flow::plan::info(format, if format == Format::Gif { 3 } else { 1 }, false);
        let info = ImageInfo { damaged: *original.bytes == *CUT, ..info };
        self.made.set(self.made.get() + 1);
        Ok(Transformed { info, rendition: rendition(&original.bytes, recipe.for_source(&info), bounds) })
    }

    fn clock(&self) -> f64 {
        0.0
    }
}

fn rendition(original: &[u8], recipe: Recipe, bounds: Bounds) -> Result<Rendition, Error> {
    if original == PRIVATE || (original == CUT && recipe.on_damage == OnDamage::Refuse) {
        return Err(Error::Unprocessable("malformed".into()));
    }
    if recipe.encoding.format == Format::Avif && recipe.resize.width.is_none() {
        return Err(Error::Limit("too large for AVIF".into()));
    }
    if u64::from(recipe.resize.width.unwrap_or_default()) > bounds.enlargement.saturating_mul(2000) {
        return Err(Error::Limit("too large".into()));
    }
    if recipe.blur > 100.0 {
        return Err(Error::Recipe("blur".into()));
    }
    let bytes = recipe.to_string().into_bytes();
    let width = recipe.resize.width.unwrap_or(2000);
    Ok(Rendition { format: recipe.encoding.format, width, height: width / 2, quality: Some(80), bytes })
}

fn planned(url: &str, accept: &str, config: &Config) -> Result<Plan, Error> {
    let (path, query) = url.split_once('?').unwrap_or((url, ""));
    let fields = Fields::from_pairs([("Accept", accept)]);
    match plan("GET", path, query, &fields, config, 0)? {
        Decision::Deliver(plan) => Ok(*plan),
        Decision::Preflight => panic!("{url}"),
    }
}

/// As a shell plans it whose store bounds itself.
fn ask(url: &str, accept: &str) -> Plan {
    planned(url, accept, &Config { store: StorePolicy::All, ..Config::default() }).expect(url)
}

const CHROME: &str = "image/avif,image/webp,image/*,*/*;q=0.8";

fn get(desk: &Desk, url: &str, accept: &str) -> Result<Delivery, Error> {
    pollster::block_on(deliver(desk, &ask(url, accept)))
}

fn get_and_finish(desk: &Desk, url: &str, accept: &str) -> Image {
    let plan = ask(url, accept);
    let delivery = pollster::block_on(deliver(desk, &plan)).expect(url);
    pollster::block_on(finish(desk, &plan, delivery.later)).expect(url);
    delivery.image
}

#[test]
fn webp_comes_first_and_avif_is_found_the_next_time() {
    let desk = Desk::new();
    let first = get_and_finish(&desk, "/image/width=640/a.jpg", CHROME);
    assert_eq!((first.media_type, first.provisional), ("image/webp", true));
    let next = get(&desk, "/image/width=640/a.jpg", CHROME).expect("stored");
    assert_eq!((next.image.media_type, next.image.provisional), ("image/avif", false));
    assert!(next.later.is_empty());
    assert_eq!(desk.made.get(), 2);
}

#[test]
fn what_cannot_be_avif_is_kept_as_the_next_best() {
    let desk = Desk::new();
    get_and_finish(&desk, "/image/a.jpg", CHROME);
    let next = get(&desk, "/image/a.jpg", CHROME).expect("stored").image;
    assert_eq!((next.media_type, next.provisional), ("image/webp", false));
    assert_eq!(next.etag, etag(JPEG, Format::WebP), "the tag names the bytes");
    // A client that does not accept WebP does not get it under AVIF's name.
    let other = get(&desk, "/image/a.jpg", "image/avif,image/jpeg").expect("made").image;
    assert_eq!(other.media_type, "image/jpeg");
}

#[test]
fn a_changed_original_is_made_again_and_an_unchanged_one_is_not() {
    let desk = Desk::new();
    let first = get_and_finish(&desk, "/image/width=640/a.jpg", "image/webp");
    assert_eq!(get_and_finish(&desk, "/image/width=640/a.jpg", "image/webp").etag, first.etag);
    assert_eq!(desk.made.get(), 1);
    desk.put("a.jpg", b"\xFF\xD8\xFF another photo that is longer than the recipe's text");
    assert_ne!(get_and_finish(&desk, "/image/width=640/a.jpg", "image/webp").etag, first.etag);
    assert_eq!(desk.made.get(), 2);
}

#[test]
fn of_an_original_that_is_gone_nothing_is_sent_or_stored() {
    const UPLOAD: &str = "uploads/u/20251231_235959_abcdef01_a.jpg";
    for key in ["a.jpg", UPLOAD] {
        let desk = Desk::new();
        desk.put(key, JPEG);
        for options in ["width=640", "format=webp", "format=json"] {
            let plan = ask(&format!("/image/{options}/{key}"), "image/webp");
            let Delivery { later, .. } = pollster::block_on(deliver(&desk, &plan)).expect("made");
            pollster::block_on(finish(&desk, &plan, later)).expect("stored");
        }
        let plan = ask(&format!("/image/width=320/{key}"), "image/webp");
        let late = pollster::block_on(deliver(&desk, &plan)).expect("made").later;
        pollster::block_on(desk.store.delete(&raw(key))).expect("deleted");
        assert_eq!(pollster::block_on(finish(&desk, &plan, late)), Err(Error::NotFound(key.into())));
        assert_eq!(desk.kept(&format!("variants/{key}/width=320.webp")), None);
        for options in ["width=640", "format=webp", "format=json"] {
            let url = format!("/image/{options}/{key}");
            assert_eq!(
                get(&desk, &url, "image/webp").map(|found| found.image),
                Err(Error::NotFound(key.into())),
                "{url}"
            );
        }
    }
}

#[test]
fn what_a_shell_has_no_room_for_is_sent_and_not_stored() {
    let bytes = get_and_finish(&Desk::new(), "/image/width=640/a.jpg", "image/webp").bytes;
    for (room, made) in [(bytes.len(), 1), (bytes.len() - 1, 2)] {
        let desk = Desk { room, ..Desk::new() };
        for _ in 0..2 {
            assert_eq!(get_and_finish(&desk, "/image/width=640/a.jpg", "image/webp").bytes, bytes);
        }
        assert_eq!(desk.made.get(), made, "room for {room}");
    }
}

#[test]
fn what_is_not_listed_is_sent_and_not_stored() {
    for (url, stored) in [
        ("/image/width=640/a.jpg", true),
        ("/image/width=640,format=json/a.jpg", true),
        ("/image/width=641/a.jpg", false),
        ("/image/width=641,format=json/a.jpg", false),
        ("/image/background=01020304,format=png/a.jpg", false),
    ] {
        let desk = Desk::new();
        let plan = planned(url, "image/webp", &Config::default()).expect(url);
        let mut sent = Vec::new();
        for _ in 0..2 {
            let Delivery { image, later, .. } = pollster::block_on(deliver(&desk, &plan)).expect(url);
            pollster::block_on(finish(&desk, &plan, later)).expect(url);
            assert!(!image.provisional, "{url}");
            sent.push((image.bytes, image.media_type, image.etag, image.reason));
        }
        assert_eq!(sent[0], sent[1], "{url}");
        assert_eq!(desk.made.get(), if stored { 1 } else { 2 }, "{url}");
    }
}

#[test]
fn a_store_that_fails_costs_no_answer() {
    let desk = Desk::new();
    let rendition = ObjectKey { bucket: Bucket::Processed, key: "variants/a.jpg/width=640.webp".into() };
    desk.store.shatter(rendition);
    assert_eq!(get(&desk, "/image/width=640/a.jpg", "image/webp").expect("made").image.media_type, "image/webp");
}

fn etag(original: &[u8], format: Format) -> ETag {
    let recipe = Recipe::default().in_format(format);
    crate::etag(&crate::content_etag(original), &recipe, darkroom_recipe::OUTPUT_VERSION)
}

#[test]
fn a_format_that_the_url_names_is_everybodys() {
    let desk = Desk::new();
    for accept in ["*/*", "image/jpeg", "image/webp", CHROME, "image/jpeg,image/webp;q=0"] {
        let image = get_and_finish(&desk, "/image/quality=100,format=webp/small.jpg", accept);
        assert_eq!((image.media_type, &*image.bytes), ("image/webp", &b"quality=100"[..]), "{accept}");
        let original = get_and_finish(&desk, "/image/quality=100/small.jpg", "image/webp,image/jpeg");
        assert_eq!((original.media_type, &*original.bytes), ("image/jpeg", PUBLIC), "it does better");
        assert_ne!(original.etag, image.etag);
    }
    assert_eq!(desk.made.get(), 2, "each was stored");
}

#[test]
fn a_jpeg_that_does_better_is_taken_over_by_jpeg_xl() {
    let desk = Desk::new();
    let config = Config { costly_options: true, store: StorePolicy::All, ..Config::default() };
    let get = |accept| {
        let plan = planned("/image/quality=100,effort=3/middle.jpg", accept, &config).expect("planned");
        let Delivery { image, later, .. } = pollster::block_on(deliver(&desk, &plan)).expect("made");
        pollster::block_on(finish(&desk, &plan, later)).expect("stored");
        image
    };
    for made in [2, 2] {
        let image = get("image/jxl,image/webp,*/*;q=0.8");
        assert_eq!((image.media_type, &*image.bytes), ("image/jxl", &b"format=jxl,lossless=true"[..]));
        assert_eq!(desk.made.get(), made, "it is stored");
    }
    assert_eq!(get("image/webp,*/*;q=0.8").media_type, "image/webp");
    assert_eq!(get("*/*").media_type, "image/jpeg");
}

#[test]
fn where_a_limit_forbids_a_format_everybody_gets_webp_for_a_while() {
    let desk = Desk::new();
    for accept in ["*/*", "image/avif", CHROME] {
        let image = get_and_finish(&desk, "/image/format=avif/a.jpg", accept);
        assert_eq!((image.media_type, image.provisional), ("image/webp", true), "{accept}");
        assert_eq!(image.reason.as_deref(), Some("too large for AVIF"));
        assert_eq!(image.etag, etag(JPEG, Format::WebP));
    }
    assert!(desk.kept("variants/a.jpg/format=webp.webp").is_some());
}

#[test]
fn an_animation_gets_a_format_with_frames() {
    let desk = Desk::new();
    for (accept, media_type) in
        [(CHROME, "image/webp"), ("image/webp", "image/webp"), ("image/jpeg,image/gif", "image/gif")]
    {
        for _ in 0..2 {
            let image = get_and_finish(&desk, "/image/width=64/a.gif", accept);
            assert_eq!(image.media_type, media_type, "{accept}, also when all is stored");
        }
    }
    let kept = desk.kept("variants/a.gif/width=64.avif");
    assert_eq!(kept, Some("image/webp"), "so that nobody tries again");
    let still = get_and_finish(&desk, "/image/width=64,anim=false/a.gif", CHROME);
    assert_eq!(still.media_type, "image/webp");
    let still = get_and_finish(&desk, "/image/width=64,anim=false/a.gif", CHROME);
    assert_eq!(still.media_type, "image/avif");
    for format in ["jpeg", "gif", "avif"] {
        let named = get_and_finish(&desk, &format!("/image/width=64,format={format}/a.gif"), CHROME);
        assert_eq!(named.media_type, format!("image/{format}"), "the URL names it");
    }
}

#[test]
fn a_recipes_fault_and_a_limit_are_errors_and_never_the_original() {
    let desk = Desk::new();
    for (url, error) in [
        ("/image/blur=200/a.jpg", Error::Recipe("blur".into())),
        ("/image/width=3840,fit=contain,height=4/a.jpg", Error::Limit("too large".into())),
    ] {
        let config = Config { unsigned: Bounds { enlargement: 1, ..Bounds::default() }, ..Config::default() };
        let plan = planned(url, CHROME, &config).expect(url);
        let answer = pollster::block_on(deliver(&desk, &plan)).map(|delivery| delivery.image);
        assert_eq!(answer, Err(error), "{url}");
    }
}

#[test]
fn only_a_signature_allows_all_metadata_and_any_size() {
    let key = crate::SigningKey::try_from("0123456789abcdef".to_owned()).expect("a key");
    let bounds = Bounds { pixels: 9, enlargement: 3 };
    let config =
        Config { signing_keys: vec![key.clone()], unsigned: bounds, costly_options: true, ..Config::default() };
    let path = "/image/metadata=keep/a.jpg";
    assert!(matches!(planned(path, CHROME, &config), Err(Error::Forbidden { .. })));
    assert_eq!(planned(&sign(path, &key, None), CHROME, &config).expect("signed").bounds, Bounds::NONE);
    assert_eq!(planned("/image/metadata=copyright/a.jpg", CHROME, &config).expect("open").bounds, bounds);
    assert_eq!(planned("/image/preset=small/a.jpg", CHROME, &config).expect("a preset").bounds, Bounds::NONE);
}

#[test]
fn the_original_stands_in_where_the_client_takes_it() {
    let desk = Desk::new();
    let image = get(&desk, "/image/width=640/bad.jpg", CHROME).expect("the original").image;
    assert_eq!((image.media_type, image.provisional), ("image/jpeg", true));
    assert_eq!(image.reason.as_deref(), Some("source: malformed"));
    assert_eq!(&*image.bytes, PUBLIC, "without its metadata");
    for (url, accept, error) in [
        ("/image/width=640,format=jpeg/bad.jpg", CHROME, Error::Unprocessable("malformed".into())),
        ("/image/width=640/bad.jpg", "image/webp", Error::Unprocessable("malformed".into())),
        ("/image/width=640,onerror=redirect/bad.jpg", CHROME, Error::Unprocessable("malformed".into())),
        ("/image/width=640,format=json/bad.jpg", CHROME, Error::Unprocessable("malformed".into())),
        ("/image/width=640/page.jpg", CHROME, Error::Unsupported("no image".into())),
        ("/image/width=640/gone.jpg", CHROME, Error::NotFound("gone.jpg".into())),
    ] {
        assert_eq!(get(&desk, url, accept).map(|delivery| delivery.image), Err(error), "{url}");
    }
}

#[test]
fn what_was_made_of_a_damaged_original_says_so_and_never_is_that_original() {
    let desk = Desk::new();
    for made in [1, 1] {
        let image = get_and_finish(&desk, "/image/quality=100/cut.jpg", "image/webp,image/jpeg");
        assert_eq!((image.media_type, image.provisional), ("image/webp", false));
        assert_eq!((image.reason.as_deref(), desk.made.get()), (Some(DAMAGED), made), "also when it is stored");
    }
    let image = get_and_finish(&desk, "/image/format=avif/cut.jpg", CHROME);
    assert_eq!(image.reason, Some(format!("too large for AVIF; {DAMAGED}")));
    let told = |key: &str| {
        let image = get(&desk, &format!("/image/width=640,format=json/{key}"), CHROME).expect("facts").image;
        serde_json::from_slice::<Value>(&image.bytes).expect("JSON")["original"]["damaged"].clone()
    };
    assert_eq!((told("cut.jpg"), told("a.jpg")), (json!(true), json!(null)));
}

#[test]
fn damage_is_refused_where_the_url_or_the_configuration_asks_for_that() {
    let refusing = Config { on_damage: OnDamage::Refuse, ..Config::default() };
    for (url, config) in [
        ("/image/format=webp,on-damage=refuse/cut.jpg", &Config::default()),
        ("/image/format=webp/cut.jpg", &refusing),
        ("/image/preset=small,format=webp/cut.jpg", &refusing),
    ] {
        let desk = Desk::new();
        let plan = planned(url, CHROME, config).expect(url);
        let answer = pollster::block_on(deliver(&desk, &plan)).map(|delivery| delivery.image);
        assert_eq!(answer, Err(Error::Unprocessable("malformed".into())), "{url}");
    }
    // It is stored under another name than the image that shows the damage.
    let keys = [Config::default(), refusing].map(|config| {
        let plan = planned("/image/width=640/a.jpg", "image/webp", &config).expect("planned");
        plan.candidates().remove(0).object.key
    });
    assert_eq!(keys, ["variants/a.jpg/width=640.webp", "variants/a.jpg/on-damage=refuse,width=640.webp"]);
}

#[test]
fn facts() {
    let desk = Desk::new();
    let image = get_and_finish(&desk, "/image/width=640,format=json/a.jpg", CHROME);
    assert_eq!(get(&desk, "/image/width=640,format=json/a.jpg", "*/*").expect("stored").image.bytes, image.bytes);
    assert_eq!(desk.made.get(), 1, "they are stored");
    let photo = get(&desk, "/image/width=640,format=webp/a.jpg", CHROME).expect("the image").image;
    assert_ne!(photo.etag, image.etag);
    assert_eq!(image.media_type, "application/json");
    let text = String::from_utf8_lossy(&image.bytes).into_owned();
    assert!(text.starts_with(r#"{"width":640,"height":320,"format":"image/webp","file_size":"#), "{text}");
    assert!(text.contains(r#""original":{"width":2000,"height":1000,"format":"image/jpeg""#), "{text}");
    assert!(text.contains(r##""thumbhash":"AQID","dominant_color":"#0102ab""##), "{text}");
}

#[test]
fn facts_tell_of_exif_what_metadata_would_keep() {
    let key = crate::SigningKey::try_from("0123456789abcdef".to_owned()).expect("a key");
    let config = Config { signing_keys: vec![key.clone()], ..Config::default() };
    for (metadata, told) in [
        ("none", json!(null)),
        ("copyright", json!({"Artist": "Ana"})),
        ("keep", json!({"Artist": "Ana", "Make": "Canon"})),
    ] {
        let url = sign(&format!("/image/width=640,format=json,metadata={metadata}/a.jpg"), &key, None);
        let plan = planned(&url, CHROME, &config).expect("signed");
        let image = pollster::block_on(deliver(&Desk::new(), &plan)).expect("facts").image;
        let facts: Value = serde_json::from_slice(&image.bytes).expect("JSON");
        assert_eq!(facts["exif"], told, "{metadata}");
    }
}
