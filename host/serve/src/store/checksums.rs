use aws_smithy_types::base64;
use darkroom_delivery::hex;
use s3s::checksum::ChecksumHasher;
use s3s::dto::{Checksum, ChecksumAlgorithm, PutObjectInput, UploadPartInput};
use s3s::{S3Result, TrailingHeaders, s3_error};

use super::blobs::Blob;

/// The checksums that a sender gives beside an object or a part, before or after its bytes.
pub(super) struct Checksums {
    given: Checksum,
    algorithm: Option<ChecksumAlgorithm>,
    md5: Option<String>,
    trailing: Option<TrailingHeaders>,
}

/// Two operations' inputs name them alike.
macro_rules! given {
    ($input:ident, $trailing:ident) => {
        Checksums {
            given: Checksum {
                checksum_crc32: $input.checksum_crc32.clone(),
                checksum_crc32c: $input.checksum_crc32c.clone(),
                checksum_crc64nvme: $input.checksum_crc64nvme.clone(),
                checksum_sha1: $input.checksum_sha1.clone(),
                checksum_sha256: $input.checksum_sha256.clone(),
                ..Checksum::default()
            },
            algorithm: $input.checksum_algorithm.clone(),
            md5: $input.content_md5.clone(),
            trailing: $trailing,
        }
    };
}

impl Checksums {
    pub(super) fn of(input: &PutObjectInput, trailing: Option<TrailingHeaders>) -> Self {
        given!(input, trailing)
    }

    pub(super) fn of_part(input: &UploadPartInput, trailing: Option<TrailingHeaders>) -> Self {
        given!(input, trailing)
    }

    /// A checksum that comes after the bytes is announced by its algorithm.
    pub(super) fn hasher(&self) -> ChecksumHasher {
        let is = |name: &'static str| self.algorithm.as_ref().is_some_and(|algorithm| algorithm.as_str() == name);
        let Checksum { checksum_crc32, checksum_crc32c, checksum_crc64nvme, checksum_sha1, checksum_sha256, .. } =
            &self.given;
        ChecksumHasher {
            crc32: (checksum_crc32.is_some() || is(ChecksumAlgorithm::CRC32)).then(Default::default),
            crc32c: (checksum_crc32c.is_some() || is(ChecksumAlgorithm::CRC32C)).then(Default::default),
            sha1: (checksum_sha1.is_some() || is(ChecksumAlgorithm::SHA1)).then(Default::default),
            sha256: (checksum_sha256.is_some() || is(ChecksumAlgorithm::SHA256)).then(Default::default),
            crc64nvme: (checksum_crc64nvme.is_some() || is(ChecksumAlgorithm::CRC64NVME)).then(Default::default),
        }
    }

    /// Each that is given is right.
    pub(super) fn verify(self, counted: Checksum, blob: &Blob) -> S3Result<()> {
        let trailers = self.trailing.and_then(|trailing| trailing.take()).unwrap_or_default();
        let given = |field: Option<String>, name: &str| {
            field.or_else(|| trailers.get(name).and_then(|value| value.to_str().ok()).map(str::to_owned))
        };
        let pairs = [
            (given(self.given.checksum_crc32, "x-amz-checksum-crc32"), counted.checksum_crc32),
            (given(self.given.checksum_crc32c, "x-amz-checksum-crc32c"), counted.checksum_crc32c),
            (given(self.given.checksum_crc64nvme, "x-amz-checksum-crc64nvme"), counted.checksum_crc64nvme),
            (given(self.given.checksum_sha1, "x-amz-checksum-sha1"), counted.checksum_sha1),
            (given(self.given.checksum_sha256, "x-amz-checksum-sha256"), counted.checksum_sha256),
            (self.md5.and_then(|md5| base64::decode(md5).ok()).map(|md5| hex(&md5)), Some(blob.md5.clone())),
        ];
        let wrong = |(given, counted): &(Option<String>, Option<String>)| given.is_some() && given != counted;
        if pairs.iter().any(wrong) { Err(s3_error!(BadDigest)) } else { Ok(()) }
    }
}
