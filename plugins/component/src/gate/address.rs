//! Hosts, ports and addresses.
//!
//! Owns: reading a granted host and a requested one the same way, and which addresses belong to somebody's own network.
//! Leaves names to the resolver: what it answers is asked about here before anybody connects.

use crate::glob;
use hyper::Uri;
use std::{
    fmt,
    net::{IpAddr, Ipv4Addr, Ipv6Addr},
};

/// Where requests go.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Endpoint {
    /// Whether the connection is encrypted.
    pub tls: bool,
    /// In lower case; without brackets. In a rule it may hold `*`.
    pub host: String,
    /// The port.
    pub port: u16,
}

impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scheme = if self.tls { "" } else { "http://" };
        let host = if self.host.contains(':') { format!("[{}]", self.host) } else { self.host.clone() };
        write!(f, "{scheme}{host}")?;
        if self.port == usual_port(self.tls) { Ok(()) } else { write!(f, ":{}", self.port) }
    }
}

impl Endpoint {
    /// Reads the host of a rule: `api.example`, `*.example:8443`, `127.0.0.1:8080`, `http://127.0.0.1:8080`.
    pub fn of_rule(text: &str) -> Result<Self, String> {
        let (tls, rest) = match (text.strip_prefix("http://"), text.strip_prefix("https://")) {
            (Some(rest), _) => (false, rest),
            (None, Some(rest)) => (true, rest),
            (None, None) => (true, text),
        };
        let (host, port) = split(rest).ok_or_else(|| format!("`{text}` is no host"))?;
        let host = host.to_ascii_lowercase();
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || b".-_*:".contains(&byte);
        if host.is_empty() || !host.bytes().all(plain) {
            return Err(format!("`{text}` is no host"));
        }
        let endpoint = Self { tls, host, port: port.unwrap_or(usual_port(tls)) };
        if !tls && !endpoint.is_address() {
            return Err(format!("`{text}`: without encryption only an address or `localhost` can be granted"));
        }
        Ok(endpoint)
    }

    /// Reads a requested URL.
    pub fn of_url(url: &Uri) -> Option<Self> {
        let tls = match url.scheme_str()? {
            "https" => true,
            "http" => false,
            _ => return None,
        };
        let authority = url.authority()?;
        // Whoever puts a name and a password there wants to confuse somebody.
        if authority.as_str().contains('@') {
            return None;
        }
        let host = authority.host().trim_start_matches('[').trim_end_matches(']').to_ascii_lowercase();
        if host.is_empty() || host.contains('*') {
            return None;
        }
        Some(Self { tls, host, port: authority.port_u16().unwrap_or(usual_port(tls)) })
    }

    /// Whether a rule's host allows another one.
    pub fn covers(&self, other: &Self) -> bool {
        self.tls == other.tls && self.port == other.port && glob::matches(&self.host, &other.host)
    }

    /// Whether the host is literally an address, or this very machine.
    pub fn is_address(&self) -> bool {
        self.host == "localhost" || self.host.parse::<IpAddr>().is_ok()
    }
}

fn usual_port(tls: bool) -> u16 {
    if tls { 443 } else { 80 }
}

/// Host and port; an IPv6 address stands in brackets.
fn split(text: &str) -> Option<(&str, Option<u16>)> {
    if let Some(rest) = text.strip_prefix('[') {
        let (host, rest) = rest.split_once(']')?;
        let port = rest.strip_prefix(':').map(str::parse).transpose().ok()?;
        return (rest.is_empty() || port.is_some()).then_some((host, port));
    }
    match text.split_once(':') {
        Some((host, port)) => Some((host, Some(port.parse().ok()?))),
        None => Some((text, None)),
    }
}

/// Whether a path has parts that a server may take for `.` or `..`, or a hidden separator.
pub fn climbs(path: &str) -> bool {
    let path = path.to_ascii_lowercase().replace("%2e", ".");
    path.contains('\\')
        || path.contains("%5c")
        || path.contains("%2f")
        || path.split('/').any(|part| {
            let part = part.split(';').next().unwrap_or(part);
            part == "." || part == ".."
        })
}

/// Whether an address belongs to this machine, to somebody's own network, or to nobody at all.
pub fn is_private(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => is_private_v4(address),
        IpAddr::V6(address) => is_private_v6(address),
    }
}

fn is_private_v4(address: Ipv4Addr) -> bool {
    let [a, b, c, _] = address.octets();
    address.is_private()
        || address.is_loopback()
        || address.is_link_local()
        || address.is_documentation()
        || a == 0
        // Carriers' own networks, protocol assignments, benchmarks, multicast and what is kept for later.
        || (a == 100 && b & 0xc0 == 64)
        || (a == 192 && b == 0 && c == 0)
        || (a == 198 && b & 0xfe == 18)
        || a >= 224
}

fn is_private_v6(address: Ipv6Addr) -> bool {
    let parts = address.segments();
    let last = || Ipv4Addr::from(u32::from(parts[6]) << 16 | u32::from(parts[7]));
    match parts {
        // An IPv4 address in other clothes: mapped, compatible, translated.
        [0, 0, 0, 0, 0, 0xffff | 0, ..] | [0x64, 0xff9b, 0, 0, 0, 0, ..] => {
            address.is_loopback() || address.is_unspecified() || is_private_v4(last())
        }
        // Local translation, Teredo, documentation, 6to4.
        [0x64, 0xff9b, 1, ..] | [0x2001, 0 | 0xdb8, ..] | [0x2002, ..] => true,
        [first, ..] => {
            first & 0xfe00 == 0xfc00 || first & 0xffc0 == 0xfe80 || first & 0xffc0 == 0xfec0 || first >= 0xff00
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rule_is_read_like_an_address_bar() {
        let shown = |text: &str| Endpoint::of_rule(text).map_or_else(|fault| fault, |it| it.to_string());
        for text in [
            "api.example",
            "*.example:8443",
            "127.0.0.1:8080",
            "http://127.0.0.1:8080",
            "[::1]:8443",
            "http://localhost",
        ] {
            assert_eq!(shown(text), text);
        }
        assert_eq!(shown("https://API.example:443"), "api.example");
        assert_eq!(
            shown("http://api.example"),
            "`http://api.example`: without encryption only an address or `localhost` can be granted"
        );
        for text in ["", "a b", "a/b", "host:port", "[::1", "user@host"] {
            assert_eq!(shown(text), format!("`{text}` is no host"));
        }
    }

    #[test]
    fn addresses_of_ones_own_network_are_told_from_the_worlds() {
        for text in [
            "127.0.0.1",
            "10.1.2.3",
            "172.16.0.1",
            "192.168.1.1",
            "169.254.169.254",
            "100.64.0.1",
            "0.0.0.0",
            "255.255.255.255",
            "224.0.0.1",
            "::1",
            "::",
            "fe80::1",
            "fd00::1",
            "::ffff:127.0.0.1",
            "::127.0.0.1",
            "64:ff9b::a00:1",
            "2002:7f00:1::",
            "ff02::1",
            "2001:db8::1",
        ] {
            assert!(is_private(text.parse().expect(text)), "{text}");
        }
        for text in ["1.1.1.1", "93.184.216.34", "2606:4700::1111", "::ffff:1.1.1.1", "64:ff9b::101:101"] {
            assert!(!is_private(text.parse().expect(text)), "{text}");
        }
    }

    #[test]
    fn a_path_does_not_climb_out_of_its_grant() {
        for path in ["/vat/../admin", "/vat/%2e%2E/admin", "/vat/./x", "/vat/..;/admin", "/vat%2f..", "/vat/..\\x"] {
            assert!(climbs(path), "{path}");
        }
        assert!(!climbs("/vat/a..b/.well-known"));
    }
}
