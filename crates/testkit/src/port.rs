//! Free ports, for programs that cannot take port 0 themselves.

use std::collections::BTreeSet;
use std::net::{Ipv4Addr, TcpListener};
use std::sync::{Mutex, PoisonError};

/// A port of the loopback address that no one listened on a moment ago, and that this process gives
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

/// A port for a server that goes away and comes back while clients call it: outside the range from
/// which the kernel gives ports to clients. A client that calls a free port of that range again and
/// again is connected to itself sooner or later, and then holds the port.
///
/// # Panics
/// When none is left.
#[must_use]
pub fn lasting() -> u16 {
    static NEXT: Mutex<u16> = Mutex::new(0);
    let mut next = NEXT.lock().unwrap_or_else(PoisonError::into_inner);
    let range = LASTING.end - LASTING.start;
    // Processes start at different places.
    let start = u16::try_from(std::process::id() * 37 % u32::from(range)).unwrap_or(0);
    for _ in 0..range {
        let port = LASTING.start + (start + *next) % range;
        *next = (*next + 1) % range;
        if TcpListener::bind((Ipv4Addr::LOCALHOST, port)).is_ok() {
            return port;
        }
    }
    panic!("no port is left below those of clients");
}

/// Linux gives clients the ports from 32768 on, unless told otherwise.
const LASTING: std::ops::Range<u16> = 21_000..32_000;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lasting_port_is_not_one_of_clients() {
        let ports: BTreeSet<_> = (0..20).map(|_| lasting()).collect();
        assert_eq!(ports.len(), 20);
        assert!(ports.iter().all(|port| LASTING.contains(port)));
    }

    #[test]
    fn a_port_is_given_once_and_can_be_taken() {
        let ports: Vec<_> = (0..50).map(|_| free()).collect();
        assert_eq!(ports.iter().collect::<BTreeSet<_>>().len(), 50);
        TcpListener::bind((Ipv4Addr::LOCALHOST, ports[0])).expect("still free");
    }
}
