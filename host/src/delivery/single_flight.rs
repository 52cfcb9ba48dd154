use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::watch;

/// Work in progress, by key: callers that need the same work wait for it.
pub(crate) struct SingleFlight<T> {
    flights: Mutex<HashMap<String, Arc<watch::Sender<Option<T>>>>>,
}

/// The caller's role for a key.
pub(crate) enum Join<T> {
    /// The caller does the work.
    Leader(Leader<T>),
    /// Another caller does the work.
    Follower(Flight<T>),
}

/// Followers wait until this is given the outcome, and callers that join before it is dropped get the same outcome. If
/// it is dropped without an outcome, one of the followers becomes the leader.
pub(crate) struct Leader<T> {
    flights: Arc<SingleFlight<T>>,
    key: String,
    outcome: Arc<watch::Sender<Option<T>>>,
}

/// A future outcome.
pub(crate) struct Flight<T>(watch::Receiver<Option<T>>);

impl<T> SingleFlight<T> {
    pub(crate) fn new() -> Arc<Self> {
        Arc::new(Self { flights: Mutex::default() })
    }

    pub(crate) fn join(self: &Arc<Self>, key: &str) -> Join<T> {
        match self.lock().entry(key.to_owned()) {
            Entry::Occupied(flight) => Join::Follower(Flight(flight.get().subscribe())),
            Entry::Vacant(place) => {
                let outcome = Arc::new(watch::Sender::new(None));
                place.insert(Arc::clone(&outcome));
                Join::Leader(Leader { flights: Arc::clone(self), key: key.to_owned(), outcome })
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<String, Arc<watch::Sender<Option<T>>>>> {
        // One insertion or removal at a time: there is nothing half done.
        self.flights.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<T> Leader<T> {
    /// The outcome, for an additional waiter.
    pub(crate) fn flight(&self) -> Flight<T> {
        Flight(self.outcome.subscribe())
    }

    /// Tells whether anybody waits for the outcome.
    pub(crate) fn audience(&self) -> Audience<T> {
        Audience(Arc::clone(&self.outcome))
    }

    /// Tells the outcome.
    pub(crate) fn land(&self, outcome: T) {
        self.outcome.send_replace(Some(outcome));
    }
}

impl<T> Drop for Leader<T> {
    fn drop(&mut self) {
        self.flights.lock().remove(&self.key);
    }
}

/// Those who wait for an outcome.
pub(crate) struct Audience<T>(Arc<watch::Sender<Option<T>>>);

impl<T> Audience<T> {
    /// Whether all have gone without the outcome.
    pub(crate) fn is_gone(&self) -> bool {
        self.0.is_closed() && self.0.borrow().is_none()
    }

    /// Ends when all have gone without the outcome.
    pub(crate) async fn gone(&self) {
        self.0.closed().await;
        if !self.is_gone() {
            std::future::pending::<()>().await;
        }
    }
}

impl<T: Clone> Flight<T> {
    /// `None` if the leader was dropped without an outcome.
    pub(crate) async fn wait(mut self) -> Option<T> {
        self.0.wait_for(Option::is_some).await.ok()?.clone()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU32, Ordering};

    use tokio::runtime::Builder;
    use tokio::task::{JoinSet, yield_now};

    use super::*;

    /// Joins "a" as a delivery does. The first `failing` leaders are dropped without an outcome.
    async fn ask(flights: Arc<SingleFlight<u32>>, led: Arc<AtomicU32>, failing: u32) -> Option<u32> {
        loop {
            match flights.join("a") {
                Join::Follower(flight) => {
                    if let Some(outcome) = flight.wait().await {
                        return Some(outcome);
                    }
                }
                Join::Leader(leader) => {
                    let number = led.fetch_add(1, Ordering::Relaxed);
                    yield_now().await;
                    if number < failing {
                        return None;
                    }
                    leader.land(number);
                    return Some(number);
                }
            }
        }
    }

    fn outcomes(failing: u32) -> (u32, Vec<Option<u32>>) {
        let runtime = Builder::new_current_thread().build().expect("a runtime");
        let (flights, led) = (SingleFlight::new(), Arc::new(AtomicU32::new(0)));
        let mut outcomes = runtime.block_on(async {
            let mut tasks = JoinSet::new();
            for _ in 0..20 {
                tasks.spawn(ask(Arc::clone(&flights), Arc::clone(&led), failing));
            }
            tasks.join_all().await
        });
        assert!(flights.lock().is_empty());
        outcomes.sort_unstable();
        (led.load(Ordering::Relaxed), outcomes)
    }

    #[test]
    fn one_of_many_does_the_work() {
        assert_eq!(outcomes(0), (1, vec![Some(0); 20]));
    }

    #[test]
    fn those_who_lead_and_go_away_harm_nobody_else() {
        let (led, outcomes) = outcomes(2);
        assert_eq!(led, 3);
        assert_eq!(outcomes[..2], [None, None]);
        assert_eq!(outcomes[2..], [Some(2); 18]);
    }

    #[test]
    fn an_outcome_is_there_until_the_one_who_led_is_done() {
        let runtime = Builder::new_current_thread().build().expect("a runtime");
        let flights = SingleFlight::new();
        let Join::Leader(leader) = flights.join("a") else { panic!("nobody leads yet") };
        leader.land(7);
        let Join::Follower(flight) = flights.join("a") else { panic!("somebody leads") };
        assert_eq!(runtime.block_on(flight.wait()), Some(7));
        drop(leader);
        assert!(matches!(flights.join("a"), Join::Leader(_)));
    }
}
