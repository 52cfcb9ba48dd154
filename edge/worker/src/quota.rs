//! How many images one client may have made, by the binding `RENDERS`, where there is one: Cloudflare counts in each of its
//! locations (<https://developers.cloudflare.com/workers/runtime-apis/bindings/rate-limit/>). What is cached or stored, and
//! what is signed, costs nothing of it.

use std::net::IpAddr;

use darkroom_delivery::Error;
use js_sys::Reflect;
use worker::{Env, RateLimiter};

use crate::log;

const BINDING: &str = "RENDERS";
/// The longest period that a binding can have, in seconds.
const RETRY_AFTER: u32 = 60;

/// One client's.
pub(crate) struct Quota {
    limiter: RateLimiter,
    client: String,
}

impl Quota {
    /// None where there is no binding.
    ///
    /// # Errors
    /// The binding is something else.
    pub(crate) fn open(env: &Env, address: &str) -> Result<Option<Self>, Error> {
        let there = Reflect::get(env.as_ref(), &BINDING.into()).is_ok_and(|binding| !binding.is_undefined());
        if !there {
            return Ok(None);
        }
        let limiter = env.rate_limiter(BINDING);
        let limiter = limiter.map_err(|error| Error::Internal(format!("binding {BINDING}: {error}")))?;
        Ok(Some(Self { limiter, client: network(address) }))
    }

    /// Takes one image of it. A limiter that fails lets all pass: images are worth more than the count.
    ///
    /// # Errors
    /// There is none left.
    pub(crate) async fn take(&self) -> Result<(), Error> {
        match self.limiter.limit(self.client.clone()).await {
            Ok(outcome) if !outcome.success => Err(Error::TooMany { retry_after: RETRY_AFTER }),
            Ok(_) => Ok(()),
            Err(error) => {
                log::error("not counted", &Error::Internal(error.to_string()));
                Ok(())
            }
        }
    }
}

/// An address, or of IPv6 its first 64 bits: one client has all that begin so.
fn network(address: &str) -> String {
    match address.parse() {
        Ok(IpAddr::V6(address)) => address.segments()[..4].iter().map(|part| format!("{part:x}:")).collect(),
        _ => address.to_owned(),
    }
}
