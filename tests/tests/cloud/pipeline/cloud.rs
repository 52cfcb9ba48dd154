//! The pipeline on this machine: `tests/aws/cloud.py` starts it once for all tests, and they talk to it over plain
//! HTTP.

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::{Mutex, OnceLock};
use std::thread;
use std::time::{Duration, Instant};

use darkroom_tests::{Answer, agent, answer, lambda_package, presign_event, put, repository, sha256, venv_of};
use serde_json::{Value, json};
use ureq::Agent;

/// Stops with this process: the other end sees its standard input close, and stops everything that it started.
pub(crate) struct Cloud {
    endpoint: String,
    pub(crate) runtime: String,
    machine: String,
    uploads: String,
    dead: String,
    /// Messages taken out of the dead-letter queue so far: all tests share it.
    dead_letters: Mutex<Vec<Value>>,
    logs: String,
    agent: Agent,
    _process: Child,
}

/// The path from an upload to its images.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Way {
    Workflow,
    Queue,
}

const PATIENCE: Duration = Duration::from_secs(90);

pub(crate) fn cloud() -> &'static Cloud {
    static CLOUD: OnceLock<Cloud> = OnceLock::new();
    CLOUD.get_or_init(|| Cloud::start(&[]))
}

/// The first result that is not none.
pub(crate) fn eventually<T>(what: &str, look: impl Fn() -> Option<T>) -> T {
    let begun = Instant::now();
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(begun.elapsed() < PATIENCE, "not within {PATIENCE:?}: {what}");
        thread::sleep(Duration::from_millis(200));
    }
}

impl Way {
    pub(crate) const fn bucket(self) -> &'static str {
        match self {
            Self::Workflow => "raw-workflow",
            Self::Queue => "raw-queue",
        }
    }

    /// The mode that processes an upload.
    pub(crate) const fn functions(self) -> &'static [&'static str] {
        match self {
            Self::Workflow => &["compress", "thumbnail", "metadata"],
            Self::Queue => &["process"],
        }
    }

    const fn presign(self) -> &'static str {
        match self {
            Self::Workflow => "presign",
            Self::Queue => "presign-queue",
        }
    }
}

impl Cloud {
    /// A separate one for functions with settings other than [`cloud`]'s.
    pub(crate) fn start(settings: &[(&str, &str)]) -> Self {
        let mut child = Command::new(venv_of("aws", "python"))
            .arg(repository().join("tests/aws/cloud.py"))
            .arg(lambda_package())
            .arg(repository().join("host/infra/pipeline.asl.json"))
            .envs(settings.iter().copied())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("tests/aws/cloud.py starts; run `make test`");
        let mut line = String::new();
        BufReader::new(child.stdout.take().expect("piped")).read_line(&mut line).expect("a line");
        let ready: Value = serde_json::from_str(&line).unwrap_or_else(|error| panic!("{error}: {line:?}"));
        let text = |name: &str| ready[name].as_str().unwrap_or_default().to_owned();
        let (endpoint, runtime, machine) = (text("endpoint"), text("runtime"), text("machine"));
        let (uploads, dead, logs) = (text("uploads"), text("dead"), text("logs"));
        Self {
            endpoint,
            runtime,
            machine,
            uploads,
            dead,
            dead_letters: Mutex::default(),
            logs,
            agent: agent(),
            _process: child,
        }
    }

    fn post(&self, url: &str, headers: &[(&str, &str)], body: &Value) -> Answer {
        let request = headers.iter().fold(self.agent.post(url), |request, (name, value)| request.header(*name, *value));
        answer(request.send(body.to_string().as_bytes()).expect(url))
    }

    /// One of the tests' side doors.
    pub(crate) fn door(&self, name: &str, asked: &Value) -> Value {
        self.post(&format!("{}/_cloud/{name}", self.endpoint), &[], asked).json()
    }

    /// Calls an AWS service that speaks JSON.
    pub(crate) fn call(&self, service: &str, target: &str, body: &Value) -> Value {
        let authorization = authorization(service);
        let headers = [
            ("authorization", authorization.as_str()),
            ("x-amz-target", target),
            ("content-type", "application/x-amz-json-1.0"),
        ];
        let answer = self.post(&self.endpoint, &headers, body);
        assert_eq!(answer.status, 200, "{target}: {}", String::from_utf8_lossy(&answer.body));
        answer.json()
    }

    /// Calls a function through Lambda's own API.
    pub(crate) fn invoke(&self, function: &str, event: &Value) -> Answer {
        self.post(&format!("{}/2015-03-31/functions/{function}/invocations", self.runtime), &[], event)
    }

    /// Requests an upload URL as the HTTP API would, and returns the response's body.
    fn presign(&self, way: Way, user: &str, name: &str, media_type: &str, length: usize) -> Value {
        let event = presign_event(
            user,
            &[("filename", name), ("contentType", media_type), ("contentLength", &length.to_string())],
        );
        let response = self.invoke(way.presign(), &event).json();
        assert_eq!(response["statusCode"], 200, "{response}");
        serde_json::from_str(response["body"].as_str().expect("a body")).expect("JSON")
    }

    /// Acts as a client: requests a URL, and follows the response in plain HTTP. Returns the key.
    pub(crate) fn upload(&self, way: Way, user: &str, bytes: &[u8]) -> String {
        self.upload_as(way, user, "photo.jpg", "image/jpeg", bytes)
    }

    /// The same under another name, as another type.
    pub(crate) fn upload_as(&self, way: Way, user: &str, name: &str, media_type: &str, bytes: &[u8]) -> String {
        let granted = self.presign(way, user, name, media_type, bytes.len());
        let answer = put(&self.agent, &granted, bytes);
        assert_eq!(answer.status, 200, "{}", String::from_utf8_lossy(&answer.body));
        granted["key"].as_str().expect("a key").to_owned()
    }

    fn signed<B>(&self, request: ureq::RequestBuilder<B>) -> ureq::RequestBuilder<B> {
        request.header("authorization", authorization("s3"))
    }

    pub(crate) fn object(&self, bucket: &str, key: &str) -> Option<Answer> {
        let answer =
            answer(self.signed(self.agent.get(format!("{}/{bucket}/{key}", self.endpoint))).call().expect("an answer"));
        (answer.status == 200).then_some(answer)
    }

    pub(crate) fn delete(&self, bucket: &str, key: &str, version: &str) {
        let url = format!("{}/{bucket}/{key}?versionId={version}", self.endpoint);
        assert_eq!(answer(self.signed(self.agent.delete(url)).call().expect("an answer")).status, 204);
    }

    /// A user's items, through the index.
    pub(crate) fn items(&self, user: &str) -> Vec<Value> {
        let query = json!({
            "TableName": "image-metadata",
            "IndexName": "user-id-index",
            "KeyConditionExpression": "userId = :user",
            "ExpressionAttributeValues": {":user": {"S": user}},
        });
        let found = self.call("dynamodb", "DynamoDB_20120810.Query", &query);
        found["Items"].as_array().expect("items").iter().map(plain).collect()
    }

    /// A user's item, once it has this status.
    pub(crate) fn item(&self, user: &str, status: &str) -> Value {
        eventually(&format!("an item of {user} that is {status}: {:?}", self.items(user)), || {
            self.items(user).into_iter().find(|item| item["status"] == status)
        })
    }

    /// A queue that receives this user's notifications.
    pub(crate) fn subscribe(&self, user: &str) -> String {
        self.subscribe_to(user, None)
    }

    /// A queue that receives this user's notifications with one status.
    pub(crate) fn subscribe_to(&self, user: &str, status: Option<&str>) -> String {
        self.door("subscribe", &json!({"user": user, "status": status})).as_str().expect("a URL").to_owned()
    }

    /// Takes the messages in a queue, and waits until there is one.
    pub(crate) fn messages(&self, queue: &str) -> Vec<Value> {
        eventually(&format!("a message in {queue}"), || {
            let bodies = self.receive(queue);
            (!bodies.is_empty()).then_some(bodies)
        })
    }

    /// Waits until the queue has given up an event about this object.
    pub(crate) fn wait_for_dead_letter(&self, key: &str) {
        eventually(&format!("a dead letter about {key}"), || {
            let mut letters = self.dead_letters.lock().expect("no test panics with it");
            letters.extend(self.receive(&self.dead));
            letters.iter().any(|event| event["detail"]["object"]["key"] == key).then_some(())
        });
    }

    /// Takes the messages that are in a queue now.
    pub(crate) fn receive(&self, queue: &str) -> Vec<Value> {
        let asked = json!({"QueueUrl": queue, "MaxNumberOfMessages": 10});
        let answer = self.call("sqs", "AmazonSQS.ReceiveMessage", &asked);
        let messages = answer["Messages"].as_array().map(Vec::as_slice).unwrap_or_default();
        let bodies = messages.iter().filter_map(|message| message["Body"].as_str());
        bodies.map(|body| serde_json::from_str(body).expect("JSON")).collect()
    }

    /// Everything that the functions have logged so far.
    pub(crate) fn log(&self, functions: &[&str]) -> String {
        let files = fs::read_dir(&self.logs).expect("logs").map(|entry| entry.expect("an entry").path());
        let of = |path: &PathBuf| {
            let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
            functions.iter().any(|function| name.starts_with(function))
        };
        files.filter(of).map(|path| fs::read_to_string(path).expect("a log")).collect()
    }

    /// Delivers an event once more, as EventBridge may.
    pub(crate) fn deliver(&self, way: Way, event: &Value) {
        let event = event.to_string();
        match way {
            Way::Workflow => {
                let name = sha256(format!("{event}{:?}", Instant::now()).as_bytes());
                let input = json!({"stateMachineArn": self.machine, "name": name, "input": event});
                self.call("states", "AWSStepFunctions.StartExecution", &input);
            }
            Way::Queue => {
                self.call("sqs", "AmazonSQS.SendMessage", &json!({"QueueUrl": self.uploads, "MessageBody": event}));
            }
        }
    }

    /// The executions about an object that have ended, the oldest first.
    pub(crate) fn executions(&self, key: &str) -> Vec<Value> {
        let asked = json!({"stateMachineArn": self.machine});
        let listed = self.call("states", "AWSStepFunctions.ListExecutions", &asked);
        let arns = listed["executions"].as_array().expect("executions").iter().map(|one| one["executionArn"].clone());
        let describe = |arn| self.call("states", "AWSStepFunctions.DescribeExecution", &json!({"executionArn": arn}));
        let mut ended: Vec<Value> = arns.map(describe).filter(|one| one["status"] != "RUNNING").collect();
        ended.retain(|one| one["input"].as_str().is_some_and(|input| input.contains(key)));
        ended.sort_by(|a, b| a["startDate"].as_f64().unwrap_or(0.0).total_cmp(&b["startDate"].as_f64().unwrap_or(0.0)));
        ended
    }

    /// How the executions about an object ended, once there are this many.
    pub(crate) fn ends(&self, key: &str, count: usize) -> Vec<String> {
        let ended = eventually(&format!("{count} executions about {key}"), || {
            let ended = self.executions(key);
            (ended.len() >= count).then_some(ended)
        });
        ended.iter().map(|one| one["status"].as_str().unwrap_or_default().to_owned()).collect()
    }

    /// Each attempt of a function at an object ended with this: nothing, or an error's name. The last response may
    /// arrive after its effects.
    pub(crate) fn assert_attempts(&self, function: &str, key: &str, expected: &[&str]) {
        let begun = Instant::now();
        while self.attempts(function, key).len() < expected.len() && begun.elapsed() < PATIENCE {
            thread::sleep(Duration::from_millis(100));
        }
        assert_eq!(self.attempts(function, key), expected, "{function} at {key}");
    }

    /// The result of each attempt so far.
    pub(crate) fn attempts(&self, function: &str, key: &str) -> Vec<String> {
        let attempts = self.door("attempts", &json!({"key": key}));
        let attempts = attempts.as_array().expect("attempts").iter().filter(|one| one["function"] == function);
        attempts.map(|one| one["error"].as_str().unwrap_or_default().to_owned()).collect()
    }
}

/// moto reads the service from it, and does not verify.
fn authorization(service: &str) -> String {
    format!("AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/{service}/aws4_request")
}

/// S3's event for a created object, as far as the pipeline reads it.
pub(crate) fn created(way: Way, key: &str, object: &Answer) -> Value {
    let header = |name: &str| object.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let etag = header("etag").trim_matches('"');
    let version = header("x-amz-version-id");
    event(way, key, json!({"size": object.body.len(), "etag": etag, "version-id": version}))
}

pub(crate) fn event(way: Way, key: &str, mut object: Value) -> Value {
    object["key"] = json!(key);
    json!({
        "detail-type": "Object Created",
        "source": "aws.s3",
        "detail": {"bucket": {"name": way.bucket()}, "object": object},
    })
}

/// A batch as SQS delivers it.
pub(crate) fn batch(bodies: &[String]) -> Value {
    let record = |(at, body): (usize, &String)| json!({"messageId": at.to_string(), "body": body, "attributes": {"ApproximateReceiveCount": "1"}});
    json!({"Records": bodies.iter().enumerate().map(record).collect::<Vec<_>>()})
}

/// DynamoDB's JSON without its types.
fn plain(attributes: &Value) -> Value {
    let Value::Object(attributes) = attributes else { return Value::Null };
    attributes.iter().map(|(name, value)| (name.clone(), untyped(value))).collect()
}

fn untyped(value: &Value) -> Value {
    let (kind, value) = value.as_object().and_then(|typed| typed.iter().next()).expect("one type");
    match kind.as_str() {
        "N" => serde_json::from_str(value.as_str().expect("digits")).expect("a number"),
        "M" => plain(value),
        _ => value.clone(),
    }
}
