use proptest::prelude::*;

use super::*;
use crate::sign;

const CHROME: &str = "image/avif,image/webp,image/apng,image/svg+xml,image/*,*/*;q=0.8";
const UPLOAD: &str = "uploads/u/20251231_235959_abcdef01_a.jpg";

fn decide(url: &str, accept: &str, config: &Config) -> Result<Plan, Error> {
    let (path, query) = url.split_once('?').unwrap_or((url, ""));
    match plan("GET", path, query, &Fields::from_pairs([("Accept", accept)]), config, 1000)? {
        Decision::Deliver(plan) => Ok(*plan),
        Decision::Preflight => unreachable!("GET"),
    }
}

fn stored(plan: &Plan) -> Vec<String> {
    plan.candidates().into_iter().map(|candidate| candidate.object.key).collect()
}

fn with_key() -> (Config, crate::SigningKey) {
    let key = crate::SigningKey::try_from("0123456789abcdef".to_owned()).expect("key");
    (Config { signing_keys: vec![key.clone()], ..Config::default() }, key)
}

#[test]
fn avif_is_looked_up_first_and_webp_stands_in() {
    let plan = decide("/image/w=750/a.jpg", CHROME, &Config::default()).expect("plan");
    assert_eq!(stored(&plan), ["variants/a.jpg/width=750.avif", "variants/a.jpg/width=750.webp"]);
    assert_eq!(plan.make(&info(Format::Png, 1, true)).recipe.to_string(), "width=750");
    assert!(plan.make(&info(Format::Png, 1, false)).provisional);
    assert_eq!(plan.make_later().expect("avif").recipe.to_string(), "format=avif,width=750");
    assert_eq!(plan.cache_key(), "/image/width=750/a.jpg?as=avif-webp-any");
    assert_eq!(plan.vary, ["Accept"]);
}

#[test]
fn policies_for_avif() {
    let with = |avif| Config { avif, ..Config::default() };
    for (avif, accept, target, stand_in) in [
        (AvifPolicy::Wait, CHROME, "avif", None),
        (AvifPolicy::Off, CHROME, "webp", None),
        (AvifPolicy::Background, "image/avif", "avif", None),
        (AvifPolicy::Background, "image/avif,image/png", "avif", Some("fallback")),
        (AvifPolicy::Background, "*/*", "fallback", None),
    ] {
        let plan = decide("/image/w=750/a.jpg", accept, &with(avif)).expect("plan");
        assert_eq!((plan.target.name(), plan.stand_in.map(Target::name)), (target, stand_in), "{avif:?} {accept}");
    }
    let off = decide("/image/f=avif/a.jpg", "*/*", &with(AvifPolicy::Off)).expect("named by the URL");
    assert_eq!(off.target, Target::Format(Format::Avif));
}

#[test]
fn the_fallback_follows_the_source() {
    let plan = decide("/image/w=640/a.png", "*/*", &Config::default()).expect("plan");
    assert_eq!(stored(&plan), ["jpg", "png", "gif"].map(|ending| format!("variants/a.png/width=640.{ending}")));
    for (frames, alpha, format) in
        [(1, false, Format::Jpeg), (1, true, Format::Png), (3, false, Format::Gif), (3, true, Format::Gif)]
    {
        assert_eq!(plan.make(&info(Format::Png, frames, alpha)).recipe.encoding.format, format);
    }
}

#[test]
fn presets_are_found_where_the_pipeline_put_them() {
    let stem = "u/20251231_235959_abcdef01_a";
    for (preset, accept, expected) in [
        ("small", CHROME, vec![format!("thumbnails/small/{stem}.avif"), format!("thumbnails/small/{stem}.webp")]),
        ("small", "*/*", vec![format!("thumbnails/small/{stem}.jpg")]),
        ("compressed", "image/webp", vec![format!("compressed/{stem}.webp")]),
        ("compressed", "*/*", ["jpg", "png", "gif"].map(|ending| format!("compressed/{stem}.{ending}")).to_vec()),
    ] {
        let plan = decide(&format!("/image/preset={preset}/{UPLOAD}"), accept, &Config::default()).expect(preset);
        assert_eq!(stored(&plan), expected, "{preset} {accept}");
    }
    let plan = decide(&format!("/image/preset=small,f=jpeg/{UPLOAD}"), CHROME, &Config::default()).expect("plan");
    let own = Config::default().presets.into_iter().find(|preset| preset.name == "small").expect("builtin");
    assert_eq!(plan.make(&info(Format::Jpeg, 1, false)).recipe, own.recipe);
}

#[test]
fn modes() {
    let (open, key) = with_key();
    let signed = Config { mode: Mode::Signed, ..open.clone() };
    let presets = Config { mode: Mode::Presets, ..open.clone() };
    let cheap = format!("/image/w=700/{UPLOAD}");
    let costly = format!("/image/w=700,max-bytes=9999/{UPLOAD}");
    let preset = format!("/image/preset=small/{UPLOAD}");
    for (config, allowed) in
        [(&open, [true, false, true]), (&signed, [false, false, false]), (&presets, [false, false, true])]
    {
        for (url, allowed) in [&cheap, &costly, &preset].into_iter().zip(allowed) {
            let status = decide(url, "*/*", config).map(|_| ()).map_err(|error| error.status());
            assert_eq!(status, if allowed { Ok(()) } else { Err(403) }, "{:?} {url}", config.mode);
            assert!(decide(&sign(url, &key, None), "*/*", config).is_ok(), "{:?} {url}", config.mode);
            assert_eq!(decide(&format!("{url}?sig=00"), "*/*", config).map_err(|error| error.status()), Err(403));
        }
    }
    let free = Config { costly_options: true, ..open };
    assert!(decide(&costly, "*/*", &free).is_ok());
}

#[test]
fn a_url_gets_the_width_it_asks_for() {
    let (config, key) = with_key();
    let unsigned = decide("/image/w=701,h=7/a.jpg", "*/*", &config).expect("plan");
    assert_eq!(unsigned.request.path(), "/image/height=7,width=701/a.jpg");
    let plan = decide(&sign("/image/w=701,h=7/a.jpg", &key, Some(2000)), "*/*", &config).expect("plan");
    assert_eq!(plan.request.path(), "/image/height=7,width=701/a.jpg");
    assert_eq!(plan.expires, Some(2000));
    let expired = decide(&sign("/image/w=701/a.jpg", &key, Some(1000)), "*/*", &config).expect_err("expired");
    assert_eq!(expired.to_string(), "exp=1000: expired");
}

/// What an unsigned URL may have stored is what the configuration lists.
#[test]
fn unsigned_urls_store_what_is_listed() {
    let (open, key) = with_key();
    let open = Config { remote_origins: vec!["h.example".parse().expect("origin")], ..open };
    let all = Config { store: StorePolicy::All, ..open.clone() };
    let saving = Config { save_data_quality: Some(40), on_damage: OnDamage::Refuse, ..open.clone() };
    for (url, listed) in [
        ("preset=small/a.jpg", true),
        ("preset=small,f=png/a.jpg", true),
        ("preset=small,f=json,onerror=redirect/a.jpg", true),
        ("f=auto/a.jpg", true),
        ("w=750/a.jpg", true),
        ("w=375,dpr=2/a.jpg", true),
        ("w=auto/a.jpg", true),
        ("w=750,f=avif/a.jpg", true),
        ("w=750,f=json/a.jpg", true),
        ("w=749/a.jpg", false),
        ("w=750,h=750/a.jpg", false),
        ("h=750/a.jpg", false),
        ("w=750,q=75/a.jpg", false),
        ("w=750,background=01020304/a.jpg", false),
        ("w=750,blur=1/a.jpg", false),
        ("w=750,fit=pad/a.jpg", false),
        ("w=750,f=baseline-jpeg/a.jpg", false),
        ("w=750,on-damage=refuse/a.jpg", false),
        ("w=750/https://h.example/a.jpg?v=1", false),
        ("preset=small/https://h.example/a.jpg?v=1", false),
    ] {
        let url = format!("/image/{url}");
        let stored = |url: &str, config| decide(url, CHROME, config).expect(url).stored;
        assert_eq!(stored(&url, &open), listed, "{url}");
        assert!(stored(&url, &all) && stored(&sign(&url, &key, None), &open), "{url}");
        let refuses = url.contains("on-damage") || listed;
        assert_eq!(
            stored(&url, &saving),
            refuses,
            "{url}: what the configuration itself puts in is no option of the URL"
        );
    }
}

/// Nobody would ever find it.
#[test]
fn what_is_not_stored_is_not_made_better_after_the_answer() {
    let listed = decide("/image/w=750/a.jpg", CHROME, &Config::default()).expect("plan");
    assert_eq!((listed.target.name(), listed.stand_in.map(Target::name)), ("avif", Some("webp")));
    for (accept, target) in [(CHROME, "webp"), ("image/avif", "avif")] {
        let plan = decide("/image/w=751/a.jpg", accept, &Config::default()).expect("plan");
        assert_eq!((plan.target.name(), plan.stand_in, plan.make_later()), (target, None, None), "{accept}");
    }
}

#[test]
fn errors_have_their_status() {
    let config = Config { remote_origins: vec!["h.example".parse().expect("origin")], ..Config::default() };
    for (url, accept, expected) in [
        ("/image/w=0/a.jpg", "*/*", Err(400)),
        ("/image/preset=nope/a.jpg", "*/*", Err(404)),
        ("/other", "*/*", Err(404)),
        ("/image/w=9/a.jpg", "text/html", Err(406)),
        ("/image/w=9,f=jpeg/a.jpg", "text/html", Ok(())),
        ("/image/f=json/a.jpg", "application/json", Ok(())),
        ("/image/w=9/https://h.example/a.jpg", "*/*", Ok(())),
        ("/image/w=9/https://h.example:8443/a.jpg", "*/*", Err(403)),
        ("/image/w=9/http://h.example/a.jpg", "*/*", Err(403)),
        ("/image/w=9/https://evil.example/a.jpg", "*/*", Err(403)),
    ] {
        assert_eq!(decide(url, accept, &config).map(|_| ()).map_err(|error| error.status()), expected, "{url}");
    }
    let method = plan("POST", "/image/w=9/a.jpg", "", &Fields::default(), &config, 0).expect_err("method");
    assert_eq!((method.status(), method.to_string().as_str()), (405, "method POST: must be GET, HEAD or OPTIONS"));
}

#[test]
fn onerror_redirects_to_the_original() {
    let config = Config { originals_url: Some("https://o.example/".into()), ..Config::default() };
    let redirect = |url| decide(url, "*/*", &config).expect(url).redirect(&config);
    assert_eq!(redirect("/image/onerror=redirect,w=9/a%20b.jpg").as_deref(), Some("https://o.example/a%20b.jpg"));
    assert_eq!(redirect("/image/w=9/a.jpg"), None);
}

#[test]
fn what_was_verified_is_followed_and_no_more() {
    let (config, key) = with_key();
    let config = Config { mode: Mode::Signed, ..config };
    let first = decide(&sign("/image/w=701,effort=3/a.jpg", &key, None), CHROME, &config).expect("signed");
    assert_eq!(first.verified.to_string(), "avif-webp-any;signed");
    let again = |path: &str, verified: &str, config: &Config| {
        plan_verified("GET", path, &verified.parse().expect(verified), &first.fields, config)
    };
    let path = first.request.path();
    assert_eq!(again(&path, "avif-webp-any;signed", &config), Ok(Decision::Deliver(Box::new(first.clone()))));
    let open = Config { mode: Mode::Open, ..config.clone() };
    let presets = Config { mode: Mode::Presets, ..config.clone() };
    for (path, config, status) in [
        (&*path, &config, 403),
        (&path, &open, 403),
        ("/image/width=9/a.jpg", &presets, 403),
        ("/image/metadata=keep/a.jpg", &open, 403),
        ("/image/width=9/https://h.example/a.jpg", &open, 403),
        ("/image/preset=nope/a.jpg", &open, 404),
    ] {
        assert_eq!(again(path, "avif-webp-any", config).expect_err(path).status(), status, "{path}");
    }
    assert!(again("/image/width=9/a.jpg", "any", &open).is_ok());
}

#[test]
fn only_equal_images_are_shared() {
    let config = Config::default();
    let key = |url, accept| decide(url, accept, &config).expect(url).cache_key();
    let image = key("/image/w=750/a.jpg", CHROME);
    assert_eq!(image, key("/cdn-cgi/image/width=750/a.jpg", "image/avif, image/webp, */*;q=0.5"));
    for (url, accept) in [
        ("/image/w=750/b.jpg", CHROME),
        ("/image/w=749/a.jpg", CHROME),
        ("/image/w=750,f=json/a.jpg", CHROME),
        ("/image/w=750/a.jpg", "*/*"),
        ("/image/w=750/a.jpg", "image/avif"),
        ("/image/w=750/a.jpg", "image/avif,image/webp"),
    ] {
        assert_ne!(image, key(url, accept), "{url} {accept}");
    }
}

proptest! {
    #[test]
    fn planning_the_canonical_path_gives_the_same_plan(
        options in proptest::collection::vec(
            "(w|h)=[1-9][0-9]{0,3}|dpr=[1-3](\\.5)?|fit=(cover|pad|contain)|g=(auto|0\\.[0-9]x1)|q=(high|[1-9][0-9])\
            |f=(auto|webp|avif|jpg|png|json|baseline-jpeg)|w=auto|compression=fast|rotate=90|blur=[0-9]\\.[0-9]\
            |background=(red|fff)|trim\\.left=[0-9]|onerror=redirect|scq=low",
            1..8,
        ),
        accept in "(image/avif,|image/webp,)?(image/jpeg|\\*/\\*)",
    ) {
        let url = format!("/cdn-cgi/image/{}/a%20b.jpg", options.join(","));
        let first = decide(&url, &accept, &Config::default()).expect("valid options");
        let mut again = decide(&first.request.path(), &accept, &Config::default()).expect("canonical");
        again.vary.clone_from(&first.vary); // the hints are put in already
        prop_assert_eq!(again, first);
    }
}
