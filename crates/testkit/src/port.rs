//! Free ports, for programs that cannot take port 0 themselves.

use std::collections::BTreeSet;
use std::net::{Ipv4Addr, TcpListener};
use std::sync::{Mutex, PoisonError};

/// A port of the loopback address that nobody listened on a moment ago, and that this process gives
/// out only once. Prefer port 0 where the program can tell what it took.
///
/// # Panics
/// When the machine has no port left.
#[must_use]
pub fn free() -> u16 {
    static GIVEN: Mutex<BTreeSet<u16>> = Mutex::new(BTreeSet::new());
    let mut given = GIVEN.lock().unwrap_or_else(PoisonError::into_inner);
    loop {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port");
        let port = listener.local_addr().expect("bound").port();
        if given.insert(port) {
            return port;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_port_is_given_once_and_can_be_taken() {
        let ports: Vec<_> = (0..50).map(|_| free()).collect();
        assert_eq!(ports.iter().collect::<BTreeSet<_>>().len(), 50);
        TcpListener::bind((Ipv4Addr::LOCALHOST, ports[0])).expect("still free");
    }
}
