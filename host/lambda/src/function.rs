use std::str::FromStr;

/// The function that this process implements.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Function {
    Presign,
    Compress,
    Thumbnail,
    Metadata,
    Process,
    Purge,
    Deliver,
}

impl FromStr for Function {
    type Err = anyhow::Error;

    fn from_str(name: &str) -> anyhow::Result<Self> {
        Ok(match name {
            "presign" => Self::Presign,
            "compress" => Self::Compress,
            "thumbnail" => Self::Thumbnail,
            "metadata" => Self::Metadata,
            "process" => Self::Process,
            "purge" => Self::Purge,
            "deliver" => Self::Deliver,
            _ => anyhow::bail!(
                "DARKROOM_FUNCTION={name}: must be presign, compress, thumbnail, metadata, process, purge or deliver"
            ),
        })
    }
}
