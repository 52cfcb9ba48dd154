//! Parses the APP segments: colour model and metadata.

use crate::frame::Frame;

/// The colour model of the components.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Colors {
    /// Luma only.
    Gray,
    /// Luma and chroma, which are converted to RGB.
    YCbCr,
    /// RGB without conversion.
    Rgb,
    /// Four inks, stored inverted.
    Cmyk,
    /// Three inks stored as luma and chroma, plus black.
    Ycck,
}

impl Colors {
    /// Bytes per pixel in the rows.
    #[must_use]
    pub const fn channels(self) -> usize {
        match self {
            Self::Gray => 1,
            Self::YCbCr | Self::Rgb => 3,
            Self::Cmyk | Self::Ycck => 4,
        }
    }

    /// Decides as libjpeg does: JFIF means YCbCr; otherwise the last Adobe segment decides, or else the component IDs.
    pub(crate) fn of(frame: &Frame, applications: &[(u8, &[u8])]) -> Self {
        let jfif = applications.iter().any(|(number, content)| *number == 0 && content.starts_with(b"JFIF\0"));
        let adobe = applications.iter().rev().find_map(|(number, content)| match (number, content) {
            (14, [b'A', b'd', b'o', b'b', b'e', _, _, _, _, _, _, transform, ..]) => Some(*transform),
            _ => None,
        });
        let names: Vec<u8> = frame.components.iter().map(|component| component.name).collect();
        match (names.len(), adobe) {
            (1, _) => Self::Gray,
            (3, Some(0)) if !jfif => Self::Rgb,
            (3, None) if !jfif && names == *b"RGB" => Self::Rgb,
            (3, _) => Self::YCbCr,
            (_, None | Some(0)) => Self::Cmyk,
            _ => Self::Ycck,
        }
    }
}

/// Finds metadata by its segment's number and name prefix.
pub(crate) fn find<'a>(applications: &[(u8, &'a [u8])], number: u8, name: &[u8]) -> Option<&'a [u8]> {
    applications.iter().filter(|(other, _)| *other == number).find_map(|(_, content)| content.strip_prefix(name))
}

/// The ICC profile (ICC.1 annex B.4), assembled from numbered parts. `None` if one is missing.
pub(crate) fn icc(applications: &[(u8, &[u8])]) -> Option<Vec<u8>> {
    let mut parts: Vec<(u8, u8, &[u8])> = Vec::new();
    for (number, content) in applications {
        if let (2, Some([part, count, data @ ..])) = (number, content.strip_prefix(b"ICC_PROFILE\0")) {
            parts.push((*part, *count, data));
        }
    }
    parts.sort_by_key(|(part, ..)| *part);
    let count = usize::from(parts.first()?.1);
    let whole = parts.len() == count && (1..).zip(&parts).all(|(at, (part, ..))| u32::from(*part) == at);
    whole.then(|| parts.iter().flat_map(|(.., data)| data.iter().copied()).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_profile_is_put_together_in_its_order() {
        let parts: [(u8, &[u8]); 3] =
            [(2, b"ICC_PROFILE\0\x02\x02cd"), (1, b"Exif\0\0x"), (2, b"ICC_PROFILE\0\x01\x02ab")];
        assert_eq!(icc(&parts).as_deref(), Some(&b"abcd"[..]));
        assert_eq!(icc(&parts[..2]), None);
        assert_eq!(find(&parts, 1, b"Exif\0\0"), Some(&b"x"[..]));
    }
}
