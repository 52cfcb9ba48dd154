use std::fmt;

/// What one call may take. Each is checked from headers, before the allocation that it bounds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Length of the source in bytes.
    pub source_bytes: u64,
    /// Width × height of the source.
    pub pixels: u64,
    /// Width × height of an AVIF output: its encoder takes longest.
    pub avif_pixels: u64,
    /// Recipes in one call.
    pub outputs: u32,
    /// Width and height of an output.
    pub output_side: u32,
    /// Width × height of an output.
    pub output_pixels: u64,
    /// How many times as long as the part of the source that it shows an output's side may be.
    pub enlargement: u32,
    /// What all pixel buffers of a call may take at one time, in bytes. An encoder's own working memory is estimated.
    pub memory: u64,
}

impl Default for Limits {
    /// Meant for untrusted photos: 64 MiB, 50 megapixels (8.3 for AVIF, which is 4K), 16 outputs of at most
    /// 16,384 pixels a side, 2 GiB of pixels; enlarged as far as that goes. What the other limits allow fits into that memory: the most is taken by
    /// 50 megapixels with transparency as a lossless WebP, 1.8 GiB.
    fn default() -> Self {
        Self {
            source_bytes: 64 << 20,
            pixels: 50_000_000,
            avif_pixels: 8_300_000,
            outputs: 16,
            output_side: 16_384,
            output_pixels: 16_384 * 16_384,
            enlargement: 65_535,
            memory: 2 << 30,
        }
    }
}

impl Limits {
    /// Whether `actual` is within the limit of that kind.
    ///
    /// # Errors
    /// When it is not.
    pub fn check(&self, kind: LimitKind, actual: u64) -> Result<(), LimitExceeded> {
        let allowed = match kind {
            LimitKind::SourceBytes => self.source_bytes,
            LimitKind::Pixels => self.pixels,
            LimitKind::AvifPixels => self.avif_pixels,
            LimitKind::Outputs => u64::from(self.outputs),
            LimitKind::OutputSide => u64::from(self.output_side),
            LimitKind::OutputPixels => self.output_pixels,
            LimitKind::Enlargement => u64::from(self.enlargement),
            LimitKind::Memory => self.memory,
        };
        if actual <= allowed { Ok(()) } else { Err(LimitExceeded { kind, actual, allowed }) }
    }
}

/// Which of the [`Limits`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "named as the fields of Limits, which says what they are")]
pub enum LimitKind {
    SourceBytes,
    Pixels,
    AvifPixels,
    Outputs,
    OutputSide,
    OutputPixels,
    Enlargement,
    Memory,
}

impl fmt::Display for LimitKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::SourceBytes => "source size in bytes",
            Self::Pixels => "source pixels",
            Self::AvifPixels => "AVIF output pixels",
            Self::Outputs => "number of outputs",
            Self::OutputSide => "output side in pixels",
            Self::OutputPixels => "output pixels",
            Self::Enlargement => "enlargement",
            Self::Memory => "memory in bytes",
        })
    }
}

/// A limit that the source or a recipe goes beyond.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{kind}: {actual}, allowed are {allowed}")]
#[allow(missing_docs, reason = "the message says what they are")]
pub struct LimitExceeded {
    pub kind: LimitKind,
    pub actual: u64,
    pub allowed: u64,
}
