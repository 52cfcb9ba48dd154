//! Signed URLs: HMAC-SHA256 (RFC 2104) over the path and the query.
//!
//! The message is the path as it is sent, then, where the query has parameters other than `sig`, `?` and those, in their
//! order, but for `exp`, which is last, and joined by `&`. In another order they may mean another image. `sig` is its authentication code in 64 hexadecimal digits; `exp` is the second since 1970
//! from which the URL is no longer good, and is covered like any parameter. The host is not.

use std::fmt;

use hmac::{Hmac, KeyInit, Mac};
use serde::Deserialize;
use sha2::Sha256;

use crate::layout::identity::hex;
use crate::url::query::Query;

/// A secret of 16 bytes or more; 32 random ones are best. Read from text as its bytes.
#[derive(Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct SigningKey(String);

impl TryFrom<String> for SigningKey {
    type Error = String;

    fn try_from(secret: String) -> Result<Self, String> {
        match secret.len() {
            16.. => Ok(Self(secret)),
            short => Err(format!("signing key of {short} bytes: must be 16 bytes or more")),
        }
    }
}

/// Never shows the secret.
impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SigningKey(..)")
    }
}

/// Why a URL is not authorised (403).
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SignatureError {
    /// `exp` without `sig`, or no signature where one is required.
    #[error("sig: missing; the URL must be signed with a current key")]
    Missing,
    /// Made with another key, or for another path or query.
    #[error("sig: wrong; the URL must be signed with a current key")]
    Wrong,
    /// `sig` or `exp` more than once.
    #[error("sig, exp: must not be repeated")]
    Repeated,
    /// `exp` is signed but is no time.
    #[error("exp: must be seconds since 1970, an integer")]
    InvalidExpiry,
    /// The URL expired at that second.
    #[error("exp={0}: expired")]
    Expired(u64),
}

/// Whether a URL is signed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Authority {
    /// It has no signature.
    Unsigned,
    /// Its signature is valid; `expires` is in seconds since 1970.
    Signed {
        /// The URL is refused from then on.
        expires: Option<u64>,
    },
}

/// Verifies `path` and `query` as sent, against all of `keys`, in constant time for each. `now` is in seconds since
/// 1970.
///
/// # Errors
/// There is an invalid signature, the URL has expired, or `exp` has no signature.
pub fn verify(path: &str, query: &str, keys: &[SigningKey], now: u64) -> Result<Authority, SignatureError> {
    let query = Query::parse(query)?;
    let Some(sig) = query.sig else {
        return if query.exp.is_some() { Err(SignatureError::Missing) } else { Ok(Authority::Unsigned) };
    };
    let code = unhex(sig).ok_or(SignatureError::Wrong)?;
    let message = message(path, &query);
    // It tries every key, so that the time does not reveal which one matches.
    let right = keys.iter().fold(false, |right, key| mac(&message, key).verify_slice(&code).is_ok() | right);
    if !right {
        return Err(SignatureError::Wrong);
    }
    match query.exp.map(seconds) {
        None => Ok(Authority::Signed { expires: None }),
        Some(None) => Err(SignatureError::InvalidExpiry),
        Some(Some(expires)) if now >= expires => Err(SignatureError::Expired(expires)),
        Some(expires) => Ok(Authority::Signed { expires }),
    }
}

/// Appends `exp` and `sig` to `url`, which is a path with or without a query, or such a URL with `http` or `https`.
/// Existing ones are replaced.
#[must_use]
pub fn sign(url: &str, key: &SigningKey, expires: Option<u64>) -> String {
    let (origin, path_and_query) = split_origin(url);
    let (path, query) = path_and_query.split_once('?').unwrap_or((path_and_query, ""));
    let kept = |parameter: &&str| !parameter.starts_with("sig=") && !parameter.starts_with("exp=");
    let exp = expires.map(|expires| format!("exp={expires}"));
    let rest: Vec<&str> = query.split('&').filter(|p| !p.is_empty()).filter(kept).collect();
    let unsigned = Query { rest, sig: None, exp: exp.as_deref().and_then(|exp| exp.strip_prefix("exp=")) };
    let sig = format!("sig={}", hex(&mac(&message(path, &unsigned), key).finalize().into_bytes()));
    let parameters: Vec<&str> = unsigned.rest.iter().copied().chain(exp.as_deref()).chain([sig.as_str()]).collect();
    format!("{origin}{path}?{}", parameters.join("&"))
}

/// Splits `https://host` from the path. A path may contain another URL, so only the beginning counts.
fn split_origin(url: &str) -> (&str, &str) {
    let authority = ["http://", "https://"].iter().find_map(|scheme| url.strip_prefix(scheme));
    let length =
        authority.map_or(0, |authority| url.len() - authority.len() + authority.find('/').unwrap_or(authority.len()));
    url.split_at(length)
}

fn message(path: &str, query: &Query<'_>) -> String {
    let signed = query.signed();
    if signed.is_empty() { path.into() } else { format!("{path}?{signed}") }
}

fn mac(message: &str, key: &SigningKey) -> Hmac<Sha256> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key.0.as_bytes()).expect("HMAC takes keys of every length");
    mac.update(message.as_bytes());
    mac
}

fn unhex(text: &str) -> Option<[u8; 32]> {
    let digits = text.as_bytes();
    let mut code = [0; 32];
    if digits.len() != 64 {
        return None;
    }
    for (byte, pair) in code.iter_mut().zip(digits.chunks_exact(2)) {
        let digit = |digit: u8| char::from(digit).to_digit(16);
        *byte = u8::try_from(digit(pair[0])? * 16 + digit(pair[1])?).ok()?;
    }
    Some(code)
}

fn seconds(text: &str) -> Option<u64> {
    text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse().ok())?
}

#[cfg(test)]
mod tests {
    use super::*;

    const PATH: &str = "/image/width=80/uploads/u/a.jpg";

    fn key(secret: &str) -> SigningKey {
        SigningKey::try_from(secret.to_owned()).expect("long enough")
    }

    fn check(url: &str, keys: &[SigningKey], now: u64) -> Result<Authority, SignatureError> {
        let (path, query) = url.split_once('?').unwrap_or((url, ""));
        verify(path, query, keys, now)
    }

    #[test]
    fn signed_urls_verify_with_either_key_until_they_expire() {
        let (old, new) = (key("old secret of 24 bytes.."), key("new secret of 24 bytes.."));
        let both = [new.clone(), old.clone()];
        let url = sign(PATH, &old, Some(1000));
        assert_eq!(check(&url, &both, 999), Ok(Authority::Signed { expires: Some(1000) }));
        assert_eq!(check(&url, &both, 1000), Err(SignatureError::Expired(1000)));
        assert_eq!(check(&url, &[new], 999), Err(SignatureError::Wrong));
        assert_eq!(check(&sign(PATH, &old, None), &both, u64::MAX), Ok(Authority::Signed { expires: None }));
        assert_eq!(check(PATH, &both, 0), Ok(Authority::Unsigned));
    }

    /// Made with `openssl dgst -sha256 -hmac`, as a reference for other languages.
    #[test]
    fn the_code_is_hmac_sha256() {
        let url = sign("/image/width=80/uploads/u/a.jpg", &key("0123456789abcdef"), Some(2_000_000_000));
        let sig = "d2deeeeafe6eb34eaf90a20629e406cbe72bc762f64b4aa8ad5d6dbfe68b1cf1";
        assert_eq!(url, format!("/image/width=80/uploads/u/a.jpg?exp=2000000000&sig={sig}"));
    }

    #[test]
    fn whatever_is_changed_is_noticed() {
        let key = key("0123456789abcdef");
        let url = sign("/image/uploads/u/a.jpg?w=80&h=60", &key, Some(1000));
        let keys = [key];
        assert!(check(&url, &keys, 0).is_ok());
        for tampered in [
            url.replace("w=80", "w=81"),
            url.replace("w=80&h=60", "h=60&w=80"),
            url.replace("exp=1000", "exp=1001"),
            url.replace("exp=1000&", ""),
            url.replace("a.jpg", "b.jpg"),
            url.replace("?", "?q=1&"),
            url.replace("sig=", "sig=0"),
            url.replace("sig=", "sig=é"),
        ] {
            assert_eq!(check(&tampered, &keys, 0), Err(SignatureError::Wrong), "{tampered}");
        }
        assert_eq!(check(&format!("{url}&exp=2000"), &keys, 0), Err(SignatureError::Repeated));
        assert_eq!(check("/image/uploads/u/a.jpg?exp=2000", &keys, 0), Err(SignatureError::Missing));
    }

    /// Whichever of two comes last counts, and a source's own query is the source's to read.
    #[test]
    fn what_the_order_decides_is_signed() {
        let key = key("0123456789abcdef");
        for path in ["/image/a.jpg?w=80&w=160", "/image/w=80/https://h.example/a?b=1&c=2"] {
            let (url, swapped) = (sign(path, &key, Some(1000)), |url: &str| {
                let (path, query) = url.split_once('?').expect("a query");
                let mut parameters: Vec<&str> = query.split('&').collect();
                parameters.swap(0, 1);
                format!("{path}?{}", parameters.join("&"))
            });
            assert!(check(&url, std::slice::from_ref(&key), 0).is_ok());
            assert_eq!(check(&swapped(&url), std::slice::from_ref(&key), 0), Err(SignatureError::Wrong), "{path}");
            let moved = url.replace("&exp=1000", "").replacen('?', "?exp=1000&", 1);
            assert!(check(&moved, std::slice::from_ref(&key), 0).is_ok(), "where exp stands is no meaning");
        }
    }

    #[test]
    fn a_whole_url_is_signed_without_its_host() {
        let key = key("0123456789abcdef");
        let path = "/image/w=80/https://origin.example/a.jpg";
        let relative = sign(path, &key, None);
        assert_eq!(sign(&format!("https://img.example{path}"), &key, None), format!("https://img.example{relative}"));
        assert_eq!(sign(&relative, &key, None), relative, "signing again changes nothing");
    }

    #[test]
    fn secrets_are_long_and_stay_secret() {
        let short = SigningKey::try_from("short".to_owned()).expect_err("short");
        assert_eq!(short, "signing key of 5 bytes: must be 16 bytes or more");
        assert!(!format!("{:?}", key("0123456789abcdef")).contains("0123"));
    }
}
