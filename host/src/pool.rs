use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

/// The memory that all instances and what they have made take together. Each instance charges it before it takes any; what
/// comes out of one is charged when its length is known, and until that is given back nothing new begins.
pub(crate) struct Pool {
    bytes: i64,
    state: Mutex<State>,
    returned: Condvar,
}

struct State {
    /// Below zero where what came out was more than what was left.
    free: i64,
    /// How many wait for as much as they may ever need.
    waiting: usize,
}

/// What is taken of a pool, until this is dropped.
pub(crate) struct Share {
    pool: Arc<Pool>,
    bytes: i64,
}

impl Pool {
    pub(crate) fn new(bytes: u64) -> Arc<Self> {
        let bytes = signed(bytes);
        let state = Mutex::new(State { free: bytes, waiting: 0 });
        Arc::new(Self { bytes, state, returned: Condvar::new() })
    }

    /// Nothing yet. Waits while nothing is left, or somebody has to get much: what begins now would take it away.
    pub(crate) fn begin(self: &Arc<Self>) -> Share {
        drop(self.wait_while(self.lock(), |state| state.waiting > 0 || state.free <= 0));
        Share { pool: Arc::clone(self), bytes: 0 }
    }

    /// So many bytes, or all where that is less, as soon as they are there.
    pub(crate) fn reserve(self: &Arc<Self>, bytes: u64) -> Share {
        let bytes = signed(bytes).min(self.bytes);
        let mut state = self.lock();
        state.waiting += 1;
        let mut state = self.wait_while(state, |state| state.free < bytes);
        state.free -= bytes;
        state.waiting -= 1;
        drop(state);
        self.returned.notify_all();
        Share { pool: Arc::clone(self), bytes }
    }

    /// So many bytes that are there already.
    pub(crate) fn hold(self: &Arc<Self>, bytes: u64) -> Share {
        let bytes = signed(bytes);
        self.lock().free -= bytes;
        Share { pool: Arc::clone(self), bytes }
    }

    /// Bytes that are taken.
    pub(crate) fn taken(&self) -> u64 {
        u64::try_from(self.bytes - self.lock().free).unwrap_or(0)
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // Two numbers can't be left half changed.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn wait_while<'a>(
        &self,
        state: MutexGuard<'a, State>,
        condition: impl FnMut(&mut State) -> bool,
    ) -> MutexGuard<'a, State> {
        self.returned.wait_while(state, condition).unwrap_or_else(PoisonError::into_inner)
    }
}

impl Share {
    /// Takes as many bytes more as there have to be for `bytes` in all. False where there are not so many: then nothing
    /// changes.
    pub(crate) fn grow(&mut self, bytes: u64) -> bool {
        let more = (signed(bytes) - self.bytes).max(0);
        let mut state = self.pool.lock();
        if more > 0 && state.free < more {
            return false;
        }
        state.free -= more;
        self.bytes += more;
        true
    }
}

impl Drop for Share {
    fn drop(&mut self) {
        self.pool.lock().free += self.bytes;
        self.pool.returned.notify_all();
    }
}

/// No machine has more.
fn signed(bytes: u64) -> i64 {
    i64::try_from(bytes).unwrap_or(i64::MAX / 4).min(i64::MAX / 4)
}

#[cfg(test)]
mod tests {
    use std::thread;
    use std::time::Duration;

    use super::*;

    #[test]
    fn shares_are_never_more_than_the_pool() {
        let pool = Pool::new(100);
        let (mut first, mut second) = (pool.begin(), pool.begin());
        assert!(first.grow(60) && second.grow(40) && !second.grow(41) && first.grow(60));
        assert_eq!(pool.taken(), 100);
        drop(first);
        let mut third = pool.begin();
        assert!(second.grow(100) && !third.grow(1));
        let made = pool.hold(30);
        drop(second);
        assert_eq!(pool.taken(), 30);
        drop(made);
        assert_eq!((pool.taken(), pool.reserve(1000).bytes), (0, 100));
    }

    #[test]
    fn who_needs_much_gets_it_before_others_begin() {
        let pool = Pool::new(100);
        let mut running = pool.begin();
        assert!(running.grow(50));
        thread::scope(|scope| {
            let large = scope.spawn(|| pool.reserve(80));
            while pool.lock().waiting == 0 {
                thread::sleep(Duration::from_millis(1));
            }
            let small = scope.spawn(|| pool.begin());
            thread::sleep(Duration::from_millis(50));
            assert!(!large.is_finished() && !small.is_finished());
            assert!(running.grow(60), "what runs goes on");
            drop(running);
            let large = large.join().expect("no panic");
            assert!(!small.join().expect("no panic").grow(21));
            drop(large);
        });
    }
}
