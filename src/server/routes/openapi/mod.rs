//! `GET /openapi.json`: what the server answers, as an OpenAPI 3.1 document.
//!
//! It is made from the table of routes: a route that `operations` says nothing about does not compile, and a parameter
//! that `parameters` does not know fails a test. Schemas come from the types that answers are written from, and examples
//! of problems from the problems themselves.

mod answers;
mod batch;
mod operations;
mod parameters;
#[cfg(test)]
mod tests;

use actix_web::http::Method;
use actix_web::{HttpRequest, HttpResponse};
use serde_json::{Value, json};
use utoipa::openapi::path::{HttpMethod, Operation, OperationBuilder, PathItem};
use utoipa::openapi::security::{ApiKey, ApiKeyValue, HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::openapi::{
    ComponentsBuilder, InfoBuilder, License, OpenApi, OpenApiBuilder, Paths, SecurityRequirement,
    tag::TagBuilder,
};

use self::operations::{Described, describe};
use super::super::encoding::Encodings;
use super::super::problem::Problem;
use super::super::state::State;
use super::index_answer::JSON;
use super::{Endpoint, ROUTES, Route, same_for_all};

/// What the settings of a server say in the document.
#[derive(Debug, Clone, Copy)]
struct Settings {
    /// Largest n of a request.
    max_n: usize,
    /// Whether keys are configured.
    has_keys: bool,
}

/// The document of one server, made when it is first asked for.
fn written(state: &State) -> Result<&Encodings, Problem> {
    if let Some(written) = state.document.get() {
        return Ok(written);
    }
    let settings = Settings { max_n: state.max_n, has_keys: state.access.has_keys() };
    let document = whole(settings).and_then(|document| Ok(serde_json::to_vec(&document)?));
    let document = document.map_err(|error| {
        tracing::error!("the OpenAPI document cannot be written: {error}");
        Problem::Internal
    })?;
    // Another thread may have been faster, with the same document.
    Ok(state.document.get_or_init(|| Encodings::of(document.into())))
}

pub(super) fn get(state: &State, request: &HttpRequest) -> Result<HttpResponse, Problem> {
    let (document, is_packed) = written(state)?.for_request(request);
    Ok(same_for_all::respond(request, JSON, document, is_packed))
}

const DESCRIPTION: &str = "\
Kindred answers with the profiles most like a given one, by cosine distance, from an index that can be replaced under load.

Every path with GET also has HEAD, with the same headers and no body. Another method gets 405 and `Allow`, an unknown path \
404, and a path and query of more than 8192 bytes 414. Errors are problem documents (RFC 9457); `type` names the kind.

Paths and queries are percent-encoded UTF-8, decoded exactly once; `+` is a plus sign and not a blank. In questions, an unknown or \
repeated query parameter gets 400; pages, probes, `/metrics` and `/openapi.json` ignore it. The server does not read bodies \
that are not listed here.

If the server has keys, a request needs one, as a bearer token or as `X-API-Key`; the scopes of the key decide what it may \
ask. If the server has a rate limit, answers to requests with a scope carry `RateLimit-Limit`, `RateLimit-Remaining` and \
`RateLimit-Reset`.

A server without keys answers only if the host in the request means its machine or is allowed by a setting; otherwise the \
answer is 421. Invalid HTTP gets 400, headers that are too large 431, and headers that are too slow 408.";

const TAGS: [(&str, &str); 4] = [
    ("recommendations", "The nearest profiles (scope `read`)"),
    ("profiles", "The profiles of the index (scope `read`)"),
    ("index", "The served version, and pinning another (scopes `observe` and `admin`)"),
    ("server", "The server itself"),
];

const BEARER: &str = "bearer";
const HEADER_KEY: &str = "header";

/// The document, with what its types have no words for.
fn whole(settings: Settings) -> Result<Value, Box<dyn std::error::Error>> {
    let mut document = serde_json::to_value(document(settings))?;
    let profiles = "/paths/~1profiles/get/responses/200/content/application~1json/schema";
    let questions = json!({"if": {"required": ["n"]}, "then": batch::together(settings)});
    for (place, more) in [("/components/schemas/Questions", questions), (profiles, operations::one_or_many())]
    {
        let schema = document.pointer_mut(place).and_then(Value::as_object_mut).ok_or(place)?;
        schema.extend(more.as_object().cloned().unwrap_or_default());
    }
    Ok(document)
}

fn document(settings: Settings) -> OpenApi {
    let mut paths = Paths::new();
    for route in ROUTES {
        let operation = operation(route, settings);
        match paths.paths.get_mut(route.pattern) {
            Some(item) => item.merge_operations(PathItem::new(http_method(&route.method), operation)),
            None => {
                let item = PathItem::new(http_method(&route.method), operation);
                paths.paths.insert(route.pattern.to_owned(), item);
            }
        }
    }
    let tags = TAGS.map(|(name, about)| TagBuilder::new().name(name).description(Some(about)).build());
    let mut license = License::new("MIT OR Apache-2.0");
    license.identifier = Some("MIT OR Apache-2.0".to_owned());
    OpenApiBuilder::new()
        .info(
            InfoBuilder::new()
                .title("Kindred")
                .version(env!("CARGO_PKG_VERSION"))
                .description(Some(DESCRIPTION))
                .license(Some(license))
                .build(),
        )
        .paths(paths)
        .components(Some(components(settings)))
        .tags(Some(tags))
        .build()
}

fn components(settings: Settings) -> utoipa::openapi::Components {
    let bearer = HttpBuilder::new()
        .scheme(HttpAuthScheme::Bearer)
        .description(Some("A key whose line is in the file of --api-keys."))
        .build();
    let header =
        ApiKeyValue::with_description("X-API-Key", "The same key, where a bearer token is not possible.");
    answers::schemas(ComponentsBuilder::new(), settings)
        .security_scheme(BEARER, SecurityScheme::Http(bearer))
        .security_scheme(HEADER_KEY, SecurityScheme::ApiKey(ApiKey::Header(header)))
        .build()
}

fn operation(route: &Route, settings: Settings) -> Operation {
    let Described { tag, summary, description, success, problems } = describe(route.endpoint, settings);
    let mut operation = OperationBuilder::new()
        .tag(tag)
        .summary(Some(summary))
        .description(Some(description))
        .operation_id(Some(operation_id(route)));
    if let Endpoint::RecommendMany = route.endpoint {
        operation = operation.request_body(Some(batch::body(settings)));
    }
    for parameter in parameters::of(route, settings) {
        operation = operation.parameter(parameter);
    }
    for (status, response) in answers::responses(route, success, problems) {
        operation = operation.response(status, response);
    }
    // Without keys nobody has to show one; what only a key may do is then refused.
    if settings.has_keys && route.endpoint.scope().is_some() {
        for scheme in [BEARER, HEADER_KEY] {
            operation = operation.security(SecurityRequirement::new::<_, [&str; 0], &str>(scheme, []));
        }
    }
    operation.build()
}

/// The method and the words of the path: `get_recommend_by_id_by_n`. The path without words is the explorer's.
fn operation_id(route: &Route) -> String {
    if let Endpoint::Page = route.endpoint {
        return "get_explorer".to_owned();
    }
    let pattern = route.pattern.replace('{', "by/");
    let words = pattern.split(['/', '}', '.', '-']).filter(|word| !word.is_empty());
    let method = route.method.as_str().to_ascii_lowercase();
    std::iter::once(method.as_str()).chain(words).collect::<Vec<_>>().join("_")
}

/// The methods that rows have.
fn http_method(method: &Method) -> HttpMethod {
    match *method {
        Method::POST => HttpMethod::Post,
        Method::DELETE => HttpMethod::Delete,
        _ => HttpMethod::Get,
    }
}
