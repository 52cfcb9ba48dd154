//! The photo that a request names.

use std::fmt;
use std::str::FromStr;

use crate::http::error::{Error, InvalidUrl};
use crate::layout::identity::digest;
use crate::url::percent;
use crate::{Remote, UploadKey};

/// Where the original bytes are.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Source {
    /// In the raw bucket.
    Key(Key),
    /// On another server.
    Remote(Remote),
}

impl Source {
    /// The name under which variants of this source are stored: the key itself, or `remote/<host>/<hash of the URL>`.
    #[must_use]
    pub fn name(&self) -> String {
        match self {
            Self::Key(key) => key.to_string(),
            Self::Remote(remote) => format!("{REMOTE}/{}/{}", remote.host(), digest(&[&remote.to_string()])),
        }
    }

    /// The parts of an upload's key; none for any other source.
    #[must_use]
    pub fn upload(&self) -> Option<UploadKey> {
        match self {
            Self::Key(key) => key.as_str().parse().ok(),
            Self::Remote(_) => None,
        }
    }

    /// Whether it is in the raw bucket, where strangers put nothing. URLs of another server are endless.
    pub(crate) const fn is_here(&self) -> bool {
        matches!(self, Self::Key(_))
    }

    /// Whether what is under this name never changes: an upload is written once.
    #[must_use]
    pub fn is_immutable(&self) -> bool {
        self.upload().is_some()
    }

    /// The file's name without folders and its last ending; never empty.
    #[must_use]
    pub fn stem(&self) -> String {
        let path = match self {
            Self::Key(key) => key.as_str(),
            Self::Remote(remote) => remote.path(),
        };
        let file = path.rsplit('/').next().unwrap_or_default();
        let file = percent::decode(file).unwrap_or_default();
        let stem = file.rsplit_once('.').map_or(file.as_str(), |(stem, _)| stem);
        if stem.is_empty() { "image".into() } else { stem.into() }
    }
}

/// An object's key: segments separated by slashes, none of them empty, `.` or `..`, without control characters and
/// backslashes, 1 to 700 bytes. The rest of the 1,024 that S3 allows is for a variant's folder and recipe.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Key(String);

const MAX_KEY: usize = 700;
/// The folder of remote sources' variants. Keys may not use it, so that neither can be mistaken for the other.
const REMOTE: &str = "remote";

impl Key {
    /// The key, decoded.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Reads a URL's path, decoding it once. It refuses an encoded slash, since two readers might split it differently.
    pub(crate) fn from_path(path: &str) -> Result<Self, Error> {
        let segments: Result<Vec<String>, Error> = path.split('/').map(segment).collect();
        segments?.join("/").parse().map_err(Error::Url)
    }

    /// The key as a URL's path, without a slash before it.
    pub(crate) fn to_path(&self) -> String {
        self.0.split('/').map(percent::encode).collect::<Vec<_>>().join("/")
    }
}

fn segment(encoded: &str) -> Result<String, Error> {
    let refuse = |allowed: &str| Error::Url(InvalidUrl::new("source", encoded, allowed));
    let decoded = percent::decode(encoded).map_err(refuse)?;
    if decoded.contains('/') { Err(refuse("must have no encoded slash")) } else { Ok(decoded) }
}

impl FromStr for Key {
    type Err = InvalidUrl;

    /// Reads a decoded key, as stores and events give it.
    fn from_str(key: &str) -> Result<Self, InvalidUrl> {
        let refuse = |allowed: &str| Err(InvalidUrl::new("source", key, allowed));
        if key.len() > MAX_KEY {
            return refuse("must have at most 700 bytes");
        }
        if key.split('/').any(|segment| matches!(segment, "" | "." | "..")) {
            return refuse("must have no segment \"\", \".\" or \"..\"");
        }
        if key.chars().any(|character| character.is_control() || character == '\\') {
            return refuse("must have no control characters and no backslashes");
        }
        if key.split('/').next() == Some(REMOTE) {
            return refuse("must not begin with remote/");
        }
        Ok(Self(key.into()))
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn keys_cannot_climb() {
        for path in [
            "",
            "/",
            "a//b",
            "/a",
            "a/",
            "..",
            "a/../b",
            "a/./b",
            "a/%2e%2E/b",
            "%2e",
            "a%2fb",
            "a%5cb",
            "a\\b",
            "a%00",
            "a%0d%0ab",
            "a%",
            "a%c3",
            "remote/h/x",
            "%72emote/h/x",
        ] {
            assert!(Key::from_path(path).is_err(), "{path}");
        }
        assert!("k".repeat(701).parse::<Key>().is_err());
    }

    #[test]
    fn every_spelling_is_one_key() {
        for path in ["uploads/u/a b+é.jpg", "uploads/u/a%20b+%C3%A9.jpg", "uploads/u/a%20b%2b%c3%a9.jpg"] {
            let key = Key::from_path(path).expect(path);
            assert_eq!((key.as_str(), key.to_path().as_str()), ("uploads/u/a b+é.jpg", "uploads/u/a%20b+%C3%A9.jpg"));
        }
        assert_eq!(Key::from_path("a/%252e%252e/b").expect("decoded once").as_str(), "a/%2e%2e/b");
    }

    #[test]
    fn stems() {
        for (source, stem) in [
            (Source::Key("a/b.tar.gz".parse().expect("key")), "b.tar"),
            (Source::Key("a/.jpg".parse().expect("key")), "image"),
            (Source::Remote("https://h.example/".parse().expect("remote")), "image"),
            (Source::Remote("https://h.example/x/a%20b.png?c=/d.e".parse().expect("remote")), "a b"),
        ] {
            assert_eq!(source.stem(), stem, "{source:?}");
        }
    }

    proptest! {
        #[test]
        fn paths_of_keys_come_back(path in "\\PC{0,60}") {
            if let Ok(key) = Key::from_path(&path) {
                prop_assert_eq!(Key::from_path(&key.to_path()).expect("own path"), key);
            }
        }
    }
}
