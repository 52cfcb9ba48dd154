use std::fs::OpenOptions;
use std::io::{ErrorKind, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::{fs, io};

use anyhow::Context;

use crate::config::S3;

/// The embedded S3 server's one pair of keys.
#[derive(Clone)]
pub(crate) struct Credentials {
    pub(crate) access_key_id: String,
    pub(crate) secret_access_key: String,
}

impl Credentials {
    /// The configured ones; or those in `path`, made at the first start, in the form of AWS's own files.
    pub(crate) fn load(config: &S3, path: &Path) -> anyhow::Result<Self> {
        if let (Some(access_key_id), Some(secret_access_key)) = (&config.access_key_id, &config.secret_access_key) {
            let (access_key_id, secret_access_key) = (access_key_id.clone(), secret_access_key.clone());
            return Ok(Self { access_key_id, secret_access_key });
        }
        let text = match fs::read_to_string(path) {
            Err(error) if error.kind() == ErrorKind::NotFound => make(path),
            other => other,
        };
        let text = text.with_context(|| path.display().to_string())?;
        let value = |name: &str| {
            let lines = text.lines().filter_map(|line| line.split_once('='));
            let value = lines.into_iter().find(|(found, _)| found.trim() == name).map(|(_, value)| value.trim());
            value.map(str::to_owned).with_context(|| format!("{}: no {name}", path.display()))
        };
        Ok(Self { access_key_id: value("aws_access_key_id")?, secret_access_key: value("aws_secret_access_key")? })
    }

    pub(crate) fn aws(&self) -> aws_credential_types::Credentials {
        let Self { access_key_id, secret_access_key } = self.clone();
        aws_credential_types::Credentials::new(access_key_id, secret_access_key, None, None, "darkroom")
    }
}

/// Readable by the server's own user alone.
fn make(path: &Path) -> io::Result<String> {
    let random = || getrandom::u64().map_err(|error| io::Error::other(error.to_string()));
    let (id, secret) = (random()?, [random()?, random()?, random()?]);
    let secret: String = secret.iter().map(|number| format!("{number:016x}")).collect();
    let text = format!("[default]\naws_access_key_id = DARKROOM{id:016X}\naws_secret_access_key = {secret}\n");
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
    file.write_all(text.as_bytes())?;
    Ok(text)
}
