//! What comes back, as far as the file tells.

use cors::{Answer, Headers};

use crate::doubt::Doubt;
use crate::place::SourceLocation;

/// One header line of an answer, and the line of the policy that sets it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// Name as it is written.
    pub name: String,
    /// Value.
    pub value: String,
    /// Where the policy says so; `None` for what the upstream is assumed to send.
    pub place: Option<SourceLocation>,
}

/// A header that the policy sets and this answer does not have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lost {
    /// Its name.
    pub header: String,
    /// Why it is not there.
    pub reason: String,
    /// The line that sets it.
    pub place: SourceLocation,
}

/// An answer.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PredictedResponse {
    /// HTTP status.
    pub status: u16,
    /// Header lines in order.
    pub lines: Vec<Line>,
    /// What had to be assumed, such as what an upstream answers.
    pub assumed: Vec<String>,
    /// The part of the policy that answers: a location, a rule.
    pub by: Option<SourceLocation>,
    /// Headers that are set somewhere and did not make it, each with the reason.
    pub lost: Vec<Lost>,
}

impl PredictedResponse {
    /// The answer as the engine takes it.
    #[must_use]
    pub fn answer(&self) -> Answer {
        Answer {
            status: self.status,
            headers: self
                .lines
                .iter()
                .map(|line| (&line.name, &line.value))
                .collect::<Headers>(),
        }
    }

    /// Where a header of this name is set, in any case.
    #[must_use]
    pub fn place_of(&self, name: &str) -> Option<&SourceLocation> {
        let mut lines = self.lines.iter();
        lines
            .find(|line| line.name.eq_ignore_ascii_case(name))
            .and_then(|line| line.place.as_ref())
    }
}

/// What a policy answers to a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Prediction {
    /// This.
    Response(PredictedResponse),
    /// The file does not tell, for this reason.
    Unknown {
        /// Why.
        reason: String,
        /// The line that makes it so.
        place: Option<SourceLocation>,
    },
    /// The policy is not about this host or path.
    Uncovered,
}

impl From<Result<PredictedResponse, Doubt>> for Prediction {
    fn from(predicted: Result<PredictedResponse, Doubt>) -> Self {
        predicted.map(Some).into()
    }
}

/// Nothing is told where the policy is not about what was asked.
impl From<Result<Option<PredictedResponse>, Doubt>> for Prediction {
    fn from(predicted: Result<Option<PredictedResponse>, Doubt>) -> Self {
        match predicted {
            Ok(Some(predicted)) => Self::Response(predicted),
            Ok(None) => Self::Uncovered,
            Err(doubt) => doubt.into(),
        }
    }
}

/// What the server behind a proxy is taken to answer to what is passed on to it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Upstream {
    /// To a preflight; `None` where no one knows.
    pub preflight: Option<Answer>,
    /// To anything else: 200 without CORS headers, unless something else is known.
    pub response: Option<Answer>,
}

impl Upstream {
    /// Its answer to a message that a proxy passes on, with what is assumed of it.
    pub(crate) fn passed_on(
        &self,
        is_preflight: bool,
        to: &str,
        place: &SourceLocation,
    ) -> Result<PredictedResponse, Doubt> {
        let Some(answer) = self.answer(is_preflight) else {
            let reason = format!(
                "the preflight is passed on to {to}, and what that answers does not stand in the file"
            );
            return Err(Doubt::at(reason, place));
        };
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        let lines = answer.headers.iter().map(|(name, value)| Line {
            name: text(name),
            value: text(value),
            place: None,
        });
        Ok(PredictedResponse {
            status: answer.status,
            lines: lines.collect(),
            assumed: vec![format!(
                "{to} answers {} without CORS headers of its own",
                answer.status
            )],
            by: Some(place.clone()),
            lost: Vec::new(),
        })
    }

    /// Its answer to a message; `None` where no one knows.
    pub(crate) fn answer(&self, is_preflight: bool) -> Option<Answer> {
        match (is_preflight, &self.preflight, &self.response) {
            (true, preflight, _) => preflight.clone(),
            (false, _, Some(response)) => Some(response.clone()),
            (false, _, None) => Some(Answer {
                status: 200,
                headers: Headers::new(),
            }),
        }
    }
}
