//! Who may ask what: API keys, and how often each client may ask.
//!
//! A key is never stored, only its SHA-256: whoever reads the file of keys can let others in but cannot be them.
//! Random keys of 12 characters or more need no salt and no slow hash.

mod client_address;
mod denied;
mod hash_key;
pub mod host;
mod keys;
mod rate_limit;

use std::net::IpAddr;
use std::path::Path;
use std::sync::Arc;

use actix_web::HttpRequest;
use actix_web::http::header::{AUTHORIZATION, HeaderName};
use arc_swap::ArcSwap;

pub use self::denied::{Denied, OtherHost};
pub use self::hash_key::{HashKeyError, hash_key};
#[cfg(test)]
pub use self::keys::Key;
pub use self::keys::{Keys, KeysError, Scope};
pub use self::rate_limit::{Allowance, RATE_HEADERS, RateLimit};
use super::config::{Networks, Rate};

const X_API_KEY: HeaderName = HeaderName::from_static("x-api-key");
const BEARER: &str = "bearer";

/// Decides on every request but those of health probes.
#[derive(Debug, Default)]
pub struct Access {
    /// None: everybody may ask everything, and change nothing.
    keys: Option<ArcSwap<Keys>>,
    limit: Option<RateLimit>,
    /// Proxies that say whom they ask for.
    trusted: Networks,
}

/// Whom a request is counted for.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Client {
    /// The key of this name.
    Key(Arc<str>),
    /// Whoever asks from this address without a key that counts.
    Address(IpAddr),
}

impl Access {
    /// Without keys everybody may ask; without a rate, as often as they like. What proxies say counts where they are trusted.
    pub fn new(keys: Option<Keys>, rate: Option<Rate>, trusted: Networks) -> Access {
        Access { keys: keys.map(ArcSwap::from_pointee), limit: rate.map(RateLimit::new), trusted }
    }

    /// Reads the keys again; what they were stays if the new ones cannot be used. Does nothing without keys.
    ///
    /// # Errors
    /// See [`KeysError`].
    pub fn reload_keys(&self, path: &Path) -> Result<usize, KeysError> {
        let Some(keys) = &self.keys else { return Ok(0) };
        let new = Keys::read(path)?;
        let count = new.len();
        if new.is_empty() {
            tracing::warn!("api_keys: there is no key in the file any more, so nobody may ask");
        }
        keys.store(Arc::new(new));
        Ok(count)
    }

    /// Whether a request may be answered, and what is left of its client's rate if there is one.
    ///
    /// # Errors
    /// See [`Denied`]. Wrong keys count against the rate of their address, so that nobody tries many.
    pub fn judge(&self, request: &HttpRequest, scope: Scope) -> Result<Option<Allowance>, Denied> {
        let (client, verdict) = self.authorize(request, scope);
        let Some(limit) = &self.limit else { return verdict.map(|()| None) };
        let allowance = match client.or_else(|| self.address(request).map(Client::Address)) {
            Some(client) => Some(limit.check(client)?),
            None => None,
        };
        verdict.map(|()| allowance)
    }

    /// Whether keys are configured.
    pub fn has_keys(&self) -> bool {
        self.keys.is_some()
    }

    /// What the key of a request is called, for logs.
    pub fn key_name(&self, request: &HttpRequest) -> Option<Arc<str>> {
        let keys = self.keys.as_ref()?.load_full();
        let known = presented(request).find_map(|key| keys.find(key));
        known.map(|key| Arc::clone(&key.name))
    }

    /// Where a request comes from, as far as is known.
    pub fn address(&self, request: &HttpRequest) -> Option<IpAddr> {
        client_address::of(request, &self.trusted)
    }

    /// Forgets clients that have their whole rate again.
    pub fn forget_idle_clients(&self) {
        if let Some(limit) = &self.limit {
            limit.forget_idle();
        }
    }

    fn authorize(&self, request: &HttpRequest, scope: Scope) -> (Option<Client>, Result<(), Denied>) {
        let Some(keys) = &self.keys else {
            // Everybody may ask, and nobody change.
            let needed = Denied::KeysNeeded { scope: scope.name() };
            return (None, if scope == Scope::Admin { Err(needed) } else { Ok(()) });
        };
        let keys = keys.load_full();
        // A proxy that lets people in by a token of its own may put it beside the key: one that will do is enough.
        let known = || presented(request).filter_map(|key| keys.find(key));
        let Some(key) = known().find(|key| key.scopes.contain(scope)).or_else(|| known().next()) else {
            return (None, Err(Denied::NoKey));
        };
        let client = Some(Client::Key(Arc::clone(&key.name)));
        if key.scopes.contain(scope) {
            (client, Ok(()))
        } else {
            (client, Err(Denied::OtherScope { scope: scope.name() }))
        }
    }
}

/// The keys that a request shows: a bearer token (RFC 6750, section 2.1) and `X-API-Key`.
fn presented(request: &HttpRequest) -> impl Iterator<Item = &[u8]> {
    let headers = request.headers();
    let bearer = headers.get(AUTHORIZATION).and_then(|value| {
        let value = value.as_bytes();
        let (scheme, token) = value.split_at_checked(BEARER.len())?;
        let token = token.strip_prefix(b" ")?;
        scheme.eq_ignore_ascii_case(BEARER.as_bytes()).then_some(token.trim_ascii())
    });
    let own = headers.get(X_API_KEY).map(|value| value.as_bytes());
    bearer.into_iter().chain(own).filter(|key| !key.is_empty())
}

/// Whether a request shows any key.
pub fn shows_a_key(request: &HttpRequest) -> bool {
    presented(request).next().is_some()
}

#[cfg(test)]
mod tests {
    use super::*;
    use actix_web::test::TestRequest;

    fn shown(headers: &[(&str, &str)]) -> Vec<String> {
        let request =
            headers.iter().fold(TestRequest::default(), |request, header| request.insert_header(*header));
        let request = request.to_http_request();
        presented(&request).map(|key| String::from_utf8(key.to_vec()).unwrap()).collect()
    }

    #[test]
    fn a_key_is_a_bearer_token_or_a_header_of_its_own() {
        assert!(shown(&[]).is_empty());
        for scheme in ["Bearer", "bearer", "BEARER"] {
            assert_eq!(shown(&[("Authorization", &format!("{scheme} k-1"))]), ["k-1"]);
        }
        assert_eq!(shown(&[("X-API-Key", "k-2")]), ["k-2"]);
        assert_eq!(shown(&[("Authorization", "Bearer k-1"), ("X-API-Key", "k-2")]), ["k-1", "k-2"]);
        assert_eq!(shown(&[("Authorization", "Basic abc"), ("X-API-Key", "k-2")]), ["k-2"]);
        for value in ["", "Bearer", "Bearer ", "Bearerk-1", "Basic k-1", "k-1"] {
            assert!(shown(&[("Authorization", value)]).is_empty(), "{value:?}");
        }
    }
}
