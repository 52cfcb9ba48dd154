//! Benchmarks each stage of the image core, native and single-threaded: `make bench-stages`. `make bench` measures
//! whole jobs, in the sandbox and compared with other programs.

mod decode;
mod encode;
mod photos;
mod pixels;

use std::time::Duration;

use criterion::Criterion;

fn main() {
    // A stage takes from milliseconds to almost a second, with little variation.
    let criterion = Criterion::default().sample_size(10).warm_up_time(Duration::from_secs(1));
    let mut criterion = criterion.measurement_time(Duration::from_secs(3)).configure_from_args();
    let photos = photos::photos();
    decode::bench(&mut criterion, &photos);
    pixels::bench(&mut criterion, &photos);
    encode::bench(&mut criterion, &photos);
    criterion.final_summary();
}
