//! `POST /recommend`: its body, its answer, and what may be wrong with it.

use std::time::Duration;

use serde_json::{Value, json};
use utoipa::openapi::request_body::{RequestBody, RequestBodyBuilder};
use utoipa::openapi::schema::{
    AdditionalProperties, ArrayBuilder, KnownFormat, ObjectBuilder, Schema, SchemaFormat, SchemaType, Type,
};
use utoipa::openapi::{ContentBuilder, RefOr, Required};

use super::super::super::problem::Problem;
use super::super::body::MAX_BODY_BYTES;
use super::super::questions::{MAX_EXCLUDED, MAX_QUESTIONS, MAX_RECOMMENDATIONS};
use super::Settings;
use super::operations::{Described, Kept, Success, profile, recommendations_schema, reference};
use crate::file::format::MAX_DIMENSION;

/// The name of an entry's schema. Tools that follow links between operations take the name of its path for that of what
/// a path gives; with another name, schemathesis asks for all ids of a request as if they were one.
pub const ENTRY: &str = "Recommend";

/// The lists of questions.
const LISTS: [&str; 3] = ["ids", "vectors", "profiles"];

pub fn describe(settings: Settings) -> Described {
    let unknown: Value =
        serde_json::to_value(Problem::UnknownId { id: "grace".to_owned() }.document()).unwrap_or_default();
    let example = json!({"results": [{"recommendations": [profile()]}, {"problem": unknown}]});
    Described {
        tag: "recommendations",
        summary: "Many questions at once",
        description: "By id, by vector, or by profiles that need not be in the index: one of `ids`, `vectors` and \
            `profiles`; the others are missing, null or empty. n times the number of questions is at most 100,000. \
            The answer has an entry for each question, in the same \
            order: recommendations like those of `GET /recommend`, or a problem. All come from one version.",
        success: Success::json(reference("Answers"), example, Kept::No { from_index: true }),
        problems: problems(settings),
    }
}

/// The entries of an answer.
pub fn answers() -> Schema {
    let results = ArrayBuilder::new().items(reference(ENTRY)).max_items(Some(MAX_QUESTIONS));
    let about = "An entry for each question, in the same order.";
    Schema::from(
        ObjectBuilder::new()
            .property("results", results)
            .required("results")
            .description(Some(about))
            .build(),
    )
}

/// One entry. That it has one of the two is said by counting: generators make one type of it, where they would make
/// three of `oneOf`, and some of them none that can be read.
pub fn answer() -> Schema {
    Schema::from(
        ObjectBuilder::new()
            .property("recommendations", recommendations_schema())
            .property("problem", reference("Problem"))
            .additional_properties(Some(AdditionalProperties::FreeForm(false)))
            .min_properties(Some(1))
            .max_properties(Some(1))
            .description(Some("Either `recommendations` or a `problem`."))
            .build(),
    )
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
    let content = ContentBuilder::new().schema(Some(reference("Questions"))).example(Some(example)).build();
    RequestBodyBuilder::new()
        .description(Some("The questions, and the number of recommendations for each."))
        .content("application/json", content)
        .required(Some(Required::True))
        .build()
}

/// One object with members of which all but n are optional: what every generator can make a type of. Which members
/// go together is in [`together`].
pub fn questions(settings: Settings) -> Schema {
    let number = ObjectBuilder::new()
        .schema_type(Type::Number)
        .format(Some(SchemaFormat::KnownFormat(KnownFormat::Double)));
    let vector = ArrayBuilder::new().items(number).max_items(Some(MAX_DIMENSION as usize)).build();
    let profile =
        ObjectBuilder::new().additional_properties(Some(AdditionalProperties::FreeForm(true))).build();
    let n = ObjectBuilder::new()
        .schema_type(Type::Integer)
        .minimum(Some(1))
        .maximum(Some(settings.max_n))
        .description(Some("The number of recommendations for each question."));
    // Without `default`: some generators take what has one for something that is always there.
    let distances = ObjectBuilder::new()
        .schema_type(or_null(Type::Boolean))
        .description(Some("If true, the distances are returned too."));
    Schema::from(
        ObjectBuilder::new()
            .property("ids", list(id(), MAX_QUESTIONS, "The ids of profiles of the index."))
            .property("vectors", list(vector, MAX_QUESTIONS, "Vectors with the dimension of the index."))
            .property("profiles", list(profile, MAX_QUESTIONS, "Profiles, with the fields of the source."))
            .property("n", n)
            .property("exclude", list(id(), MAX_EXCLUDED, "Ids to leave out of every answer."))
            .property("distances", distances)
            .required("n")
            .additional_properties(Some(AdditionalProperties::FreeForm(false)))
            .description(Some("Exactly one of `ids`, `vectors` and `profiles` has elements."))
            .build(),
    )
}

/// What holds for a body as a whole: which lists go together, how much may be asked, and what an id is. It stands behind
/// `then`, which generators read over: of `not` and `anyOf` they would make types that nobody can use, and of an id that
/// is a string or an integer a type of its own. `utoipa` has no word for it either.
pub fn together(settings: Settings) -> Value {
    let id = json!({"items": {"type": ["string", "integer"]}});
    let refused: Vec<Value> = contradictions().into_iter().chain(too_much(settings)).collect();
    json!({"not": {"anyOf": refused}, "properties": {"ids": id, "exclude": id}})
}

/// What no body may be: one with two lists that have elements, or with no list.
fn contradictions() -> [Value; 4] {
    let there = |name: &str| json!({"required": [name], "properties": {name: {"type": "array"}}});
    let both = |one: &str, other: &str| json!({"allOf": [filled(one, 1), filled(other, 1)]});
    let none = json!({"not": {"anyOf": LISTS.map(there)}});
    [both("ids", "vectors"), both("ids", "profiles"), both("vectors", "profiles"), none]
}

/// So many questions with so large an n. JSON Schema cannot multiply: some of what is refused is not said here, and nothing is
/// that is answered.
fn too_much(settings: Settings) -> impl Iterator<Item = Value> {
    let counts = [MAX_QUESTIONS, MAX_QUESTIONS / 2 + 1, MAX_QUESTIONS / 5 + 1, MAX_QUESTIONS / 10 + 1];
    counts.into_iter().filter_map(move |count| {
        let n = MAX_RECOMMENDATIONS / count + 1;
        let lists = LISTS.map(|name| filled(name, count));
        (n <= settings.max_n).then(|| json!({"properties": {"n": {"minimum": n}}, "anyOf": lists}))
    })
}

/// A list of questions with so many at least.
fn filled(name: &str, count: usize) -> Value {
    json!({"required": [name], "properties": {name: {"type": "array", "minItems": count}}})
}

fn list(items: impl Into<RefOr<Schema>>, most: usize, about: &'static str) -> ArrayBuilder {
    ArrayBuilder::new()
        .schema_type(or_null(Type::Array))
        .items(items.into())
        .max_items(Some(most))
        .description(Some(about))
}

fn or_null(kind: Type) -> SchemaType {
    SchemaType::from_iter([kind, Type::Null])
}

/// Text, or an integer, which stands for its decimal text. What cannot be an id is answered by a problem in its place.
fn id() -> Schema {
    let about = "An id: a string, or an integer, which stands for its decimal text.";
    Schema::from(ObjectBuilder::new().schema_type(SchemaType::AnyValue).description(Some(about)).build())
}
