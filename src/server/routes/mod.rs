//! The routes: one table, and one function that finds the route of a request and answers.
//!
//! Where several answers would fit, this is their precedence: 414, 404 for the path, 405, 429, 401, 403, 400, 503, 404 for
//! the id, 422, 304, 200. [`dispatch`] keeps it by the order in which it asks.

mod distance;
mod docs;
mod health;
mod index;
mod index_answer;
mod json;
mod metrics;
pub mod openapi;
mod parameters;
mod pin;
mod prefix;
mod profiles;
mod random;
mod recommend;
mod response_headers;
#[cfg(test)]
mod tests;
mod versions;

use std::time::Instant;

use actix_web::http::Method;
use actix_web::{HttpRequest, HttpResponse, web};

use self::parameters::Parameters;
use super::access::{Allowance, Scope};
use super::app::State;
use super::metrics::{MAX_ROUTES, RouteLabel, UNMATCHED};
use super::problem::{MAX_TARGET_BYTES, Problem};
use super::raw_path;

/// What a route answers.
#[derive(Debug, Clone, Copy)]
enum Endpoint {
    Recommend,
    Profile,
    Profiles,
    Random,
    Distance,
    Alive,
    Ready,
    Index,
    Versions,
    Pin,
    Unpin,
    Metrics,
    OpenApi,
    Docs,
    DocsAsset,
}

/// A row of the table: a path may have several, one for each method.
#[derive(Debug)]
struct Route {
    /// What has to be asked; one that answers to GET answers to HEAD as well.
    method: Method,
    /// Literal segments, and names in braces for those that a request fills in. Also the label in metrics.
    pattern: &'static str,
    /// The query parameters there are.
    query: &'static [&'static str],
    endpoint: Endpoint,
}

impl Endpoint {
    /// What a key needs to be able to do; `None` for what everybody may ask.
    fn scope(self) -> Option<Scope> {
        match self {
            Endpoint::Recommend
            | Endpoint::Profile
            | Endpoint::Profiles
            | Endpoint::Random
            | Endpoint::Distance => Some(Scope::Read),
            Endpoint::Index | Endpoint::Versions | Endpoint::Metrics => Some(Scope::Observe),
            Endpoint::Pin | Endpoint::Unpin => Some(Scope::Admin),
            Endpoint::Alive | Endpoint::Ready => None,
            // Nothing of anybody's profile is in them.
            Endpoint::OpenApi | Endpoint::Docs | Endpoint::DocsAsset => None,
        }
    }
}

const fn get(pattern: &'static str, query: &'static [&'static str], endpoint: Endpoint) -> Route {
    Route { method: Method::GET, pattern, query, endpoint }
}

static ROUTES: [Route; 17] = [
    get("/recommend/{id}/{n}", &["distances", "exact", "ef"], Endpoint::Recommend),
    get("/recommend", &["id", "n", "distances", "exact", "ef"], Endpoint::Recommend),
    get("/profiles/{id}", &[], Endpoint::Profile),
    get("/profiles", &["id", "prefix", "limit"], Endpoint::Profiles),
    get("/random", &[], Endpoint::Random),
    get("/distance", &["from", "to"], Endpoint::Distance),
    get("/health/status", &[], Endpoint::Alive),
    get("/health/live", &[], Endpoint::Alive),
    get("/health/ready", &[], Endpoint::Ready),
    get("/index", &[], Endpoint::Index),
    get("/index/versions", &[], Endpoint::Versions),
    Route { method: Method::POST, pattern: "/index/pin/{version}", query: &[], endpoint: Endpoint::Pin },
    Route { method: Method::DELETE, pattern: "/index/pin", query: &[], endpoint: Endpoint::Unpin },
    get("/metrics", &[], Endpoint::Metrics),
    get("/openapi.json", &[], Endpoint::OpenApi),
    get("/docs", &[], Endpoint::Docs),
    get("/docs/{asset}", &[], Endpoint::DocsAsset),
];

// The number behind the last is for requests without a route.
const _: () = assert!(ROUTES.len() < MAX_ROUTES);

impl Route {
    fn answers_to(&self, method: &Method) -> bool {
        self.method == *method || (self.method == Method::GET && *method == Method::HEAD)
    }

    /// The methods that a path answers to, as the `Allow` header lists them (RFC 9110, section 10.2.1).
    fn allowed(path: &str) -> String {
        let rows = ROUTES.iter().filter(|route| raw_path::capture(route.pattern, path).is_some());
        let methods = rows.flat_map(|route| match route.method {
            Method::GET => vec!["GET", "HEAD"],
            ref other => vec![other.as_str()],
        });
        methods.collect::<Vec<_>>().join(", ")
    }

    /// The row for a request. A path whose rows have other methods gives its first, which then says what is allowed.
    fn find<'a>(
        method: &Method,
        path: &'a str,
    ) -> Option<(usize, &'static Route, impl Iterator<Item = (&'static str, &'a str)> + use<'a>)> {
        let mut another = None;
        for (number, route) in ROUTES.iter().enumerate() {
            let Some(captures) = raw_path::capture(route.pattern, path) else { continue };
            if route.answers_to(method) {
                return Some((number, route, captures));
            }
            another.get_or_insert((number, route, captures));
        }
        another
    }
}

/// A request whose path, method and parameters are in order.
struct Call<'a> {
    state: &'a State,
    request: &'a HttpRequest,
    parameters: Parameters<'a>,
}

/// Answers every request there is, and counts it.
pub async fn dispatch(request: HttpRequest, state: web::Data<State>) -> HttpResponse {
    let started = Instant::now();
    let path = request.uri().path();
    let length = request.uri().path_and_query().map_or(0, |target| target.as_str().len());
    let unmatched = RouteLabel { number: ROUTES.len(), name: UNMATCHED };
    let mut allowance = None;
    let (label, response) = if length > MAX_TARGET_BYTES {
        (unmatched, Err(Problem::TargetTooLong { length }))
    } else {
        match Route::find(request.method(), path) {
            None => (unmatched, Err(Problem::UnknownPath)),
            Some((number, route, captures)) => {
                let label = RouteLabel { number, name: route.pattern };
                (label, answer(&request, &state, route, captures, &mut allowance).await)
            }
        }
    };
    let mut response = response.unwrap_or_else(|problem| problem.response());
    response_headers::add(&mut response, &state, allowance);
    let took = started.elapsed();
    let status = response.status().as_u16();
    state.metrics.observe_request(label, request.method(), status, took);
    if state.log_ids {
        tracing::info!("{} {} {status} in {} us", request.method(), request.uri(), took.as_micros());
    }
    response
}

async fn answer<'a>(
    request: &'a HttpRequest,
    state: &'a State,
    route: &'static Route,
    captures: impl Iterator<Item = (&'static str, &'a str)>,
    allowance: &mut Option<Allowance>,
) -> Result<HttpResponse, Problem> {
    if !route.answers_to(request.method()) {
        return Err(Problem::MethodNotAllowed { allowed: Route::allowed(request.uri().path()) });
    }
    if let Some(scope) = route.endpoint.scope() {
        *allowance = state.access.judge(request, scope)?;
    }
    let parameters = Parameters::read(captures, request.uri().query().unwrap_or_default(), route.query)?;
    let call = Call { state, request, parameters };
    match route.endpoint {
        Endpoint::Recommend => recommend::get(call).await,
        Endpoint::Profile => profiles::get(&call),
        Endpoint::Profiles if call.parameters.has("prefix") => prefix::get(&call),
        Endpoint::Profiles => profiles::get(&call),
        Endpoint::Random => random::get(&call),
        Endpoint::Distance => distance::get(&call),
        Endpoint::Alive => Ok(health::alive()),
        Endpoint::Ready => health::ready(state),
        Endpoint::Index => index::get(state),
        Endpoint::Versions => versions::get(state).await,
        Endpoint::Pin => pin::post(&call).await,
        Endpoint::Unpin => pin::delete(&call).await,
        Endpoint::Metrics => metrics::get(state),
        Endpoint::OpenApi => openapi::get(state, request),
        Endpoint::Docs => Ok(docs::page(request)),
        Endpoint::DocsAsset => docs::get(&call),
    }
}
