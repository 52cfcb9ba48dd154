//! The other commands.

use crate::run::{Workspace, fixture};

#[test]
fn probe_tells_what_files_are() {
    let workspace = Workspace::new();
    workspace.put("a.png", fixture("good/jpeg-orientation-6.jpg"));
    workspace.put("b.gif", fixture("good/gif-animated.gif"));
    workspace.put("c.jpg", "no photo");
    let run = workspace.run("probe a.png b.gif c.jpg --json").exits(1);
    let lines = run.lines();
    assert_eq!((&lines[0]["format"], &lines[0]["orientation"]), (&"jpeg".into(), &6.into()));
    assert!(lines[1]["frames"].as_u64() > Some(1), "{}", lines[1]);
    assert!(lines[2]["error"].as_str().is_some_and(|error| error.starts_with("unrecognized format")));
    let table = workspace.run("probe a.png b.gif c.jpg").exits(1).says("failed: c.jpg: unrecognized format");
    assert!(table.stdout.contains("jpeg"), "{}", table.stdout);
}

#[test]
fn version_names_the_image_core() {
    let version = Workspace::new().run("--version").exits(0).stdout;
    assert!(version.starts_with(concat!("darkroom ", env!("CARGO_PKG_VERSION"), "\n")), "{version}");
    assert!(version.contains("sha256:") && version.contains("output version "), "{version}");
}

#[test]
fn precompile_writes_native_code() {
    let workspace = Workspace::new();
    workspace.run("precompile --out core/processor.cwasm").exits(0);
    let code = std::fs::read(workspace.path("core/processor.cwasm")).expect("the file");
    assert!(code.starts_with(b"\x7fELF"));
    workspace.run("precompile --target aarch64-unknown-linux-gnu --out arm64.cwasm").exits(0);
    let code = std::fs::read(workspace.path("arm64.cwasm")).expect("the file");
    // e_machine of the ELF header: 183 is AArch64.
    assert_eq!(code[18..20], 183u16.to_le_bytes());
    workspace.run("precompile --target pdp11").exits(1).says("pdp11");
}

#[test]
fn completions_know_the_options() {
    let workspace = Workspace::new();
    for shell in ["bash", "zsh", "fish"] {
        assert!(workspace.run(&format!("completions {shell}")).exits(0).stdout.contains("preset"), "{shell}");
    }
}

#[test]
fn there_is_a_manual_page_for_each_command() {
    let workspace = Workspace::new();
    workspace.run("man pages").exits(0);
    let page = |name: &str| std::fs::read_to_string(workspace.path("pages").join(name)).expect("a page");
    assert!(page("darkroom.1").contains("serve"));
    assert!(page("darkroom-process.1").contains("width"));
}

#[test]
fn settings_are_checked_without_a_server() {
    let workspace = Workspace::new();
    workspace.put("good.toml", "listen = \"127.0.0.1:1\"");
    workspace.put("bad.toml", "[limits]\nqueue = \"long\"");
    workspace.run("serve --check --config good.toml").exits(0);
    workspace.run("serve --check --config bad.toml").exits(2).says("limits.queue");
    assert!(!workspace.path("darkroom-data").exists(), "nothing is begun");
}

#[test]
fn licenses_names_what_is_inside() {
    let text = Workspace::new().run("licenses").exits(0).stdout;
    for name in ["libjxl", "Highway", "libwebp", "rav1e", "wasmtime"] {
        assert!(text.contains(&format!("\n{name}")), "{name}");
    }
}

#[test]
fn help_shows_examples() {
    let workspace = Workspace::new();
    assert!(workspace.run("--help").exits(0).stdout.contains("darkroom process photos --out web"));
    assert!(workspace.run("process --help").exits(0).stdout.contains("width=800"));
}
