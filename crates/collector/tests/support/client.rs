//! An HTTP client that sends bytes as they are, in pieces if need be.

use std::net::SocketAddr;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::TIMEOUT;

/// An answer.
#[derive(Debug, Clone)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

impl Reply {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let found = self.headers.iter().find(|(found, _)| found == name);
        found.map(|(_, value)| value.as_str())
    }

    /// A member of the problem document.
    pub(crate) fn problem(&self, member: &str) -> String {
        let problem: serde_json::Value = serde_json::from_slice(&self.body)
            .unwrap_or_else(|error| panic!("{error}: {}", String::from_utf8_lossy(&self.body)));
        match &problem[member] {
            serde_json::Value::Null => String::new(),
            serde_json::Value::String(text) => text.clone(),
            other => other.to_string(),
        }
    }
}

pub(crate) struct Client {
    stream: TcpStream,
    read: Vec<u8>,
}

impl Client {
    pub(crate) async fn connect(address: SocketAddr) -> Self {
        Self {
            stream: TcpStream::connect(address).await.expect("a listener"),
            read: Vec::new(),
        }
    }

    pub(crate) async fn write(&mut self, bytes: &[u8]) {
        self.stream
            .write_all(bytes)
            .await
            .expect("an open connection");
    }

    /// The next answer.
    pub(crate) async fn reply(&mut self) -> Reply {
        let reply = tokio::time::timeout(TIMEOUT, self.read_reply()).await;
        reply.expect("an answer in time").expect("an answer")
    }

    /// Waits until the edge closes the connection; whatever comes before is the result.
    pub(crate) async fn closed(&mut self) -> Vec<u8> {
        let end = async { while self.fill().await {} };
        tokio::time::timeout(TIMEOUT, end)
            .await
            .expect("closed in time");
        std::mem::take(&mut self.read)
    }

    /// Reads on; says whether there was anything.
    async fn fill(&mut self) -> bool {
        let mut piece = [0; 4096];
        let count = self.stream.read(&mut piece).await.unwrap_or(0);
        self.read.extend_from_slice(&piece[..count]);
        count > 0
    }

    async fn read_reply(&mut self) -> Option<Reply> {
        let head = loop {
            if let Some(at) = self
                .read
                .windows(4)
                .position(|window| window == b"\r\n\r\n")
            {
                break at;
            }
            if !self.fill().await {
                return None;
            }
        };
        let text = String::from_utf8(self.read[..head].to_vec()).ok()?;
        self.read.drain(..head + 4);
        let mut lines = text.lines();
        let status = lines.next()?.split(' ').nth(1)?.parse().ok()?;
        let headers: Vec<_> = lines
            .filter_map(|line| line.split_once(": "))
            .map(|(name, value)| (name.to_lowercase(), value.to_owned()))
            .collect();
        let length = headers.iter().find(|(name, _)| name == "content-length");
        let length = match status {
            100..200 | 204 | 304 => 0,
            _ => length.map_or(0, |(_, value)| value.parse().unwrap_or(0)),
        };
        while self.read.len() < length {
            if !self.fill().await {
                return None;
            }
        }
        let body = self.read.drain(..length).collect();
        Some(Reply {
            status,
            headers,
            body,
        })
    }
}
