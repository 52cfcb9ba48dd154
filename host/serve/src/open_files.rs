//! How many files the process may have open. Systems give 1,024 to programs that don't ask for more, and connections alone
//! would use them up: then no image could be read either.

use nix::sys::resource::{Resource, getrlimit, setrlimit};

use crate::config::Limits;

/// The index, what is written, the log, connections to other servers.
const OTHERS: u64 = 512;

/// Raises the limit to what may be needed, or as far as it goes.
pub(crate) fn allow(limits: &Limits) {
    let needed = needed(limits);
    let Ok((current, most)) = getrlimit(Resource::RLIMIT_NOFILE) else { return };
    if current >= needed {
        return;
    }
    let raised = needed.min(most);
    let allowed = if setrlimit(Resource::RLIMIT_NOFILE, raised, most).is_ok() { raised } else { current };
    if allowed < needed {
        tracing::warn!(allowed, needed, "open files: fewer than limits.connections and limits.held_bytes may need");
    }
}

/// One for each connection, and for each answer that is sent from a file.
fn needed(limits: &Limits) -> u64 {
    limits.connections as u64 + limits.held_bytes / (256 << 10) + OTHERS
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_may_be_needed_is_allowed() {
        let (before, most) = getrlimit(Resource::RLIMIT_NOFILE).expect("a limit");
        setrlimit(Resource::RLIMIT_NOFILE, 512, most).expect("lowered");
        let limits = Limits { connections: 100, held_bytes: 8 << 20, ..Limits::default() };
        allow(&limits);
        let allowed = getrlimit(Resource::RLIMIT_NOFILE).expect("a limit").0;
        setrlimit(Resource::RLIMIT_NOFILE, before, most).expect("as it was");
        assert_eq!(allowed, needed(&limits).min(most));
    }
}
