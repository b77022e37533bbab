//! The routes: one table, and one function that finds the route of a request and answers.
//!
//! Where several answers would fit, this is their precedence: 414, 421, 404 for the path, 405, 429, 401, 403, 413, 415, 400, 503,
//! 404 for the id, 422, 412, 304, 200. [`dispatch`] keeps it by the order in which it asks. A body is read after the query:
//! that it is too large without having said so (413), too slow (408) or one too many (503) shows only then, and whether
//! what it says makes sense (400) when it is whole.

mod body;
mod colours;
mod distance;
mod docs;
mod etag;
mod events;
mod explorer;
mod health;
mod index;
mod index_answer;
mod json;
mod large_body;
mod map;
mod metrics;
mod near;
mod openapi;
mod parameters;
mod pin;
mod prefix;
mod profiles;
mod questions;
mod random;
pub mod raw_path;
mod recommend;
mod recommend_many;
mod response_headers;
mod same_for_all;
mod search;
#[cfg(test)]
mod tests;
mod versions;

use std::pin::pin;
use std::time::{Duration, Instant};

use actix_web::body::{BodySize, MessageBody as _};
use actix_web::http::header::HeaderValue;
use actix_web::http::{Method, Version};
use actix_web::{HttpRequest, HttpResponse, rt, web};

use self::parameters::Parameters;
use super::access::{Allowance, Scope};
use super::listen::Answering;
use super::observe::metrics::{MAX_ROUTES, RouteLabel, UNMATCHED};
use super::observe::traces::Answered;
use super::pages::docs as docs_page;
use super::pages::explorer as explorer_page;
use super::problem::{MAX_TARGET_BYTES, Problem};
use super::request_id;
use super::state::State;

/// What a route answers.
#[derive(Debug, Clone, Copy)]
enum Endpoint {
    Recommend,
    RecommendMany,
    Profile,
    Profiles,
    Random,
    Search,
    Distance,
    Map,
    MapFields,
    MapValues,
    MapPlace,
    PlaceOf,
    Alive,
    Ready,
    Index,
    Versions,
    Pin,
    Unpin,
    Events,
    Metrics,
    OpenApi,
    Docs,
    DocsAsset,
    Page,
    PageAsset,
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
            | Endpoint::RecommendMany
            | Endpoint::Profile
            | Endpoint::Profiles
            | Endpoint::Random
            | Endpoint::Search
            | Endpoint::Distance
            | Endpoint::Map
            | Endpoint::MapFields
            | Endpoint::MapValues
            | Endpoint::MapPlace
            | Endpoint::PlaceOf => Some(Scope::Read),
            Endpoint::Index | Endpoint::Versions | Endpoint::Events | Endpoint::Metrics => {
                Some(Scope::Observe)
            }
            Endpoint::Pin | Endpoint::Unpin => Some(Scope::Admin),
            // The page has nothing of anybody in it: it asks for a key itself where one is needed.
            Endpoint::Alive | Endpoint::Ready | Endpoint::Page | Endpoint::PageAsset => None,
            // Nor has what the server says about its own interface.
            Endpoint::OpenApi | Endpoint::Docs | Endpoint::DocsAsset => None,
        }
    }

    /// Whether a question is asked, whose parameters have to be understood. What others add to the addresses of pages
    /// and probes means nothing here and does no harm.
    fn is_question(self) -> bool {
        !matches!(
            self,
            Endpoint::Alive
                | Endpoint::Ready
                | Endpoint::Metrics
                | Endpoint::OpenApi
                | Endpoint::Docs
                | Endpoint::DocsAsset
                | Endpoint::Page
                | Endpoint::PageAsset
        )
    }

    /// What a browser lets the answer do.
    fn policy(self) -> HeaderValue {
        match self {
            Endpoint::Page | Endpoint::PageAsset => explorer_page::POLICY,
            Endpoint::Docs | Endpoint::DocsAsset => docs_page::POLICY,
            _ => response_headers::POLICY,
        }
    }
}

const fn get(pattern: &'static str, query: &'static [&'static str], endpoint: Endpoint) -> Route {
    Route { method: Method::GET, pattern, query, endpoint }
}

const fn post(pattern: &'static str, endpoint: Endpoint) -> Route {
    Route { method: Method::POST, pattern, query: &[], endpoint }
}

const fn delete(pattern: &'static str, endpoint: Endpoint) -> Route {
    Route { method: Method::DELETE, pattern, query: &[], endpoint }
}

static ROUTES: &[Route] = &[
    get("/recommend/{id}/{n}", &["distances", "exact", "ef"], Endpoint::Recommend),
    get("/recommend", &["id", "n", "distances", "exact", "ef"], Endpoint::Recommend),
    post("/recommend", Endpoint::RecommendMany),
    get("/profiles/{id}", &[], Endpoint::Profile),
    get("/profiles", &["id", "prefix", "limit"], Endpoint::Profiles),
    get("/random", &[], Endpoint::Random),
    get("/search", &["prefix", "field", "limit"], Endpoint::Search),
    get("/distance", &["from", "to"], Endpoint::Distance),
    get("/map", &[], Endpoint::Map),
    // Before the last of them, which they would match as well.
    get("/map/place", &["id"], Endpoint::PlaceOf),
    get("/map/fields", &[], Endpoint::MapFields),
    get("/map/values", &["field"], Endpoint::MapValues),
    get("/map/{place}", &[], Endpoint::MapPlace),
    get("/health/status", &[], Endpoint::Alive),
    get("/health/live", &[], Endpoint::Alive),
    get("/health/ready", &[], Endpoint::Ready),
    get("/index", &[], Endpoint::Index),
    get("/index/versions", &[], Endpoint::Versions),
    get("/index/events", &[], Endpoint::Events),
    post("/index/pin/{version}", Endpoint::Pin),
    delete("/index/pin", Endpoint::Unpin),
    get("/metrics", &[], Endpoint::Metrics),
    get("/openapi.json", &[], Endpoint::OpenApi),
    get("/docs", &[], Endpoint::Docs),
    get("/docs/{asset}", &[], Endpoint::DocsAsset),
    get("/", &[], Endpoint::Page),
    get("/explorer/{asset}", &[], Endpoint::PageAsset),
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
        let mut names = Vec::new();
        for name in methods {
            // Two rows may match one path, as `/map/place` does.
            if !names.contains(&name) {
                names.push(name);
            }
        }
        names.join(", ")
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
    /// The body, unread; what is not read of it closes the connection.
    payload: &'a mut web::Payload,
}

/// Adds everything that Kindred answers to an application.
///
/// All paths go to one service, because routes are matched on the raw path ([`raw_path`] says why).
pub fn configure(state: web::Data<State>) -> impl FnOnce(&mut web::ServiceConfig) + Clone + Send + 'static {
    move |config| {
        config.app_data(state).default_service(web::to(dispatch));
    }
}

/// Answers every request there is, and counts it.
async fn dispatch(request: HttpRequest, state: web::Data<State>, payload: web::Payload) -> HttpResponse {
    let started = Instant::now();
    let id = request_id::of(request.headers());
    let answering = pin!(answer_and_count(request, state, payload, id.clone(), started));
    request_id::follow(id, answering).await
}

async fn answer_and_count(
    request: HttpRequest,
    state: web::Data<State>,
    mut payload: web::Payload,
    id: HeaderValue,
    started: Instant,
) -> HttpResponse {
    let in_flight = state.metrics.requests.begin();
    let _answering = request.conn_data::<Answering>().map(Answering::begin);
    let path = request.uri().path();
    let length = request.uri().path_and_query().map_or(0, |target| target.as_str().len());
    let unmatched = RouteLabel { number: ROUTES.len(), name: UNMATCHED };
    let (mut policy, mut allowance) = (response_headers::POLICY, None);
    let (label, response) = if length > MAX_TARGET_BYTES {
        (unmatched, Err(Problem::TargetTooLong { length }))
    } else if let Err(problem) = state.hosts.judge(&request) {
        (unmatched, Err(problem.into()))
    } else {
        match Route::find(request.method(), path) {
            None => (unmatched, Err(Problem::UnknownPath { near: near::near(path) })),
            Some((number, route, captures)) => {
                let label = RouteLabel { number, name: route.pattern };
                policy = route.endpoint.policy();
                (label, answer(&request, &state, route, captures, &mut payload, &mut allowance).await)
            }
        }
    };
    let mut response = response.unwrap_or_else(|problem| {
        state.metrics.requests.observe_problem(&problem, &request);
        problem.response()
    });
    response_headers::add(&mut response, &state, policy, allowance, id);
    if let BodySize::Sized(bytes) = response.body().size() {
        state.metrics.requests.observe_body(bytes);
    }
    if request.version() == Version::HTTP_2 {
        rt::spawn(body::drop_rest(payload, state.batches.patience));
    }
    let took = started.elapsed();
    let status = response.status().as_u16();
    state.metrics.observe_request(in_flight, label, request.method(), status, took);
    if state.log_ids {
        log(&request, &state, label, status, took);
    }
    state.traces.observe_request(&Answered { request: &request, route: label.name, answer: &response, took });
    response
}

/// The one line that may name ids.
fn log(request: &HttpRequest, state: &State, route: RouteLabel, status: u16, took: Duration) {
    let (method, path, seconds) = (request.method(), request.uri(), took.as_secs_f64());
    let client = state.access.address(request).map(tracing::field::display);
    tracing::info!(%method, route = route.name, status, seconds, %path, client, "answered");
}

async fn answer<'a>(
    request: &'a HttpRequest,
    state: &'a web::Data<State>,
    route: &'static Route,
    captures: impl Iterator<Item = (&'static str, &'a str)>,
    payload: &'a mut web::Payload,
    allowance: &mut Option<Allowance>,
) -> Result<HttpResponse, Problem> {
    if !route.answers_to(request.method()) {
        return Err(Problem::MethodNotAllowed { allowed: Route::allowed(request.uri().path()) });
    }
    if let Some(scope) = route.endpoint.scope() {
        *allowance = state.access.judge(request, scope)?;
    }
    if let Endpoint::RecommendMany = route.endpoint {
        body::check_headers(request)?;
    }
    let query = request.uri().query().filter(|_| route.endpoint.is_question()).unwrap_or_default();
    let parameters = Parameters::read(captures, query, route.query)?;
    let call = Call { state, request, parameters, payload };
    match route.endpoint {
        Endpoint::Recommend => recommend::get(call).await,
        Endpoint::RecommendMany => recommend_many::post(call).await,
        Endpoint::Profile => profiles::get(&call),
        Endpoint::Profiles if call.parameters.has("id") => profiles::get(&call),
        Endpoint::Profiles => prefix::get(&call),
        Endpoint::Random => random::get(&call),
        Endpoint::Search => search::get(&call).await,
        Endpoint::Distance => distance::get(&call),
        Endpoint::Map => map::get(&call).await,
        Endpoint::MapFields => colours::get_fields(&call).await,
        Endpoint::MapValues => colours::get_values(&call).await,
        Endpoint::MapPlace => map::get_place(&call),
        Endpoint::PlaceOf => map::get_place_of(&call),
        Endpoint::Alive => Ok(health::alive()),
        Endpoint::Ready => health::ready(state),
        Endpoint::Index => index::get(state),
        Endpoint::Versions => versions::get(state).await,
        Endpoint::Pin => pin::post(&call).await,
        Endpoint::Unpin => pin::delete(&call).await,
        Endpoint::Events => events::get(state),
        Endpoint::Metrics => metrics::get(state, request).await,
        Endpoint::Page => Ok(explorer::get_page(&call).await),
        Endpoint::PageAsset => explorer::get_asset(&call).await,
        Endpoint::OpenApi => openapi::get(state, request),
        Endpoint::Docs => Ok(docs::get_page(&call).await),
        Endpoint::DocsAsset => docs::get_asset(&call).await,
    }
}
