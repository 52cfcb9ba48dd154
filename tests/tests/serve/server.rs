//! The real program on its own port, and a client.

use std::fs;
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use darkroom_tests::{Answer, agent, answer, put, repository};
use rusty_s3::{Bucket, Credentials, S3Action, UrlStyle};
use serde_json::Value;
use tempfile::TempDir;
use ureq::Agent;

pub(crate) const CHROME: &str = "image/avif,image/webp,image/apng,image/svg+xml,image/*,*/*;q=0.8";

const PATIENCE: Duration = Duration::from_secs(90);

/// A server; dropping it kills it, unless it has stopped.
pub(crate) struct Server {
    pub(crate) url: String,
    pub(crate) agent: Agent,
    child: Child,
    pub(crate) data: PathBuf,
}

/// A folder for servers, which outlives them.
pub(crate) struct Place(TempDir);

impl Place {
    pub(crate) fn new() -> Self {
        Self(TempDir::new().expect("a folder"))
    }

    pub(crate) fn path(&self) -> &Path {
        self.0.path()
    }

    /// Starts a server with these settings.
    pub(crate) fn serve(&self, settings: &str) -> Server {
        Server::start(self.path(), settings)
    }
}

/// The first result that is not none.
pub(crate) fn eventually<T>(what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    let begun = Instant::now();
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(begun.elapsed() < PATIENCE, "not within {PATIENCE:?}: {what}");
        thread::sleep(Duration::from_millis(50));
    }
}

pub(crate) fn photo(name: &str) -> Vec<u8> {
    fs::read(repository().join("examples/photos").join(name)).expect(name)
}

/// All files in a folder, however deep, without following links.
pub(crate) fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = walkdir::WalkDir::new(folder).into_iter().map(|entry| entry.expect("an entry"));
    entries.filter(|entry| entry.file_type().is_file()).map(walkdir::DirEntry::into_path).collect()
}

/// The output of a server that does not start with this data folder and these variables.
pub(crate) fn refused(data: &Path, variables: &[(&str, &str)]) -> String {
    let mut command = Command::new(program());
    command.args(["serve", "--listen", "127.0.0.1:0", "--data"]).arg(data).stdout(Stdio::null());
    command.envs(variables.iter().copied());
    let mut child = command.stderr(Stdio::piped()).spawn().expect("it runs");
    let begun = Instant::now();
    let status = loop {
        match child.try_wait().expect("a status") {
            Some(status) => break status,
            None if begun.elapsed() > PATIENCE => {
                child.kill().expect("killed");
                panic!("it serves {}", data.display());
            }
            None => thread::sleep(Duration::from_millis(20)),
        }
    };
    let mut said = String::new();
    child.stderr.take().expect("piped").read_to_string(&mut said).expect("text");
    assert!(!status.success(), "{said}");
    said
}

/// The program that `cargo build --release` makes.
pub(crate) fn program() -> PathBuf {
    let path = repository().join("target/release/darkroom");
    assert!(path.exists(), "{} is missing: run `make build`", path.display());
    path
}

impl Server {
    fn start(place: &Path, settings: &str) -> Self {
        let config = place.join("darkroom.toml");
        fs::write(&config, settings).expect("written");
        let data = place.join("data");
        let log = fs::OpenOptions::new().create(true).append(true).open(place.join("log")).expect("a log");
        let mut child = Command::new(program())
            .args(["serve", "--listen", "127.0.0.1:0", "--data"])
            .args([&data, Path::new("--config"), &config])
            .stdout(Stdio::piped())
            .stderr(log)
            .spawn()
            .expect("it starts");
        let mut url = String::new();
        BufReader::new(child.stdout.take().expect("piped")).read_line(&mut url).expect("a line");
        let url = url.trim().to_owned();
        assert!(url.starts_with("http"), "{}", fs::read_to_string(place.join("log")).unwrap_or_default());
        Self { url, agent: agent(), child, data }
    }

    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }

    /// SIGKILL.
    pub(crate) fn kill(mut self) {
        self.kill_now();
        self.child.wait().expect("ended");
    }

    /// SIGKILL, while clients are still connected.
    pub(crate) fn kill_now(&self) {
        self.signal("-KILL");
    }

    pub(crate) fn terminate(&self) {
        self.signal("-TERM");
    }

    fn signal(&self, signal: &str) {
        let status = Command::new("kill").args([signal, &self.pid().to_string()]).status().expect("kill");
        assert!(status.success());
    }

    /// Its exit status, once it has one.
    pub(crate) fn wait(&mut self) -> ExitStatus {
        self.child.wait().expect("ended")
    }

    pub(crate) fn get(&self, path: &str, headers: &[(&str, &str)]) -> Answer {
        self.try_get(path, headers).unwrap_or_else(|| panic!("no answer to {path}"))
    }

    /// None if there is no response at all.
    pub(crate) fn try_get(&self, path: &str, headers: &[(&str, &str)]) -> Option<Answer> {
        let request = self.agent.get(format!("{}{path}", self.url));
        let request = headers.iter().fold(request, |request, (name, value)| request.header(*name, *value));
        request.call().ok().map(answer)
    }

    /// The response of `/upload-url`.
    pub(crate) fn grant(&self, name: &str, media_type: &str, length: usize) -> Value {
        let path = format!(
            "/upload-url?filename={name}&contentType={}&contentLength={length}",
            media_type.replace('+', "%2B")
        );
        let answer = self.get(&path, &[]);
        assert_eq!(answer.status, 200, "{}", String::from_utf8_lossy(&answer.body));
        answer.json()
    }

    /// Requests a URL and follows the response. Returns the key.
    pub(crate) fn upload(&self, bytes: &[u8]) -> String {
        self.upload_as("photo.jpg", "image/jpeg", bytes)
    }

    /// The same under another name, as another type.
    pub(crate) fn upload_as(&self, name: &str, media_type: &str, bytes: &[u8]) -> String {
        let granted = self.grant(name, media_type, bytes.len());
        let answer = put(&self.agent, &granted, bytes);
        assert_eq!(answer.status, 200, "{}", String::from_utf8_lossy(&answer.body));
        granted["key"].as_str().expect("a key").to_owned()
    }

    /// All items of the user that everyone is.
    pub(crate) fn items(&self) -> Vec<Value> {
        self.get("/images", &[]).json()["images"].as_array().expect("items").clone()
    }

    /// The item about an original, once there is one.
    pub(crate) fn item(&self, key: &str) -> Value {
        eventually(&format!("an item about {key}"), || self.items().into_iter().find(|item| item["originalKey"] == key))
    }

    pub(crate) fn credentials(&self) -> (String, String) {
        let text = fs::read_to_string(self.data.join("s3-credentials")).expect("the server makes it");
        let value = |name: &str| {
            let line = text.lines().find(|line| line.starts_with(name)).expect(name);
            line.split_once(" = ").expect("a value").1.to_owned()
        };
        (value("aws_access_key_id"), value("aws_secret_access_key"))
    }

    /// Puts an object with the S3 server's own keys.
    pub(crate) fn seed(&self, bucket: &str, key: &str, bytes: &[u8]) {
        let url = self.put_url(bucket, key);
        let answer = answer(self.agent.put(url).send(bytes).expect("an answer"));
        assert_eq!(answer.status, 200, "{}", String::from_utf8_lossy(&answer.body));
    }

    /// Signed for any content.
    pub(crate) fn put_url(&self, bucket: &str, key: &str) -> String {
        self.signed(bucket, |bucket, keys| bucket.put_object(Some(keys), key).sign(VALIDITY))
    }

    pub(crate) fn object(&self, bucket: &str, key: &str) -> Answer {
        answer(self.agent.get(self.get_url(bucket, key)).call().expect("an answer"))
    }

    pub(crate) fn get_url(&self, bucket: &str, key: &str) -> String {
        self.signed(bucket, |bucket, keys| bucket.get_object(Some(keys), key).sign(VALIDITY))
    }

    pub(crate) fn delete(&self, bucket: &str, key: &str) {
        let url = self.delete_url(bucket, key);
        assert_eq!(answer(self.agent.delete(url).call().expect("an answer")).status, 204);
    }

    /// `DELETE /images/{id}`.
    pub(crate) fn delete_image(&self, id: &str, headers: &[(&str, &str)]) -> Answer {
        let request = self.agent.delete(format!("{}/images/{id}", self.url));
        let request = headers.iter().fold(request, |request, (name, value)| request.header(*name, *value));
        answer(request.call().expect("an answer"))
    }

    pub(crate) fn delete_url(&self, bucket: &str, key: &str) -> String {
        self.signed(bucket, |bucket, keys| bucket.delete_object(Some(keys), key).sign(VALIDITY))
    }

    /// A URL signed with the S3 server's own keys.
    pub(crate) fn signed(&self, bucket: &str, sign: impl FnOnce(&Bucket, &Credentials) -> url::Url) -> String {
        let (id, secret) = self.credentials();
        let endpoint = self.url.parse().expect("a URL");
        let bucket = Bucket::new(endpoint, UrlStyle::Path, bucket.to_owned(), "us-east-1").expect("a bucket");
        sign(&bucket, &Credentials::new(id, secret)).to_string()
    }

    /// Its resident memory in bytes.
    pub(crate) fn memory(&self) -> u64 {
        let status = fs::read_to_string(format!("/proc/{}/status", self.pid())).expect("it runs");
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).expect("a line");
        line.trim().trim_end_matches(" kB").trim().parse::<u64>().expect("a number") * 1024
    }
}

const VALIDITY: Duration = Duration::from_secs(60);

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The four objects of an upload: bucket, key and size in pixels, for seeding.jpg.
pub(crate) fn objects(key: &str) -> [(&'static str, String, (u32, u32)); 4] {
    let stem = key.strip_prefix("uploads/").and_then(|key| key.strip_suffix(".jpg")).expect(key);
    [
        ("processed-images", format!("compressed/{stem}.webp"), (1992, 1120)),
        ("thumbnails", format!("thumbnails/small/{stem}.jpg"), (150, 84)),
        ("thumbnails", format!("thumbnails/medium/{stem}.jpg"), (300, 169)),
        ("thumbnails", format!("thumbnails/large/{stem}.jpg"), (600, 337)),
    ]
}
