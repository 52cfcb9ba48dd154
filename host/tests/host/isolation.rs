//! What goes wrong in one call is told apart, and costs that call alone.

use std::fs;
use std::num::NonZero;
use std::sync::OnceLock;
use std::thread;
use std::time::{Duration, Instant};

use darkroom_host::{Code, Error, LoadError, Options, Processor, precompile};
use darkroom_recipe::Limits;

use crate::guest;

const MEMORY: u64 = 8 << 20;
const DEADLINE: Duration = Duration::from_millis(200);

fn unruly() -> &'static Processor {
    static PROCESSOR: OnceLock<Processor> = OnceLock::new();
    PROCESSOR.get_or_init(load)
}

fn load() -> Processor {
    let instances = NonZero::new(2).expect("two");
    let options = Options { memory: MEMORY, deadline: DEADLINE, instances, ..Options::default() };
    Processor::load(Code::Wasm { bytes: &guest::unruly(), cache: None }, options).expect("the component loads")
}

fn probe(source: &[u8]) -> Result<u32, Error> {
    unruly().probe(source, &Limits::default()).map(|info| info.width)
}

#[test]
fn a_trap_is_named_and_the_next_call_works() {
    let Err(Error::Trap(reason)) = probe(b"t") else { panic!("no trap") };
    assert!(reason.contains("unreachable"), "{reason}");
    assert_eq!(probe(b"ok"), Ok(1));
}

#[test]
fn the_memory_cap_is_no_crash() {
    assert_eq!(probe(b"m"), Err(Error::Memory { allowed: MEMORY }));
    assert_eq!(probe(b"ok"), Ok(1));
}

#[test]
fn the_deadline_ends_a_loop() {
    let started = Instant::now();
    assert_eq!(probe(b"l"), Err(Error::Deadline { allowed: DEADLINE }));
    assert!(started.elapsed() >= DEADLINE, "{:?}", started.elapsed());
    assert_eq!(probe(b"ok"), Ok(1));
}

#[test]
fn an_interrupt_ends_running_and_future_calls() {
    let processor = load();
    let limits = Limits::default();
    thread::scope(|scope| {
        let running = scope.spawn(|| processor.probe(b"l", &limits));
        thread::sleep(DEADLINE / 4);
        processor.interrupt();
        assert_eq!(running.join().expect("no panic"), Err(Error::Interrupted));
    });
    assert_eq!(processor.probe(b"l", &limits), Err(Error::Interrupted));
}

#[test]
fn more_threads_than_instances_take_turns() {
    let calls = |_| {
        for source in [&b"ok"[..], b"t", b"m", b"ok"].repeat(20) {
            assert_eq!(probe(source).is_ok(), source == b"ok");
        }
    };
    thread::scope(|scope| (0..8).for_each(|number| drop(scope.spawn(move || calls(number)))));
}

/// Each wants all that one may have, and together they may have little more: nobody takes it from another, or is turned away.
#[test]
fn all_instances_share_one_account_of_memory() {
    let total_memory = MEMORY + (1 << 20);
    let instances = NonZero::new(4).expect("four");
    let options = Options { memory: MEMORY, total_memory, deadline: DEADLINE * 50, instances };
    let processor = Processor::load(Code::Wasm { bytes: &guest::unruly(), cache: None }, options).expect("it loads");
    thread::scope(|scope| {
        let calls: Vec<_> = (0..8)
            .map(|number| {
                let processor = &processor;
                let source = if number % 2 == 0 { b"m" } else { b"o" };
                scope.spawn(move || (number, processor.probe(source, &Limits::default()).map(|info| info.width)))
            })
            .collect();
        while calls.iter().any(|call| !call.is_finished()) {
            assert!(processor.memory_taken() <= total_memory);
        }
        for (number, result) in calls.into_iter().map(|call| call.join().expect("no panic")) {
            let expected = if number % 2 == 0 { Err(Error::Memory { allowed: MEMORY }) } else { Ok(1) };
            assert_eq!(result, expected);
        }
    });
    assert_eq!(processor.memory_taken(), 0);
}

#[test]
fn what_is_no_component_of_this_world_does_not_load() {
    for (wat, reason) in [("(module)", "component"), ("(component)", "processor")] {
        let bytes = wat::parse_str(wat).expect("valid WAT");
        let loaded = Processor::load(Code::Wasm { bytes: &bytes, cache: None }, Options::default());
        let Err(LoadError::Component(text)) = loaded else { panic!("{wat} loads") };
        assert!(text.contains(reason), "{text}");
    }
    let importing = wat::parse_str(r#"(component (import "clock" (func)))"#).expect("valid WAT");
    let loaded = Processor::load(Code::Wasm { bytes: &importing, cache: None }, Options::default());
    assert!(matches!(loaded, Err(LoadError::Component(_))));
}

#[test]
fn precompiled_code_loads_and_other_files_are_refused() {
    let code = precompile(&guest::unruly(), None).expect("compiles");
    let folder = tempfile::tempdir().expect("a folder");
    let [good, bad, missing] = ["good", "bad", "missing"].map(|name| folder.path().join(name));
    fs::write(&good, code).expect("written");
    fs::write(&bad, b"no code").expect("written");
    let processor = Processor::load(Code::Precompiled(&good), Options::default()).expect("loads");
    assert_eq!(processor.output_version(), 7);
    for path in [bad, missing] {
        let loaded = Processor::load(Code::Precompiled(&path), Options::default());
        assert!(matches!(loaded, Err(LoadError::Precompiled(_))));
    }
}
