//! Prints the licences of what ships, or with `sbom` the list of it in CycloneDX:
//! `darkroom-third-party [sbom] >THIRD-PARTY.txt`.

use std::env;
use std::io::{Write, stdout};

fn main() -> std::io::Result<()> {
    let text = match env::args().nth(1).as_deref() {
        None => darkroom_third_party::text(),
        Some("sbom") => darkroom_third_party::sbom(),
        Some(other) => return Err(std::io::Error::other(format!("{other}: must be sbom, or nothing"))),
    };
    stdout().write_all(text.as_bytes())
}
