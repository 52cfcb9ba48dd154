//! URLs that real image components generate work unchanged.

mod node;

use std::collections::BTreeSet;

use darkroom_delivery::{Config, Decision, Fields, Plan, Source, plan};

fn planned(url: &str) -> Plan {
    let path_and_query = url.strip_prefix("https://img.example").expect(url);
    let (path, query) = path_and_query.split_once('?').unwrap_or((path_and_query, ""));
    let config = Config { remote_origins: vec!["origin.example".parse().expect("origin")], ..Config::default() };
    let fields = Fields::from_pairs([("Accept", "image/avif,image/webp,*/*;q=0.8")]);
    match plan("GET", path, query, &fields, &config, 0) {
        Ok(Decision::Deliver(plan)) => *plan,
        other => panic!("{url}: {other:?}"),
    }
}

#[test]
fn urls_of_unpic_and_nuxt_image_work_unchanged() {
    let urls = node::run("urls.mjs", "");
    let urls = urls.as_array().expect("an array");
    let mut packages = BTreeSet::new();
    for row in urls {
        let [package, url, source] = [0, 1, 2].map(|column| row[column].as_str().expect("three strings"));
        packages.insert(package);
        let request = planned(url).request;
        let found = match &request.source {
            Source::Key(key) => format!("/{key}"),
            Source::Remote(remote) => remote.to_string(),
        };
        assert_eq!(found, source, "{package}: {url}");
        assert_eq!(planned(&format!("https://img.example{}", request.path())).request, request, "{package}: {url}");
    }
    assert_eq!((packages.len(), urls.len()), (2, 5 * (13 + 16)));
}

/// Spot checks of the meaning, next to the URL that each package generates.
#[test]
fn they_mean_what_the_page_asked_for() {
    for (url, canonical) in [
        // unpic: width 300.6, height 200.2, quality 75
        (
            "https://img.example/cdn-cgi/image/width=301,height=200,quality=75,f=auto,fit=cover/uploads/u/photo.jpg",
            "/image/fit=cover,height=200,quality=75,width=301/uploads/u/photo.jpg",
        ),
        // unpic: format jpg, background rgb(1, 2, 3)
        (
            "https://img.example/cdn-cgi/image/width=96,background=rgb(1%2C%202%2C%203),f=jpeg,fit=cover/a.jpg",
            "/image/background=010203,fit=cover,format=jpeg,width=96/a.jpg",
        ),
        // @nuxt/image: fit outside, background #fff
        (
            "https://img.example/cdn-cgi/image/w=640,h=480,fit=crop,background=%23fff/a.png",
            "/image/background=ffffff,fit=crop,height=480,width=640/a.png",
        ),
        // @nuxt/image: background rgb(1, 2, 3)
        (
            "https://img.example/cdn-cgi/image/w=96,background=rgb(1,+2,+3),q=50/a.png",
            "/image/background=010203,quality=50,width=96/a.png",
        ),
    ] {
        assert_eq!(planned(url).request.path(), canonical);
    }
}
