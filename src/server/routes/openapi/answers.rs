//! Answers: what was asked for and every problem that may come instead, by status.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::json;
use utoipa::openapi::example::ExampleBuilder;
use utoipa::openapi::header::{Header, HeaderBuilder};
use utoipa::openapi::response::{Response, ResponseBuilder};
use utoipa::openapi::schema::{AdditionalProperties, ComponentsBuilder, ObjectBuilder, Schema, Type};
use utoipa::openapi::{ContentBuilder, Ref};

use super::super::super::access::Allowance;
use super::super::super::problem::{Document, MAX_TARGET_BYTES, PROBLEM_JSON, Problem};
use super::super::{colours, events, index, pin, versions};
use super::operations::{self, Kept, Success};
use super::{Route, Settings, batch};
use crate::file::{TableKind, TableMetadata};

/// The schemas that answers refer to.
pub fn schemas(components: ComponentsBuilder, settings: Settings) -> ComponentsBuilder {
    let profile = ObjectBuilder::new()
        .additional_properties(Some(AdditionalProperties::FreeForm(true)))
        .description(Some("A profile with the fields of its source, without those that are not exposed."));
    components
        .schema("Profile", Schema::from(profile.build()))
        .schema("Questions", batch::questions(settings))
        .schema("Answers", batch::answers())
        .schema(batch::ENTRY, batch::answer())
        .schema("Recommendation", operations::recommendation_schema())
        .schema("Health", operations::health_schema())
        .schema("Distance", operations::distance_schema())
        .schema("Place", operations::place_schema())
        .schema("Found", operations::found_schema())
        .schema_from::<Document<'_>>()
        .schema_from::<index::Description<'_>>()
        .schema_from::<index::FieldDescription<'_>>()
        .schema_from::<index::Refused>()
        .schema_from::<TableMetadata>()
        .schema_from::<TableKind>()
        .schema_from::<colours::Colours>()
        .schema_from::<colours::ColourField>()
        .schema_from::<colours::ColourValue>()
        .schema_from::<versions::Versions>()
        .schema_from::<versions::Version>()
        .schema_from::<pin::Pinned>()
        .schema_from::<events::Events>()
        .schema_from::<events::Described>()
}

/// Everything that a route answers, by status.
pub fn responses(
    route: &Route,
    success: Success,
    mut problems: Vec<Problem>,
) -> impl Iterator<Item = (String, Response)> {
    problems.extend(common_problems(route));
    let kept = success.kept;
    let mut by_status: BTreeMap<u16, Vec<Problem>> = BTreeMap::new();
    for problem in problems {
        by_status.entry(problem.status().as_u16()).or_default().push(problem);
    }
    let problems =
        by_status.into_iter().map(|(status, problems)| (status, problem_response(status, &problems)));
    let unchanged = (kept == Kept::WithIndex || kept == Kept::WithServer).then(|| {
        let about = "The answer that `If-None-Match` names is still valid.";
        (304, with_headers(ResponseBuilder::new().description(about), &[kept]).build())
    });
    let all = [(200, success_response(success))].into_iter().chain(unchanged).chain(problems);
    all.map(|(status, response)| (status.to_string(), response))
}

/// What may be wrong with a request or with the server, whatever is asked.
fn common_problems(route: &Route) -> Vec<Problem> {
    let name = route.query.first().copied();
    let known = if route.query.is_empty() { "none".to_owned() } else { route.query.join(", ") };
    let mut problems = vec![
        Problem::Malformed,
        Problem::TargetTooLong { length: MAX_TARGET_BYTES + 1 },
        Problem::OtherHost { host: "elsewhere.example".to_owned() },
    ];
    if route.endpoint.is_question() {
        problems.push(Problem::UnknownParameter { name: "page".to_owned(), known });
    }
    if route.pattern.contains('{') {
        // What is filled in may make another path of it.
        problems.push(Problem::UnknownPath { near: None });
    }
    if let Some(name) = name.or_else(|| super::parameters::names_in(route.pattern).next()) {
        problems.push(Problem::BadParameter { name, reason: "may be given only once".to_owned() });
    }
    if let Some(scope) = route.endpoint.scope() {
        let allowance = Allowance { limit: 100, remaining: 0, reset: 1 };
        problems.extend([
            Problem::Unauthorized,
            Problem::Forbidden { scope: scope.name() },
            Problem::TooManyRequests(allowance),
            Problem::Internal,
        ]);
    }
    problems
}

fn success_response(success: Success) -> Response {
    let content = ContentBuilder::new().schema(Some(success.schema)).example(success.example).build();
    let response = ResponseBuilder::new().description("The answer.");
    let add = |response: ResponseBuilder, media_type| response.content(media_type, content.clone());
    let response = success.media_types.into_iter().fold(response, add);
    with_headers(response, &[success.kept]).build()
}

fn problem_response(status: u16, problems: &[Problem]) -> Response {
    let titles: Vec<&str> = problems.iter().map(Problem::title).collect();
    let examples = problems.iter().map(|problem| {
        let document = problem.document();
        let name = document.kind.rsplit(':').next().unwrap_or_default().to_owned();
        let example = ExampleBuilder::new().summary(document.title);
        (name, example.value(serde_json::to_value(&document).ok()).build())
    });
    let content = ContentBuilder::new()
        .schema(Some(Ref::from_schema_name("Problem")))
        .examples_from_iter(examples)
        .build();
    let response = ResponseBuilder::new().description(titles.join("; ")).content(PROBLEM_JSON, content);
    let response = match status {
        401 => response.header("WWW-Authenticate", header("`Bearer`.", text())),
        429 | 503 => {
            response.header("Retry-After", header("Seconds to wait before the next attempt.", count()))
        }
        _ => response,
    };
    let kept = problems.iter().map(|problem| match problem.is_from_index() {
        true => Kept::WithIndex,
        false => Kept::No { from_index: false },
    });
    with_headers(response, &kept.collect::<Vec<_>>()).build()
}

/// The headers that say for how long one of several answers may be kept, and which version gave it.
fn with_headers(mut response: ResponseBuilder, kept: &[Kept]) -> ResponseBuilder {
    let cache_controls: BTreeSet<&str> = kept
        .iter()
        .map(|kept| match kept {
            Kept::WithIndex => "private, no-cache",
            Kept::WithServer => "no-cache",
            Kept::No { .. } => "no-store",
        })
        .collect();
    let may_be_kept = header("The rules for caches.", text().enum_values(Some(cache_controls)));
    response = response.header("Cache-Control", may_be_kept);
    if kept.iter().any(|kept| matches!(kept, Kept::WithIndex | Kept::WithServer)) {
        let about = "Changes when the answer may have changed: for `If-None-Match`.";
        response = response.header("ETag", header(about, text().examples([json!("\"00c0ffee00c0ffee\"")])));
    }
    if kept.iter().any(|kept| matches!(kept, Kept::WithIndex | Kept::No { from_index: true })) {
        response = response.header("X-Index-Version", header("The version that answered.", count()));
    }
    response
}

fn header(about: &str, schema: ObjectBuilder) -> Header {
    HeaderBuilder::new().description(Some(about)).schema(Some(Schema::from(schema.build()))).build()
}

fn text() -> ObjectBuilder {
    ObjectBuilder::new().schema_type(Type::String)
}

fn count() -> ObjectBuilder {
    ObjectBuilder::new().schema_type(Type::Integer).minimum(Some(0))
}
