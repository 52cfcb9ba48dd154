use std::sync::{Arc, LazyLock};

use axum::extract::{Path, Request, State};
use axum::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, HOST, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS,
};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Redirect, Response};
use darkroom_recipe::{Format, formats, vocabulary};
use serde_json::json;

use super::{App, s3};
use crate::config::StoreKind;

const INDEX: &str = include_str!("../../page/index.html");
const STYLE: &str = include_str!("../../page/style.css");
const SCRIPTS: [(&str, &str); 10] = [
    ("api.js", include_str!("../../page/api.js")),
    ("compare.js", include_str!("../../page/compare.js")),
    ("details.js", include_str!("../../page/details.js")),
    ("events.js", include_str!("../../page/events.js")),
    ("main.js", include_str!("../../page/main.js")),
    ("photos.js", include_str!("../../page/photos.js")),
    ("playground.js", include_str!("../../page/playground.js")),
    ("score.js", include_str!("../../page/score.js")),
    ("snippet.js", include_str!("../../page/snippet.js")),
    ("upload.js", include_str!("../../page/upload.js")),
];
/// What the page has to know: the recipe's options, the formats, and those that a browser has to accept, the best first.
static OPTIONS: LazyLock<String> = LazyLock::new(|| {
    let (options, formats, negotiated) = (json!(vocabulary()), json!(formats()), json!(Format::negotiable()));
    format!(
        "export const OPTIONS = {options};\nexport const FORMATS = {formats};\nexport const NEGOTIATED = {negotiated};\n"
    )
});

/// `GET /`: the page; or an S3 client's list of buckets.
pub(super) async fn index(State(app): State<Arc<App>>, request: Request) -> Response {
    if s3::is_signed(&request) {
        s3::answer(State(app), request).await
    } else {
        page(&app, request.headers().get(HOST))
    }
}

fn page(app: &App, host: Option<&HeaderValue>) -> Response {
    // Upload URLs hold the public name, and a page may only send to its own origin.
    let (public, alias) = (app.config.public_url(), format!("localhost:{}", app.config.listen.port()));
    if host.is_some_and(|host| host.as_bytes() == alias.as_bytes()) && public != format!("http://{alias}") {
        return Redirect::temporary(&format!("{public}/")).into_response();
    }
    let uploads = match app.config.store {
        StoreKind::Embedded => "'self'",
        StoreKind::Aws => "'self' https: http:",
    };
    let policy = format!(
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob: data:; connect-src {uploads}; \
         base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    );
    ([(CONTENT_SECURITY_POLICY, policy)], file("text/html; charset=utf-8", INDEX)).into_response()
}

/// `GET /assets/{name}`: the page's style and scripts.
pub(super) async fn asset(Path(name): Path<String>) -> Response {
    if name == "style.css" {
        return file("text/css; charset=utf-8", STYLE);
    }
    let script = SCRIPTS.iter().find(|(script, _)| *script == name).map(|(_, content)| *content);
    match script.or_else(|| (name == "options.js").then(|| OPTIONS.as_str())) {
        Some(content) => file("text/javascript; charset=utf-8", content),
        None => StatusCode::NOT_FOUND.into_response(),
    }
}

/// Another release's page must not run with this one's scripts.
fn file(media_type: &'static str, content: &'static str) -> Response {
    let fields = [
        (CONTENT_TYPE, media_type),
        (CACHE_CONTROL, "no-cache"),
        (X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (REFERRER_POLICY, "no-referrer"),
    ];
    (fields, content).into_response()
}
