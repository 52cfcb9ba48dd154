//! Requests to other servers. Those for sources connect to public addresses only, whatever a name resolves to.

use std::future::Future;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;
use std::{io, vec};

use bytes::Bytes;
use http_body_util::Full;
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::client::legacy::connect::dns::Name;
use hyper_util::rt::{TokioExecutor, TokioTimer};
use tokio::net::lookup_host;
use tower::Service;

/// Sends requests, without following redirects.
pub(crate) type Client = legacy::Client<HttpsConnector<HttpConnector<Resolver>>, Full<Bytes>>;

/// Where a client may connect.
#[derive(Clone, Debug)]
pub(crate) enum AddressPolicy {
    /// Anywhere: the operator named the address.
    Anywhere,
    /// To public addresses, since somebody else names them; and to these hosts wherever they are.
    Public(Arc<[String]>),
}

impl AddressPolicy {
    fn allows(&self, host: &str, address: IpAddr) -> bool {
        match self {
            Self::Anywhere => true,
            Self::Public(private) => is_public(address) || private.iter().any(|known| known == host),
        }
    }
}

/// # Errors
/// This machine has no certificates to trust.
pub(crate) fn client(policy: AddressPolicy) -> io::Result<Client> {
    let mut connector = HttpConnector::new_with_resolver(Resolver(policy));
    connector.enforce_http(false);
    connector.set_connect_timeout(Some(Duration::from_secs(5)));
    let builder =
        HttpsConnectorBuilder::new().with_provider_and_native_roots(rustls::crypto::ring::default_provider())?;
    let connector = builder.https_or_http().enable_http1().wrap_connector(connector);
    let mut builder = legacy::Client::builder(TokioExecutor::new());
    Ok(builder.pool_timer(TokioTimer::new()).build(connector))
}

/// Resolves names to the addresses that may be connected to. What it returns is what is connected to: a name that
/// resolves to something else a moment later gains nothing.
#[derive(Clone, Debug)]
pub(crate) struct Resolver(AddressPolicy);

impl Service<Name> for Resolver {
    type Response = vec::IntoIter<SocketAddr>;
    type Error = io::Error;
    type Future = Pin<Box<dyn Future<Output = io::Result<Self::Response>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, name: Name) -> Self::Future {
        let reach = self.0.clone();
        Box::pin(async move {
            let found = lookup_host((name.as_str(), 0)).await?;
            let allowed = |address: &SocketAddr| reach.allows(name.as_str(), address.ip());
            let addresses: Vec<SocketAddr> = found.filter(allowed).collect();
            if addresses.is_empty() {
                return Err(io::Error::other("must have a public address"));
            }
            Ok(addresses.into_iter())
        })
    }
}

/// Whether anyone on the Internet could be meant: no address of this machine, of this network, of a provider's own, of
/// a test or of nobody, be it in IPv4, in IPv6, or in IPv4 inside IPv6 (IANA's registries of special addresses).
pub(crate) fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => is_public_v4(address),
        IpAddr::V6(address) => is_public_v6(address),
    }
}

fn is_public_v4(address: Ipv4Addr) -> bool {
    let [a, b, c, _] = address.octets();
    let special = address.is_private()
        || address.is_loopback()
        || address.is_link_local()
        || address.is_multicast()
        || address.is_documentation()
        || a == 0
        || a >= 240
        || (a == 100 && (64..128).contains(&b))
        || (a == 192 && b == 0 && c == 0)
        || (a == 192 && b == 88 && c == 99)
        || (a == 198 && (18..20).contains(&b));
    !special
}

fn is_public_v6(address: Ipv6Addr) -> bool {
    let [a, b, c, d, e, f, g, h] = address.segments();
    let [high, low] = [g, h].map(u16::to_be_bytes);
    let inner = Ipv4Addr::new(high[0], high[1], low[0], low[1]);
    match (a, b) {
        // 64:ff9b::/96 is NAT64's; 64:ff9b:1::/48 is for local use.
        (0x64, 0xff9b) => (c, d, e, f) == (0, 0, 0, 0) && is_public_v4(inner),
        // 6to4 holds the IPv4 address next.
        (0x2002, _) => {
            let [first, second] = [b, c].map(u16::to_be_bytes);
            is_public_v4(Ipv4Addr::new(first[0], first[1], second[0], second[1]))
        }
        // 2001::/23 is for protocols, Teredo among them; 2001:db8::/32 and 3fff::/20 for documentation.
        (0x2001, 0..0x200 | 0xdb8) => false,
        (0x3fff, 0..0x1000) => false,
        // Only 2000::/3 is assigned to the Internet: mapped, compatible, unique local, link-local, site-local and
        // multicast addresses all lie outside.
        _ => (0x2000..0x4000).contains(&a),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_public_addresses() {
        for (address, public) in [
            ("1.1.1.1", true),
            ("198.17.255.255", true),
            ("0.0.0.0", false),
            ("10.0.0.1", false),
            ("100.64.0.1", false),
            ("127.0.0.1", false),
            ("127.255.0.9", false),
            ("169.254.169.254", false),
            ("172.16.0.1", false),
            ("172.31.255.255", false),
            ("192.0.0.1", false),
            ("192.0.2.1", false),
            ("192.88.99.1", false),
            ("192.168.0.1", false),
            ("198.18.0.1", false),
            ("203.0.113.1", false),
            ("224.0.0.1", false),
            ("255.255.255.255", false),
            ("2606:4700:4700::1111", true),
            ("64:ff9b::101:101", true),
            ("2002:101:101::1", true),
            ("::", false),
            ("::1", false),
            ("::7f00:1", false),
            ("::ffff:127.0.0.1", false),
            ("::ffff:1.1.1.1", false),
            ("::ffff:0:127.0.0.1", false),
            ("64:ff9b::127.0.0.1", false),
            ("64:ff9b::10.0.0.1", false),
            ("64:ff9b:1::1.1.1.1", false),
            ("100::1", false),
            ("2001::1", false),
            ("2001:db8::1", false),
            ("2002:7f00:1::1", false),
            ("2002:a00:1::1", false),
            ("3fff::1", false),
            ("fc00::1", false),
            ("fd12:3456::1", false),
            ("fe80::1", false),
            ("fec0::1", false),
            ("ff02::1", false),
        ] {
            assert_eq!(is_public(address.parse().expect(address)), public, "{address}");
        }
    }
}
