//! The walk along an exchange: HTTP fetch and HTTP-redirect fetch of the standard, in the order of
//! `services/network/cors/cors_url_loader.cc`.

use std::borrow::Cow;

use url::Url;
use web::Origin;

use crate::access::{self, Refusal};
use crate::exchange::{Answer, Exchange, Request};
use crate::judgement::{Judgement, Scene};
use crate::preflight::{self, Ask, Permission, Question};
use crate::redirect::{self, BadRedirect};
use crate::safelist;
use crate::word::{CorsError, Engine, Mode, Ruling, Stage};

/// The browser follows this many redirects and no more.
const MAX_REDIRECTS: usize = 20;

/// Judges an exchange, as Chromium does.
#[must_use]
pub fn judge(exchange: &Exchange) -> Judgement {
    Walk::along(exchange, Engine::Chromium).1
}

/// Judges an exchange as another engine does, in Chromium's words.
#[must_use]
pub fn judge_as(exchange: &Exchange, engine: Engine) -> Judgement {
    Walk::along(exchange, engine).1
}

impl Request {
    pub(crate) fn ask(&self) -> Ask<'_> {
        Ask {
            method: &self.method,
            headers: &self.headers,
            credentials: self.credentials,
            engine: Engine::Chromium,
        }
    }
}

/// The request's state between two hops.
pub(crate) struct Walk<'a> {
    request: &'a Request,
    engine: Engine,
    /// URLs of the hops before.
    before: Vec<String>,
    /// Whether a preflight was needed at some hop.
    asked: bool,
    pub(crate) url: Cow<'a, Url>,
    pub(crate) method: Cow<'a, str>,
    pub(crate) headers: Cow<'a, [(String, Vec<u8>)]>,
    pub(crate) hop: usize,
    /// Set at the first cross-origin hop and never unset: the standard's response tainting `cors`.
    pub(crate) cors: bool,
    /// Set when a redirect leads from one foreign origin to another: `Origin` is `null` from then on.
    tainted: bool,
    preflight_sent: bool,
    /// Whether a preflight is needed at this hop.
    asked_here: bool,
    /// Whether a rule that some engine has of its own came into play.
    engine_specific: bool,
    /// What preflights of this chain left in the cache.
    cache: Vec<(Url, Permission<'a>)>,
}

impl<'a> Walk<'a> {
    /// Walks to the hop that decides.
    pub(crate) fn along(exchange: &'a Exchange, engine: Engine) -> (Self, Judgement) {
        let mut walk = Self::new(&exchange.request, engine);
        loop {
            let hop = exchange.hops.get(walk.hop);
            let preflight = hop.and_then(|hop| hop.preflight.as_ref());
            let response = hop.and_then(|hop| hop.response.as_ref());
            if let Some(judgement) = walk.send(preflight).or_else(|| walk.receive(response)) {
                return (walk, judgement);
            }
        }
    }

    fn new(request: &'a Request, engine: Engine) -> Self {
        let mut headers = Cow::Borrowed(request.headers.as_slice());
        if let (Some(value), false) = (&request.user_agent, engine == Engine::Chromium) {
            let line = ("user-agent".to_owned(), value.clone());
            headers.to_mut().push(line);
        }
        let engine_specific =
            request.user_agent.is_some() || safelist::depends_on_engine(&request.headers);
        Self {
            request,
            engine,
            before: Vec::new(),
            asked: false,
            url: Cow::Borrowed(&request.url),
            method: Cow::Borrowed(&request.method),
            headers,
            hop: 0,
            cors: false,
            tainted: false,
            preflight_sent: false,
            asked_here: false,
            engine_specific,
            cache: Vec::new(),
        }
    }

    pub(crate) fn origin(&self) -> &str {
        if self.tainted {
            Origin::Opaque.as_str()
        } else {
            self.request.page_origin.as_str()
        }
    }

    fn ask(&self) -> Ask<'_> {
        Ask {
            method: &self.method,
            headers: &self.headers,
            credentials: self.request.credentials,
            engine: self.engine,
        }
    }

    /// The origin that a preflight's answer has to allow. Firefox asks for the page's own also behind a
    /// redirect that has tainted the request, and for none where that came home (seen with version
    /// 153; `netwerk/protocol/http/nsCORSListenerProxy.cpp`).
    fn preflight_origin(&self) -> Option<&str> {
        let page = &self.request.page_origin;
        match self.engine {
            Engine::Firefox if page.is_same(&self.url) => None,
            Engine::Firefox => Some(page.as_str()),
            Engine::Chromium | Engine::WebKit => Some(self.origin()),
        }
    }

    /// Whether a preflight is needed at this hop. In Firefox and WebKit a request that needed one needs
    /// one at every later hop, also where a redirect has made a plain GET of it.
    fn needs_preflight(&mut self) -> bool {
        if self.request.always_preflighted || self.ask().needs_preflight() {
            return true;
        }
        self.engine_specific |= self.asked;
        self.asked && self.engine != Engine::Chromium
    }

    /// What the preflight of this hop asks, where it has one.
    pub(crate) fn question(&self) -> Option<Question> {
        self.asked_here.then(|| self.ask().question())
    }

    /// Sends the request to the current URL, with a preflight where one is needed.
    fn send(&mut self, answer: Option<&'a Answer>) -> Option<Judgement> {
        let checked = matches!(self.request.mode, Mode::Cors | Mode::SameOrigin);
        if checked && self.url.scheme() != "data" && !self.request.page_origin.is_same(&self.url) {
            self.cors = true;
        }
        if self.cors {
            if !matches!(self.url.scheme(), "http" | "https") {
                return Some(self.refused_url(CorsError::CorsDisabledScheme));
            }
            if self.request.mode == Mode::SameOrigin {
                return Some(self.refused_url(CorsError::DisallowedByMode));
            }
        }
        if redirect::is_blocked_port(&self.url) {
            return Some(self.blocked_port());
        }
        self.asked_here = false;
        if !self.cors || !self.needs_preflight() || self.is_cached() {
            return None;
        }
        self.asked = true;
        self.asked_here = true;
        self.preflight_sent |= self.hop == 0;
        let Some(answer) = answer else {
            return Some(self.incomplete(Stage::Preflight));
        };
        if let Some(location) = answer.redirect()
            && self.resolve(location).is_none()
        {
            let mut judgement = self.bad_redirect(BadRedirect::Invalid, &lossy(location));
            judgement.stage = Some(Stage::Preflight);
            return Some(judgement);
        }
        self.engine_specific |= self.tainted
            || self.request.page_origin.is_same(&self.url)
            || access::depends_on_engine(&answer.headers);
        match preflight::check(answer, self.preflight_origin(), self.ask()) {
            Ok(permission) => {
                self.cache.push((self.url.clone().into_owned(), permission));
                None
            }
            Err(refusal) => Some(self.blocked(Stage::Preflight, refusal)),
        }
    }

    fn is_cached(&self) -> bool {
        self.cache.iter().any(|(url, permission)| {
            *url == *self.url && permission.seconds > 0 && permission.covers(self.ask())
        })
    }

    /// Takes the answer at the current URL; `None` leads to the next hop.
    fn receive(&mut self, answer: Option<&Answer>) -> Option<Judgement> {
        let Some(answer) = answer else {
            return Some(self.incomplete(Stage::Response));
        };
        if let Some(judgement) = self.blank_redirect(answer) {
            return Some(judgement);
        }
        let target = match answer.redirect() {
            None => None,
            Some(location) => match self.resolve(location) {
                Some(url) => Some(url),
                None => return Some(self.bad_redirect(BadRedirect::Invalid, &lossy(location))),
            },
        };
        if self.cors {
            let headers = &answer.headers;
            self.engine_specific |= access::depends_on_engine(headers);
            let credentials = self.request.credentials;
            if let Err(refusal) = access::check(headers, self.origin(), credentials, self.engine) {
                return Some(self.blocked(Stage::Response, refusal));
            }
        }
        match target {
            None => Some(self.judgement(Ruling::Allowed, None)),
            Some(target) => self.follow(answer.status, target),
        }
    }

    /// A redirect to nowhere: Chromium takes it for an answer, the others for a failed redirect.
    fn blank_redirect(&mut self, answer: &Answer) -> Option<Judgement> {
        let is_blank = matches!(answer.status, 301 | 302 | 303 | 307 | 308)
            && answer.redirect().is_none()
            && answer.headers.all("location").next().is_some();
        self.engine_specific |= is_blank;
        (is_blank && self.engine != Engine::Chromium)
            .then(|| self.bad_redirect(BadRedirect::Invalid, ""))
    }

    fn resolve(&self, location: &[u8]) -> Option<Url> {
        redirect::resolve(&self.url, &lossy(location))
    }

    /// HTTP-redirect fetch (<https://fetch.spec.whatwg.org/#http-redirect-fetch>).
    fn follow(&mut self, status: u16, target: Url) -> Option<Judgement> {
        if self.hop == MAX_REDIRECTS {
            return Some(self.bad_redirect(BadRedirect::TooMany, target.as_str()));
        }
        let page = &self.request.page_origin;
        let has_userinfo = !target.username().is_empty() || target.password().is_some();
        let crosses = self.cors || !page.is_same(&target);
        if has_userinfo && self.request.mode == Mode::Cors && crosses {
            let refusal = Refusal::new(CorsError::RedirectContainsCredentials, "");
            let mut judgement = self.blocked(Stage::Redirect, refusal);
            judgement.scene.location = Some(target.into());
            return Some(judgement);
        }
        if self.request.mode == Mode::SameOrigin && crosses {
            return Some(self.bad_redirect(BadRedirect::Mode, target.as_str()));
        }
        if !self.may_redirect_to(&target) {
            return Some(self.bad_redirect(BadRedirect::Unsafe, target.as_str()));
        }
        self.engine_specific |= has_userinfo;
        if has_userinfo && self.engine == Engine::Chromium {
            return Some(self.bad_redirect(BadRedirect::Userinfo, target.as_str()));
        }
        let leaves_origin = !Origin::is_shared(&self.url, &target);
        self.tainted |= leaves_origin && !page.is_same(&self.url);
        if leaves_origin {
            let drops = self.engine != Engine::WebKit;
            self.leave_out(&["authorization"], drops);
        }
        let is_chromium = self.engine == Engine::Chromium;
        if !page.is_same(&target) {
            self.leave_out(&redirect::CLIENT_HINTS, is_chromium);
        }
        if self.rewrite_method(status) {
            // Firefox and WebKit go on asking for them in preflights, though they do not send them.
            self.leave_out(&redirect::OF_BODIES, is_chromium);
        }
        let left = std::mem::replace(&mut self.url, Cow::Owned(target));
        self.before.push(left.into_owned().into());
        self.hop += 1;
        None
    }

    /// Headers that some engines take off at a redirect and others do not.
    fn leave_out(&mut self, names: &[&str], drops: bool) {
        let is_one = |(name, _): &(String, Vec<u8>)| names.contains(&name.as_str());
        if !self.headers.iter().any(is_one) {
            return;
        }
        self.engine_specific = true;
        if drops {
            self.headers.to_mut().retain(|line| !is_one(line));
        }
    }

    /// Whether the browser goes there at all, CORS or not.
    fn may_redirect_to(&self, target: &Url) -> bool {
        let scheme = target.scheme();
        if self.cors || matches!(self.request.mode, Mode::Cors | Mode::SameOrigin) {
            !redirect::UNSAFE_SCHEMES.contains(&scheme)
        } else {
            matches!(scheme, "http" | "https")
        }
    }

    /// A 303 turns everything but HEAD into GET, a 301 or 302 does so with POST; the headers that
    /// describe the body go with it. Says whether it did.
    fn rewrite_method(&mut self, status: u16) -> bool {
        let to_get = match status {
            303 => self.method != "HEAD",
            301 | 302 => self.method == "POST",
            _ => false,
        };
        let rewrites = to_get && self.method != "GET";
        if rewrites {
            self.method = Cow::Borrowed("GET");
        }
        rewrites
    }

    fn judgement(&self, ruling: Ruling, stage: Option<Stage>) -> Judgement {
        Judgement {
            ruling,
            stage,
            error: None,
            parameter: Vec::new(),
            hop: self.hop,
            preflight_sent: self.preflight_sent,
            engine_specific: self.engine_specific,
            scene: Scene {
                origin: self.origin().to_owned(),
                url: self.url.to_string(),
                before: self.before.clone(),
                method: self.method.clone().into_owned(),
                question: self.question(),
                location: None,
                redirect: None,
                missing: None,
                cross_origin: self.cors,
            },
        }
    }

    fn blocked(&self, stage: Stage, refusal: Refusal) -> Judgement {
        Judgement {
            error: Some(refusal.error),
            parameter: refusal.parameter,
            ..self.judgement(Ruling::Blocked, Some(stage))
        }
    }

    /// A URL the mode or its scheme rules out: at hop 0 nothing was sent, later the redirect that
    /// led here is at fault.
    fn refused_url(&self, error: CorsError) -> Judgement {
        let mut judgement = self.blocked(Stage::Redirect, Refusal::new(error, ""));
        judgement.scene.location = Some(self.url.to_string());
        match self.hop.checked_sub(1) {
            Some(previous) => judgement.hop = previous,
            None => judgement.stage = None,
        }
        judgement
    }

    /// A port no browser asks: like a refused URL, but not a CORS error.
    fn blocked_port(&self) -> Judgement {
        let mut judgement = self.bad_redirect(BadRedirect::Port, self.url.as_str());
        match self.hop.checked_sub(1) {
            Some(previous) => judgement.hop = previous,
            None => judgement.stage = None,
        }
        judgement
    }

    fn bad_redirect(&self, reason: BadRedirect, location: &str) -> Judgement {
        let mut judgement = self.judgement(Ruling::Blocked, Some(Stage::Redirect));
        judgement.scene.redirect = Some(reason);
        judgement.scene.location = Some(location.to_owned());
        judgement
    }

    fn incomplete(&self, missing: Stage) -> Judgement {
        let mut judgement = self.judgement(Ruling::Incomplete, None);
        judgement.scene.missing = Some(missing);
        judgement
    }
}

fn lossy(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}
