//! Every linked crate, on any platform, has a licence that deny.toml allows.

use std::process::Command;
use std::{env, fs};

use darkroom_tests::repository;
use serde_json::Value;
use spdx::Expression;

#[test]
fn every_crate_has_an_allowed_licence() {
    let deny: toml::Table =
        fs::read_to_string(repository().join("deny.toml")).expect("deny.toml").parse().expect("TOML");
    let allowed: Vec<&str> =
        deny["licenses"]["allow"].as_array().expect("a list").iter().filter_map(|licence| licence.as_str()).collect();
    let output = Command::new(env::var_os("CARGO").expect("run by cargo"))
        .args(["metadata", "--format-version", "1", "--locked"])
        .current_dir(repository())
        .output()
        .expect("cargo metadata");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let metadata: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    let packages = metadata["packages"].as_array().expect("packages");
    assert!(packages.len() > 100, "only {} packages were looked at", packages.len());
    let refused: Vec<String> = packages.iter().filter_map(|package| refusal(package, &allowed)).collect();
    assert!(refused.is_empty(), "not allowed by deny.toml:\n{}", refused.join("\n"));
}

/// The problem with a package's licence, if any.
fn refusal(package: &Value, allowed: &[&str]) -> Option<String> {
    let name = package["name"].as_str().unwrap_or("a package");
    let Some(licence) = package["license"].as_str() else { return Some(format!("{name}: no licence is named")) };
    // Crates older than the standard write `MIT/Apache-2.0`.
    let expression = Expression::parse_mode(licence, spdx::ParseMode::LAX);
    let met = expression
        .is_ok_and(|parsed| parsed.evaluate(|requirement| allowed.contains(&requirement.to_string().as_str())));
    (!met).then(|| format!("{name}: {licence}"))
}
