//! The way of a request, the same in every shell: what is stored, or else what can be made of the original.

use bytes::Bytes;
use darkroom_recipe::{Format, ImageInfo, Rendition};

use crate::facts::facts;
use crate::{Candidate, ETag, Error, Original, Output, Plan, Shell, Stamp, Stored, Timing, Transformed, original_etag};

/// What is to be sent, before any condition of the client's is looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Image {
    /// The whole file.
    pub bytes: Bytes,
    /// Such as `image/webp`; `application/json` for facts.
    pub media_type: &'static str,
    /// Of the bytes.
    pub etag: ETag,
    /// In seconds since 1970.
    pub last_modified: Option<u64>,
    /// Whether something better is to replace it soon.
    pub provisional: bool,
    /// Why this stands in for what was asked for, where it does, or [`DAMAGED`].
    pub reason: Option<String>,
}

/// The reason for an image with grey in it that the original's damage left.
pub const DAMAGED: &str = "source: damaged, and shown as far as it is there";

/// An image, and what is left to do once it is sent.
#[derive(Debug)]
pub struct Delivery {
    /// To be sent.
    pub image: Image,
    /// How long stores and origins took.
    pub timings: Vec<Timing<'static>>,
    /// For [`finish`].
    pub later: Later,
}

/// What is done when the client has its answer.
#[derive(Debug, Default)]
pub struct Later {
    keep: Option<(Candidate, Stored)>,
    make: Option<Candidate>,
    /// What it is made of, where that is at hand.
    original: Option<Original>,
}

impl Later {
    /// Whether there is nothing to do.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.keep.is_none() && self.make.is_none()
    }

    /// What is to be stored, and what is to be made.
    #[must_use]
    pub fn split(self) -> (Self, Self) {
        let Self { keep, make, original } = self;
        (Self { keep, ..Self::default() }, Self { keep: None, make, original })
    }

    /// The key of what is to be made, so that it is made once where several answers ask for it.
    #[must_use]
    pub fn makes(&self) -> Option<&str> {
        self.make.as_ref().map(|candidate| candidate.object.key.as_str())
    }
}

/// Looks up, or makes, what `plan` asks for. Where the source is at fault and the URL leaves the format open, the original
/// takes the place of what can't be made of it, if the client takes that.
///
/// # Errors
/// The original can't be had, or neither it nor anything made of it may be sent.
pub async fn deliver<S: Shell>(shell: &S, plan: &Plan) -> Result<Delivery, Error> {
    let mut timings = Vec::new();
    let started = shell.clock();
    let stored = if plan.output == Output::Image { stored(shell, plan).await } else { None };
    timings.push(timing("store", if stored.is_some() { "hit" } else { "miss" }, shell.clock() - started));
    if let Some((candidate, stored)) = stored {
        let make = if candidate.provisional { plan.make_later() } else { None };
        let image = Image::stored(stored, candidate.provisional);
        return Ok(Delivery { image, timings, later: Later { make, ..Later::default() } });
    }
    let started = shell.clock();
    let original = shell.original(&plan.request.source).await?;
    timings.push(timing("origin", "fetch", shell.clock() - started));
    let (image, later) = make(shell, plan, &original).await?;
    Ok(Delivery { image, timings, later })
}

/// Does what is left to do: stores what was made, then makes and stores what it stood in for. What can't be made better
/// is stored in its place, so that nobody tries again.
///
/// # Errors
/// The first thing that went wrong. Nobody waits for it: it is for the log.
pub async fn finish<S: Shell>(shell: &S, plan: &Plan, later: Later) -> Result<(), Error> {
    if let Some((candidate, stored)) = &later.keep {
        shell.keep(&candidate.object, stored).await?;
    }
    let Some(better) = later.make else { return Ok(()) };
    let original = match later.original {
        Some(known) => known,
        None => shell.original(&plan.request.source).await?,
    };
    let Transformed { info, rendition } = shell.transform(&original, &better.recipe, plan.bounds).await?;
    let made = match made(plan, &original, &info, &better, rendition) {
        Err(Error::Unprocessable(_) | Error::Unsupported(_) | Error::Limit(_)) => {
            let next = plan.make(&info);
            let Transformed { info, rendition } = shell.transform(&original, &next.recipe, plan.bounds).await?;
            made(plan, &original, &info, &next, rendition)?
        }
        other => other?,
    };
    shell.keep(&better.object, &made.stored).await
}

/// The first candidate that is there, up to date, and of a type that may be sent. A store that fails costs time, not the
/// answer.
async fn stored<S: Shell>(shell: &S, plan: &Plan) -> Option<(Candidate, Stored)> {
    let mut source_etag = None;
    for candidate in plan.stored() {
        let Ok(Some(stored)) = shell.find(&candidate.object).await else { continue };
        if !plan.is_current(&candidate, &stored.stamp) || !plan.sends(stored.media_type) {
            continue;
        }
        if !plan.request.source.is_immutable() {
            if source_etag.is_none() {
                source_etag = shell.original_etag(&plan.request.source).await.ok();
            }
            if source_etag.as_ref().is_some_and(|current| *current != stored.stamp.source_etag) {
                continue;
            }
        }
        return Some((candidate, stored));
    }
    None
}

async fn make<S: Shell>(shell: &S, plan: &Plan, original: &Original) -> Result<(Image, Later), Error> {
    let Transformed { info, rendition } = shell.transform(original, &plan.recipe(), plan.bounds).await?;
    let candidate = plan.make(&info);
    let first = match made(plan, original, &info, &candidate, rendition) {
        Err(Error::Limit(limit)) => instead(shell, plan, original, candidate, &info, limit).await,
        first => first.map(|made| (candidate, made, None)),
    };
    let (candidate, made, limit) = match first {
        Ok(made) => made,
        Err(error) => {
            let image = original_instead(plan, original, &info, &error).ok_or(error)?;
            return Ok((image, Later::default()));
        }
    };
    let made = match taken_over(shell, plan, original, &info, &made).await {
        Some(smaller) => smaller,
        None => made,
    };
    let info = ImageInfo { damaged: made.stored.stamp.damaged, ..info };
    if plan.output == Output::Facts {
        let description = shell.describe(original).await?;
        return Ok((facts(&info, &description, original, &made, candidate.recipe.metadata), Later::default()));
    }
    let stored = made.stored;
    let mut image = Image::stored(stored.clone(), candidate.provisional);
    image.reason = limit.into_iter().chain(image.reason).reduce(|limit, damage| format!("{limit}; {damage}"));
    let make = plan.make_later();
    let original = make.is_some().then(|| original.clone());
    Ok((image, Later { keep: Some((candidate, stored)), make, original }))
}

/// Where the answer is the JPEG original itself, the same coefficients for those who take JPEG XL.
async fn taken_over<S: Shell>(
    shell: &S,
    plan: &Plan,
    original: &Original,
    info: &ImageInfo,
    made: &Made,
) -> Option<Made> {
    let is_original =
        made.stored.stamp == Stamp::of_original(&plan.request.source, &original.etag, &plan.make(info).recipe);
    let takes = plan.negotiates() && plan.sends(Format::Jxl.media_type());
    if !is_original || !takes || info.format != Format::Jpeg {
        return None;
    }
    let recipe = plan.taken_over();
    // What can't be taken over stays as it is.
    let rendition = shell.transform(original, &recipe, plan.bounds).await.ok()?.rendition.ok()?;
    let stamp = Stamp::new(&plan.request.source, &original.etag, &recipe);
    let stored =
        Stored { bytes: rendition.bytes.into(), media_type: Format::Jxl.media_type(), stamp, ..made.stored.clone() };
    (stored.bytes.len() < made.stored.bytes.len()).then_some(Made { stored, ..*made })
}

/// The next best format for all who ask for one that a limit forbids, and why it is another one where the URL names it.
async fn instead<S: Shell>(
    shell: &S,
    plan: &Plan,
    original: &Original,
    candidate: Candidate,
    info: &ImageInfo,
    limit: String,
) -> Result<(Candidate, Made, Option<String>), Error> {
    let Some(next) = plan.instead(&candidate, info) else { return Err(Error::Limit(limit)) };
    let Transformed { info, rendition } = shell.transform(original, &next.recipe, plan.bounds).await?;
    let made = made(plan, original, &info, &next, rendition)?;
    let reason = next.provisional.then_some(limit);
    Ok((next, made, reason))
}

/// A rendition before it is stored, with its size in pixels.
pub(crate) struct Made {
    pub(crate) stored: Stored,
    pub(crate) width: u32,
    pub(crate) height: u32,
}

/// The rendition; or the original where that is an animation beyond the limits, or where it does better and the URL names
/// no format. A format that is negotiated is none for an animation where it has no frames and another one does.
fn made(
    plan: &Plan,
    original: &Original,
    info: &ImageInfo,
    candidate: &Candidate,
    rendition: Result<Rendition, Error>,
) -> Result<Made, Error> {
    let recipe = &candidate.recipe;
    let made = |bytes, media_type, stamp, width, height| Made {
        stored: Stored { bytes, media_type, stamp, last_modified: original.last_modified },
        width,
        height,
    };
    let unchanged = |bytes: Vec<u8>| {
        let stamp = Stamp::of_original(&plan.request.source, &original.etag, recipe);
        made(bytes.into(), info.format.media_type(), stamp, info.width, info.height)
    };
    if plan.loses_frames(info, candidate) {
        return Err(Error::Limit(format!(
            "{} frames, of which {} holds one",
            info.frames,
            recipe.encoding.format.name()
        )));
    }
    let rendition = match rendition {
        Err(Error::Limit(_) | Error::Unsupported(_)) if info.stays_animated(recipe) => {
            let broken = || Error::Unprocessable("an animation that can't be passed on without its metadata".into());
            return info.stand_in(&original.bytes, recipe).map(unchanged).ok_or_else(broken);
        }
        rendition => rendition?,
    };
    if plan.negotiates()
        && plan.sends(info.format.media_type())
        && let Some(bare) = info.stand_in(&original.bytes, recipe)
        && info.does_better_than(bare.len() as u64, &rendition, recipe)
    {
        return Ok(unchanged(bare));
    }
    let (media_type, width, height) = (rendition.format.media_type(), rendition.width, rendition.height);
    let stamp = Stamp::new(&plan.request.source, &original.etag, recipe).of_damaged(info.damaged);
    Ok(made(rendition.bytes.into(), media_type, stamp, width, height))
}

/// The original in place of what can't be made of it, without the metadata that would have gone.
fn original_instead(plan: &Plan, original: &Original, info: &ImageInfo, error: &Error) -> Option<Image> {
    let its_fault = matches!(error, Error::Unsupported(_) | Error::Unprocessable(_));
    let asked = plan.output == Output::Image && plan.negotiates() && !plan.request.options.redirect_on_error;
    // Without its metadata it would be shown as it is stored.
    if !its_fault || !asked || info.orientation != 1 || !plan.sends(info.format.media_type()) {
        return None;
    }
    let recipe = plan.make(info).recipe;
    Some(Image {
        bytes: info.stand_in(&original.bytes, &recipe)?.into(),
        media_type: info.format.media_type(),
        etag: original_etag(&original.etag, recipe.metadata),
        last_modified: original.last_modified,
        provisional: true,
        reason: Some(error.to_string()),
    })
}

impl Image {
    fn stored(stored: Stored, provisional: bool) -> Self {
        let Stored { bytes, media_type, stamp, last_modified } = stored;
        let reason = stamp.damaged.then(|| DAMAGED.to_owned());
        Self { bytes, media_type, etag: stamp.etag, last_modified, provisional, reason }
    }
}

fn timing(name: &'static str, description: &'static str, duration: f64) -> Timing<'static> {
    Timing { name, description: Some(description), duration: Some(duration) }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;
    use std::collections::BTreeMap;

    use darkroom_recipe::{Color, Description, Format, OnDamage, Recipe, Rendition};

    use serde_json::{Value, json};

    use super::*;
    use crate::store::{Memory, NewObject, Store, raw};
    use crate::{Bounds, Bucket, Config, Decision, Fields, ObjectKey, plan, sign};

    /// A store in memory, and a processor whose renditions are their recipes' texts.
    struct Desk {
        store: Memory,
        made: Cell<u32>,
        /// The most bytes that it keeps.
        room: usize,
    }

    const EXIF: [(&str, &str); 2] = [("Make", "Canon"), ("Artist", "Ana")];
    const JPEG: &[u8] =
        b"\xFF\xD8\xFF\xDA\0\x03sa photo that is longer than the text of a recipe, whatever options it has";
    /// With EXIF, and so broken that nothing can be made of it.
    const PRIVATE: &[u8] = b"\xFF\xD8\xFF\xE1\0\x08Exif\0\0\xFF\xDA\0\x03sbad";
    const PUBLIC: &[u8] = b"\xFF\xD8\xFF\xDA\0\x03sbad";

    /// Of which pixels are missing.
    const CUT: &[u8] = b"\xFF\xD8\xFF\xDA\0\x03s a photo that ends too early";

    /// Longer than what JPEG XL makes of it without loss, and shorter than what it would lose.
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

        async fn remote(&self, remote: &crate::Remote) -> Result<Original, Error> {
            Err(Error::NotFound(remote.to_string()))
        }

        async fn remote_etag(&self, remote: &crate::Remote) -> Result<String, Error> {
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
            let info = crate::plan::info(format, if format == Format::Gif { 3 } else { 1 }, false);
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

    fn ask(url: &str, accept: &str) -> Plan {
        planned(url, accept, &Config::default()).expect(url)
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
        // Who takes no WebP does not get it under AVIF's name.
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
        let config = Config { costly_options: true, ..Config::default() };
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
        // It is stored under another name than what shows the damage.
        let keys = [Config::default(), refusing].map(|config| {
            let plan = planned("/image/width=640/a.jpg", "image/webp", &config).expect("planned");
            plan.stored().remove(0).object.key
        });
        assert_eq!(keys, ["variants/a.jpg/width=640.webp", "variants/a.jpg/on-damage=refuse,width=640.webp"]);
    }

    #[test]
    fn facts() {
        let image = get(&Desk::new(), "/image/width=640,format=json/a.jpg", CHROME).expect("facts").image;
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
}
