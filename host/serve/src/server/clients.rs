//! Whose a request is: what one client has of everything is counted by its address, however many connections it opens.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Arc, Mutex, PoisonError, Weak};

use axum::http::HeaderMap;
use tokio::sync::Semaphore;

use crate::config::Network;

/// Where a proxy tells whom it asks for. It appends; what stands before may be anybody's invention.
const FORWARDED_FOR: &str = "x-forwarded-for";
/// Addresses are forgotten when so many are known: those of whom nothing is left.
const MANY: usize = 1024;

/// All that are known.
pub(crate) struct Clients {
    /// Of the room for what waits, in its units.
    share: usize,
    connections: usize,
    proxies: Vec<Network>,
    known: Mutex<HashMap<IpAddr, Weak<Client>>>,
}

/// Who asks: an address, or a network that is handed out as one.
pub(crate) struct Client {
    /// Whose turn it is.
    pub(super) name: String,
    /// What it may leave waiting, in units of the room.
    pub(super) share: Arc<Semaphore>,
    /// How many connections it may have.
    pub(super) connections: Arc<Semaphore>,
    is_proxy: bool,
}

impl Clients {
    pub(crate) fn new(share: usize, connections: usize, proxies: Vec<Network>) -> Self {
        Self { share, connections, proxies, known: Mutex::default() }
    }

    /// The one at the other end of a connection.
    pub(super) fn at(&self, address: IpAddr) -> Arc<Client> {
        let address = handed_out(address.to_canonical());
        // Clients come and go one at a time: there is nothing half done.
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(client) = known.get(&address).and_then(Weak::upgrade) {
            return client;
        }
        if known.len() >= MANY {
            known.retain(|_, client| client.strong_count() > 0);
        }
        let is_proxy = self.proxies.iter().any(|network| network.contains(address));
        let client = Arc::new(Client {
            name: address.to_string(),
            share: Arc::new(Semaphore::new(self.share)),
            connections: Arc::new(Semaphore::new(if is_proxy { Semaphore::MAX_PERMITS } else { self.connections })),
            is_proxy,
        });
        known.insert(address, Arc::downgrade(&client));
        client
    }

    /// For whom a request is: for the client of its connection, or whom that asks for as a proxy.
    pub(super) fn of(&self, connection: &Arc<Client>, headers: &HeaderMap) -> Arc<Client> {
        let last = || headers.get_all(FORWARDED_FOR).iter().next_back()?.to_str().ok()?.rsplit(',').next();
        let told = if connection.is_proxy { last().and_then(|text| text.trim().parse().ok()) } else { None };
        told.map_or_else(|| Arc::clone(connection), |address| self.at(address))
    }
}

/// Whoever has one address of IPv6 has 2^64 of them (RFC 6177).
fn handed_out(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V4(_) => address,
        IpAddr::V6(address) => Ipv6Addr::from_bits(address.to_bits() >> 64 << 64).into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_client_whatever_it_says_and_a_proxy_speaks_for_others() {
        let clients = Clients::new(8, 2, vec!["10.0.0.0/8".parse().expect("a network")]);
        let [stranger, proxy] = ["192.0.2.7", "10.1.2.3"].map(|address| clients.at(address.parse().expect("one")));
        let name = |connection, values: &[&str]| {
            let mut headers = HeaderMap::new();
            for value in values {
                headers.append(FORWARDED_FOR, value.parse().expect("a value"));
            }
            clients.of(connection, &headers).name.clone()
        };
        assert_eq!(name(&stranger, &["198.51.100.1"]), "192.0.2.7");
        assert_eq!(name(&proxy, &[]), "10.1.2.3");
        assert_eq!(name(&proxy, &["198.51.100.1, 203.0.113.9"]), "203.0.113.9");
        assert_eq!(name(&proxy, &["198.51.100.1", " 203.0.113.9"]), "203.0.113.9");
        assert_eq!(name(&proxy, &["nobody"]), "10.1.2.3");
        assert_eq!(name(&proxy, &["2001:db8:1:2:3:4:5:6"]), "2001:db8:1:2::");
        assert_eq!(name(&proxy, &["::ffff:192.0.2.7"]), "192.0.2.7");
        assert_eq!((stranger.connections.available_permits(), proxy.connections.available_permits() > 1000), (2, true));
    }

    #[test]
    fn what_is_counted_is_the_same_for_all_its_connections_and_forgotten_with_them() {
        let clients = Clients::new(8, 2, Vec::new());
        let at = |number: u32| clients.at(IpAddr::V4(number.into()));
        let [first, second] = [at(1), at(1)];
        assert!(Arc::ptr_eq(&first, &second));
        (2..5000).for_each(|number| drop(at(number)));
        assert!(clients.known.lock().expect("no panic").len() <= MANY);
        assert!(Arc::ptr_eq(&first, &at(1)));
    }
}
