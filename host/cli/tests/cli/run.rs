//! Runs the real binary in a folder of its own.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::Value;
use tempfile::TempDir;

/// A working folder, deleted when dropped.
pub(crate) struct Workspace(TempDir);

/// The result of a run.
pub(crate) struct Run {
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Workspace {
    pub(crate) fn new() -> Self {
        Self(TempDir::new().expect("a folder"))
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    /// Writes bytes to a file, creating its parent folders.
    pub(crate) fn put(&self, name: &str, bytes: impl AsRef<[u8]>) {
        let path = self.path(name);
        fs::create_dir_all(path.parent().expect("a folder")).expect("made");
        fs::write(path, bytes).expect("written");
    }

    /// Runs darkroom with arguments separated by spaces.
    pub(crate) fn run(&self, words: &str) -> Run {
        let mut command = Command::new(env!("CARGO_BIN_EXE_darkroom"));
        self.output(command.args(words.split_whitespace()))
    }

    /// Runs a shell script in which `$0` is darkroom.
    pub(crate) fn shell(&self, script: &str) -> Run {
        self.output(Command::new("sh").args(["-c", script, env!("CARGO_BIN_EXE_darkroom")]))
    }

    fn output(&self, command: &mut Command) -> Run {
        let Output { status, stdout, stderr } = command.current_dir(self.0.path()).output().expect("it runs");
        let text = |bytes| String::from_utf8(bytes).expect("UTF-8");
        let run = Run { code: status.code(), stdout: text(stdout), stderr: text(stderr) };
        assert!(!run.stderr.contains("panicked"), "{}", run.stderr);
        run
    }

    /// All files below a folder, as sorted paths with slashes.
    pub(crate) fn files(&self, folder: &str) -> Vec<String> {
        let root = self.path(folder);
        let mut files = Vec::new();
        walk(&root, &mut |path| {
            files.push(path.strip_prefix(&root).expect("below").to_string_lossy().into_owned());
        });
        files.sort();
        files
    }
}

fn walk(folder: &Path, found: &mut dyn FnMut(&Path)) {
    for entry in fs::read_dir(folder).into_iter().flatten() {
        let path = entry.expect("an entry").path();
        if path.is_dir() { walk(&path, found) } else { found(&path) }
    }
}

impl Run {
    /// Checks the exit code, and shows the output if it is wrong.
    pub(crate) fn exits(self, code: i32) -> Self {
        assert_eq!(self.code, Some(code), "{}\n{}", self.stdout, self.stderr);
        self
    }

    /// Parses standard output as JSON lines.
    pub(crate) fn lines(&self) -> Vec<Value> {
        self.stdout.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect()
    }

    pub(crate) fn says(self, text: &str) -> Self {
        assert!(self.stderr.contains(text), "{text:?} is not in {:?}", self.stderr);
        self
    }
}

/// A file from the project's fixtures.
pub(crate) fn fixture(name: &str) -> Vec<u8> {
    fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/fixtures").join(name)).expect(name)
}
