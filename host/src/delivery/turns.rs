//! Who is next. Places are given to clients in turn, and to each client's sources in turn: whoever asks for much waits for
//! what is his own, and not the others for him.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::oneshot;
use tokio::time::timeout;

/// Places, and those who wait for one.
pub(crate) struct Turns {
    line: Mutex<Line>,
    /// How many may wait.
    most: usize,
}

/// A place, until this is dropped.
pub(crate) struct Turn(Option<Arc<Turns>>);

/// Who wants a place, and for what.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Wish<'a> {
    pub(crate) client: &'a str,
    pub(crate) source: &'a str,
}

struct Line {
    free: usize,
    clients: Ring<Ring<VecDeque<oneshot::Sender<Turn>>>>,
}

/// What has a name, the next in front.
struct Ring<T>(VecDeque<(String, T)>);

impl<T> Default for Ring<T> {
    fn default() -> Self {
        Self(VecDeque::new())
    }
}

impl<T: Default> Ring<T> {
    fn of(&mut self, name: &str) -> &mut T {
        let at = self.0.iter().position(|(known, _)| known == name).unwrap_or_else(|| {
            self.0.push_back((name.to_owned(), T::default()));
            self.0.len() - 1
        });
        &mut self.0[at].1
    }
}

impl Turns {
    /// So many places; at most so many wait for one.
    pub(crate) fn new(places: usize, most: usize) -> Arc<Self> {
        let line = Line { free: places, clients: Ring::default() };
        Arc::new(Self { line: Mutex::new(line), most })
    }

    /// A place, within `patience`. None after it, and where too many wait: then those of the client go of whom most do, the
    /// last that came first.
    pub(crate) async fn take(self: &Arc<Self>, wish: Wish<'_>, patience: Duration) -> Option<Turn> {
        let waits = {
            let mut line = self.lock();
            if line.free > 0 {
                // Whoever could have had it has it.
                line.free -= 1;
                return Some(Turn(Some(Arc::clone(self))));
            }
            line.wait(wish, self.most)?
        };
        timeout(patience, waits).await.ok()?.ok()
    }

    /// Whether nobody waits.
    pub(crate) fn is_idle(&self) -> bool {
        let mut line = self.lock();
        line.forget_those_who_left();
        line.clients.0.is_empty()
    }

    /// A place has become free.
    fn give(self: &Arc<Self>) {
        let mut turn = Turn(Some(Arc::clone(self)));
        loop {
            let next = {
                let mut line = self.lock();
                let next = line.next();
                if next.is_none() {
                    line.free += 1;
                    turn.0 = None;
                    return;
                }
                next
            };
            match next.map(|next| next.send(turn)) {
                // Gone meanwhile.
                Some(Err(back)) => turn = back,
                _ => return,
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, Line> {
        // Each change is whole before anything can panic.
        self.line.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        if let Some(turns) = self.0.take() {
            turns.give();
        }
    }
}

impl Line {
    fn wait(&mut self, wish: Wish<'_>, most: usize) -> Option<oneshot::Receiver<Turn>> {
        if self.waiting() >= most {
            self.forget_those_who_left();
        }
        if self.waiting() >= most {
            self.make_place_for(wish.client)?;
        }
        let (sender, receiver) = oneshot::channel();
        self.clients.of(wish.client).of(wish.source).push_back(sender);
        Some(receiver)
    }

    fn waiting(&self) -> usize {
        self.clients.0.iter().map(|(_, sources)| sources.waiting()).sum()
    }

    fn forget_those_who_left(&mut self) {
        self.clients.0.retain_mut(|(_, sources)| {
            sources.0.retain_mut(|(_, line)| {
                line.retain(|waits| !waits.is_closed());
                !line.is_empty()
            });
            !sources.0.is_empty()
        });
    }

    /// None where nobody else has more that waits than this client.
    fn make_place_for(&mut self, client: &str) -> Option<()> {
        let own = self.clients.0.iter().find(|(known, _)| known == client).map_or(0, |(_, sources)| sources.waiting());
        let (_, most) = self.clients.0.iter_mut().max_by_key(|(_, sources)| sources.waiting())?;
        if most.waiting() <= own + 1 {
            return None;
        }
        let at = most.0.iter().enumerate().max_by_key(|(_, (_, line))| line.len()).map(|(at, _)| at)?;
        most.0[at].1.pop_back();
        if most.0[at].1.is_empty() {
            most.0.remove(at);
        }
        Some(())
    }

    /// Whose turn it is, and who goes to the end with the rest of what waits.
    fn next(&mut self) -> Option<oneshot::Sender<Turn>> {
        let (client, mut sources) = self.clients.0.pop_front()?;
        let next = sources.0.pop_front().and_then(|(source, mut line)| {
            let next = line.pop_front();
            if !line.is_empty() {
                sources.0.push_back((source, line));
            }
            next
        });
        if !sources.0.is_empty() {
            self.clients.0.push_back((client, sources));
        }
        next
    }
}

impl Ring<VecDeque<oneshot::Sender<Turn>>> {
    fn waiting(&self) -> usize {
        self.0.iter().map(|(_, line)| line.len()).sum()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use tokio::runtime::{Builder, Runtime};
    use tokio::task::{JoinSet, yield_now};

    use super::*;

    const LONG: Duration = Duration::from_secs(3600);

    fn runtime() -> Runtime {
        Builder::new_current_thread().enable_time().build().expect("a runtime")
    }

    /// The order in which those get a place who come in this order, one place at a time: none of those who get none.
    fn order(wishes: &[(&'static str, &'static str)], most: usize) -> Vec<usize> {
        runtime().block_on(async {
            let turns = Turns::new(1, most);
            let first = turns.take(Wish { client: "", source: "" }, LONG).await.expect("a place");
            let (mut tasks, order) = (JoinSet::new(), Arc::new(Mutex::new(Vec::new())));
            for (number, &(client, source)) in wishes.iter().enumerate() {
                let (turns, order) = (Arc::clone(&turns), Arc::clone(&order));
                tasks.spawn(async move {
                    if let Some(turn) = turns.take(Wish { client, source }, LONG).await {
                        order.lock().expect("no panic").push(number);
                        yield_now().await;
                        drop(turn);
                    }
                });
                yield_now().await;
            }
            drop(first);
            while tasks.join_next().await.is_some() {}
            assert!(turns.is_idle());
            order.lock().expect("no panic").clone()
        })
    }

    #[test]
    fn clients_and_their_sources_take_turns() {
        let many = ("many", "a");
        assert_eq!(order(&[many, many, many, ("one", "a"), ("two", "b")], 9), [0, 3, 4, 1, 2]);
        assert_eq!(order(&[many, many, many, ("many", "b")], 9), [0, 3, 1, 2]);
    }

    #[test]
    fn who_has_most_waiting_gives_way_where_too_many_wait() {
        let many = ("many", "a");
        assert_eq!(order(&[many, many, many, ("one", "a")], 3), [0, 3, 1]);
        assert_eq!(order(&[many, many, many], 2), [0, 1], "and nobody else");
        assert_eq!(order(&[("one", "a"), ("two", "a")], 1), [0]);
    }

    #[test]
    fn who_leaves_or_has_no_patience_takes_no_place() {
        runtime().block_on(async {
            let (turns, wish) = (Turns::new(1, 2), Wish { client: "a", source: "b" });
            let first = turns.take(wish, LONG).await.expect("a place");
            assert!(turns.take(wish, Duration::from_millis(1)).await.is_none());
            assert!(turns.is_idle());
            for _ in 0..5 {
                assert!(timeout(Duration::from_millis(1), turns.take(wish, LONG)).await.is_err());
            }
            drop(first);
            for _ in 0..3 {
                drop(turns.take(wish, LONG).await.expect("the place is free again"));
            }
        });
    }

    proptest! {
        /// Whoever has one wish waits for one of each of the others at most.
        #[test]
        fn no_client_waits_for_more_than_one_of_each_other(
            wishes in prop::collection::vec((prop::sample::select(vec!["a", "b", "c", "d"]), prop::sample::select(vec!["x", "y"])), 1..40),
        ) {
            let mut all = wishes.clone();
            all.push(("honest", "x"));
            let order = order(&all, 100);
            prop_assert_eq!(order.len(), all.len());
            let place = order.iter().position(|number| *number == wishes.len()).expect("its turn");
            prop_assert!(place <= 4, "{:?}", order);
        }
    }
}
