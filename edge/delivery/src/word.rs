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

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::{AvifPolicy, Config, Decision, Fields, Plan, plan};

    fn planned(options: &str, accept: &str, avif: AvifPolicy) -> Option<Plan> {
        let config = Config { avif, ..Config::default() };
        let fields = Fields::from_pairs([("Accept", accept)]);
        match plan("GET", &format!("/image/{options}/a.jpg"), "", &fields, &config, 0) {
            Ok(Decision::Deliver(plan)) => Some(*plan),
            _ => None,
        }
    }

    #[test]
    fn words_are_read_as_they_are_written() {
        for word in AcceptWord::ALL {
            assert_eq!(AcceptWord::read(word.name()), Some(word));
        }
        assert_eq!(AcceptWord::read("image/webp"), None);
    }

    proptest! {
        #[test]
        fn a_word_gets_the_same_answer(
            accept in "((image/(avif|webp|jpeg|\\*)|\\*/\\*)(;q=(0|0\\.[0-9]|1))?,?){0,5}",
            options in "(w=9|f=webp|f=json|preset=small|preset=compressed,f=avif)",
            policy in 0usize..3,
        ) {
            let avif = [AvifPolicy::Wait, AvifPolicy::Background, AvifPolicy::Off][policy];
            if let Some(first) = planned(&options, &accept, avif) {
                let word = first.accept_word(avif);
                let again = planned(&options, word.accept(), avif).expect("acceptable");
                prop_assert_eq!((again.target, again.stand_in), (first.target, first.stand_in));
                prop_assert_eq!(again.accept_word(avif), word);
            }
        }
    }
}
