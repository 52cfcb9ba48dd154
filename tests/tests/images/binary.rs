//! The components' contents: no imports, simd128, and no relaxed SIMD.

use std::fs;

use darkroom_tests::component;
use wasmparser::{Operator, Parser, Payload};

#[derive(Default)]
struct Contents {
    imports: Vec<String>,
    simd: usize,
    relaxed: usize,
}

/// The imports of component and core, and every instruction of every function.
fn read(name: &str) -> Contents {
    let bytes = fs::read(component(name)).expect("the component");
    let mut contents = Contents::default();
    // Internally, wit-component wires the exports through a small component of its own, whose imports stay inside.
    let mut depth = 0;
    for payload in Parser::new(0).parse_all(&bytes) {
        match payload.expect("valid wasm") {
            Payload::ModuleSection { .. } | Payload::ComponentSection { .. } => depth += 1,
            Payload::End(_) => depth -= 1,
            Payload::ImportSection(imports) => {
                contents.imports.extend(imports.into_iter().map(|import| format!("{:?}", import.expect("import"))));
            }
            Payload::ComponentImportSection(imports) if depth == 0 => {
                contents
                    .imports
                    .extend(imports.into_iter().map(|import| format!("{:?}", import.expect("import").name)));
            }
            Payload::CodeSectionEntry(body) => {
                for operator in body.get_operators_reader().expect("code") {
                    count(&operator.expect("an instruction"), &mut contents);
                }
            }
            _ => {}
        }
    }
    contents
}

fn count(operator: &Operator<'_>, contents: &mut Contents) {
    let name = format!("{operator:?}");
    contents.relaxed += usize::from(name.contains("Relaxed"));
    contents.simd += usize::from(["I8x16", "I16x8", "I32x4", "V128"].iter().any(|kind| name.starts_with(kind)));
}

#[test]
fn the_processor_and_the_edge_import_nothing() {
    for name in ["processor.wasm", "edge.wasm"] {
        let contents = read(name);
        assert!(contents.imports.is_empty(), "{name}: {:?}", contents.imports);
    }
}

#[test]
fn the_command_imports_streams_and_arguments_only() {
    let imports = read("darkroom.wasm").imports.join(" ");
    for forbidden in ["filesystem", "sockets", "clocks", "random", "http"] {
        assert!(!imports.contains(forbidden), "{imports}");
    }
}

#[test]
fn all_are_made_of_simd128_without_relaxed_simd() {
    for name in ["processor.wasm", "darkroom.wasm", "edge.wasm"] {
        let contents = read(name);
        assert_eq!(contents.relaxed, 0, "{name}: relaxed SIMD differs from machine to machine");
        // libwebp's intrinsics alone are thousands: fewer means that the compiler flags were lost.
        assert!(contents.simd > 5_000, "{name}: only {} SIMD instructions", contents.simd);
    }
}
