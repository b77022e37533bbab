//! The routes: one table, and one function that finds the route of a request and answers.
//!
//! Where several answers would fit, this is their precedence: 404 for the path, 405, 400, 503, 404 for the id, 422, 304,
//! 200. [`dispatch`] keeps it by the order in which it asks.

mod health;
mod index;
mod index_answer;
mod metrics;
mod parameters;
mod profiles;
mod recommend;
#[cfg(test)]
mod tests;

use std::time::Instant;

use actix_web::http::Method;
use actix_web::{HttpRequest, HttpResponse, web};

use self::parameters::Parameters;
use super::app::State;
use super::metrics::{MAX_ROUTES, RouteLabel, UNMATCHED};
use super::problem::Problem;
use super::raw_path;

/// What a route answers.
#[derive(Debug, Clone, Copy)]
enum Endpoint {
    Recommend,
    Profile,
    Alive,
    Ready,
    Index,
    Metrics,
}

/// A row of the table. Every route answers to GET and HEAD.
#[derive(Debug)]
struct Route {
    /// Literal segments, and names in braces for those that a request fills in. Also the label in metrics.
    pattern: &'static str,
    /// The query parameters there are.
    query: &'static [&'static str],
    endpoint: Endpoint,
}

const fn route(pattern: &'static str, query: &'static [&'static str], endpoint: Endpoint) -> Route {
    Route { pattern, query, endpoint }
}

static ROUTES: [Route; 9] = [
    route("/recommend/{id}/{n}", &["distances", "exact", "ef"], Endpoint::Recommend),
    route("/recommend", &["id", "n", "distances", "exact", "ef"], Endpoint::Recommend),
    route("/profiles/{id}", &[], Endpoint::Profile),
    route("/profiles", &["id"], Endpoint::Profile),
    route("/health/status", &[], Endpoint::Alive),
    route("/health/live", &[], Endpoint::Alive),
    route("/health/ready", &[], Endpoint::Ready),
    route("/index", &[], Endpoint::Index),
    route("/metrics", &[], Endpoint::Metrics),
];

// The number behind the last is for requests without a route.
const _: () = assert!(ROUTES.len() < MAX_ROUTES);

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
    let found = ROUTES
        .iter()
        .enumerate()
        .find_map(|(number, route)| Some((number, route, raw_path::capture(route.pattern, path)?)));
    let (label, response) = match found {
        None => (RouteLabel { number: ROUTES.len(), name: UNMATCHED }, Err(Problem::UnknownPath)),
        Some((number, route, captures)) => {
            let label = RouteLabel { number, name: route.pattern };
            (label, answer(&request, &state, route, captures).await)
        }
    };
    let response = response.unwrap_or_else(|problem| problem.response());
    state.metrics.observe_request(label, request.method(), response.status().as_u16(), started.elapsed());
    response
}

async fn answer<'a>(
    request: &'a HttpRequest,
    state: &'a State,
    route: &'static Route,
    captures: impl Iterator<Item = (&'static str, &'a str)>,
) -> Result<HttpResponse, Problem> {
    if !matches!(*request.method(), Method::GET | Method::HEAD) {
        return Err(Problem::MethodNotAllowed);
    }
    let parameters = Parameters::read(captures, request.uri().query().unwrap_or_default(), route.query)?;
    let call = Call { state, request, parameters };
    match route.endpoint {
        Endpoint::Recommend => recommend::get(call).await,
        Endpoint::Profile => profiles::get(&call),
        Endpoint::Alive => Ok(health::alive()),
        Endpoint::Ready => health::ready(state),
        Endpoint::Index => index::get(state),
        Endpoint::Metrics => metrics::get(state),
    }
}
