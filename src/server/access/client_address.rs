//! From where a request comes, when there are proxies in between.
//!
//! `Forwarded` (RFC 7239) and `X-Forwarded-For` can be written by anybody, so they count only as far as they come from
//! proxies that a setting names: read from the end, each trusted proxy vouches for the one before it.

use std::net::{IpAddr, SocketAddr};

use actix_web::HttpRequest;
use actix_web::http::header::{FORWARDED, HeaderMap, X_FORWARDED_FOR};

use super::super::config::Networks;

/// Where a request comes from; `None` where not even that is known.
pub fn of(request: &HttpRequest, trusted: &Networks) -> Option<IpAddr> {
    let peer = request.peer_addr()?.ip();
    if trusted.is_empty() || !trusted.contain(peer) {
        return Some(peer);
    }
    let headers = request.headers();
    let forwarded = behind(peer, trusted, hops(headers, FORWARDED.as_str(), of_forwarded));
    let x_forwarded_for = behind(peer, trusted, hops(headers, X_FORWARDED_FOR.as_str(), of_x_forwarded_for));
    match (forwarded, x_forwarded_for) {
        (Some(one), Some(other)) if one == other => Some(one),
        // A proxy that writes one of them passes on what the client has in the other. Nobody knows which it is.
        (Some(_), Some(_)) => Some(peer),
        (Some(one), None) | (None, Some(one)) => Some(one),
        (None, None) => Some(peer),
    }
}

/// The last that no trusted proxy is, or the furthest that is known; `None` where there are no hops.
fn behind(peer: IpAddr, trusted: &Networks, hops: Vec<Option<IpAddr>>) -> Option<IpAddr> {
    if hops.is_empty() {
        return None;
    }
    let mut known = peer;
    for hop in hops.into_iter().rev() {
        // What has no address has somebody's behind it who cannot be told.
        let Some(address) = hop else { break };
        known = address;
        if !trusted.contain(address) {
            break;
        }
    }
    Some(known)
}

/// The elements of all fields of a name, in their order.
fn hops(headers: &HeaderMap, name: &str, read: fn(&str) -> Option<IpAddr>) -> Vec<Option<IpAddr>> {
    let mut hops = Vec::new();
    for field in headers.get_all(name) {
        match field.to_str() {
            Ok(text) => match split(text, ',') {
                Some(elements) => {
                    let elements = elements.into_iter().map(str::trim).filter(|element| !element.is_empty());
                    hops.extend(elements.map(read));
                }
                None => hops.push(None),
            },
            Err(_) => hops.push(None),
        }
    }
    hops
}

/// The parts between marks that do not stand within quotes; `None` where a quote is never closed. A proxy may quote what
/// the client has written, such as its `Host`, and that must not look like an element of its own.
fn split(text: &str, mark: char) -> Option<Vec<&str>> {
    let (mut parts, mut start) = (Vec::new(), 0);
    let (mut is_quoted, mut is_escaped) = (false, false);
    for (place, letter) in text.char_indices() {
        match letter {
            _ if is_escaped => is_escaped = false,
            '\\' if is_quoted => is_escaped = true,
            '"' => is_quoted = !is_quoted,
            _ if letter == mark && !is_quoted => {
                parts.push(text.get(start..place)?);
                start = place + letter.len_utf8();
            }
            _ => {}
        }
    }
    parts.push(text.get(start..)?);
    (!is_quoted).then_some(parts)
}

fn of_x_forwarded_for(element: &str) -> Option<IpAddr> {
    address(element)
}

fn of_forwarded(element: &str) -> Option<IpAddr> {
    split(element, ';')?.into_iter().find_map(|pair| {
        let (name, value) = pair.trim().split_once('=')?;
        let value = value.strip_prefix('"').and_then(|value| value.strip_suffix('"')).unwrap_or(value);
        if name.eq_ignore_ascii_case("for") { address(value) } else { None }
    })
}

/// An address, with a port or without.
fn address(text: &str) -> Option<IpAddr> {
    let bare = text.strip_prefix('[').and_then(|text| text.strip_suffix(']')).unwrap_or(text);
    let address = bare.parse().ok().or_else(|| Some(text.parse::<SocketAddr>().ok()?.ip()))?;
    Some(IpAddr::to_canonical(&address))
}

#[cfg(test)]
mod tests {
    use super::*;
    use actix_web::test::TestRequest;

    /// What a request from 10.0.0.1 with these headers is taken to come from.
    fn from(trusted: &str, headers: &[(&str, &str)]) -> String {
        let request = TestRequest::default().peer_addr("10.0.0.1:4711".parse().unwrap());
        let request = headers.iter().fold(request, |request, header| request.append_header(*header));
        of(&request.to_http_request(), &trusted.parse().unwrap()).unwrap().to_string()
    }

    #[test]
    fn only_trusted_proxies_are_believed() {
        let xff = ("X-Forwarded-For", "203.0.113.9");
        assert_eq!(from("10.0.0.0/8", &[xff]), "203.0.113.9");
        assert_eq!(from("192.0.2.0/24", &[xff]), "10.0.0.1");
        assert_eq!(from("10.0.0.0/8", &[]), "10.0.0.1");
        let request = TestRequest::default().insert_header(xff).to_http_request();
        assert_eq!(of(&request, &Networks::default()), None);
    }

    #[test]
    fn what_a_client_has_written_before_its_own_address_does_not_count() {
        for (header, client) in [
            ("1.1.1.1, 203.0.113.9", "203.0.113.9"),
            ("1.1.1.1, 203.0.113.9, 10.0.0.2, 10.0.0.3", "203.0.113.9"),
            ("10.0.0.5, 10.0.0.2", "10.0.0.5"),
            ("203.0.113.9:1234", "203.0.113.9"),
            ("2001:db8::1", "2001:db8::1"),
            ("[2001:db8::1]:99, 10.0.0.2", "2001:db8::1"),
            ("::ffff:203.0.113.9", "203.0.113.9"),
            ("203.0.113.9, unknown, 10.0.0.2", "10.0.0.2"),
            ("203.0.113.9, unknown", "10.0.0.1"),
            ("rubbish", "10.0.0.1"),
            ("", "10.0.0.1"),
            ("203.0.113.9,,", "203.0.113.9"),
        ] {
            assert_eq!(from("10.0.0.0/8", &[("X-Forwarded-For", header)]), client, "{header}");
        }
        let fields = [("X-Forwarded-For", "1.1.1.1"), ("X-Forwarded-For", "203.0.113.9, 10.0.0.2")];
        assert_eq!(from("10.0.0.0/8", &fields), "203.0.113.9");
    }

    #[test]
    fn forwarded_is_read_as_its_standard_has_it() {
        for (header, client) in [
            ("for=203.0.113.9", "203.0.113.9"),
            ("For=\"[2001:db8:cafe::17]:4711\"", "2001:db8:cafe::17"),
            ("for=1.1.1.1;proto=http, proto=https;by=10.0.0.1;for=\"203.0.113.9:80\"", "203.0.113.9"),
            ("for=203.0.113.9, for=_hidden", "10.0.0.1"),
            ("for=unknown", "10.0.0.1"),
            ("proto=https", "10.0.0.1"),
            // What a client has put into its Host is within the quotes of the proxy.
            ("for=203.0.113.9;host=\"a,for=6.6.6.6;b\"", "203.0.113.9"),
            ("for=203.0.113.9;host=\"a\\\",for=6.6.6.6;b\"", "203.0.113.9"),
            ("host=\"a;for=6.6.6.6\";for=203.0.113.9", "203.0.113.9"),
            ("for=203.0.113.9;host=\"a,for=6.6.6.6", "10.0.0.1"),
        ] {
            assert_eq!(from("10.0.0.0/8", &[("Forwarded", header)]), client, "{header}");
        }
    }

    #[test]
    fn where_both_headers_name_different_clients_neither_counts() {
        let both = |one, other| from("10.0.0.0/8", &[("Forwarded", one), ("X-Forwarded-For", other)]);
        assert_eq!(both("for=203.0.113.9", "203.0.113.9"), "203.0.113.9");
        assert_eq!(both("for=198.51.100.1", "203.0.113.9"), "10.0.0.1");
    }
}
