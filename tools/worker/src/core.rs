//! Extracts a component's core module.

use anyhow::bail;
use wasmparser::{Parser, Payload};

/// The single core module in `component`, unchanged. The rest of the component describes how values are passed in the
/// canonical ABI, which callers of the module have to know.
///
/// # Errors
/// If it is not a component, or does not have exactly one core module.
pub(crate) fn of(component: &[u8]) -> anyhow::Result<&[u8]> {
    let mut modules = Vec::new();
    for payload in Parser::new(0).parse_all(component) {
        if let Payload::ModuleSection { unchecked_range, .. } = payload? {
            let (start, end) = (usize::try_from(unchecked_range.start)?, usize::try_from(unchecked_range.end)?);
            modules.extend(component.get(start..end));
        }
    }
    let [module] = modules[..] else { bail!("{} core modules: must be one", modules.len()) };
    Ok(module)
}
