//! What is blocked, and why.

use cors::Credentials::{self, Include, Omit, SameOrigin};
use corswatch_tests::Kind;

/// Where a scenario is found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Site {
    /// Everywhere.
    Any,
    /// Where an application stands behind.
    Gateway,
    /// The same, and the gateway asks for a login.
    Login,
    /// In applications: the configuration that is there, for Express and FastAPI.
    Application(&'static str, &'static str),
}

/// A request of a page that is blocked.
#[derive(Debug)]
pub(crate) struct Scenario {
    pub(crate) name: &'static str,
    pub(crate) page: &'static str,
    pub(crate) path: &'static str,
    pub(crate) method: &'static str,
    pub(crate) headers: &'static [(&'static str, &'static str)],
    pub(crate) credentials: Credentials,
    pub(crate) site: Site,
}

impl Scenario {
    /// What the server has in its file before it is mended.
    pub(crate) const fn piece(&self, kind: Kind) -> &'static str {
        match (kind, self.site) {
            (Kind::Express, Site::Application(piece, _))
            | (Kind::FastApi, Site::Application(_, piece)) => piece,
            _ => "",
        }
    }
}

/// The scenarios that a kind of server can be in; those of every server without one.
pub(crate) fn of(kind: Option<Kind>) -> impl Iterator<Item = &'static Scenario> {
    let is_application = kind.map(|kind| matches!(kind, Kind::Express | Kind::FastApi));
    SCENARIOS
        .iter()
        .filter(move |scenario| match scenario.site {
            Site::Any => true,
            Site::Gateway | Site::Login => is_application == Some(false),
            Site::Application(..) => is_application == Some(true),
        })
}

const GET: Scenario = Scenario {
    name: "a plain read",
    page: "http://app.test",
    path: "/x",
    method: "GET",
    headers: &[],
    credentials: SameOrigin,
    site: Site::Any,
};

const JSON: (&str, &str) = ("content-type", "application/json");
const LOGIN: (&str, &str) = ("authorization", "Basic dTpw");

const SCENARIOS: &[Scenario] = &[
    GET,
    Scenario {
        name: "a read with cookies",
        credentials: Include,
        ..GET
    },
    Scenario {
        name: "HEAD with cookies",
        method: "HEAD",
        credentials: Include,
        ..GET
    },
    Scenario {
        name: "a page with a port",
        page: "http://app.test:8080",
        method: "DELETE",
        ..GET
    },
    Scenario {
        name: "PUT with a header and cookies",
        method: "PUT",
        headers: &[("x-tenant", "1")],
        credentials: Include,
        ..GET
    },
    Scenario {
        name: "POST of JSON with cookies",
        method: "POST",
        headers: &[JSON],
        credentials: Include,
        ..GET
    },
    Scenario {
        name: "many headers",
        method: "PUT",
        headers: &[
            JSON,
            LOGIN,
            ("x-a", "1"),
            ("x-b_c.d", "2"),
            ("x-request-id", "3"),
        ],
        credentials: Omit,
        ..GET
    },
    Scenario {
        name: "a header of tracing",
        headers: &[(
            "traceparent",
            "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
        )],
        ..GET
    },
    Scenario {
        name: "a method in lower case",
        method: "patch",
        headers: &[JSON],
        ..GET
    },
    Scenario {
        name: "a header of answers in the request",
        headers: &[("access-control-allow-origin", "*"), ("x-tenant", "1")],
        ..GET
    },
    Scenario {
        name: "a path that is not there, with cookies",
        path: "/missing",
        credentials: Include,
        ..GET
    },
    Scenario {
        name: "PUT to a path that is not there",
        path: "/missing",
        method: "PUT",
        ..GET
    },
    Scenario {
        name: "a failure of the application",
        path: "/boom",
        ..GET
    },
    Scenario {
        name: "a failure of the application at a PUT with cookies",
        path: "/boom",
        method: "PUT",
        headers: &[("x-tenant", "1")],
        credentials: Include,
        ..GET
    },
    Scenario {
        name: "a preflight that is to log in",
        path: "/private",
        headers: &[LOGIN],
        ..GET
    },
    Scenario {
        name: "an answer to who has not logged in",
        path: "/private",
        credentials: Include,
        ..GET
    },
    Scenario {
        name: "a gateway that wants a login",
        method: "PUT",
        headers: &[LOGIN, JSON],
        site: Site::Login,
        ..GET
    },
    Scenario {
        name: "a gateway's own refusal",
        site: Site::Login,
        ..GET
    },
    Scenario {
        name: "OPTIONS is refused",
        path: "/get-only",
        method: "PUT",
        site: Site::Gateway,
        ..GET
    },
    Scenario {
        name: "OPTIONS is redirected",
        path: "/moved",
        headers: &[("x-tenant", "1")],
        site: Site::Gateway,
        ..GET
    },
    Scenario {
        name: "a wildcard for cookies",
        path: "/star",
        credentials: Include,
        site: Site::Gateway,
        ..GET
    },
    Scenario {
        name: "a preflight with a wildcard for cookies",
        path: "/star",
        method: "PUT",
        headers: &[JSON],
        credentials: Include,
        site: Site::Gateway,
        ..GET
    },
    Scenario {
        name: "another page's origin, with cookies",
        path: "/foreign",
        credentials: Include,
        site: Site::Gateway,
        ..GET
    },
    Scenario {
        name: "two origins",
        path: "/twice",
        site: Site::Gateway,
        ..GET
    },
    Scenario {
        name: "an application's wildcard for cookies",
        method: "PUT",
        headers: &[JSON],
        credentials: Include,
        site: Site::Application(
            "app.use(require('cors')());",
            "from fastapi.middleware.cors import CORSMiddleware\napp.add_middleware(CORSMiddleware, allow_origins=['*'], allow_methods=['*'])",
        ),
        ..GET
    },
    Scenario {
        name: "an application that knows another page, with a slash too many",
        credentials: Include,
        site: Site::Application(
            "app.use(require('cors')({ origin: ['http://app.test/'], credentials: true }));",
            "from fastapi.middleware.cors import CORSMiddleware\napp.add_middleware(CORSMiddleware, allow_origins=['http://app.test/'])",
        ),
        ..GET
    },
];
