//! One word in place of `Accept`, for a cache whose key is to have few values.

use crate::Negotiated;

/// What a normalising edge makes of `Accept`, and sends in the field [`AcceptWord::FIELD`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AcceptWord {
    /// AVIF, and WebP while there is none.
    Avif,
    /// WebP.
    WebP,
    /// What every browser shows.
    Fallback,
    /// AVIF, and the fallback while there is none.
    AvifOrFallback,
    /// AVIF, which is waited for.
    AvifAlone,
}

impl AcceptWord {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::Avif, Self::WebP, Self::Fallback, Self::AvifOrFallback, Self::AvifAlone];
    /// The field's name, in lower case.
    pub const FIELD: &'static str = "x-darkroom-accept";

    /// The word.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Avif => Negotiated::Avif.name(),
            Self::WebP => Negotiated::WebP.name(),
            Self::Fallback => Negotiated::Fallback.name(),
            Self::AvifOrFallback => "avif-or-fallback",
            Self::AvifAlone => "avif-alone",
        }
    }

    /// Reads what [`AcceptWord::name`] gives.
    #[must_use]
    pub fn read(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|word| word.name() == name)
    }

    /// The shortest `Accept` that it stands for.
    #[must_use]
    pub const fn accept(self) -> &'static str {
        match self {
            Self::Avif => Negotiated::Avif.accept(),
            Self::WebP => Negotiated::WebP.accept(),
            Self::Fallback => Negotiated::Fallback.accept(),
            Self::AvifOrFallback => "image/avif,image/webp;q=0,*/*;q=0.1",
            Self::AvifAlone => "image/avif",
        }
    }
}
