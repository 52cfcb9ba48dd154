//! Prints the licences of shipped third-party code: `darkroom-third-party >THIRD-PARTY.txt`.

use std::io::{Write, stdout};

fn main() -> std::io::Result<()> {
    stdout().write_all(darkroom_third_party::text().as_bytes())
}
