//! The chain under IAM, each function under its own role.

use std::process::Command;

use darkroom_tests::{lambda_package, repository, run, venv_of};

#[test]
fn each_role_allows_its_functions_work_and_no_more() {
    let infra = repository().join("host/infra");
    let said = run(Command::new(venv_of("aws", "python"))
        .arg(repository().join("tests/aws/iam.py"))
        .arg(lambda_package())
        .args([infra.join("pipeline.asl.json"), infra.join("template.yaml")]));
    assert_eq!(said, "IAM: ok\n");
}
