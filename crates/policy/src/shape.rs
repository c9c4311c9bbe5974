//! Request shapes: what browsers were seen to ask, how often, and with which outcome.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// All shapes of a window, as the dashboard's API tells them.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Shapes {
    /// The app.
    #[serde(default)]
    pub app: String,
    /// Start of the window.
    #[serde(default)]
    pub from: String,
    /// End of the window.
    #[serde(default)]
    pub to: String,
    /// Whether these are all that were seen.
    #[serde(default = "yes")]
    pub complete: bool,
    /// The shapes.
    pub shapes: Vec<Shape>,
}

const fn yes() -> bool {
    true
}

/// One shape.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Shape {
    /// Origin of the page.
    pub page_origin: String,
    /// Origin that is asked.
    pub target_origin: String,
    /// Template of the path.
    pub endpoint: String,
    /// The service behind it.
    #[serde(default)]
    pub service: String,
    /// Method.
    pub method: String,
    /// Names of the request headers that need permission, in lower case; `None` where not known.
    #[serde(default)]
    pub headers: Option<Vec<String>>,
    /// Whether it is made with credentials.
    #[serde(default)]
    pub credentialed: bool,
    /// Whether a preflight was needed.
    #[serde(default)]
    pub preflighted: bool,
    /// Response headers that pages read there, in lower case.
    #[serde(default)]
    pub reads: Vec<String>,
    /// The outcome of the requests.
    #[serde(default)]
    pub outcomes: BTreeMap<String, u64>,
    /// How many there were.
    #[serde(default)]
    pub count: u64,
}

impl Shape {
    /// Requests that the browser let the page read.
    #[must_use]
    pub fn passing(&self) -> u64 {
        ["ok", "http_error"]
            .iter()
            .filter_map(|word| self.outcomes.get(*word))
            .sum()
    }

    /// Requests that the browser blocked.
    #[must_use]
    pub fn blocked(&self) -> u64 {
        self.outcomes.get("blocked").copied().unwrap_or_default()
    }
}

/// Why a text holds no shapes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BadShapes {
    /// Line, from 1.
    pub line: usize,
    /// Why.
    pub reason: String,
}

impl Shapes {
    /// Reads the answer of the API, or a file with shapes one a line. What cannot be read of the
    /// latter is in the second value.
    ///
    /// # Errors
    /// [`BadShapes`], where nothing can be read.
    pub fn read(text: &str) -> Result<(Self, Vec<BadShapes>), BadShapes> {
        let whole = match serde_json::from_str::<Self>(text) {
            Ok(shapes) => return Ok((shapes, Vec::new())),
            Err(error) => bad(0, &error),
        };
        let mut shapes = Self {
            complete: true,
            ..Self::default()
        };
        let mut problems = Vec::new();
        for (number, line) in text
            .lines()
            .enumerate()
            .filter(|(_, line)| !line.trim().is_empty())
        {
            match serde_json::from_str(line) {
                Ok(shape) => shapes.shapes.push(shape),
                Err(error) => problems.push(bad(number, &error)),
            }
        }
        if shapes.shapes.is_empty() {
            return Err(whole);
        }
        Ok((shapes, problems))
    }
}

fn bad(above: usize, error: &serde_json::Error) -> BadShapes {
    let text = error.to_string();
    let reason = text
        .rsplit_once(" at line ")
        .map_or(text.as_str(), |(reason, _)| reason);
    BadShapes {
        line: above + error.line().max(1),
        reason: reason.to_owned(),
    }
}
