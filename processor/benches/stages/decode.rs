use criterion::{BenchmarkId, Criterion};
use darkroom_jpeg::Reduction;

use crate::photos::{self, Photo};

/// JPEG to RGB, with darkroom-jpeg, called as in src/decode/jpeg.rs.
pub(crate) fn bench(criterion: &mut Criterion, photos: &[Photo]) {
    let mut group = criterion.benchmark_group("decode");
    for Photo { name, source } in photos {
        for (times, reduction) in [("1", Reduction::None), ("1/4", Reduction::Quarter), ("1/8", Reduction::Eighth)] {
            group.bench_function(BenchmarkId::new(name, times), |bencher| {
                bencher.iter(|| photos::decode(source, reduction));
            });
        }
    }
    group.finish();
}
