//! The function on this machine: `tests/aws/deliver.py` starts it once for all tests, and they send requests as the
//! distribution does.

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::thread;
use std::time::{Duration, Instant};

use darkroom_tests::{Answer, S3Server, agent, answer, lambda_package, repository, venv_of};
use serde_json::Value;
use ureq::Agent;

/// Stops with this process: the other end sees its standard input close, and stops everything that it started.
pub(crate) struct Origin {
    pub(crate) s3: S3Server,
    runtime: String,
    invocations: String,
    logs: PathBuf,
    agent: Agent,
    _process: Child,
}

/// The distribution's field for an unsigned request whose client accepts AVIF, WebP or neither.
pub(crate) const AVIF: &[(&str, &str)] = &[("x-darkroom-verified", "avif-webp-any")];
pub(crate) const WEBP: &[(&str, &str)] = &[("x-darkroom-verified", "webp-any")];
pub(crate) const FALLBACK: &[(&str, &str)] = &[("x-darkroom-verified", "any")];

pub(crate) fn origin() -> &'static Origin {
    static ORIGIN: OnceLock<Origin> = OnceLock::new();
    ORIGIN.get_or_init(Origin::start)
}

/// A file of the repository.
pub(crate) fn file(path: &str) -> Vec<u8> {
    fs::read(repository().join(path)).expect(path)
}

/// Waits until a condition holds.
pub(crate) fn eventually(what: &str, is: impl Fn() -> bool) {
    let begun = Instant::now();
    while !is() {
        assert!(begun.elapsed() < Duration::from_secs(30), "not within 30 s: {what}");
        thread::sleep(Duration::from_millis(50));
    }
}

impl Origin {
    fn start() -> Self {
        let s3 = S3Server::start("raw-images", "test", "test-secret");
        for bucket in ["processed-images", "thumbnails"] {
            s3.add_bucket(bucket);
        }
        let mut process = Command::new(venv_of("aws", "python"))
            .arg(repository().join("tests/aws/deliver.py"))
            .arg(lambda_package())
            .arg(format!("http://{}", s3.address()))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("tests/aws/deliver.py starts; run `make test`");
        let mut line = String::new();
        BufReader::new(process.stdout.take().expect("piped")).read_line(&mut line).expect("a line");
        let ready: Value = serde_json::from_str(&line).unwrap_or_else(|error| panic!("{error}: {line:?}"));
        let text = |name: &str| ready[name].as_str().unwrap_or_default().to_owned();
        let (runtime, invocations, logs) = (text("runtime"), text("invocations"), text("logs").into());
        Self { s3, runtime, invocations, logs, agent: agent(), _process: process }
    }

    fn url(&self, function: &str, path: &str) -> String {
        format!("{}/lambda-url/{function}{path}", self.runtime)
    }

    pub(crate) fn get(&self, function: &str, path: &str, headers: &[(&str, &str)]) -> Answer {
        let request = self.agent.get(self.url(function, path));
        let request = headers.iter().fold(request, |request, (name, value)| request.header(*name, *value));
        answer(request.call().expect(path))
    }

    pub(crate) fn head(&self, function: &str, path: &str, headers: &[(&str, &str)]) -> Answer {
        let request = self.agent.head(self.url(function, path));
        let request = headers.iter().fold(request, |request, (name, value)| request.header(*name, *value));
        answer(request.call().expect(path))
    }

    pub(crate) fn post(&self, function: &str, path: &str) -> Answer {
        answer(self.agent.post(self.url(function, path)).send_empty().expect(path))
    }

    /// A variant in the store.
    pub(crate) fn variant(&self, name: &str) -> Option<Vec<u8>> {
        self.s3.object("processed-images", &format!("variants/{name}"))
    }

    /// The invocations that a function has requested of itself.
    pub(crate) fn jobs(&self, function: &str) -> Vec<Value> {
        let taken = self.taken(&format!("/2015-03-31/functions/{function}/invocations"));
        taken.iter().map(|one| one["event"]["renderJob"].clone()).collect()
    }

    /// The requests that the stand-in for Lambda, and for a store elsewhere, has received at a path.
    pub(crate) fn taken(&self, path: &str) -> Vec<Value> {
        let taken = answer(self.agent.get(&self.invocations).call().expect("the queue")).json();
        taken.as_array().expect("a list").iter().filter(|one| one["path"] == path).cloned().collect()
    }

    /// How often a function has rendered an image of this many bytes.
    pub(crate) fn made(&self, function: &str, bytes: usize) -> usize {
        let log = fs::read_to_string(self.logs.join(format!("{function}.log"))).expect("a log");
        let lines = log.lines().map(|line| serde_json::from_str::<Value>(line).expect(line));
        lines.filter(|line| line["message"] == "image made" && line["bytes"] == bytes).count()
    }
}
