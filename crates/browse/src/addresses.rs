//! Which addresses may be connected to.

use std::net::IpAddr;

use runtime::Network;

/// Which addresses the name of a target may stand for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Addresses {
    /// Addresses of the public internet.
    Public,
    /// Those, the machine itself and private networks. Link-local, metadata, multicast and reserved
    /// addresses stay out: no service that a page calls is there.
    Private,
}

impl Addresses {
    /// Whether a connection to `address` may be opened.
    #[must_use]
    pub fn permit(self, address: IpAddr) -> bool {
        match Network::of(address) {
            Network::Public => true,
            Network::Loopback | Network::Private => self == Self::Private,
            Network::LinkLocal | Network::Metadata | Network::Multicast | Network::Reserved => {
                false
            }
        }
    }
}
