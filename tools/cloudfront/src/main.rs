//! `darkroom-cloudfront-tool CONFIG FOLDER` reads the CloudFront edge's configuration and writes three files into
//! FOLDER: `settings.json` for the Lambda@Edge bundle, `tables.json` for the CloudFront Function, and `delivery.json`
//! for the origin function behind both. A configuration that the Rust code would refuse fails the build.

use std::path::PathBuf;
use std::{env, fs};

use anyhow::{Context, Result, anyhow, bail};
use darkroom_delivery::{EdgeSettings, tables};

fn main() -> Result<()> {
    let paths: Vec<PathBuf> = env::args_os().skip(1).map(PathBuf::from).collect();
    let [config, folder] = paths.as_slice() else { bail!("usage: darkroom-cloudfront-tool CONFIG FOLDER") };
    let text = fs::read_to_string(config).with_context(|| config.display().to_string())?;
    let value: toml::Value = toml::from_str(&text).with_context(|| config.display().to_string())?;
    let mut json = serde_json::to_value(value)?;
    let settings =
        EdgeSettings::from_json(&json.to_string()).map_err(|error| anyhow!("{}: {error}", config.display()))?;
    json["limits"] = serde_json::to_value(settings.limits)?; // the handler has no defaults of its own
    fs::create_dir_all(folder)?;
    fs::write(folder.join("settings.json"), json.to_string())?;
    fs::write(folder.join("delivery.json"), json.get("delivery").unwrap_or(&serde_json::json!({})).to_string())?;
    fs::write(folder.join("tables.json"), tables(&settings.delivery).to_string())?;
    Ok(())
}
