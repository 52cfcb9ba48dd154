//! What of an S3 client's request its signature has to cover. s3s verifies signatures; here is what Amazon S3 asks of them
//! beyond that.

use axum::extract::Request;
use axum::http::HeaderMap;
use axum::http::header::{
    AUTHORIZATION, CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_ENCODING, CONTENT_LANGUAGE, EXPIRES, HeaderName,
};
use s3s::{S3Result, s3_error};
use url::form_urlencoded;

/// Fields of S3's own. Amazon S3 API Reference, "Signature Calculations for the Authorization Header": the canonical
/// headers must include "any x-amz-* headers that you plan to include in your request".
const OWN: &str = "x-amz-";

/// Other fields that an object keeps, and who reads it gets.
const KEPT: [HeaderName; 5] = [CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_ENCODING, CONTENT_LANGUAGE, EXPIRES];

/// Refuses a signature of another version than 4, and fields of S3's own that a signature does not cover. Of a presigned
/// URL, whose user has no keys, an object keeps nothing else that is not signed, either.
pub(super) fn hold_to_signature(request: &mut Request) -> S3Result<()> {
    let query = request.uri().query().unwrap_or_default().as_bytes();
    let parameter = |wanted: &str| form_urlencoded::parse(query).find(|(name, _)| name == wanted);
    let headers = request.headers();
    let authorization = headers.get(AUTHORIZATION).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let earlier = ["AWSAccessKeyId", "Signature"].iter().any(|name| parameter(name).is_some());
    if earlier || authorization.starts_with("AWS ") {
        return Err(s3_error!(InvalidRequest, "the signature must be of version 4: AWS4-HMAC-SHA256"));
    }
    if parameter("X-Amz-Signature").is_some() {
        let signed = parameter("X-Amz-SignedHeaders").map(|(_, names)| names.into_owned()).unwrap_or_default();
        check_own(headers, &signed)?;
        for name in KEPT.iter().filter(|name| !is_in(&signed, name.as_str())) {
            request.headers_mut().remove(name);
        }
        return Ok(());
    }
    match authorization.split_once("SignedHeaders=") {
        Some((_, rest)) => check_own(headers, rest.split(',').next().unwrap_or_default()),
        None => Ok(()), // without any signature, which is refused elsewhere
    }
}

fn check_own(headers: &HeaderMap, signed: &str) -> S3Result<()> {
    let unsigned = headers.keys().find(|name| name.as_str().starts_with(OWN) && !is_in(signed, name.as_str()));
    match unsigned {
        Some(name) => Err(s3_error!(AccessDenied, "{name}: must be signed")),
        None => Ok(()),
    }
}

/// Whether a list of names, separated by semicolons, has this one, which is in lower case.
fn is_in(signed: &str, name: &str) -> bool {
    signed.trim().split(';').any(|signed| signed.eq_ignore_ascii_case(name))
}

#[cfg(test)]
mod tests {
    use axum::body::Body;

    use super::*;

    const V4: &str =
        "AWS4-HMAC-SHA256 Credential=a/20260101/x/s3/aws4_request, SignedHeaders=host;x-amz-date, Signature=b";

    /// The names of fields that are left; none where the request is refused.
    fn left(query: &str, fields: &[(&str, &str)]) -> Option<Vec<String>> {
        let mut request = Request::put(format!("/raw-images/a{query}"));
        for (name, value) in fields {
            request = request.header(*name, *value);
        }
        let mut request = request.body(Body::empty()).expect("a request");
        hold_to_signature(&mut request).ok()?;
        Some(request.headers().keys().map(|name| name.as_str().to_owned()).collect())
    }

    #[test]
    fn only_what_is_signed_counts() {
        let url = "?X-Amz-SignedHeaders=host%3Bx-amz-meta-a%3Bcache-control&X-Amz-Signature=b";
        for (query, fields, allowed) in [
            ("", &[("authorization", V4), ("x-amz-date", "d")][..], Some(2)),
            ("", &[("authorization", V4), ("x-amz-date", "d"), ("x-amz-acl", "public-read")], None),
            ("", &[("authorization", V4), ("x-amzn-trace-id", "1"), ("cache-control", "no-cache")], Some(3)),
            ("", &[("authorization", "AWS a:b")], None),
            ("?AWSAccessKeyId=a&Expires=9999999999&Signature=b", &[], None),
            ("?AWSAccessKeyI%64=a&Expires=9999999999", &[], None),
            (url, &[("x-amz-meta-a", "1"), ("cache-control", "no-cache"), ("content-type", "image/jpeg")], Some(3)),
            (url, &[("x-amz-meta-b", "1")], None),
            (url, &[("content-disposition", "attachment"), ("content-encoding", "gzip"), ("expires", "0")], Some(0)),
            ("", &[("x-amz-meta-a", "1")], Some(1)),
        ] {
            assert_eq!(left(query, fields).map(|names| names.len()), allowed, "{query} {fields:?}");
        }
    }
}
