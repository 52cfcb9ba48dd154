//! The CloudFront Function, held against this crate on generated requests: in Node, restricted to what
//! cloudfront-js-2.0 has, and in njs.
//!
//! Doubtful is what the function has no room to read: colours by name and by CSS's functions, and decimals that are below
//! a millionth or that more than 64 bits are needed to tell apart. It passes them on as they are, and the crate has to
//! make the same of them as of the request itself.

mod dice;
mod node;
mod requests;

use std::collections::BTreeMap;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::{env, fs, thread};

use darkroom_delivery::{
    AcceptWord, AvifPolicy, Config, Decision, Error, Fields, Mode, SigningKey, plan, plan_authorised, tables,
};
use dice::Dice;
use requests::{Spelling, request};
use serde_json::{Value, json};

const NOW: u64 = 1000;
const KEYS: [&str; 2] = ["0123456789abcdef", "fedcba9876543210"];
const REQUESTS: usize = 10_000;

#[test]
fn the_function_decides_as_this_crate_does() {
    setup();
    let written = written_by_components();
    thread::scope(|scope| {
        for (name, config) in configs() {
            let written = &written;
            scope.spawn(move || check(name, &config, written));
        }
    });
}

fn configs() -> Vec<(&'static str, Config)> {
    let signing_keys = || KEYS.map(|key| SigningKey::try_from(key.to_owned()).expect("long enough")).to_vec();
    let config = |toml: &str| toml::from_str::<Config>(toml).expect(toml);
    vec![
        ("open", Config::default()),
        (
            "presets",
            Config {
                signing_keys: signing_keys(),
                ..config("mode = 'presets'\navif = 'wait'\nsave_data_quality = 40")
            },
        ),
        (
            "signed",
            Config {
                signing_keys: signing_keys(),
                mode: Mode::Signed,
                ..config(
                    "avif = 'off'\nremote_origins = ['h.example', 'http://h.example:8443']\n[presets]\nhero = 'w=9'",
                )
            },
        ),
        (
            "free",
            Config {
                signing_keys: signing_keys(),
                avif: AvifPolicy::Background,
                ..config(
                    "costly_options = true\nladder = [7, 100, 65535]\nauto_width = 30000\nsave_data_quality = 33\n\
                     remote_origins = ['h.example', 'http://h.example', 'localhost']\n[presets]\nlossless = 'lossless=true'",
                )
            },
        ),
    ]
}

fn check(name: &str, config: &Config, written: &[Spelling]) {
    let mut dice = Dice(name.len() as u64);
    let made = (0..REQUESTS).map(|_| request(&mut dice, &config.signing_keys));
    let requests: Vec<Spelling> = made.chain(written.iter().cloned()).collect();
    let function = build(name, config);
    let keys = if config.signing_keys.is_empty() {
        json!({})
    } else {
        json!({ "signing-key-1": KEYS[0], "signing-key-2": KEYS[1] })
    };
    let input = json!({ "now": NOW, "keys": keys, "requests": requests.iter().map(event).collect::<Vec<_>>() });
    let input = input.to_string();
    let answers = in_node(&function, &input);
    assert_eq!(answers, in_njs(&function, &input), "{name}: Node and njs differ");
    let answers = answers.as_array().expect("an array");
    assert_eq!(answers.len(), requests.len());
    let (mut passed, mut refused, mut doubtful) = (0, 0, 0);
    for (request, answer) in requests.iter().zip(answers) {
        let expected = decide(request, config);
        if *answer == expected {
            *(if answer.is_array() { &mut passed } else { &mut refused }) += 1;
            continue;
        }
        let context = format!("{name}: {request:?}\nfunction: {answer}\ncrate: {expected}");
        assert!(is_doubtful(request), "{context}");
        doubtful += 1;
        match answer.as_array() {
            Some(passed) => assert_eq!(follow(passed, config), expected, "{context}"),
            None => assert!(expected.is_number(), "{context}"),
        }
    }
    assert!(passed > REQUESTS / 50 && refused > REQUESTS / 50, "{name}: {passed} passed, {refused} refused");
    assert!(doubtful < REQUESTS / 20, "{name}: {doubtful} of {REQUESTS} are doubtful");
}

/// What unpic and @nuxt/image make, for a browser.
fn written_by_components() -> Vec<Spelling> {
    let urls = node::run("urls.mjs", "");
    let request = |row: &Value| Spelling {
        method: "GET",
        url: row[1].as_str().and_then(|url| url.strip_prefix("https://img.example")).expect("a URL").to_owned(),
        fields: vec![("accept", requests::REAL[0].to_owned())],
    };
    urls.as_array().expect("an array").iter().map(request).collect()
}

fn split(url: &str) -> (&str, &str) {
    url.split_once('?').unwrap_or((url, ""))
}

fn event(request: &Spelling) -> Value {
    let (path, query) = split(&request.url);
    let fields: serde_json::Map<String, Value> =
        request.fields.iter().map(|(name, value)| ((*name).to_owned(), json!({ "value": value }))).collect();
    json!([request.method, path, query, fields])
}

fn fields(request: &Spelling) -> Fields {
    Fields::from_pairs(request.fields.iter().map(|(name, value)| (*name, value.as_str())))
}

/// What this crate says: the path and the word for `Accept`, or the status of its error.
fn decide(request: &Spelling, config: &Config) -> Value {
    let (path, query) = split(&request.url);
    let fields = fields(request);
    if request.method == "OPTIONS" {
        return json!([path, ""]);
    }
    told(plan(request.method, path, query, &fields, config, NOW), config)
}

/// What it says of what the function has made.
fn follow(passed: &[Value], config: &Config) -> Value {
    let [path, word] = [0, 1].map(|at| passed[at].as_str().expect("text"));
    let accept = AcceptWord::read(word).expect("a word").accept();
    told(plan_authorised("GET", path, &Fields::from_pairs([("accept", accept)]), config), config)
}

fn told(decision: Result<Decision, Error>, config: &Config) -> Value {
    match decision {
        Ok(Decision::Deliver(plan)) => json!([plan.request.path(), plan.accept_word(config.avif).name()]),
        Ok(Decision::Preflight) => Value::Null,
        Err(error) => json!(error.status()),
    }
}

fn is_doubtful(request: &Spelling) -> bool {
    let url = request.url.to_ascii_lowercase();
    let has = |words: &[&str]| words.iter().any(|word| url.contains(word) || url.contains('%'));
    has(&["bg=", "background=", "blur=", "sharpen=", "g=", "gravity=", "dpr="])
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).expect("two folders up").to_path_buf()
}

fn setup() {
    let script = |name: &str, arguments: &[&str]| {
        let status = Command::new(root().join("scripts").join(name)).args(arguments).status();
        assert!(status.expect("scripts run").success(), "scripts/{name} {arguments:?}");
    };
    script("packages.sh", &["cloudfront", "edge/cloudfront"]);
    if Command::new("njs").arg("-v").output().is_err() {
        script("apt-install.sh", &["njs"]);
    }
}

fn scratch(name: &str) -> PathBuf {
    env::temp_dir().join(format!("darkroom-{}-{name}", std::process::id()))
}

/// The function for `config`, as `make cloudfront` builds it.
fn build(name: &str, config: &Config) -> PathBuf {
    let (written, function) = (scratch(&format!("{name}.json")), scratch(&format!("{name}.js")));
    fs::write(&written, tables(config).to_string()).expect("a file");
    let builder = root().join("edge/cloudfront/function.mjs");
    run(Command::new("node").arg(builder).arg(&written).arg(&function), "");
    fs::remove_file(written).expect("written");
    function
}

fn in_node(function: &Path, input: &str) -> Value {
    let script = root().join("edge/cloudfront/tests/vectors.mjs");
    serde_json::from_str(&run(Command::new("node").arg(script).arg(function), input)).expect("JSON")
}

fn in_njs(function: &Path, input: &str) -> Value {
    let code = fs::read_to_string(function).expect("the function");
    let code = code.strip_prefix("import cf from 'cloudfront';").expect("its only import");
    let driver = fs::read_to_string(root().join("edge/cloudfront/tests/vectors.njs.js")).expect("the driver");
    let (script, requests) = (function.with_extension("njs.js"), function.with_extension("in.json"));
    fs::write(&script, format!("{code}{driver}")).expect("a file");
    fs::write(&requests, input).expect("a file");
    let answers = run(Command::new("njs").arg(&script).arg(&requests), "");
    let answer = |line: &str| {
        let (number, answer) = line.split_once(' ').expect("a number and an answer");
        (number.parse::<usize>().expect("a number"), serde_json::from_str(answer).expect("JSON"))
    };
    let answers: BTreeMap<usize, Value> = answers.lines().map(answer).collect();
    for file in [&script, &requests, &function.to_path_buf()] {
        fs::remove_file(file).expect("written");
    }
    Value::Array(answers.into_values().collect())
}

fn run(command: &mut Command, input: &str) -> String {
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap_or_else(|error| panic!("{command:?}: {error}; this test needs Node.js and njs"));
    child.stdin.take().expect("piped").write_all(input.as_bytes()).expect("it reads its input");
    let output = child.wait_with_output().expect("it ends");
    assert!(output.status.success(), "{command:?}: {}", output.status);
    String::from_utf8(output.stdout).expect("UTF-8")
}
