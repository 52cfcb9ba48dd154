//! Compares the CloudFront Function with this crate on generated requests: in Node, restricted to the features of
//! cloudfront-js-2.0, and in njs.
//!
//! The function normalises what its tables know, and passes on the rest for the crate to judge. The test compares in
//! two ways: the crate must treat the function's result like the request itself; and for usual requests that result
//! must be the canonical URL, under which a cache has the image once.

mod dice;
mod node;
mod requests;

use std::collections::BTreeMap;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::{env, fs, thread};

use darkroom_delivery::{
    AvifPolicy, Config, Decision, Error, Fields, Mode, Plan, SigningKey, Verified, plan, plan_verified, tables,
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
                    "costly_options = true\nwidths = [7, 100, 65535]\nauto_width = 30000\nsave_data_quality = 33\n\
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
    let (mut canonical, mut others, mut refused) = (0, 0, 0);
    for (request, answer) in requests.iter().zip(answers) {
        let expected = decide(request, config);
        let context = || format!("{name}: {request:?}\nfunction: {answer}\ncrate: {expected:?}");
        match answer.as_array() {
            _ if request.method == "OPTIONS" => assert_eq!(*answer, json!([split(&request.url).0, ""])),
            None => {
                let status = expected.as_ref().err().map(|status| json!(status)).unwrap_or_default();
                // The function checks the mode before the component checks the options.
                let by_mode = config.mode != Mode::Open && *answer == json!(403) && expected.is_err();
                assert!(*answer == status || by_mode, "{}", context());
                refused += 1;
            }
            Some(passed) => {
                assert_eq!(follow(passed, config), expected, "{}", context());
                *(match &expected {
                    Ok(plan) if *passed == [plan.request.path(), plan.verified.to_string()] => &mut canonical,
                    Ok(_) => &mut others,
                    Err(_) => &mut refused,
                }) += 1;
            }
        }
    }
    println!("{name}: {canonical} canonical, {others} not, {refused} passed on and refused");
    assert!(canonical > REQUESTS / 50 && refused > REQUESTS / 50, "{name}: {canonical} canonical, {refused} refused");
    assert!(others * 4 < canonical, "{name}: {others} not canonical, {canonical} are");
}

/// The URLs that unpic and @nuxt/image generate, for a browser.
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

/// This crate's plan, or the status of its error.
fn decide(request: &Spelling, config: &Config) -> Result<Plan, u16> {
    let (path, query) = split(&request.url);
    told(plan(request.method, path, query, &fields(request), config, NOW))
}

/// This crate's plan for the function's result.
fn follow(passed: &[Value], config: &Config) -> Result<Plan, u16> {
    let [path, verified] = [0, 1].map(|at| passed[at].as_str().expect("text"));
    let verified: Verified = verified.parse().expect("as this crate reads it");
    told(plan_verified("GET", path, &verified, &Fields::default(), config))
}

/// Omits what the function need not pass on: the URL's expiry, and the fields that it has read.
fn told(decision: Result<Decision, Error>) -> Result<Plan, u16> {
    match decision {
        Ok(Decision::Deliver(mut plan)) => {
            (plan.expires, plan.vary) = (None, Vec::new());
            Ok(plan.unconditional())
        }
        Ok(Decision::Preflight) => Err(204),
        Err(error) => Err(error.status()),
    }
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

/// Builds the function for `config`, as `make cloudfront` does.
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
