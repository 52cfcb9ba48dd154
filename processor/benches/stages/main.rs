//! Each stage of the image core for itself, native and in one thread: `make bench-stages`. The benchmark of whole jobs,
//! in the sandbox and beside others, is `make bench`.

mod decode;
mod encode;
mod photos;
mod pixels;

use std::time::Duration;

use criterion::Criterion;

fn main() {
    // A stage takes milliseconds to most of a second, and its time varies little.
    let criterion = Criterion::default().sample_size(10).warm_up_time(Duration::from_secs(1));
    let mut criterion = criterion.measurement_time(Duration::from_secs(3)).configure_from_args();
    let photos = photos::photos();
    decode::bench(&mut criterion, &photos);
    pixels::bench(&mut criterion, &photos);
    encode::bench(&mut criterion, &photos);
    criterion.final_summary();
}
