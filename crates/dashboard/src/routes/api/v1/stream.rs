//! `GET /api/v1/stream`.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use axum::Extension;
use axum::extract::{RawQuery, State};
use axum::response::sse::{Event, KeepAlive, Sse};
use futures::stream::{self, Stream};
use runtime::Stop;
use tokio::time::{Instant, Interval, MissedTickBehavior};

use crate::auth::Caller;
use crate::live::TICK;
use crate::params::{Params, names};
use crate::problem::Problem;
use crate::seats::Seat;
use crate::selection::{OneAppParams, app};
use crate::state::Shared;
use crate::view::live::{EndReason, StreamEnd, Tick};

/// How old a stream gets: whoever watches longer asks again, so that a token that has expired ends.
const MAX_STREAM_AGE: Duration = Duration::from_secs(15 * 60);
/// Silence after which a comment is sent, so that nothing between closes the connection.
const HEARTBEAT: Duration = Duration::from_secs(5);

/// Live numbers of an app, as server-sent events: once a second a `tick`. The first one has the last half
/// hour by minute, later ones the minutes that changed. While the store does not answer there are
/// `problem` events in place of ticks. `end` says why the stream ends; ask again then.
#[utoipa::path(get, path = "/api/v1/stream", tag = "data", params(OneAppParams), responses(
    (status = 200, description = "events `tick` (data: Tick), `problem` (data: Problem) and `end` (data: StreamEnd)",
        body = Tick, content_type = "text/event-stream"),
    (status = 400, description = "a parameter is at fault", body = Problem),
))]
pub(crate) async fn get(
    State(shared): State<Arc<Shared>>,
    Extension(caller): Extension<Caller>,
    RawQuery(query): RawQuery,
) -> Result<Sse<impl Stream<Item = Result<Event, Infallible>>>, Problem> {
    let mut params = Params::read(query.as_deref(), &names::<OneAppParams>());
    let app = app(&mut params, &caller, &shared);
    params.finish()?;
    let seat = shared.seats.take(caller.name())?;
    let events = stream::unfold(Some(Viewer::new(app, shared, seat)), Viewer::next);
    Ok(Sse::new(events).keep_alive(KeepAlive::new().interval(HEARTBEAT)))
}

/// One open stream.
struct Viewer {
    app: String,
    shared: Arc<Shared>,
    stop: Stop,
    ticks: Interval,
    ends: Instant,
    /// Number of the last reading that was sent.
    sent: Option<u64>,
    _seat: Seat,
}

impl Viewer {
    fn new(app: String, shared: Arc<Shared>, seat: Seat) -> Self {
        let mut ticks = tokio::time::interval(TICK);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        Self {
            app,
            stop: shared.stop.clone(),
            shared,
            ticks,
            ends: Instant::now() + MAX_STREAM_AGE,
            sent: None,
            _seat: seat,
        }
    }

    /// The next event, and who goes on after it.
    async fn next(viewer: Option<Self>) -> Option<(Result<Event, Infallible>, Option<Self>)> {
        let mut viewer = viewer?;
        let stop = viewer.stop.clone();
        let ended = tokio::select! {
            biased;
            () = stop.cancelled() => EndReason::Draining,
            () = tokio::time::sleep_until(viewer.ends) => EndReason::Expired,
            event = viewer.event() => return Some((Ok(event), Some(viewer))),
        };
        let end = StreamEnd { reason: ended };
        let data = serde_json::to_string(&end).expect("a reason is plain data");
        Some((Ok(Event::default().event("end").data(data)), None))
    }

    async fn event(&mut self) -> Event {
        self.ticks.tick().await;
        let reading = match self.shared.live.read(&self.app).await {
            Ok(reading) => reading,
            Err(problem) => {
                self.sent = None;
                let data = serde_json::to_string(&problem).expect("a problem is plain data");
                return Event::default().event("problem").data(data);
            }
        };
        let follows = self.sent.is_some_and(|sent| sent + 1 == reading.number);
        let data = if follows {
            &reading.changes
        } else {
            &reading.whole
        };
        self.sent = Some(reading.number);
        Event::default()
            .event("tick")
            .id(reading.number.to_string())
            .data(data)
    }
}
