use axum::extract::FromRequestParts;
use axum::http::header::{AUTHORIZATION, HOST};
use axum::http::request::Parts;
use axum::http::{StatusCode, Uri};
use std::sync::Arc;

use super::App;

/// Who asks.
pub(super) struct User(pub(super) String);

impl FromRequestParts<Arc<App>> for User {
    type Rejection = (StatusCode, [(&'static str, &'static str); 1], &'static str);

    /// By the bearer token (RFC 6750); or whoever everyone is.
    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, Self::Rejection> {
        let refuse = |status, why| Err((status, [("www-authenticate", "Bearer")], why));
        if let Some(authorization) = parts.headers.get(AUTHORIZATION) {
            let token = authorization.to_str().ok().and_then(|text| text.strip_prefix("Bearer "));
            return match token.and_then(|token| app.config.users.tokens.get(token.trim())) {
                Some(user) => Ok(Self(user.clone())),
                None => refuse(StatusCode::UNAUTHORIZED, "the token is not known\n"),
            };
        }
        let Some(user) = app.config.anonymous_user() else {
            return refuse(StatusCode::UNAUTHORIZED, "needed is Authorization: Bearer <token>\n");
        };
        if !is_meant(parts, app) {
            return refuse(StatusCode::MISDIRECTED_REQUEST, "the host is none of this server's: set public_url\n");
        }
        Ok(Self(user.to_owned()))
    }
}

/// Whether the request is meant for this server's name. Without a token this is all that keeps other sites' pages from
/// asking in a visitor's name: they can have their own name resolve to this machine.
fn is_meant(parts: &Parts, app: &App) -> bool {
    let field = parts.headers.get(HOST).and_then(|host| host.to_str().ok());
    let Some(host) = parts.uri.authority().map(|authority| authority.as_str()).or(field) else { return false };
    let public = app.config.public_url().parse::<Uri>().ok();
    let public = public.as_ref().and_then(|uri| uri.authority()).map(|authority| authority.as_str());
    let port = app.config.listen.port();
    let own = [app.config.listen.to_string(), format!("localhost:{port}"), format!("127.0.0.1:{port}")];
    public == Some(host) || own.iter().any(|own| own == host)
}
