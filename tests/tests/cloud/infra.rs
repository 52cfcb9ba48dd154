//! The parts of a deployment that can run here with the same programs: the backfill and the runbook's drill, `make
//! deploy`.

use std::path::Path;
use std::process::Command;

use darkroom_tests::{lambda_package, repository, venv_of};

/// The program in `tests/aws` reports missing prerequisites itself.
fn passes(program: &str, arguments: &[&Path]) {
    let path = repository().join("tests/aws").join(program);
    let status = Command::new(venv_of("aws", "python")).arg(path).args(arguments).status();
    assert!(status.expect("Python starts; run `make test`").success(), "{program}");
}

#[test]
fn a_backfill_and_the_runbook_bring_back_every_byte_and_item() {
    passes("recovery.py", &[&lambda_package()]);
}

#[test]
fn a_burst_beyond_lambdas_limit_loses_nothing() {
    passes("burst.py", &[&lambda_package()]);
}

#[test]
fn the_smoke_test_passes_on_the_real_programs() {
    passes("smoke.py", &[&lambda_package(), &repository().join("target/release/darkroom")]);
}

#[test]
fn a_deployment_is_shown_first_and_done_when_told_so() {
    passes("deploy.py", &[]);
}
