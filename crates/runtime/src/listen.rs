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
            _ => ListenError::Other {
                what,
                addr,
                setting,
                source,
            },
        })
}
