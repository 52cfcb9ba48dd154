//! What is kept of IPTC's data (IIM 4.2), and Photoshop's resources, in which a JPEG has it.

/// Of Photoshop's resources, the number of IPTC's data.
const NUMBER: u16 = 0x0404;

/// A resource has its number and a name, for which two bytes stand where it is empty, and its length.
const RESOURCE: [u8; 8] = [b'8', b'B', b'I', b'M', NUMBER.to_be_bytes()[0], NUMBER.to_be_bytes()[1], 0, 0];

/// Bytes of a resource beside its data, and the one that makes their number even.
pub(crate) const AROUND: usize = RESOURCE.len() + 4 + 1;

/// The data, among resources; none where it is not there or not all of it.
pub(crate) fn of_resources(mut resources: &[u8]) -> Option<&[u8]> {
    loop {
        let (number, rest) = resources.strip_prefix(b"8BIM")?.split_first_chunk::<2>()?;
        let name = 1 + usize::from(*rest.first()?);
        let (length, rest) = rest.get(name.next_multiple_of(2)..)?.split_first_chunk::<4>()?;
        let length = u32::from_be_bytes(*length) as usize;
        let (data, rest) = rest.split_at_checked(length)?;
        if u16::from_be_bytes(*number) == NUMBER {
            return Some(data);
        }
        resources = rest.get(length % 2..)?;
    }
}

/// The data as the only resource.
pub(crate) fn resource(data: &[u8]) -> Vec<u8> {
    let padding = &[0][..data.len() % 2];
    [&RESOURCE[..], &(data.len() as u32).to_be_bytes(), data, padding].concat()
}

/// What tells of the picture: neither a preview, which shows it as it was, nor an object in the data. What is broken ends it;
/// none where nothing is left.
pub(crate) fn keep(mut data: &[u8]) -> Option<Vec<u8>> {
    const PREVIEW: std::ops::RangeInclusive<u8> = 200..=202;
    let mut kept = Vec::new();
    // A set with more than 32,767 bytes has the length of its length first.
    while let [0x1C, record, number, l0 @ 0..0x80, l1, after @ ..] = data {
        let length = usize::from(u16::from_be_bytes([*l0, *l1]));
        let Some(rest) = after.get(length..) else { break };
        if matches!(record, 1 | 2) && !(*record == 2 && PREVIEW.contains(number)) {
            kept.extend_from_slice(&data[..5 + length]);
        }
        data = rest;
    }
    (!kept.is_empty()).then_some(kept)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_of_several_resources_is_the_data() {
        let thumbnail = b"8BIM\x04\x0C\x03abc\0\0\0\x03xyz\0";
        let resources = [thumbnail, &resource(b"odd")[..], b"8BIM\x03\xED\0\0\0\0\0\0"].concat();
        assert_eq!(of_resources(&resources), Some(&b"odd"[..]));
        assert_eq!(of_resources(thumbnail), None);
        for end in 0..resources.len() {
            assert!(of_resources(&resources[..end]).is_none_or(|data| data == b"odd"), "{end}");
        }
        assert_eq!(resource(b"odd").len(), b"odd".len() + AROUND);
    }

    #[test]
    fn a_preview_is_not_kept() {
        let (charset, by, preview) = (b"\x1C\x01\x5A\0\x03\x1B%G", b"\x1C\x02\x50\0\x03Ana", b"\x1C\x02\xCA\0\x02xy");
        let object = b"\x1C\x08\x0A\0\x01z";
        let data = [&charset[..], preview, by, object].concat();
        assert_eq!(keep(&data), Some([&charset[..], by].concat()));
        assert_eq!(keep(&[&data[..], b"\x1C\x02\x50\x80\x04\0\0\0\x01b"].concat()), Some([&charset[..], by].concat()));
        assert_eq!(keep(&data[..charset.len() - 1]), None);
    }
}
