//! Listening sockets whose errors say what to do.

use std::net::SocketAddr;

use tokio::net::TcpListener;

/// A socket that could not be opened.
#[derive(Debug, thiserror::Error)]
pub enum ListenError {
    /// Another process has the port.
    #[error(
        "{what}: {addr} is taken by another process; stop it, or set `{setting}` to a free port"
    )]
    Taken {
        /// What wanted to listen.
        what: &'static str,
        /// Where.
        addr: SocketAddr,
        /// The setting that names the address.
        setting: &'static str,
    },
    /// No address of this machine.
    #[error(
        "{what}: {addr} is no address of this machine: write one that it has, 127.0.0.1:{port}, or 0.0.0.0:{port} for all of them, as `{setting}`",
        port = .addr.port()
    )]
    NotHere {
        /// What wanted to listen.
        what: &'static str,
        /// Where.
        addr: SocketAddr,
        /// The setting that names the address.
        setting: &'static str,
    },
    /// A port that this user may not take.
    #[error(
        "{what}: this user may not listen on {addr}: write a port from 1024 on as `{setting}`, or give the process CAP_NET_BIND_SERVICE"
    )]
    Privileged {
        /// What wanted to listen.
        what: &'static str,
        /// Where.
        addr: SocketAddr,
        /// The setting that names the address.
        setting: &'static str,
    },
    /// Any other reason.
    #[error("{what}: cannot listen on {addr} (`{setting}`)")]
    Other {
        /// What wanted to listen.
        what: &'static str,
        /// Where.
        addr: SocketAddr,
        /// The setting that names the address.
        setting: &'static str,
        /// The reason.
        #[source]
        source: std::io::Error,
    },
}

/// Opens a listening socket for `what`, configured by `setting`.
///
/// # Errors
/// [`ListenError`] when the address is taken or not this machine's.
pub async fn listen(
    what: &'static str,
    setting: &'static str,
    addr: SocketAddr,
) -> Result<TcpListener, ListenError> {
    TcpListener::bind(addr)
        .await
        .map_err(|source| match source.kind() {
            std::io::ErrorKind::AddrInUse => ListenError::Taken {
                what,
                addr,
                setting,
            },
            std::io::ErrorKind::AddrNotAvailable => ListenError::NotHere {
                what,
                addr,
                setting,
            },
            std::io::ErrorKind::PermissionDenied => ListenError::Privileged {
                what,
                addr,
                setting,
            },
            _ => ListenError::Other {
                what,
                addr,
                setting,
                source,
            },
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn an_address_that_cannot_be_listened_on_is_told_with_what_to_write() {
        let open = |addr: SocketAddr| listen("the edge", "collector.listen", addr);
        let held = open(([127, 0, 0, 1], 0).into()).await.expect("a free port");
        let taken = held.local_addr().expect("an address");
        for (addr, expected) in [
            (taken, "set `collector.listen` to a free port"),
            (
                ([192, 0, 2, 7], 7780).into(),
                "write one that it has, 127.0.0.1:7780, or 0.0.0.0:7780 for all of them, as `collector.listen`",
            ),
        ] {
            let error = open(addr).await;
            let error_text = error.expect_err("it cannot be used").to_string();
            assert!(error_text.ends_with(expected), "{error_text}");
        }
    }
}
