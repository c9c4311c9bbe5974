//! Kong: the `cors` plugin in declarative configuration (decK, DB-less), as a resource of its
//! Kubernetes controller, or as the Admin API shows it.
//!
//! Facts from Kong/kong (3.x): `kong/plugins/cors/handler.lua` for what is answered, the order of
//! precedence of plugins and the order of routes from its documentation ("Plugin precedence",
//! "Routes: priority matching").

mod plugin;
mod read;
mod route;

use self::plugin::Plugin;
use self::route::Route;
use crate::ask::Ask;
use crate::doubt::Doubt;
use crate::form::Answers;
use crate::grant::Grant;
use crate::place::EntryUrl;
use crate::prediction::{PredictedResponse, Prediction, Upstream};

pub(crate) use self::read::read;

/// What a file says.
#[derive(Debug, Default)]
pub(crate) struct Gateway {
    /// None where the file has plugins only: they are for every request.
    routes: Vec<Route>,
    /// The plugins that stand alone.
    global: Vec<Plugin>,
}

impl Gateway {
    fn tell(&self, ask: &Ask<'_>, upstream: &Upstream) -> Result<Option<PredictedResponse>, Doubt> {
        if self.routes.is_empty() {
            let Some(first) = self.global.first() else {
                return Ok(None);
            };
            if let Some(other) = self.global.get(1) {
                let reason = "no route stands in the file, and it has several plugins: which one a request meets is not known";
                return Err(Doubt::at(reason, &other.place));
            }
            return first.answer(ask, upstream).map(Some);
        }
        let mut fitting: Vec<&Route> = Vec::new();
        for route in &self.routes {
            if route.fits(ask)? {
                fitting.push(route);
            }
        }
        // Of equals the first.
        let best = fitting.iter().map(|route| route.rank(ask)).max();
        let best = fitting
            .into_iter()
            .find(|route| Some(route.rank(ask)) == best);
        let Some(route) = best else {
            let mut near = self.routes.iter();
            return Ok(near
                .find(|route| route.is_about(ask))
                .map(|route| route.missed(ask)));
        };
        let plugin = route.plugin.as_ref().or(self.global.first());
        match plugin {
            Some(plugin) => plugin.answer(ask, upstream).map(Some),
            None => upstream
                .passed_on(ask.is_preflight(), "the service", &route.place)
                .map(Some),
        }
    }
}

impl Answers for Gateway {
    fn answer(&self, ask: &Ask<'_>, upstream: &Upstream) -> Prediction {
        self.tell(ask, upstream).into()
    }

    fn grants(&self) -> Vec<Grant> {
        let of_routes = self.routes.iter().filter_map(|route| route.plugin.as_ref());
        of_routes
            .chain(&self.global)
            .flat_map(Plugin::grants)
            .collect()
    }

    fn doors(&self) -> Vec<EntryUrl> {
        if self.routes.is_empty() {
            let door = |plugin: &Plugin| EntryUrl {
                host: None,
                path: "/".to_owned(),
                place: plugin.place.clone(),
            };
            return self.global.iter().take(1).map(door).collect();
        }
        self.routes.iter().flat_map(Route::doors).collect()
    }
}
