//! Plain HTTP, as a client of the pipeline uses it.

use serde_json::{Map, Value, json};
use ureq::http::{HeaderMap, Response};
use ureq::{Agent, Body};

/// A plain HTTP response.
#[derive(Debug)]
pub struct Answer {
    /// Of HTTP.
    pub status: u16,
    /// All of them.
    pub headers: HeaderMap,
    /// All of it.
    pub body: Vec<u8>,
}

impl Answer {
    /// The body.
    ///
    /// # Panics
    /// When it is not JSON.
    #[must_use]
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|error| {
            panic!("{error}: {} {}", self.status, String::from_utf8_lossy(&self.body));
        })
    }

    /// A header; empty where there is none.
    #[must_use]
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }
}

/// A client that returns error responses, too.
#[must_use]
pub fn agent() -> Agent {
    Agent::config_builder().http_status_as_error(false).build().new_agent()
}

/// Reads all of it.
///
/// # Panics
/// When the connection ends before.
#[must_use]
pub fn answer(response: Response<Body>) -> Answer {
    let (head, mut body) = response.into_parts();
    let body = body.with_config().limit(1 << 30).read_to_vec().expect("a body");
    Answer { status: head.status.as_u16(), headers: head.headers, body }
}

/// Follows presign's response, with exactly the headers that it names.
///
/// # Panics
/// When the answer names no URL or headers, or nothing answers the PUT.
#[must_use]
pub fn put(agent: &Agent, granted: &Value, bytes: &[u8]) -> Answer {
    try_put(agent, granted, bytes).expect("an answer")
}

/// The same, with a server that may stop meanwhile.
///
/// # Errors
/// When nothing answers.
///
/// # Panics
/// When the answer names no URL or headers.
pub fn try_put(agent: &Agent, granted: &Value, bytes: &[u8]) -> Result<Answer, ureq::Error> {
    // The client computes the length itself.
    let headers = granted["headers"].as_object().expect("headers").iter().filter(|(name, _)| *name != "content-length");
    let request = agent.put(granted["uploadUrl"].as_str().expect("a URL"));
    let request = headers.fold(request, |request, (name, value)| request.header(name, value.as_str().expect("text")));
    request.send(bytes).map(answer)
}

/// A request as delivered by an HTTP API with a JWT authorizer.
#[must_use]
pub fn presign_event(user: &str, parameters: &[(&str, &str)]) -> Value {
    let parameters: Map<String, Value> =
        parameters.iter().map(|(name, value)| ((*name).to_owned(), json!(value))).collect();
    json!({
        "version": "2.0",
        "routeKey": "GET /upload-url",
        "rawPath": "/upload-url",
        "rawQueryString": "",
        "headers": {},
        "queryStringParameters": parameters,
        "requestContext": {
            "accountId": "123456789012",
            "apiId": "api",
            "authorizer": {"jwt": {"claims": {"sub": user}, "scopes": null}},
            "domainName": "api.example",
            "http": {
                "method": "GET", "path": "/upload-url", "protocol": "HTTP/1.1", "sourceIp": "192.0.2.1", "userAgent": "t"
            },
            "requestId": "id",
            "routeKey": "GET /upload-url",
            "stage": "$default",
            "time": "01/Jan/2026:00:00:00 +0000",
            "timeEpoch": 0,
        },
        "isBase64Encoded": false,
    })
}
