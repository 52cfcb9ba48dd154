use std::collections::HashMap;

use darkroom_host::delivery::RenderJob;
use serde::Deserialize;

/// A request to the function's URL as far as it is read (payload format 2.0; names of headers are in lower case), or a
/// render job of its own. Reading all that `aws_lambda_events` knows of a request would be a part of the program.
#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct Event {
    pub(crate) render_job: Option<RenderJob>,
    /// Encoded, as it was sent.
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
