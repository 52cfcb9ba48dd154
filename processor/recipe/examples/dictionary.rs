//! Prints a libFuzzer dictionary for recipes: every option's names and every word that an option accepts.

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
