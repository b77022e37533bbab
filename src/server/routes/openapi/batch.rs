//! `POST /recommend`: its body, its answer, and what may be wrong with it.

use std::time::Duration;

use serde_json::{Value, json};
use utoipa::openapi::request_body::{RequestBody, RequestBodyBuilder};
use utoipa::openapi::schema::{
    AdditionalProperties, AllOfBuilder, ArrayBuilder, ObjectBuilder, OneOfBuilder, Schema, Type,
};
use utoipa::openapi::{ContentBuilder, Required};

use super::super::super::problem::Problem;
use super::super::body::MAX_BODY_BYTES;
use super::super::questions::{MAX_EXCLUDED, MAX_QUESTIONS};
use super::Settings;
use super::operations::{Described, Kept, Success, profile, recommendations_schema, reference};
use crate::index::format::MAX_DIMENSION;

pub fn describe(settings: Settings) -> Described {
    let recommendations = ObjectBuilder::new()
        .property("recommendations", recommendations_schema())
        .required("recommendations");
    let problem = ObjectBuilder::new().property("problem", reference("Problem")).required("problem");
    let result = OneOfBuilder::new().item(recommendations).item(problem);
    let schema = ObjectBuilder::new()
        .property("results", ArrayBuilder::new().items(result).max_items(Some(MAX_QUESTIONS)))
        .required("results")
        .build();
    let unknown: Value =
        serde_json::to_value(Problem::UnknownId { id: "grace".to_owned() }.document()).unwrap_or_default();
    let example = json!({"results": [{"recommendations": [profile()]}, {"problem": unknown}]});
    Described {
        tag: "recommendations",
        summary: "Many questions at once",
        description: "By id, by vector, or by profiles that need not be in the index: exactly one of `ids`, `vectors` and \
            `profiles`. The answer has an entry for each question, in their order: recommendations as \
            `GET /recommend` gives them, or a problem. All come from one version.",
        success: Success::json(Schema::from(schema), example, Kept::No { from_index: true }),
        problems: problems(settings),
    }
}

fn problems(settings: Settings) -> Vec<Problem> {
    vec![
        Problem::BodyTooLarge { limit: MAX_BODY_BYTES },
        Problem::UnsupportedMediaType { header: "Content-Type", given: "text/plain".to_owned() },
        Problem::out_of_range("n", &(1..=settings.max_n)),
        Problem::BadBody { line: 1, column: 8, reason: "expected a list".to_owned() },
        Problem::UnknownKey {
            name: "k".to_owned(),
            known: "ids, vectors, profiles, n, exclude, distances".to_owned(),
        },
        Problem::BodyIncomplete,
        Problem::BodyTimeout { part: 1 << 20, patience: Duration::from_secs(5) },
        Problem::AnswerTooLarge { limit: 128 << 20 },
        Problem::BatchBusy,
        Problem::NoIndex,
        Problem::IndexChanged,
        Problem::Damaged,
    ]
}

pub fn body(settings: Settings) -> RequestBody {
    let example = json!({"ids": ["ada", "grace"], "n": 10.min(settings.max_n), "exclude": ["alan"]});
    let content = ContentBuilder::new().schema(Some(schema(settings))).example(Some(example)).build();
    RequestBodyBuilder::new()
        .description(Some("What is asked, and of how many answers each."))
        .content("application/json", content)
        .required(Some(Required::True))
        .build()
}

fn schema(settings: Settings) -> Schema {
    let list = |items: ObjectBuilder, most| ArrayBuilder::new().items(items).max_items(Some(most));
    let ids = |most| ArrayBuilder::new().items(id()).max_items(Some(most));
    let numbers = ArrayBuilder::new()
        .items(ObjectBuilder::new().schema_type(Type::Number))
        .max_items(Some(MAX_DIMENSION as usize));
    let n = ObjectBuilder::new().schema_type(Type::Integer).minimum(Some(1)).maximum(Some(settings.max_n));
    let any = ObjectBuilder::new().additional_properties(Some(AdditionalProperties::FreeForm(true)));
    let all = ObjectBuilder::new()
        .property("ids", ids(MAX_QUESTIONS))
        .property("vectors", ArrayBuilder::new().items(numbers).max_items(Some(MAX_QUESTIONS)))
        .property("profiles", list(any, MAX_QUESTIONS))
        .property("n", n)
        .property("exclude", ids(MAX_EXCLUDED))
        .property("distances", ObjectBuilder::new().schema_type(Type::Boolean).default(Some(json!(false))))
        .required("n")
        .additional_properties(Some(AdditionalProperties::FreeForm(false)));
    let with = |name: &str| ObjectBuilder::new().required(name);
    let one = OneOfBuilder::new().item(with("ids")).item(with("vectors")).item(with("profiles"));
    Schema::from(AllOfBuilder::new().item(all).item(one).build())
}

/// Text, or an integer, which stands for its decimal text. What cannot be an id is answered by a problem in its place.
fn id() -> OneOfBuilder {
    let of = |kind| ObjectBuilder::new().schema_type(kind);
    OneOfBuilder::new().item(of(Type::String)).item(of(Type::Integer))
}
