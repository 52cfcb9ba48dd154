//! The key of an uploaded original: `uploads/<user>/<yyyyMMdd_HHmmss>_<random>_<name>`.

use std::fmt;
use std::str::FromStr;

use crate::Key;

/// The parts of an original's key. The key can't leave the user's folder, and parses to the same parts again.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct UploadKey {
    user: String,
    /// `yyyyMMdd_HHmmss`, UTC.
    time: String,
    random: String,
    name: String,
}

/// An invalid part of a key.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("upload {part} {value:?}: {allowed}")]
#[allow(missing_docs, reason = "the message says what they are")]
pub struct InvalidUpload {
    pub part: &'static str,
    pub value: String,
    pub allowed: &'static str,
}

const FOLDER: &str = "uploads";
const MAX_NAME: usize = 100;
/// The last second of the year 9999.
const MAX_TIME: u64 = 253_402_300_799;

impl UploadKey {
    /// A key for a file that its sender calls `name`, which is cleaned (see [`clean_name`]). `time` is in seconds since
    /// 1970; `random` distinguishes uploads within one second.
    ///
    /// # Errors
    /// `user` is not 1 to 128 letters, digits, `-`, `_`, `@`, `+`, `:` and dots, or begins with a dot. A user is
    /// refused rather than cleaned, since cleaning could merge two. `random` is not 8 to 32 lower-case letters and
    /// digits. `time` is past the year 9999.
    pub fn new(user: &str, time: u64, random: &str, name: &str) -> Result<Self, InvalidUpload> {
        if time > MAX_TIME {
            return Err(invalid("time", &time.to_string(), "must be a year up to 9999"));
        }
        Self::checked(user, &timestamp(time), random, &clean_name(name))
    }

    fn checked(user: &str, time: &str, random: &str, name: &str) -> Result<Self, InvalidUpload> {
        if !is_user(user) {
            return Err(invalid("user", user, "must be from 1 to 128 letters, digits and -_@+:. with no dot first"));
        }
        if !(8..=32).contains(&random.len()) || !random.bytes().all(|b| b.is_ascii_digit() || b.is_ascii_lowercase()) {
            return Err(invalid("random part", random, "must be from 8 to 32 lower-case letters and digits"));
        }
        if seconds(time).is_none() {
            return Err(invalid("time", time, "must be a time as yyyyMMdd_HHmmss"));
        }
        if name != clean_name(name) {
            return Err(invalid("name", name, "must be letters, digits and ._- as cleaning leaves them"));
        }
        let [user, time, random, name] = [user, time, random, name].map(str::to_owned);
        Ok(Self { user, time, random, name })
    }

    /// The user whose folder holds it.
    #[must_use]
    pub fn user(&self) -> &str {
        &self.user
    }

    /// The time of the request for it, in seconds since 1970.
    #[must_use]
    pub fn time(&self) -> u64 {
        seconds(&self.time).expect("its parts were checked")
    }

    /// The cleaned name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The cleaned name without its ending.
    #[must_use]
    pub fn name_stem(&self) -> &str {
        self.name.rsplit_once('.').map_or(self.name.as_str(), |(stem, _)| stem)
    }

    /// `<time>_<random>_<name without its ending>`: the base name of this upload's outputs.
    #[must_use]
    pub fn stem(&self) -> String {
        format!("{}_{}_{}", self.time, self.random, self.name_stem())
    }

    /// The same as any object's key.
    #[must_use]
    pub fn key(&self) -> Key {
        self.to_string().parse().expect("its parts were checked")
    }
}

impl fmt::Display for UploadKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { user, time, random, name } = self;
        write!(f, "{FOLDER}/{user}/{time}_{random}_{name}")
    }
}

impl FromStr for UploadKey {
    type Err = InvalidUpload;

    /// Reads a decoded key, as stores and events give it.
    fn from_str(key: &str) -> Result<Self, InvalidUpload> {
        let refuse = || invalid("key", key, "must be uploads/<user>/<yyyyMMdd_HHmmss>_<random>_<name>");
        let [folder, user, file] = parts(key, '/').ok_or_else(refuse)?;
        let [date, clock, random, name] = parts(file, '_').ok_or_else(refuse)?;
        let digits = |text: &str, length| text.len() == length && text.bytes().all(|byte| byte.is_ascii_digit());
        if folder != FOLDER || !digits(date, 8) || !digits(clock, 6) {
            return Err(refuse());
        }
        Self::checked(user, &format!("{date}_{clock}"), random, name)
    }
}

fn parts<const N: usize>(text: &str, separator: char) -> Option<[&str; N]> {
    text.splitn(N, separator).collect::<Vec<_>>().try_into().ok()
}

fn invalid(part: &'static str, value: &str, allowed: &'static str) -> InvalidUpload {
    InvalidUpload { part, value: value.into(), allowed }
}

fn is_user(user: &str) -> bool {
    let character = |byte: u8| byte.is_ascii_alphanumeric() || b"-_@+:.".contains(&byte);
    (1..=128).contains(&user.len()) && !user.starts_with('.') && user.bytes().all(character)
}

/// A file's name in the form that a key may hold: the part after the last slash or backslash, with every run of
/// characters other than ASCII letters, digits, `.`, `_` and `-` as one `-`, no dot or hyphen at either end and no two
/// in a row, at most 100 bytes, which keep the ending. `photo` if nothing is left. Cleaning twice changes nothing.
#[must_use]
pub fn clean_name(name: &str) -> String {
    let file = name.rsplit(['/', '\\']).next().unwrap_or_default();
    let mut clean = String::new();
    for character in file.chars() {
        let kept = if character.is_ascii_alphanumeric() || "._".contains(character) { character } else { '-' };
        let doubled = clean.ends_with(['.', '-']) && matches!(kept, '.' | '-');
        if doubled && kept == '.' {
            clean.pop(); // "a-.jpg" keeps its ending
        }
        if !doubled || kept == '.' {
            clean.push(kept);
        }
    }
    shorten(clean.trim_end_matches(['.', '-']))
}

fn shorten(clean: &str) -> String {
    let (stem, ending) = match clean.rsplit_once('.') {
        Some((stem, ending)) if ending.len() <= 10 => (stem, Some(ending)),
        _ => (clean, None),
    };
    let room = MAX_NAME - ending.map_or(0, |ending| ending.len() + 1);
    let stem = stem.trim_start_matches(['.', '-']);
    let stem = stem[..stem.len().min(room)].trim_end_matches(['.', '-']);
    let stem = if stem.is_empty() { "photo" } else { stem };
    ending.map_or_else(|| stem.into(), |ending| format!("{stem}.{ending}"))
}

/// Seconds since 1970 as `yyyyMMdd_HHmmss`, UTC. The date is Howard Hinnant's `civil_from_days`: years begin in March,
/// so that a leap day is a year's last.
fn timestamp(seconds: u64) -> String {
    let (days, second) = (seconds / 86_400 + 719_468, seconds % 86_400);
    let (era, day_of_era) = (days / 146_097, days % 146_097);
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * shifted + 2) / 5 + 1;
    let month = if shifted < 10 { shifted + 3 } else { shifted - 9 };
    let year = year_of_era + era * 400 + u64::from(month <= 2);
    format!("{year:04}{month:02}{day:02}_{:02}{:02}{:02}", second / 3600, second / 60 % 60, second % 60)
}

/// The inverse; none if the text is no time. The days are Howard Hinnant's `days_from_civil`.
fn seconds(timestamp: &str) -> Option<u64> {
    let number = |from: usize, to: usize| timestamp.get(from..to)?.parse::<u64>().ok();
    let (year, month, day) = (number(0, 4)?, number(4, 6)?, number(6, 8)?);
    let (hour, minute, second) = (number(9, 11)?, number(11, 13)?, number(13, 15)?);
    let year = year.checked_sub(u64::from(month <= 2))?;
    let (era, year_of_era) = (year / 400, year % 400);
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day.checked_sub(1)?;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    let days = (era * 146_097 + day_of_era).checked_sub(719_468)?;
    let seconds = days * 86_400 + hour * 3600 + minute * 60 + second;
    // A 31st of February comes back as another day.
    (self::timestamp(seconds) == timestamp).then_some(seconds)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn times() {
        for (seconds, text) in [
            (0, "19700101_000000"),
            (951_782_400, "20000229_000000"),
            (1_709_251_199, "20240229_235959"),
            (1_709_251_200, "20240301_000000"),
            (1_767_225_599, "20251231_235959"),
            (4_107_542_400, "21000301_000000"),
            (MAX_TIME, "99991231_235959"),
        ] {
            assert_eq!(timestamp(seconds), text);
            assert_eq!(super::seconds(text), Some(seconds));
        }
    }

    #[test]
    fn impossible_times() {
        for text in ["20250229_000000", "20251301_000000", "20250100_000000", "20250101_240000", "19691231_235959", ""]
        {
            assert_eq!(seconds(text), None, "{text}");
        }
    }

    #[test]
    fn names_are_cleaned() {
        for (name, clean) in [
            ("IMG_0001.JPG", "IMG_0001.JPG"),
            ("my photo (1).jpg", "my-photo-1.jpg"),
            ("C:\\Users\\me\\a.png", "a.png"),
            ("../../etc/passwd", "passwd"),
            ("..", "photo"),
            ("", "photo"),
            (".htaccess", "photo.htaccess"),
            ("写真.jpg", "photo.jpg"),
            ("été à Paris.jpeg", "t-Paris.jpeg"),
            ("a..b...jpg", "a.b.jpg"),
            ("a\0b\r\nc.jpg", "a-b-c.jpg"),
            ("a/", "photo"),
        ] {
            assert_eq!(clean_name(name), clean, "{name}");
        }
        assert_eq!(clean_name(&format!("{}.jpg", "x".repeat(300))), format!("{}.jpg", "x".repeat(96)));
    }

    #[test]
    fn keys_are_built_and_read() {
        let key = UploadKey::new("user-1", 1_767_225_599, "abcdef0123456789", "My photo.final.jpg").expect("valid");
        let text = "uploads/user-1/20251231_235959_abcdef0123456789_My-photo.final.jpg";
        assert_eq!(key.to_string(), text);
        assert_eq!(text.parse(), Ok(key.clone()));
        assert_eq!(key.stem(), "20251231_235959_abcdef0123456789_My-photo.final");
        assert_eq!(key.key().as_str(), text);
    }

    #[test]
    fn what_is_no_upload_is_refused() {
        for user in ["", ".", "..", "../x", "a/b", "a\\b", "é", ".hidden"] {
            assert!(UploadKey::new(user, 0, "abcdef01", "a.jpg").is_err(), "{user}");
        }
        for random in ["", "short", "ABCDEF01", "abc_ef01", "abcdef0/"] {
            assert!(UploadKey::new("u", 0, random, "a.jpg").is_err(), "{random}");
        }
        for key in [
            "uploads/u/a.jpg",
            "other/u/20251231_235959_abcdef01_a.jpg",
            "uploads/u/20251231-235959_abcdef01_a.jpg",
            "uploads/u/20251231_235959_abcdef01_a/b.jpg",
            "uploads/u/20251231_235959_abcdef01_..jpg",
            "uploads/../20251231_235959_abcdef01_a.jpg",
        ] {
            assert!(key.parse::<UploadKey>().is_err(), "{key}");
        }
    }

    proptest! {
        #[test]
        fn any_name_makes_a_key_that_stays_in_the_folder(name in "(?s).{0,200}") {
            let key = UploadKey::new("u", 0, "abcdef01", &name).expect("any name");
            prop_assert!(key.to_string().starts_with("uploads/u/19700101_000000_abcdef01_"));
            prop_assert_eq!(key.key().as_str().split('/').count(), 3);
            prop_assert_eq!(clean_name(key.name()), key.name());
            prop_assert_eq!(key.to_string().parse(), Ok(key));
        }
    }
}
