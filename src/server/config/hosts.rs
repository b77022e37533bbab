//! Names that a server may be asked by.

use std::str::FromStr;

/// What they may be, for messages.
pub const ALLOWED: &str =
    "names of hosts without ports, such as kindred.lan, *.example.com or * for any, with commas between them";

/// Names of hosts, in small letters.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Hosts(Vec<Pattern>);

#[derive(Debug, Clone, PartialEq, Eq)]
enum Pattern {
    /// Every name.
    Any,
    /// This one.
    Name(String),
    /// Every name that ends so; it begins with a dot.
    Below(String),
}

impl Hosts {
    /// These, and one more name, in small letters and without a dot at its end.
    pub fn and(mut self, name: String) -> Hosts {
        self.0.push(Pattern::Name(name));
        self
    }

    /// Whether a name is among them. It is in small letters and does not end with a dot.
    pub fn contain(&self, name: &str) -> bool {
        self.0.iter().any(|pattern| match pattern {
            Pattern::Any => true,
            Pattern::Name(allowed) => allowed == name,
            Pattern::Below(end) => name.len() > end.len() && name.ends_with(end.as_str()),
        })
    }
}

impl FromStr for Hosts {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        text.split(',').map(|name| pattern(name.trim())).collect::<Result<_, _>>().map(Hosts)
    }
}

fn pattern(text: &str) -> Result<Pattern, ()> {
    if text == "*" {
        return Ok(Pattern::Any);
    }
    let text = text.strip_suffix('.').unwrap_or(text).to_ascii_lowercase();
    // An address in IPv6 may be in the brackets that it has in `Host`.
    let bare = text.strip_prefix('[').and_then(|text| text.strip_suffix(']')).unwrap_or(&text);
    if bare.parse::<std::net::Ipv6Addr>().is_ok() {
        return Ok(Pattern::Name(bare.to_owned()));
    }
    let (name, is_below) = match text.strip_prefix("*.") {
        Some(end) => (end, true),
        None => (text.as_str(), false),
    };
    let is_label = |label: &str| {
        !label.is_empty() && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte))
    };
    match (name.split('.').all(is_label), is_below) {
        (true, true) => Ok(Pattern::Below(format!(".{name}"))),
        (true, false) => Ok(Pattern::Name(name.to_owned())),
        (false, _) => Err(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_what_is_below_a_name_are_told_apart() {
        let hosts: Hosts = "Kindred.lan, *.example.com,10.0.0.7,[2001:DB8::1],kindred_1.".parse().unwrap();
        for name in
            ["kindred.lan", "a.example.com", "a.b.example.com", "10.0.0.7", "2001:db8::1", "kindred_1"]
        {
            assert!(hosts.contain(name), "{name}");
        }
        for name in ["", "example.com", "a.kindred.lan", "aexample.com", ".example.com", "lan", "10.0.0.70"] {
            assert!(!hosts.contain(name), "{name}");
        }
        assert!("*".parse::<Hosts>().unwrap().contain("anything"));
        assert!(!Hosts::default().contain("localhost"));
    }

    #[test]
    fn what_is_no_name_is_refused() {
        for text in [
            "", ",", "a,,b", "a b", "http://a", "a:5000", "a/b", "*a", "a.*", "*.*", "é", "..", "a..b", "[a]",
        ] {
            assert_eq!(text.parse::<Hosts>(), Err(()), "{text:?}");
        }
    }
}
