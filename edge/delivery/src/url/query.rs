//! The query: separates our own `sig` and `exp` from the rest.

use crate::SignatureError;

/// A query's parameters as sent: nothing is decoded.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Query<'a> {
    /// All but `sig` and `exp`, in their order.
    pub(crate) rest: Vec<&'a str>,
    pub(crate) sig: Option<&'a str>,
    pub(crate) exp: Option<&'a str>,
}

impl<'a> Query<'a> {
    /// Reads the text after the `?`.
    ///
    /// # Errors
    /// `sig` or `exp` occurs twice: two readers could each use a different one.
    pub(crate) fn parse(query: &'a str) -> Result<Self, SignatureError> {
        let mut parsed = Self::default();
        for parameter in query.split('&').filter(|parameter| !parameter.is_empty()) {
            let (slot, value) = match parameter.split_once('=') {
                Some(("sig", value)) => (&mut parsed.sig, value),
                Some(("exp", value)) => (&mut parsed.exp, value),
                _ => {
                    parsed.rest.push(parameter);
                    continue;
                }
            };
            if slot.replace(value).is_some() {
                return Err(SignatureError::Repeated);
            }
        }
        Ok(parsed)
    }

    /// Everything but `sig`, in its order, `exp` last: what a signature covers.
    pub(crate) fn signed(&self) -> String {
        let exp = self.exp.map(|exp| format!("exp={exp}"));
        let parameters: Vec<&str> = self.rest.iter().copied().chain(exp.as_deref()).collect();
        parameters.join("&")
    }
}
