//! Complete responses: status, header fields and content.

use bytes::Bytes;

use crate::{
    Config, Delivery, Error, Fields, Header, Image, Later, Method, Outcome, Plan, Served, Shell, Source, Timing,
    deliver, error_headers, image_headers, preflight_headers, server_timing,
};

/// A response, and the work left to do after it is sent.
#[derive(Debug)]
pub struct Response {
    /// The response to send.
    pub answer: Answer,
    /// The whole image that was sent, for an HTTP cache; none for an error.
    pub image: Option<Image>,
    /// For [`crate::finish`].
    pub later: Later,
    /// For the log, which gets more detail than the client.
    pub error: Option<Error>,
}

/// Responds to a request that has a plan. `now` is in seconds since 1970.
pub async fn respond<S: Shell>(shell: &S, plan: &Plan, config: &Config, now: u64) -> Response {
    respond_with(shell, plan, deliver(shell, plan).await, config, now).await
}

/// The same if the shell has delivered already, for instance to several concurrent requests.
pub async fn respond_with<S: Shell>(
    shell: &S,
    plan: &Plan,
    delivered: Result<Delivery, Error>,
    config: &Config,
    now: u64,
) -> Response {
    match delivered {
        Ok(Delivery { image, timings, later }) => {
            let answer = Answer::image(plan, &image, &timings, config, now);
            Response { answer, image: Some(image), later, error: None }
        }
        Err(error) => {
            let answer = match default_image(shell, plan, &error, config).await {
                Some(image) => Answer::default_image(plan, &image, &error, config),
                None => Answer::error(&error, Some(plan), &plan.fields, config),
            };
            Response { answer, image: None, later: Later::default(), error: Some(error) }
        }
    }
}

/// The configured fallback image, made with the recipe of the image that failed.
async fn default_image<S: Shell>(shell: &S, plan: &Plan, error: &Error, config: &Config) -> Option<Image> {
    let default = config.default_image.as_ref().filter(|_| original_url(plan, error, config).is_none())?;
    let mut plan = plan.clone();
    plan.request.source = Source::Key(default.clone());
    Some(deliver(shell, &plan).await.ok()?.image)
}

/// The original's URL, if the request asks for it in place of an image that can't be made.
fn original_url(plan: &Plan, error: &Error, config: &Config) -> Option<String> {
    if error.status() == 404 { None } else { plan.redirect(config) }
}

/// The response that a shell sends, field by field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// The status code.
    pub status: u16,
    /// Each name occurs once.
    pub headers: Vec<Header>,
    /// Empty for HEAD.
    pub body: Bytes,
}

impl Answer {
    /// Responds with an image. `now` is in seconds since 1970.
    #[must_use]
    pub fn image(plan: &Plan, image: &Image, timings: &[Timing<'_>], config: &Config, now: u64) -> Self {
        let served = Served {
            media_type: image.media_type,
            length: image.bytes.len() as u64,
            etag: &image.etag,
            last_modified: image.last_modified,
            provisional: image.provisional,
            reason: image.reason.as_deref(),
        };
        let (outcome, mut headers) = image_headers(plan, &served, config, now);
        headers.push(server_timing(timings));
        let body = match outcome {
            _ if plan.method == Method::Head => Bytes::new(),
            Outcome::Whole => image.bytes.clone(),
            Outcome::Partial(range) => image.bytes.slice(range.first as usize..=range.last as usize),
            _ => Bytes::new(),
        };
        Self { status: outcome.status(), headers, body }
    }

    /// Responds to a failed request: with the error's message, or with a redirect to the original if the URL asks for
    /// that.
    #[must_use]
    pub fn error(error: &Error, plan: Option<&Plan>, fields: &Fields, config: &Config) -> Self {
        let mut headers = error_headers(error, fields, config);
        if let Some(url) = plan.and_then(|plan| original_url(plan, error, config)) {
            headers.retain(|(name, _)| *name != "Content-Type");
            headers.push(("Location", url));
            headers.push((REASON, field_value(&error.to_string())));
            return Self { status: 302, headers, body: Bytes::new() };
        }
        let body =
            if plan.is_some_and(|plan| plan.method == Method::Head) { String::new() } else { format!("{error}\n") };
        Self { status: error.status(), headers, body: body.into() }
    }

    /// Responds to a failed request with a fallback image: pages show it, and scripts see the status.
    fn default_image(plan: &Plan, image: &Image, error: &Error, config: &Config) -> Self {
        let mut answer = Self::error(error, Some(plan), &plan.fields, config);
        answer.headers.retain(|(name, _)| *name != "Content-Type");
        answer.headers.push(("Content-Type", image.media_type.into()));
        answer.headers.push((REASON, field_value(&error.to_string())));
        answer.body = if plan.method == Method::Head { Bytes::new() } else { image.bytes.clone() };
        answer
    }

    /// To OPTIONS.
    #[must_use]
    pub fn preflight(fields: &Fields, config: &Config) -> Self {
        Self { status: 204, headers: preflight_headers(fields, config), body: Bytes::new() }
    }
}

/// The field that says why the original or another image stands in for the requested one, or that pixels are missing.
pub const REASON: &str = "Darkroom-Reason";

/// Messages may quote any text; a field takes visible ASCII (RFC 9110 §5.5).
pub(crate) fn field_value(text: &str) -> String {
    text.chars().map(|character| if matches!(character, ' '..='~') { character } else { '?' }).collect()
}
