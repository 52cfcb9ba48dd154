//! Resource limits of one call, and their text form: `pixels=1000000,outputs=4`.

use std::fmt;
use std::str::FromStr;

/// Resource limits of one call. Each is checked from headers, before the allocation that it bounds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Length of the source in bytes.
    pub source_bytes: u64,
    /// Width × height of the source.
    pub pixels: u64,
    /// Frames of an animation that are decoded for a recipe: all of them, or those up to the requested one.
    pub frames: u64,
    /// Width × height × frames of such an animation, for the source and for each output.
    pub frame_pixels: u64,
    /// Width × height of an output from a slow encoder, such as AVIF's.
    pub slow_pixels: u64,
    /// Recipes in one call.
    pub outputs: u64,
    /// Width and height of an output.
    pub output_side: u64,
    /// Width × height of an output.
    pub output_pixels: u64,
    /// The ratio of an output's side to the side of the source part that it shows.
    pub enlargement: u64,
    /// Bytes of all pixel buffers of a call at once. An encoder's own working memory is estimated.
    pub memory: u64,
}

impl Default for Limits {
    /// Suited to untrusted photos: 64 MiB, 50 megapixels (8.3, which is 4K, for slow encoders; 50 for all frames of an
    /// animation together, of which there may be 1,000), 16 outputs of at most 16,384 pixels a side, and 2 GiB of
    /// pixels. Enlargement is limited only by those. The other limits fit into that memory: the worst case, 50
    /// megapixels with transparency as a GIF, takes 1.96 GiB.
    fn default() -> Self {
        Self {
            source_bytes: 64 << 20,
            pixels: 50_000_000,
            frames: 1000,
            frame_pixels: 50_000_000,
            slow_pixels: 8_300_000,
            outputs: 16,
            output_side: 16_384,
            output_pixels: 16_384 * 16_384,
            enlargement: 65_535,
            memory: 2 << 30,
        }
    }
}

impl Limits {
    /// Checks `actual` against the limit `kind`.
    ///
    /// # Errors
    /// If `actual` exceeds it.
    pub fn check(&self, kind: LimitKind, actual: u64) -> Result<(), LimitExceeded> {
        let mut limits = *self;
        let allowed = *limits.field(kind);
        if actual <= allowed { Ok(()) } else { Err(LimitExceeded { kind, actual, allowed }) }
    }

    fn field(&mut self, kind: LimitKind) -> &mut u64 {
        match kind {
            LimitKind::SourceBytes => &mut self.source_bytes,
            LimitKind::Pixels => &mut self.pixels,
            LimitKind::Frames => &mut self.frames,
            LimitKind::FramePixels => &mut self.frame_pixels,
            LimitKind::SlowPixels => &mut self.slow_pixels,
            LimitKind::Outputs => &mut self.outputs,
            LimitKind::OutputSide => &mut self.output_side,
            LimitKind::OutputPixels => &mut self.output_pixels,
            LimitKind::Enlargement => &mut self.enlargement,
            LimitKind::Memory => &mut self.memory,
        }
    }
}

/// All limits, separated by commas.
impl fmt::Display for Limits {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut limits = *self;
        let texts = LimitKind::ALL.map(|kind| format!("{}={}", kind.name(), limits.field(kind)));
        f.write_str(&texts.join(","))
    }
}

impl FromStr for Limits {
    type Err = InvalidLimit;

    /// Reads `name=number`, separated by commas. Omitted limits have their defaults.
    fn from_str(text: &str) -> Result<Self, InvalidLimit> {
        let mut limits = Self::default();
        for limit in text.split(',').filter(|limit| !limit.is_empty()) {
            let (name, value) = limit.split_once('=').unwrap_or((limit, ""));
            let kind = LimitKind::ALL.into_iter().find(|kind| kind.name() == name);
            let kind = kind.ok_or_else(|| InvalidLimit(format!("{limit}: unknown limit")))?;
            let number = value.parse();
            *limits.field(kind) =
                number.map_err(|_| InvalidLimit(format!("{limit}: must be an integer of at least 0")))?;
        }
        Ok(limits)
    }
}

/// A text that does not parse as [`Limits`].
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct InvalidLimit(String);

/// Identifies one of the [`Limits`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "named as the fields of Limits, which says what they are")]
pub enum LimitKind {
    SourceBytes,
    Pixels,
    Frames,
    FramePixels,
    SlowPixels,
    Outputs,
    OutputSide,
    OutputPixels,
    Enlargement,
    Memory,
}

impl LimitKind {
    const ALL: [Self; 10] = [
        Self::SourceBytes,
        Self::Pixels,
        Self::Frames,
        Self::FramePixels,
        Self::SlowPixels,
        Self::Outputs,
        Self::OutputSide,
        Self::OutputPixels,
        Self::Enlargement,
        Self::Memory,
    ];

    /// The name in the text form.
    const fn name(self) -> &'static str {
        match self {
            Self::SourceBytes => "source-bytes",
            Self::Pixels => "pixels",
            Self::Frames => "frames",
            Self::FramePixels => "frame-pixels",
            Self::SlowPixels => "slow-pixels",
            Self::Outputs => "outputs",
            Self::OutputSide => "output-side",
            Self::OutputPixels => "output-pixels",
            Self::Enlargement => "enlargement",
            Self::Memory => "memory",
        }
    }
}

/// The name for use in a sentence.
impl fmt::Display for LimitKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::SourceBytes => "source size in bytes",
            Self::Pixels => "source pixels",
            Self::Frames => "frames of an animation",
            Self::FramePixels => "pixels of all frames",
            Self::SlowPixels => "output pixels for a slow encoder",
            Self::Outputs => "number of outputs",
            Self::OutputSide => "output side in pixels",
            Self::OutputPixels => "output pixels",
            Self::Enlargement => "enlargement",
            Self::Memory => "memory in bytes",
        })
    }
}

/// A limit that the source or a recipe exceeds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{kind}: {actual}, must be at most {allowed}")]
#[allow(missing_docs, reason = "the message says what they are")]
pub struct LimitExceeded {
    pub kind: LimitKind,
    pub actual: u64,
    pub allowed: u64,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_read_as_it_is_written() {
        let limits = Limits { outputs: 3, memory: u64::MAX, ..Limits::default() };
        assert_eq!(limits.to_string().parse(), Ok(limits));
        assert_eq!("".parse(), Ok(Limits::default()));
        assert_eq!("outputs=3".parse(), Ok(Limits { outputs: 3, ..Limits::default() }));
        for (text, message) in [
            ("outputs=few", "outputs=few: must be an integer of at least 0"),
            ("colours=3", "colours=3: unknown limit"),
            ("pixels", "pixels: must be an integer of at least 0"),
        ] {
            assert_eq!(text.parse::<Limits>().expect_err(text).to_string(), message);
        }
    }
}
