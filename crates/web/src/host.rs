//! Hosts in the form in which the URL standard serialises them.

use std::net::Ipv4Addr;

use url::Host;

use crate::origin::NotAnOrigin;

/// How a scheme's hosts are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Form {
    /// Names and addresses, which the URL standard canonicalises ("special" schemes).
    Domain,
    /// Opaque, in lower case as browsers compare them.
    Opaque,
}

/// What keeps `host` from being one that browsers serialise.
pub(crate) fn check(host: &str, form: Form) -> Result<(), NotAnOrigin> {
    if host.starts_with('[') {
        return check_ipv6(host);
    }
    // As if a label had ended: the first must not be empty either.
    let mut before = b'.';
    let mut may_be_international = false;
    for byte in host.bytes() {
        if !is_host_byte(byte) || before == b'.' && byte == b'.' {
            return Err(NotAnOrigin::Host);
        }
        may_be_international |= before == b'.' && byte == b'x';
        before = byte;
    }
    if host.is_empty() {
        return Err(NotAnOrigin::Host);
    }
    if form == Form::Opaque {
        return Ok(());
    }
    if ends_in_a_number(host) && host.parse::<Ipv4Addr>().is_err() {
        return Err(NotAnOrigin::Address);
    }
    // Whether the rest of such a label is Punycode of what it should be is for IDNA to say.
    if may_be_international && host.split('.').any(|label| label.starts_with("xn--")) {
        return match Host::parse(host) {
            Ok(Host::Domain(domain)) if domain == host => Ok(()),
            _ => Err(NotAnOrigin::Host),
        };
    }
    Ok(())
}

/// The host without the dot of the root, which leads to the same server.
pub(crate) fn without_root(host: &str) -> &str {
    host.strip_suffix('.').unwrap_or(host)
}

fn check_ipv6(host: &str) -> Result<(), NotAnOrigin> {
    match Host::parse(host) {
        // The parser's serialisation is that of the URL standard: shortest form, lower case, no
        // dotted part.
        Ok(parsed @ Host::Ipv6(_)) if parsed.to_string() == host => Ok(()),
        Ok(Host::Ipv6(_)) => Err(NotAnOrigin::Address),
        _ => Err(NotAnOrigin::Host),
    }
}

/// Whether the URL standard reads the host as an IPv4 address
/// (<https://url.spec.whatwg.org/#ends-in-a-number-checker>).
fn ends_in_a_number(host: &str) -> bool {
    let last = without_root(host).rsplit('.').next().unwrap_or_default();
    if !last.starts_with(|first: char| first.is_ascii_digit()) {
        return false;
    }
    let hexadecimal = last.strip_prefix("0x");
    hexadecimal.is_some_and(|digits| digits.bytes().all(|byte| byte.is_ascii_hexdigit()))
        || last.bytes().all(|byte| byte.is_ascii_digit())
}

/// What the URL standard's forbidden domain code points leave over of lower-case ASCII.
const fn is_host_byte(byte: u8) -> bool {
    matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b'!' | b'$' | b'&' | b'\''
        | b'(' | b')' | b'*' | b'+' | b',' | b';' | b'=')
}
