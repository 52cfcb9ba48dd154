//! The words of recipes as a dictionary for libFuzzer: every option's names, and every word that it takes.

use darkroom_recipe::{Kind, OPTIONS};

fn main() {
    for option in OPTIONS {
        let names = [Some(option.name), option.short].into_iter().flatten().map(|name| format!("{name}="));
        let values = match option.kind {
            Kind::Words(words) | Kind::WordsOr(words, _) => words(),
            Kind::Integer(..) | Kind::Decimal(..) | Kind::Text(_) => Vec::new(),
        };
        names.chain(values.into_iter().map(String::from)).for_each(|word| println!("\"{word}\""));
    }
}
