//! Maps users to folders of the raw bucket.

use darkroom_delivery::image_id;

/// The longest folder name; users with a longer escaped name get a digest as their folder.
const MAX_FOLDER: usize = 128;

/// The folder of a user in the raw bucket. A token's `sub` is up to 255 arbitrary ASCII characters (OpenID Connect Core
/// 1.0, section 2); Auth0's contain a `|`. A name of letters, digits and `-_@+:.` that starts with neither a dot
/// nor a plus is its own folder. Any other name is escaped: a plus, then the name with every other byte as a plus and
/// two hexadecimal digits. If that is too long, the folder is `+:` and 32 digits of its SHA-256. No two users share a
/// folder.
#[must_use]
pub fn folder(user: &str) -> String {
    let is_plain = !user.is_empty() && !user.starts_with(['.', '+']);
    let folder = if is_plain && user.bytes().all(|byte| byte == b'+' || is_kept(byte)) {
        user.to_owned()
    } else {
        std::iter::once("+".to_owned()).chain(user.bytes().map(escaped)).collect()
    };
    if folder.len() <= MAX_FOLDER { folder } else { format!("+:{}", image_id("", user, "")) }
}

/// The user of a folder, the inverse of [`folder`]. If the folder is a digest, returns the folder itself.
#[must_use]
pub fn user(folder: &str) -> String {
    unescaped(folder).unwrap_or_else(|| folder.to_owned())
}

fn is_kept(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"-_@:.".contains(&byte)
}

/// A colon directly after the first plus would look like a digest.
fn escaped(byte: u8) -> String {
    if is_kept(byte) && byte != b':' { char::from(byte).to_string() } else { format!("+{byte:02X}") }
}

fn unescaped(folder: &str) -> Option<String> {
    let escaped = folder.strip_prefix('+').filter(|rest| !rest.starts_with(':'))?;
    let mut parts = escaped.split('+');
    let mut bytes = parts.next()?.as_bytes().to_vec();
    for part in parts {
        bytes.push(u8::from_str_radix(part.get(..2)?, 16).ok()?);
        bytes.extend_from_slice(&part.as_bytes()[2..]);
    }
    String::from_utf8(bytes).ok()
}

#[cfg(test)]
mod tests {
    use darkroom_delivery::UploadKey;

    use super::*;

    #[test]
    fn every_user_has_a_folder_and_is_known_by_it() {
        for (name, expected) in [
            ("u1", "u1"),
            ("me+photos@example.com", "me+photos@example.com"),
            ("urn:user:1", "urn:user:1"),
            ("auth0|5f7c8ec7c33c6c004bbafe82", "+auth0+7C5f7c8ec7c33c6c004bbafe82"),
            ("google-oauth2|1", "+google-oauth2+7C1"),
            ("a/b", "+a+2Fb"),
            ("a b:c", "+a+20b+3Ac"),
            ("+4930", "++2B4930"),
            (":", ":"),
            ("..", "+.."),
            ("é", "++C3+A9"),
            ("🦀", "++F0+9F+A6+80"),
        ] {
            assert_eq!(folder(name), expected);
            assert_eq!(user(expected), name);
            assert_eq!(UploadKey::new(expected, 0, "abcdef01", "a.jpg").expect("a key").user(), expected);
        }
    }

    #[test]
    fn a_long_one_has_a_digest() {
        let (one, other) = (folder(&"|".repeat(255)), folder(&"|".repeat(254)));
        assert_ne!(one, other);
        assert_eq!((one.len(), user(&one)), (34, one.clone()));
        assert!(UploadKey::new(&one, 0, "abcdef01", "a.jpg").is_ok());
        assert_ne!(folder(&one), one, "nobody can be called that");
    }
}
