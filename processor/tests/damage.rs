//! Randomly damaged fixtures yield images or errors, but no internal errors, in every decoder. This finds what a fuzzer
//! finds in its first seconds. `DARKROOM_DAMAGE=1000` damages each a thousand times.

#[path = "../fuzz/harness.rs"]
#[allow(dead_code, reason = "one of the targets is enough")]
mod harness;

use std::fs;
use std::path::Path;

use darkroom_processor::Format;

/// The default number of times that each fixture is damaged.
const ROUNDS: u64 = 4;

/// xorshift64*, so that the damage is the same each time.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 33) as usize % sides.max(1)
    }

    /// Truncates, flips bits, inserts bytes that are significant in many formats, and moves pieces. In a text, numbers
    /// and names are more likely to stay intact.
    fn damage(&mut self, file: &mut Vec<u8>) {
        for _ in 0..=self.roll(6) {
            let at = self.roll(file.len());
            match self.roll(6) {
                0 => file.truncate(at.max(16)),
                1 => file[at] ^= 1 << self.roll(8),
                2 => file[at] = [0, 1, 0x7F, 0x80, 0xFF, b'9'][self.roll(6)],
                3 => file[at] = self.roll(256) as u8,
                kind => {
                    let from = self.roll(file.len());
                    let piece = file[from..(from + 1 + self.roll(64)).min(file.len())].to_vec();
                    let end = if kind == 4 { at } else { (at + piece.len()).min(file.len()) };
                    file.splice(at..end, piece);
                }
            }
        }
    }
}

#[test]
fn damage_is_survived() {
    let rounds = std::env::var("DARKROOM_DAMAGE").map_or(ROUNDS, |rounds| rounds.parse().expect("a number"));
    let only = std::env::var("DARKROOM_FORMAT").ok();
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/fixtures");
    let mut runs = 0;
    for folder in ["good", "svg"] {
        for entry in fs::read_dir(fixtures.join(folder)).expect("fixtures") {
            let path = entry.expect("an entry").path();
            let source = fs::read(&path).expect("a fixture");
            let Some(format) = Format::of(&source) else { panic!("{}", path.display()) };
            if only.as_ref().is_some_and(|only| only != format.name()) {
                continue;
            }
            for round in 0..rounds {
                let mut file = source.clone();
                Dice(0x9E37_79B9_7F4A_7C15 ^ (round << 20) ^ source.len() as u64).damage(&mut file);
                let kept = std::env::temp_dir().join("darkroom-damage");
                if rounds > ROUNDS {
                    fs::write(&kept, &file).expect("writing"); // in case the call does not return
                }
                harness::decoder_target(format, &file);
                runs += 1;
            }
        }
    }
    println!("{runs} damaged files");
}
