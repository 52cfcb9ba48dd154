//! One decoded frame, in each form that the recipes require.

use darkroom_recipe::Limits;

use crate::Error;
use crate::budget::Budget;
use crate::color::Conversion;
use crate::decode::{Decoded, Header};
use crate::plan::Kept;
use crate::render::Renderer;
use crate::sample::Sample;

/// A frame as returned by its decoder.
pub(crate) enum Raw {
    Narrow(Decoded),
    Wide(Decoded<u16>),
}

/// A frame's pixels, from which renditions are made.
pub(crate) enum Form<'a> {
    Narrow(Renderer<'a>),
    Wide(Renderer<'a, u16>),
}

/// A frame, with one form for each distinct [`Kept`] of the recipes.
pub(crate) struct Frame<'a>(Vec<(Kept, Form<'a>)>);

impl<'a> Frame<'a> {
    /// Creates the forms that `wanted` names, which are distinct. The memory for all of them is in use at once.
    pub(crate) fn new(
        raw: Raw,
        wanted: &[Kept],
        header: &'a Header,
        limits: &'a Limits,
        budget: &Budget,
    ) -> Result<Self, Error> {
        let form = |raw, kept| Ok::<_, Error>((kept, form(raw, kept, header, limits, budget)?));
        let Some((last, others)) = wanted.split_last() else { return Ok(Self(Vec::new())) };
        let mut forms = Vec::new();
        for kept in others {
            let copy = match &raw {
                Raw::Narrow(decoded) => Raw::Narrow(decoded.map(budget, |sample| sample)?),
                Raw::Wide(decoded) => Raw::Wide(decoded.map(budget, |sample| sample)?),
            };
            forms.push(form(copy, *kept)?);
        }
        forms.push(form(raw, *last)?);
        Ok(Self(forms))
    }

    /// Creates a frame with a single form, for all recipes.
    pub(crate) fn of_one(kept: Kept, renderer: Renderer<'a>) -> Self {
        Self(vec![(kept, Form::Narrow(renderer))])
    }

    /// The form for a recipe's [`Kept`].
    pub(crate) fn form(&mut self, kept: Kept) -> Result<&mut Form<'a>, Error> {
        let found = self.0.iter_mut().find(|(of, _)| *of == kept);
        found.map(|(_, form)| form).ok_or_else(|| Error::Internal("a form of a frame that was not wanted".into()))
    }
}

fn form<'a>(raw: Raw, kept: Kept, header: &'a Header, limits: &'a Limits, budget: &Budget) -> Result<Form<'a>, Error> {
    Ok(match raw {
        Raw::Wide(decoded) if kept.wide => Form::Wide(renderer(decoded, kept, header, limits, budget)?),
        Raw::Wide(decoded) => {
            let narrow = decoded.map(budget, Sample::byte)?;
            drop(decoded);
            Form::Narrow(renderer(narrow, kept, header, limits, budget)?)
        }
        Raw::Narrow(decoded) => Form::Narrow(renderer(decoded, kept, header, limits, budget)?),
    })
}

fn renderer<'a, S: Sample>(
    decoded: Decoded<S>,
    kept: Kept,
    header: &'a Header,
    limits: &'a Limits,
    budget: &Budget,
) -> Result<Renderer<'a, S>, Error> {
    let reduction = decoded.reduction;
    let colors = Conversion::new(header.icc.as_deref(), decoded.model, kept.space);
    let pixels = colors.convert(decoded, budget)?.without_needless_alpha();
    Ok(Renderer::new(header, pixels, reduction, limits, budget.clone()))
}
