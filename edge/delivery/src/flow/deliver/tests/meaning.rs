//! One URL, one meaning: whatever spelling and fields requests have, equal cache keys are equal answers.

use std::collections::BTreeMap;

use proptest::prelude::*;
use proptest::sample::select;

use super::*;
use crate::{Answer, AvifPolicy, Header, respond};

const OPTIONS: [&str; 24] = [
    "w=640",
    "width=640",
    "w=320,dpr=2",
    "w=auto",
    "w=641",
    "h=480",
    "f=webp",
    "f=auto",
    "f=json",
    "f=avif",
    "f=jpeg",
    "f=jxl",
    "q=100",
    "q=high",
    "quality=90",
    "scq=low",
    "fit=cover",
    "anim=false",
    "blur=0",
    "onerror=redirect",
    "preset=small",
    "rotate=90",
    "%66=webp",
    "",
];
const SOURCES: [&str; 8] = ["a.jpg", "%61.jpg", "small.jpg", "middle.jpg", "cut.jpg", "a.gif", "bad.jpg", "gone.jpg"];
const FIELDS: [(&str, &str); 14] = [
    ("Accept", "image/avif,image/webp,image/*,*/*;q=0.8"),
    ("Accept", "image/webp, image/avif, */*;q=0.1"),
    ("Accept", "image/jxl,image/webp,*/*"),
    ("Accept", "image/webp"),
    ("Accept", "*/*"),
    ("Accept", "image/png"),
    ("Accept", "text/html"),
    ("Save-Data", "on"),
    ("ECT", "3g"),
    ("DPR", "2"),
    ("Sec-CH-Width", "600"),
    ("Sec-CH-DPR", "1.4"),
    ("Origin", "https://a.example"),
    ("User-Agent", "curl/8"),
];

/// A URL, header fields, and whether it is signed.
type Asked = (String, Vec<(&'static str, &'static str)>, bool);

fn requests() -> impl Strategy<Value = Vec<Asked>> {
    let url = (proptest::collection::vec(select(OPTIONS.to_vec()), 1..4), select(SOURCES.to_vec()), any::<bool>())
        .prop_map(|(options, source, cloudflare)| {
            format!("{}{},/{source}", crate::PREFIXES[usize::from(cloudflare)], options.join(","))
        });
    let fields = proptest::collection::vec(select(FIELDS.to_vec()), 0..4);
    proptest::collection::vec((url, fields, any::<bool>()), 2..40)
}

/// What a cache would keep of an answer. `Vary` and `Accept-CH` tell of the request as it was spelled.
fn kept(answer: &Answer) -> (u16, Vec<Header>, Bytes) {
    let own = ["Server-Timing", "Vary", "Accept-CH"];
    let headers = answer.headers.iter().filter(|(name, _)| !own.contains(name)).cloned().collect();
    (answer.status, headers, answer.body.clone())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn equal_keys_are_equal_answers(
        requests in requests(),
        avif in select(vec![AvifPolicy::Wait, AvifPolicy::Background, AvifPolicy::Off]),
        store in select(vec![StorePolicy::Listed, StorePolicy::All]),
        save_data_quality in select(vec![None, Some(40)]),
    ) {
        let key = crate::SigningKey::try_from("0123456789abcdef".to_owned()).expect("a key");
        let config = Config { signing_keys: vec![key.clone()], avif, store, save_data_quality, ..Config::default() };
        let mut answers = BTreeMap::new();
        for (url, fields, signed) in requests {
            let url = if signed { sign(&url, &key, None) } else { url };
            let (path, query) = url.split_once('?').unwrap_or((&url, ""));
            let fields = Fields::from_pairs(fields);
            let Ok(Decision::Deliver(plan)) = plan("GET", path, query, &fields, &config, 0) else { continue };
            // As the first who asks gets it, and as it comes from the store.
            let desk = Desk::new();
            let first = pollster::block_on(respond(&desk, &plan, &config, 0));
            let again = first.image.as_ref().is_some_and(|image| !image.provisional);
            pollster::block_on(finish(&desk, &plan, first.later)).ok();
            let answer = kept(&first.answer);
            if again {
                let second = pollster::block_on(respond(&desk, &plan, &config, 0));
                let without_date = |(status, headers, body): (u16, Vec<Header>, Bytes)| {
                    (status, headers.into_iter().filter(|(name, _)| *name != "Last-Modified").collect::<Vec<_>>(), body)
                };
                prop_assert_eq!(without_date(kept(&second.answer)), without_date(answer.clone()), "{}", url);
            }
            let known = answers.entry(plan.cache_key()).or_insert_with(|| (url.clone(), answer.clone()));
            prop_assert_eq!(&known.1, &answer, "{} and {}", &known.0, &url);
        }
    }
}
