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
    ///
    /// # Errors
    /// In words, with the text.
    pub fn of_rule(text: &str) -> Result<Self, String> {
        let bad = |why: &str| format!("`{text}` is not a valid host: {why}");
        let (tls, rest) = match (text.strip_prefix("http://"), text.strip_prefix("https://")) {
            (Some(rest), _) => (false, rest),
            (None, Some(rest)) => (true, rest),
            (None, None) => (true, text),
        };
        let (host, port) = split(rest).map_err(|why| bad(&why))?;
        let host = host.to_ascii_lowercase();
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || b".-_*:".contains(&byte);
        if host.is_empty() || !host.bytes().all(plain) {
            return Err(bad("write a name or an address, with its port unless that is the usual one"));
        }
        let endpoint = Self { tls, host, port: port.unwrap_or(usual_port(tls)) };
        if !tls && !endpoint.is_address() {
            return Err(format!("`{text}`: without encryption only an address or `localhost` can be granted"));
        }
        Ok(endpoint)
    }

    /// Reads a requested URL.
    ///
    /// # Errors
    /// In words.
    pub fn of_url(url: &Uri) -> Result<Self, String> {
        let tls = match url.scheme_str() {
            Some("https") => true,
            Some("http") => false,
            Some(other) => return Err(format!("the URL begins with `{other}:`, where `https:` is needed")),
            None => return Err("the URL names no host: write it whole, with `https://`".into()),
        };
        let authority = url.authority().ok_or("the URL names no host")?.as_str();
        // Whoever puts a name and a password there wants to confuse somebody.
        if authority.contains('@') {
            return Err("the URL has a name or a password before `@`; send them in a header".into());
        }
        let (host, port) = split(authority).map_err(|why| format!("the host of the URL is not valid: {why}"))?;
        let host = host.to_ascii_lowercase();
        if host.is_empty() || host.contains('*') {
            return Err("the URL names no host".into());
        }
        Ok(Self { tls, host, port: port.unwrap_or(usual_port(tls)) })
    }

    /// Whether everything that another rule allows is allowed by this one: the same scheme and port, a host within this
    /// host, and no address of a network of one's own under a pattern, which at the gate means addresses of the world.
    pub fn contains(&self, other: &Self) -> bool {
        let named = self.host == other.host || !other.is_own_network();
        named && self.covers(other)
    }

    fn is_own_network(&self) -> bool {
        self.host == "localhost" || self.host.parse().is_ok_and(is_private)
    }

    /// How exactly a rule says which host: the one without a pattern first, then the longest.
    pub fn exactness(&self) -> (bool, usize) {
        (!self.host.contains('*'), self.host.len())
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
fn split(text: &str) -> Result<(&str, Option<u16>), String> {
    if let Some(rest) = text.strip_prefix('[') {
        let (host, rest) = rest.split_once(']').ok_or("the bracket of its address is not closed")?;
        return match rest.strip_prefix(':') {
            Some(port) => Ok((host, Some(port_of(port)?))),
            None if rest.is_empty() => Ok((host, None)),
            None => Err(format!("`{rest}` after the address is not a port")),
        };
    }
    match text.split_once(':') {
        Some((host, port)) => Ok((host, Some(port_of(port)?))),
        None => Ok((text, None)),
    }
}

fn port_of(text: &str) -> Result<u16, String> {
    let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let port = digits.then(|| text.parse().ok()).flatten().filter(|port| *port != 0);
    port.ok_or_else(|| format!("its port `{text}` is not a number from 1 to 65535"))
}

/// How often a server may take a path apart: `%252e` is `%2e` is `.`.
const DECODED_MAX: usize = 3;

/// What of a path may lead out of what is granted, if anything: a server may take an encoded part apart before it looks
/// for `..`. An encoded `/` alone is a part of a name, as in `group%2Fproject`.
pub fn climbs(path: &str) -> Option<&'static str> {
    let mut path = path.to_ascii_lowercase();
    for _ in 0..=DECODED_MAX {
        if path.contains('\\') {
            return Some("the path has a backslash, plain or encoded");
        }
        let is_up = |part: &str| matches!(part.split(';').next().unwrap_or(part), "." | "..");
        if path.split('/').any(is_up) {
            return Some("the path has `.` or `..` parts, plain or encoded");
        }
        path = [("%2e", "."), ("%2f", "/"), ("%5c", "\\"), ("%3b", ";"), ("%25", "%")]
            .into_iter()
            .fold(path, |path, (code, plain)| path.replace(code, plain));
    }
    None
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
        let plain = "write a name or an address, with its port unless that is the usual one";
        for (text, why) in [
            ("", plain),
            ("a b", plain),
            ("a/b", plain),
            ("user@host", plain),
            ("[::1", "the bracket of its address is not closed"),
            ("[::1]8443", "`8443` after the address is not a port"),
            ("host:port", "its port `port` is not a number from 1 to 65535"),
            ("host:", "its port `` is not a number from 1 to 65535"),
            ("host:+80", "its port `+80` is not a number from 1 to 65535"),
            ("127.0.0.1:99999", "its port `99999` is not a number from 1 to 65535"),
        ] {
            assert_eq!(shown(text), format!("`{text}` is not a valid host: {why}"));
        }
    }

    #[test]
    fn r10_a_url_with_a_bad_port_is_told_and_never_sent_to_another() {
        let shown = |text: &str| match text.parse::<Uri>() {
            Ok(url) => Endpoint::of_url(&url).map_or_else(|fault| fault, |it| it.to_string()),
            Err(_) => "no URL".into(),
        };
        assert_eq!(shown("https://API.example/x"), "api.example");
        assert_eq!(shown("https://[::1]:8443/"), "[::1]:8443");
        assert_eq!(shown("https://api.example:443/"), "api.example");
        for port in ["99999", "80x", "0", "", "-1", "65536"] {
            let said = shown(&format!("https://127.0.0.1:{port}/x"));
            let told = format!("the host of the URL is not valid: its port `{port}` is not a number from 1 to 65535");
            assert!(said == told || said == "no URL", "{port}: {said}");
        }
        assert!(shown("http://evil@127.0.0.1/").contains("before `@`"));
        assert!(shown("ftp://127.0.0.1/").contains("begins with `ftp:`"));
    }

    #[test]
    fn r03_a_rule_contains_another_only_with_its_scheme_its_port_and_its_kind_of_address() {
        let contains =
            |rule: &str, other: &str| Endpoint::of_rule(rule).unwrap().contains(&Endpoint::of_rule(other).unwrap());
        for (rule, other) in [
            ("*", "api.example"),
            ("*", "*.example"),
            ("*.example", "a.example"),
            ("*", "1.1.1.1"),
            ("127.0.0.1:80", "127.0.0.1:80"),
            ("http://localhost", "http://localhost"),
            ("*:18080", "a.example:18080"),
        ] {
            assert!(contains(rule, other), "{rule} {other}");
        }
        for (rule, other) in [
            ("*", "http://127.0.0.1:18080"),
            ("*", "127.0.0.1"),
            ("*", "localhost"),
            ("*", "10.1.2.3"),
            ("*", "[::1]"),
            ("1*", "10.1.2.3"),
            ("*", "api.example:22"),
            ("api.*", "api.x.example:22"),
            ("*.example", "example"),
            ("api.example", "*"),
            ("http://127.0.0.1", "127.0.0.1"),
            ("127.0.0.1", "http://127.0.0.1"),
        ] {
            assert!(!contains(rule, other), "{rule} {other}");
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
        let up = Some("the path has `.` or `..` parts, plain or encoded");
        let back = Some("the path has a backslash, plain or encoded");
        for (path, why) in [
            ("/vat/../admin", up),
            ("/vat/%2e%2E/admin", up),
            ("/vat/./x", up),
            ("/vat/..;/admin", up),
            ("/vat%2f..", up),
            ("/vat/x%2F..%2F..%2fadmin", up),
            ("/vat/%252e%252e/admin", up),
            ("/vat%252f..%252fadmin", up),
            ("/vat/..%3Bx/admin", up),
            ("/vat/..\\x", back),
            ("/vat/x%5cadmin", back),
            ("/vat/x%255cadmin", back),
            ("/vat/a..b/.well-known", None),
            ("/ok/group%2Fproject", None),
            ("/ok/100%25", None),
        ] {
            assert_eq!(climbs(path), why, "{path}");
        }
    }
}
