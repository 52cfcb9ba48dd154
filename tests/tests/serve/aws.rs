//! Stores and queue on AWS.

use std::process::Command;

use darkroom_tests::{repository, venv_of};

use crate::server::program;

#[test]
fn a_worker_and_image_server_on_what_stands_in_for_aws() {
    let output = Command::new(venv_of("aws", "python"))
        .arg(repository().join("tests/aws/serve.py"))
        .arg(program())
        .arg(repository().join("examples/photos/seeding.jpg"))
        .output()
        .expect("python; run `make test`");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}
