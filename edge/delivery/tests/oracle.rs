//! Compares negotiation with the npm package `negotiator` on generated headers.
//!
//! Intended differences, which the headers or the script avoid:
//! - named types of equal weight: ours go by rank; negotiator's by their order in the header;
//! - of types that only a wildcard covers, the fallback comes first here: it is offered to negotiator first;
//! - weights outside the grammar (`q=2`, `q=.5`, `q=0.12345`): this crate ignores the element; negotiator reads a
//!   number;
//! - `*/webp` is no media range here, and a header without any valid element counts as absent.

mod dice;
mod node;

use std::collections::BTreeMap;

use darkroom_delivery::{Accept, AcceptClass};
use darkroom_recipe::Format;
use dice::Dice;

const RANGES: [&str; 17] = [
    "image/jxl",
    "image/avif",
    "image/avif",
    "image/webp",
    "image/webp",
    "image/jpeg",
    "image/png",
    "image/gif",
    "image/apng",
    "image/svg+xml",
    "image/*",
    "image/*",
    "*/*",
    "*/*",
    "text/html",
    "IMAGE/WebP",
    "Image/AVIF",
];
const WEIGHTS: [&str; 16] = [
    "",
    "",
    "",
    "",
    ";q=1",
    ";q=1.000",
    ";q=0",
    ";q=0.000",
    ";q=0.1",
    "; q=0.5",
    ";q=0.5",
    " ; Q=0.8",
    ";q=0.8",
    ";q=0.80",
    ";q=0.999",
    ";level=1;q=0.9",
];

fn header(dice: &mut Dice) -> String {
    let elements: Vec<String> =
        (0..=dice.roll(7)).map(|_| format!("{}{}", dice.pick(&RANGES), dice.pick(&WEIGHTS))).collect();
    elements.join(dice.pick(&[",", ", ", " , ", ",\t"]))
}

#[test]
fn negotiator_agrees() {
    let mut dice = Dice(1);
    let headers: Vec<String> = (0..20_000).map(|_| header(&mut dice)).collect();
    let expected = node::run("negotiator.mjs", &serde_json::to_string(&headers).expect("strings"));
    let expected = expected.as_array().expect("an array");
    assert_eq!(expected.len(), headers.len());
    let mut answers = BTreeMap::new();
    for (header, expected) in headers.iter().zip(expected) {
        let first = AcceptClass::of(&Accept::parse([header.as_str()])).preferences().next();
        let answer = first.map(|format| format.map_or("fallback", Format::name));
        assert_eq!(answer, expected.as_str(), "{header}");
        *answers.entry(answer).or_insert(0) += 1;
    }
    assert!(answers.len() == 5 && answers.values().all(|count| *count > 500), "each is often right: {answers:?}");
}
