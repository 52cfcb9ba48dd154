//! The Worker's log: one JSON object per line, which Cloudflare parses, without any key, user or URL.

use darkroom_delivery::{Error, Response};
use serde_json::json;
use worker::{console_error, console_warn};

/// The number of milliseconds from which stores and origins count as slow.
const SLOW: f64 = 1000.0;

/// Logs a failure, at a level that depends on its cause: us, or the request and the photo.
pub(crate) fn error(what: &str, error: &Error) {
    let line = json!({"message": what, "status": error.status(), "reason": error.without_url()}).to_string();
    if error.status() >= 500 { console_error!("{line}") } else { console_warn!("{line}") }
}

/// Logs why there is no image, or a stand-in; and slow stores or origins.
pub(crate) fn response(response: &Response) {
    if let Some(found) = &response.error {
        error("not made", found);
    }
    if let Some(reason) = response.image.as_ref().and_then(|image| image.reason.as_deref()) {
        console_warn!("{}", json!({"message": "another image stands in", "reason": reason}));
    }
    let timing = response.answer.headers.iter().find(|(name, _)| *name == "Server-Timing");
    if let Some((_, timing)) = timing.filter(|(_, timing)| milliseconds(timing) >= SLOW) {
        console_warn!("{}", json!({"message": "slow", "timing": timing}));
    }
}

/// All durations of a `Server-Timing` field.
fn milliseconds(timing: &str) -> f64 {
    timing.split("dur=").skip(1).filter_map(|rest| rest.split([',', ';']).next()?.trim().parse::<f64>().ok()).sum()
}
