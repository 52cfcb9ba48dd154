//! A presigned URL works for exactly the requested upload: a server that verifies signatures refuses every other one.

use std::process::{Child, Command};
use std::thread::sleep;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use darkroom_tests::{Answer, S3Server, agent, lambda_package, presign_event, put};
use serde_json::{Value, json};

use crate::pipeline::cloud::cloud;

const PHOTO: &[u8] = b"a photo";

/// The function, signing for its own server. moto does not verify.
struct Function {
    process: Child,
    name: String,
    _server: S3Server,
}

impl Function {
    fn start(seconds: &str) -> Self {
        let server = S3Server::start("raw-images", "test", "secret");
        let name = format!("presign-for-{seconds}");
        let process = Command::new(lambda_package().join("bootstrap"))
            .envs([
                ("AWS_LAMBDA_RUNTIME_API", format!("{}/.rt/{name}", cloud().runtime).as_str()),
                ("AWS_LAMBDA_FUNCTION_NAME", &name),
                ("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "128"),
                ("AWS_LAMBDA_FUNCTION_VERSION", "1"),
                ("AWS_ENDPOINT_URL_S3", &format!("http://{}", server.address())),
                ("AWS_REGION", "us-east-1"),
                ("AWS_ACCESS_KEY_ID", "test"),
                ("AWS_SECRET_ACCESS_KEY", "secret"),
                ("DARKROOM_FUNCTION", "presign"),
                ("DARKROOM_RAW_BUCKET", "raw-images"),
                ("DARKROOM_PROCESSED_BUCKET", "processed-images"),
                ("DARKROOM_THUMBNAILS_BUCKET", "thumbnails"),
                ("DARKROOM_PUBLIC_URL", "https://img.example"),
                ("DARKROOM_URL_SECONDS", seconds),
            ])
            .spawn()
            .expect("the function starts");
        Self { process, name, _server: server }
    }

    /// The function's response to a user who wants to upload [`PHOTO`].
    fn presign(&self, name: &str) -> Value {
        let length = PHOTO.len().to_string();
        let parameters = [("filename", name), ("contentType", "image/jpeg"), ("contentLength", &length)];
        let response = cloud().invoke(&self.name, &presign_event("u1", &parameters)).json();
        assert_eq!(response["statusCode"], 200, "{response}");
        serde_json::from_str(response["body"].as_str().expect("a body")).expect("JSON")
    }
}

impl Drop for Function {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn upload(granted: &Value, bytes: &[u8]) -> Answer {
    put(&agent(), granted, bytes)
}

/// The response with another value for one of its headers; without the header if the value is none.
fn with_header(granted: &Value, name: &str, value: Option<&str>) -> Value {
    let mut changed = granted.clone();
    let headers = changed["headers"].as_object_mut().expect("headers");
    assert!(headers.remove(name).is_some(), "{name} is not bound: {granted}");
    headers.extend(value.map(|value| (name.to_owned(), json!(value))));
    changed
}

fn with_url(granted: &Value, from: &str, to: &str) -> Value {
    let mut changed = granted.clone();
    let url = changed["uploadUrl"].as_str().expect("a URL").replace(from, to);
    assert_ne!(changed["uploadUrl"], url, "{from}");
    changed["uploadUrl"] = json!(url);
    changed
}

#[test]
fn one_upload_as_asked_for_and_no_other() {
    let function = Function::start("900");
    let granted = function.presign("photo.jpg");
    let now = SystemTime::now().duration_since(UNIX_EPOCH).expect("after 1970").as_secs();
    assert!(granted["expiresAt"].as_u64().is_some_and(|time| (now + 870..=now + 900).contains(&time)), "{granted}");
    let headers =
        json!({"content-length": PHOTO.len().to_string(), "content-type": "image/jpeg", "if-none-match": "*"});
    assert_eq!(granted["headers"], headers);
    for (what, changed, bytes) in [
        ("a wrong type", with_header(&granted, "content-type", Some("text/html")), PHOTO),
        ("a longer body", granted.clone(), b"a longer photo".as_slice()),
        ("a shorter body", granted.clone(), b"a".as_slice()),
        ("no condition", with_header(&granted, "if-none-match", None), PHOTO),
        ("another condition", with_header(&granted, "if-none-match", Some("\"0\"")), PHOTO),
        ("a changed key", with_url(&granted, "/uploads/u1/", "/uploads/u2/"), PHOTO),
        ("a longer validity", with_url(&granted, "X-Amz-Expires=900", "X-Amz-Expires=9000"), PHOTO),
    ] {
        let answer = upload(&changed, bytes);
        assert_eq!(answer.status, 403, "{what}: {}", String::from_utf8_lossy(&answer.body));
    }
    assert_eq!(upload(&granted, PHOTO).status, 200);
    assert_eq!(upload(&granted, PHOTO).status, 412, "a second PUT");
}

#[test]
fn an_expired_url_is_refused() {
    let function = Function::start("1");
    let granted = function.presign("photo.jpg");
    sleep(Duration::from_millis(2500));
    assert_eq!(upload(&granted, PHOTO).status, 403);
}

#[test]
fn no_name_leaves_the_users_folder() {
    let function = Function::start("900");
    for name in
        ["../../u2/a.jpg", "..\\..\\a.jpg", "%2e%2e%2fa.jpg", "a\r\nb\0.jpg", "фото.jpg", ".", "a?x=/../b#c", ""]
    {
        let granted = function.presign(name);
        let key = granted["key"].as_str().expect("a key");
        let file = key.strip_prefix("uploads/u1/").unwrap_or_else(|| panic!("{name:?} became {key}"));
        assert!(file.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._-".contains(&byte)), "{name:?}: {key}");
        assert_eq!(upload(&granted, PHOTO).status, 200, "{name:?}");
    }
}
