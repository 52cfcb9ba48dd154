//! The same as a CycloneDX 1.6 document: what a scanner reads to tell which releases an advisory concerns.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::{COMPILED, TOOLCHAIN, array, linked, metadata, shipped, text_of};

/// The bill of materials of all that ships, of the workspace that the working directory is in: every crate that is linked,
/// with what it depends on, and the C, C++ and Rust that is compiled in from within crates. The same for the same lock file.
///
/// # Panics
/// When cargo fails.
#[must_use]
pub fn sbom() -> String {
    let metadata = metadata();
    let shipped = shipped(&metadata);
    let mut packages: Vec<&Value> = array(&metadata["packages"]).iter().collect();
    packages.retain(|package| shipped.contains(text_of(&package["id"])));
    let mut components: Vec<Value> = packages.iter().map(|package| component(package)).collect();
    components.extend(COMPILED.iter().map(|(name, _, called)| compiled(&metadata, name, called)));
    components.extend(TOOLCHAIN.iter().map(|(name, licence)| library(name, None, Some(licence), name)));
    let inside: Vec<&Value> = components.iter().skip(packages.len()).map(|part| &part["bom-ref"]).collect();
    let root = "darkroom";
    let own = packages.iter().filter(|package| package["source"].is_null());
    let direct: Vec<Value> = own.map(|package| reference(package).into()).chain(inside.into_iter().cloned()).collect();
    let mut dependencies = vec![json!({"ref": root, "dependsOn": direct})];
    dependencies.extend(packages.iter().map(|package| needs(&metadata, package, &packages)));
    let version = packages.iter().find(|package| package["name"] == "darkroom-cli").map(|package| &package["version"]);
    let document = json!({
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "metadata": {"component": {
            "type": "application",
            "bom-ref": root,
            "name": root,
            "version": version,
            "licenses": [{"expression": "MIT OR Apache-2.0"}],
        }},
        "components": components,
        "dependencies": dependencies,
    });
    format!("{document:#}\n")
}

/// Of the project's own crates there is no address: not all of them are published.
fn component(package: &Value) -> Value {
    let purl = format!("pkg:cargo/{}", reference(package));
    let purl = (!package["source"].is_null()).then_some(purl);
    let (name, version) = (text_of(&package["name"]), text_of(&package["version"]));
    let licence = package["license"]
        .as_str()
        .map(|licence| licence.replace('/', " OR ").split_whitespace().collect::<Vec<_>>().join(" "));
    let mut component = library(name, Some(version), licence.as_deref(), &reference(package));
    if let Some(purl) = purl {
        component["purl"] = purl.into();
    }
    component
}

/// A library from within a package that need not be linked itself: the package's version and address tell which.
fn compiled(metadata: &Value, name: &str, called: &str) -> Value {
    let package = array(&metadata["packages"]).iter().find(|package| package["name"] == name);
    let package = package.unwrap_or_else(|| panic!("{name} is no dependency"));
    let source = reference(package);
    let mut component = library(called, None, package["license"].as_str(), &format!("{called} in {source}"));
    component["purl"] = format!("pkg:cargo/{source}").into();
    component["description"] = format!("compiled from the sources in the crate {source}").into();
    component
}

fn library(name: &str, version: Option<&str>, licence: Option<&str>, reference: &str) -> Value {
    let mut component = json!({"type": "library", "bom-ref": reference, "name": name});
    if let Some(version) = version {
        component["version"] = version.into();
    }
    if let Some(licence) = licence {
        component["licenses"] = json!([{"expression": licence}]);
    }
    component
}

fn needs(metadata: &Value, package: &Value, packages: &[&Value]) -> Value {
    let node = array(&metadata["resolve"]["nodes"]).iter().find(|node| node["id"] == package["id"]);
    let ids: BTreeSet<&str> = node.map(linked).unwrap_or_default();
    let of = packages.iter().filter(|other| ids.contains(text_of(&other["id"])));
    let depends: Vec<String> = of.map(|other| reference(other)).collect();
    json!({"ref": reference(package), "dependsOn": depends})
}

fn reference(package: &Value) -> String {
    format!("{}@{}", text_of(&package["name"]), text_of(&package["version"]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_reference_is_to_a_component_and_each_is_named_once() {
        let text = sbom();
        let document: Value = serde_json::from_str(&text).expect("JSON");
        let mut known = BTreeSet::from(["darkroom"]);
        for component in array(&document["components"]) {
            assert!(known.insert(text_of(&component["bom-ref"])), "{component}");
            let licences = component["licenses"].as_array().is_some_and(|all| !all.is_empty());
            assert!(licences || component["purl"].is_string(), "{component}");
        }
        for dependency in array(&document["dependencies"]) {
            let depends = array(&dependency["dependsOn"]).iter().chain([&dependency["ref"]]);
            assert!(depends.map(text_of).all(|name| known.contains(name)), "{dependency}");
        }
        for name in ["libjxl in jpegxl-src@", "libwebp in libwebp-sys@", "wasmtime@", "jxl@", "darkroom-processor@"] {
            assert!(known.iter().any(|known| known.starts_with(name)), "{name}");
        }
        assert!(text.contains("\"pkg:cargo/wasmtime@") && !text.contains("pkg:cargo/darkroom"));
        assert!(!text.contains("/registry/"), "no path of this machine");
    }
}
