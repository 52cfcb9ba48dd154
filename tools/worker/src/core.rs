//! A component's core module.

use anyhow::bail;
use wasmparser::{Parser, Payload};

/// The one core module in `component`, as it stands there. What the component has beside it says how values are passed,
/// by the canonical ABI, which whoever calls the module has to know.
///
/// # Errors
/// When it is no component, or has another number of core modules than one.
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
