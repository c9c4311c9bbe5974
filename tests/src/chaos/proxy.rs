//! A TCP proxy that breaks connections on demand.

use std::net::SocketAddr;
use std::sync::Arc;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinSet;

/// What the proxy does to connections.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Weather {
    /// Hands on everything.
    Fair,
    /// Hands on nothing, and keeps connections open.
    Stalled,
    /// Ends every connection.
    Cut,
    /// Ends a connection in the middle of what the client sends.
    HalfBodies,
    /// Hands on what the client sends and ends the connection when the answer comes.
    LostAnswers,
    /// Answers HTTP requests with 503 itself.
    Refusing,
    /// Answers HTTP requests as ClickHouse does when its disk is full.
    DiskFull,
    /// Answers HTTP requests as ClickHouse does when its tables are read-only.
    ReadOnly,
}

impl Weather {
    /// What the proxy answers itself: status line and headers, and the body.
    const fn answer(self) -> Option<(&'static str, &'static str)> {
        match self {
            Self::Refusing => Some(("503 Service Unavailable", "busy")),
            Self::DiskFull => Some((
                "500 Internal Server Error\r\nx-clickhouse-exception-code: 243",
                "Code: 243. DB::Exception: Cannot reserve 1.00 MiB, not enough space. (NOT_ENOUGH_SPACE)",
            )),
            Self::ReadOnly => Some((
                "500 Internal Server Error\r\nx-clickhouse-exception-code: 242",
                "Code: 242. DB::Exception: Table is in readonly mode. (TABLE_IS_READ_ONLY)",
            )),
            Self::Fair | Self::Stalled | Self::Cut | Self::HalfBodies | Self::LostAnswers => None,
        }
    }

    /// Whether nothing reaches the server, and what was open ends.
    const fn ends_connections(self) -> bool {
        matches!(self, Self::Cut) || self.answer().is_some()
    }
}

/// Where connections go; asked again for each, because some servers move.
type Target = Arc<dyn Fn() -> Option<SocketAddr> + Send + Sync>;

/// A listening proxy. It ends when it is dropped.
#[derive(Debug)]
pub struct Proxy {
    port: u16,
    weather: watch::Sender<Weather>,
    _accepting: JoinSet<()>,
}

impl Proxy {
    /// Listens on a port of its own and hands on to `target`.
    ///
    /// # Errors
    /// When there is no port.
    pub async fn start(
        target: impl Fn() -> Option<SocketAddr> + Send + Sync + 'static,
    ) -> std::io::Result<Self> {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
        let port = listener.local_addr()?.port();
        let (weather, forecast) = watch::channel(Weather::Fair);
        let mut accepting = JoinSet::new();
        accepting.spawn(accept(listener, Arc::new(target), forecast));
        Ok(Self {
            port,
            weather,
            _accepting: accepting,
        })
    }

    /// The port it listens on.
    #[must_use]
    pub const fn port(&self) -> u16 {
        self.port
    }

    /// Changes the weather, for connections that are open too.
    pub fn set(&self, weather: Weather) {
        self.weather.send_replace(weather);
    }
}

async fn accept(listener: TcpListener, target: Target, weather: watch::Receiver<Weather>) {
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept() => {
                if let Ok((client, _)) = accepted {
                    connections.spawn(connect(client, Arc::clone(&target), weather.clone()));
                }
            }
            Some(_) = connections.join_next() => {}
        }
    }
}

async fn connect(mut client: TcpStream, target: Target, weather: watch::Receiver<Weather>) {
    let now = *weather.borrow();
    if let Some(answer) = now.answer() {
        return refuse(&mut client, answer).await;
    }
    if now.ends_connections() {
        return;
    }
    let Some(server) = target() else { return };
    let Ok(server) = TcpStream::connect(server).await else {
        return;
    };
    // What is handed on must not wait for more.
    let _ = (client.set_nodelay(true), server.set_nodelay(true));
    let ((from_client, to_client), (from_server, to_server)) =
        (client.into_split(), server.into_split());
    // The end of either direction ends the connection.
    tokio::select! {
        () = pump(from_client, to_server, Way::Request, weather.clone()) => {}
        () = pump(from_server, to_client, Way::Answer, weather) => {}
    }
}

async fn refuse(client: &mut TcpStream, (head, body): (&str, &str)) {
    let mut some = [0; 1024];
    // Whether the client listens is its own affair.
    let _ = client.read(&mut some).await;
    let length = body.len();
    let answer =
        format!("HTTP/1.1 {head}\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n{body}");
    let _ = client.write_all(answer.as_bytes()).await;
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Way {
    Request,
    Answer,
}

async fn pump(
    mut from: OwnedReadHalf,
    mut to: OwnedWriteHalf,
    way: Way,
    mut weather: watch::Receiver<Weather>,
) {
    let mut buffer = vec![0; 16 * 1024];
    loop {
        let read = tokio::select! {
            read = from.read(&mut buffer) => read,
            changed = weather.changed() => {
                let now = *weather.borrow_and_update();
                if changed.is_err() || now.ends_connections() {
                    return;
                }
                continue;
            }
        };
        let Ok(length @ 1..) = read else { return };
        let Ok(now) = weather
            .wait_for(|now| *now != Weather::Stalled)
            .await
            .map(|now| *now)
        else {
            return;
        };
        let handed_on = match (now, way) {
            (Weather::LostAnswers, Way::Answer) => return,
            (now, _) if now.ends_connections() => return,
            (Weather::HalfBodies, Way::Request) => length.div_ceil(2),
            _ => length,
        };
        if to.write_all(&buffer[..handed_on]).await.is_err() || handed_on < length {
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A server that answers every request of four bytes with four bytes.
    async fn ground() -> (Proxy, JoinSet<()>, watch::Receiver<u32>) {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("a port");
        let address = listener.local_addr().expect("bound");
        let (count, counted) = watch::channel(0);
        let mut server = JoinSet::new();
        server.spawn(async move {
            loop {
                let (mut client, _) = listener.accept().await.expect("a client");
                let mut request = [0; 4];
                while client.read_exact(&mut request).await.is_ok() {
                    count.send_modify(|count| *count += 1);
                    let _ = client.write_all(b"pong").await;
                }
            }
        });
        let proxy = Proxy::start(move || Some(address)).await.expect("a port");
        (proxy, server, counted)
    }

    async fn ask(proxy: &Proxy) -> Option<Vec<u8>> {
        let mut client = TcpStream::connect(("127.0.0.1", proxy.port())).await.ok()?;
        client.write_all(b"ping").await.ok()?;
        let mut answer = vec![0; 4];
        client.read_exact(&mut answer).await.ok()?;
        Some(answer)
    }

    #[tokio::test]
    async fn each_weather_breaks_what_it_says_and_nothing_else() {
        // (weather, is answered, reaches the server)
        let cases = [
            (Weather::Fair, Some(&b"pong"[..]), 1),
            (Weather::Cut, None, 0),
            (Weather::HalfBodies, None, 0),
            (Weather::LostAnswers, None, 1),
            (Weather::Refusing, Some(&b"HTTP"[..]), 0),
            (Weather::DiskFull, Some(&b"HTTP"[..]), 0),
            (Weather::ReadOnly, Some(&b"HTTP"[..]), 0),
        ];
        for (weather, answer, reaches) in cases {
            let (proxy, _server, counted) = ground().await;
            proxy.set(weather);
            assert_eq!(ask(&proxy).await.as_deref(), answer, "{weather:?}");
            assert_eq!(*counted.borrow(), reaches, "{weather:?}");
            proxy.set(Weather::Fair);
            assert_eq!(
                ask(&proxy).await.as_deref(),
                Some(&b"pong"[..]),
                "{weather:?}"
            );
        }
    }

    #[tokio::test]
    async fn what_was_stalled_goes_on_when_the_weather_clears() {
        let (proxy, _server, mut counted) = ground().await;
        proxy.set(Weather::Stalled);
        let clear = async {
            tokio::task::yield_now().await;
            assert_eq!(*counted.borrow(), 0);
            proxy.set(Weather::Fair);
            counted.changed().await.expect("the request arrives");
        };
        let (answer, ()) = tokio::join!(ask(&proxy), clear);
        assert_eq!(answer.as_deref(), Some(&b"pong"[..]));
    }
}
