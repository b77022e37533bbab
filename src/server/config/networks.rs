//! Networks of addresses.

use std::net::IpAddr;
use std::str::FromStr;

use ipnet::IpNet;

/// What they may be, for messages.
pub const ALLOWED: &str =
    "addresses and networks such as 127.0.0.1, 10.0.0.0/8 or fd00::/8, with commas between them";

/// Networks, each as CIDR has it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Networks(Vec<IpNet>);

impl Networks {
    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether an address is in one of them. An IPv4 address that is written as IPv6 counts as what it is.
    pub fn contain(&self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        self.0.iter().any(|network| network.contains(&address))
    }
}

impl FromStr for Networks {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        text.split(',').map(|network| of_text(network.trim())).collect::<Result<_, _>>().map(Networks)
    }
}

fn of_text(text: &str) -> Result<IpNet, ()> {
    match text.parse::<IpAddr>() {
        Ok(address) => Ok(IpNet::from(address.to_canonical())),
        Err(_) => text.parse().map_err(|_| ()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_found_in_their_networks() {
        let networks: Networks = "10.0.0.0/8, 192.0.2.7 ,fd00::/8,::1".parse().unwrap();
        for address in ["10.1.2.3", "192.0.2.7", "fd12::1", "::1", "::ffff:10.0.0.1"] {
            assert!(networks.contain(address.parse().unwrap()), "{address}");
        }
        for address in ["11.0.0.1", "192.0.2.8", "fe80::1", "127.0.0.1", "::ffff:11.0.0.1"] {
            assert!(!networks.contain(address.parse().unwrap()), "{address}");
        }
        assert!("0.0.0.0/0".parse::<Networks>().unwrap().contain("203.0.113.9".parse().unwrap()));
        assert!(Networks::default().is_empty());
    }

    #[test]
    fn what_is_no_network_is_refused() {
        for text in
            ["", ",", "10.0.0.0/33", "10.0.0/8", "fd00::/129", "example.com", "10.0.0.0/8,", "10.0.0.0/-1"]
        {
            assert_eq!(text.parse::<Networks>(), Err(()), "{text:?}");
        }
    }
}
