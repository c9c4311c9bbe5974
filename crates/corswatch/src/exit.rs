//! How a process ends: codes of sysexits.h, so that scripts and service managers can tell.

use std::process::ExitCode;

use settings::Problem;

/// Why a command failed, by what the caller does about it.
#[derive(Debug)]
pub(crate) enum Failure {
    /// The configuration is wrong: change it.
    Config(Vec<Problem>),
    /// Some input could not be read; the rest was answered.
    Input(String),
    /// Something that is needed is not there: install or start it.
    Missing(anyhow::Error),
    /// Anything else.
    Software(anyhow::Error),
}

impl Failure {
    /// Every problem, to be shown to whoever may not see the values of settings.
    pub(crate) fn outlines(&self) -> Vec<String> {
        match self {
            Self::Config(problems) => {
                let outline = |problem: &Problem| format!("{}: {}", problem.path, problem.reason);
                problems.iter().map(outline).collect()
            }
            Self::Input(text) => vec![text.clone()],
            Self::Missing(error) | Self::Software(error) => vec![format!("{error:#}")],
        }
    }

    /// Logs every problem.
    pub(crate) fn log(&self) {
        match self {
            Self::Config(problems) => {
                for problem in problems {
                    tracing::error!("{problem}");
                }
            }
            Self::Input(text) => tracing::error!("{text}"),
            Self::Missing(error) | Self::Software(error) => tracing::error!("{error:#}"),
        }
    }

    /// Prints the failure and returns the exit code.
    pub(crate) fn report(&self) -> ExitCode {
        match self {
            Self::Config(problems) => {
                let count = problems.len();
                let noun = if count == 1 { "problem" } else { "problems" };
                complain!("corswatch: {count} {noun} in the configuration:");
                for problem in problems {
                    complain!("  {problem}");
                }
                ExitCode::from(64)
            }
            Self::Input(text) => {
                complain!("corswatch: {text}");
                ExitCode::from(2)
            }
            Self::Missing(error) => {
                complain!("corswatch: {error:#}");
                ExitCode::from(69)
            }
            Self::Software(error) => {
                complain!("corswatch: {error:#}");
                ExitCode::from(70)
            }
        }
    }
}

impl From<anyhow::Error> for Failure {
    fn from(error: anyhow::Error) -> Self {
        Self::Software(error)
    }
}
