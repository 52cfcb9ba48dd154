use std::collections::HashMap;

use darkroom_host::delivery::RenderJob;
use serde::Deserialize;

/// The required fields of a request to the function's URL (payload format 2.0; header names are lowercase), or a render
/// job. Parsing all fields that `aws_lambda_events` defines would be a noticeable part of the program.
#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct Event {
    pub(crate) render_job: Option<RenderJob>,
    /// Percent-encoded, as sent.
    pub(crate) raw_path: Option<String>,
    pub(crate) raw_query_string: Option<String>,
    pub(crate) headers: HashMap<String, String>,
    pub(crate) request_context: RequestContext,
}

#[derive(Default, Deserialize)]
#[serde(default)]
pub(crate) struct RequestContext {
    pub(crate) http: Http,
}

#[derive(Default, Deserialize)]
#[serde(default)]
pub(crate) struct Http {
    pub(crate) method: String,
}
