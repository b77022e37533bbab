//! What each endpoint is for, what it answers, and which problems may come instead.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use utoipa::openapi::schema::{
    AdditionalProperties, ArrayBuilder, KnownFormat, ObjectBuilder, SchemaFormat, SchemaType, Type,
};
use utoipa::openapi::{Ref, RefOr, Schema};

use super::super::super::problem::Problem;
use super::super::map;
use super::{Endpoint, Settings, batch};
use crate::server::observe::metrics::Metrics;
use crate::server::pages::asset::Asset;
use crate::server::pages::{docs, explorer};

/// What the document says about an endpoint, besides its path, its parameters and what all have in common.
pub struct Described {
    pub tag: &'static str,
    pub summary: &'static str,
    pub description: &'static str,
    pub success: Success,
    pub problems: Vec<Problem>,
}

/// The answer that was asked for.
pub struct Success {
    pub media_types: Vec<&'static str>,
    pub schema: RefOr<Schema>,
    pub example: Option<Value>,
    pub kept: Kept,
}

/// For how long an answer may be kept, which its headers say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kept {
    /// Until another version is served: an entity tag tells.
    WithIndex,
    /// Until the server is another; an entity tag tells too.
    WithServer,
    /// Not at all. `true` where the answer is from an index and says which.
    No { from_index: bool },
}

impl Success {
    pub fn json(schema: impl Into<RefOr<Schema>>, example: Value, kept: Kept) -> Success {
        Success { media_types: vec!["application/json"], schema: schema.into(), example: Some(example), kept }
    }
}

const FRESH: Kept = Kept::No { from_index: false };

pub fn describe(endpoint: Endpoint, settings: Settings) -> Described {
    match endpoint {
        Endpoint::Recommend => recommend(),
        Endpoint::RecommendMany => batch::describe(settings),
        Endpoint::Profile => Described {
            tag: "profiles",
            summary: "One profile",
            description: "The document of the profile, as in recommendations.",
            success: Success::json(reference("Profile"), profile(), Kept::WithIndex),
            problems: about_one_profile(),
        },
        Endpoint::Profiles => profiles(),
        Endpoint::Random => Described {
            tag: "profiles",
            summary: "Any profile",
            description: "The document of a random profile. All profiles are equally likely.",
            success: Success::json(reference("Profile"), profile(), Kept::No { from_index: true }),
            problems: with_index_problems(vec![Problem::NoProfiles]),
        },
        Endpoint::Search => search(),
        Endpoint::Distance => distance(),
        Endpoint::Map => all_places(),
        Endpoint::MapFields => map_fields(),
        Endpoint::MapValues => map_values(),
        Endpoint::MapPlace => map_place(),
        Endpoint::PlaceOf => place_of(),
        Endpoint::Alive => Described {
            tag: "server",
            summary: "Liveness",
            description: "Always 200 while the process answers, also without an index.",
            success: health(),
            problems: vec![],
        },
        Endpoint::Ready => Described {
            tag: "server",
            summary: "Readiness",
            description: "200 while an index is served and the server is not stopping.",
            success: health(),
            problems: vec![Problem::NoIndex, Problem::IndexChanged, Problem::Stopping],
        },
        Endpoint::Index => index(),
        Endpoint::Versions => versions(),
        Endpoint::Events => events(),
        Endpoint::Pin => pin(),
        Endpoint::Unpin => unpin(),
        Endpoint::Metrics => Described {
            tag: "server",
            summary: "Metrics",
            description: "In the text format of Prometheus.",
            success: Success {
                media_types: vec![Metrics::content_type()],
                schema: Schema::from(text().build()).into(),
                example: None,
                kept: FRESH,
            },
            problems: vec![],
        },
        Endpoint::Page => {
            page("The explorer", "A page that shows recommendations, and the state of the server.")
        }
        Endpoint::PageAsset => page_asset("A file of the explorer", &explorer::ASSETS),
        Endpoint::Docs => page("This document as a page", "Shows every operation, with a form to try it."),
        Endpoint::DocsAsset => page_asset("A file of that page", &docs::ASSETS),
        Endpoint::OpenApi => Described {
            tag: "server",
            summary: "This document",
            description: "OpenAPI 3.1, with the ranges that this server's settings allow.",
            success: Success {
                media_types: vec!["application/json"],
                schema: Schema::from(
                    ObjectBuilder::new()
                        .additional_properties(Some(AdditionalProperties::FreeForm(true)))
                        .build(),
                )
                .into(),
                example: None,
                kept: Kept::WithServer,
            },
            problems: vec![],
        },
    }
}

fn recommend() -> Described {
    let example = json!([{"distance": 0.25, "profile": profile()}]);
    let mut problems = about_one_profile();
    problems.push(Problem::ZeroVector { id: "ada".to_owned() });
    problems.extend([Problem::SearchBusy, Problem::ExactBusy]);
    Described {
        tag: "recommendations",
        summary: "The profiles nearest to one",
        description: "Nearest first, ordered by (distance, id), without the profile itself. There are fewer than n if the \
            index has no more. The same version gives the same answer to the same question. Each element is a profile; with \
            `distances=true` it is an object with two members, `{\"distance\": 0.25, \"profile\": {...}}`.",
        success: Success::json(recommendations_schema(), example, Kept::WithIndex),
        problems,
    }
}

pub fn recommendations_schema() -> Schema {
    Schema::from(ArrayBuilder::new().items(reference("Recommendation")).build())
}

/// A document, or a distance and a document. A profile may have any fields, so nothing tells the two apart but what was
/// asked for, and a type of its own for the second would be one that a profile may have too.
pub fn recommendation_schema() -> Schema {
    let about = "A profile, or `distance` and `profile` if the request asks for distances.";
    let object = ObjectBuilder::new().additional_properties(Some(AdditionalProperties::FreeForm(true)));
    Schema::from(object.description(Some(about)).build())
}

fn profiles() -> Described {
    // What it is of the two is said behind `if`: see `one_or_many`.
    let either = ObjectBuilder::new().schema_type(SchemaType::AnyValue);
    let other = Problem::OtherPrefix { id: "ada".to_owned(), prefix: "b".to_owned() };
    Described {
        tag: "profiles",
        summary: "One profile by its id, or profiles by the beginning of their ids",
        description: "With `id`, the document of that profile. With `prefix`, an array of the first documents whose ids \
            begin with it, ordered by the bytes of the id. Without both, the first documents of all. With both, the id \
            must begin with the prefix.",
        success: Success::json(Schema::from(either.build()), json!([profile()]), Kept::WithIndex),
        problems: [about_one_profile(), vec![other]].concat(),
    }
}

fn search() -> Described {
    let example = json!({"complete": true, "looked_at": 59938, "profiles": 59938,
        "found": [{"field": "name", "profile": profile()}]});
    Described {
        tag: "profiles",
        summary: "Profiles with a text that begins with the prefix",
        description: "Searches the texts that answers show, without regard to case and accents. Profiles whose text begins \
            with the prefix come first, then profiles with a later word that does. Lists are not searched, and of a text \
            only the first 64 bytes are known. The first search of a version reads its documents. Until that is done, \
            `complete` is false, and only the first `looked_at` of the `profiles` are searched.",
        success: Success::json(reference("Found"), example, Kept::No { from_index: true }),
        problems: with_index_problems(vec![unknown_field("texts")]),
    }
}

fn unknown_field(what: &'static str) -> Problem {
    Problem::UnknownField { name: "nmae".to_owned(), what, known: "name, city".to_owned() }
}

fn map_fields() -> Described {
    let example = json!({"complete": true, "looked_at": 59938, "profiles": 59938, "fields": [
        {"field": "gender", "kind": "category", "values": [{"value": "female", "profiles": 30112},
            {"value": "male", "profiles": 29826}], "others": 0},
        {"field": "age", "kind": "number", "low": 19.0, "high": 78.0},
    ]});
    Described {
        tag: "profiles",
        summary: "The fields that can colour the map",
        description: "Fields with few values or with a few frequent values, and fields of numbers. Only fields that answers \
            show are listed. `complete` is false until all documents of the version have been read. The entity tag changes \
            with every reading: as `If-Match` of `/map/values`, it makes sure that the values belong to this list.",
        success: Success::json(reference("Colours"), example, Kept::WithIndex),
        problems: with_index_problems(vec![]),
    }
}

fn map_values() -> Described {
    let success = Success { kept: Kept::WithIndex, ..file("application/octet-stream") };
    let problems = vec![unknown_field("few values or numbers"), Problem::AnotherVersion { version: 42 }];
    Described {
        tag: "profiles",
        summary: "The value of each profile in a field",
        description: "One byte for each profile, in the order of the map. For a category it is the place of the value in the \
            list of `/map/fields`, for a number a step from 0 (`low`) to 253 (`high`). 254 is another value, 255 no value, \
            a suppressed profile, or one that has not been read yet. The entity tag is that of `/map/fields` from the same \
            reading. `If-Match` takes it or that of the map: the answer is 412 if another version is served by now, or, with \
            the tag of `/map/fields`, if more has been read since.",
        success,
        problems: with_index_problems(problems),
    }
}

/// One profile or an array of them, in words that generators read over: where they make types of `oneOf`, some read
/// neither.
pub fn one_or_many() -> Value {
    let profile = json!({"$ref": "#/components/schemas/Profile"});
    json!({"if": {"type": "array"}, "then": {"items": profile}, "else": profile})
}

fn distance() -> Described {
    let mut problems = about_one_profile();
    problems.push(Problem::ZeroVector { id: "ada".to_owned() });
    Described {
        tag: "recommendations",
        summary: "The distance of two profiles",
        description: "The cosine distance, exactly as in recommendations.",
        success: Success::json(reference("Distance"), json!({"distance": 0.25}), Kept::WithIndex),
        problems,
    }
}

fn all_places() -> Described {
    let success = Success { kept: Kept::WithIndex, ..file("application/octet-stream") };
    Described {
        tag: "profiles",
        summary: "The places of all profiles in two dimensions",
        description: "For each profile, ordered by the bytes of the ids, x and y as little-endian 16-bit numbers from 0 to \
            65534. Both are 65535 for a profile without a place: its vector is zero, or it is suppressed.",
        success,
        problems: with_index_problems(vec![Problem::NoMap]),
    }
}

fn map_place() -> Described {
    let problems =
        vec![Problem::NoMap, Problem::UnknownPlace { place: 7 }, Problem::AnotherVersion { version: 42 }];
    Described {
        tag: "profiles",
        summary: "The profile at a place of the map",
        description: "The document of the profile with this number in the map, from 0. Send the entity tag of the map as \
            `If-Match`: the answer is 412 if another version is served by now, in which the number may mean another profile.",
        success: Success::json(reference("Profile"), profile(), Kept::WithIndex),
        problems: with_index_problems(problems),
    }
}

fn place_of() -> Described {
    let mut problems = about_one_profile();
    problems.push(Problem::NoMap);
    Described {
        tag: "profiles",
        summary: "The place of a profile on the map",
        description: "The number of the profile in the map of the answering version.",
        success: Success::json(reference("Place"), json!({"place": 7}), Kept::WithIndex),
        problems,
    }
}

fn index() -> Described {
    let example = json!({
        "version": 42, "file": "index-00000042.knd", "created": "2026-01-02T03:04:05Z",
        "loaded": "2026-01-02T03:05:06Z", "profiles": 59938, "nodes": 58211, "dimension": 256, "m": 16, "ef": 64,
        "recall_at_10": 0.998, "table": {"neighbours": 100, "kind": "exact", "recall": 1.0},
        "vectorizer": "hashing",
        "fields": [{"name": "age", "kind": "number", "reason": "all 59938 values are numbers", "exposed": true}],
        "skipped": {"id missing": 2}, "degraded": false, "swaps": 41,
        "last_swap_seconds": 0.3, "refused": 0, "last_refused": null,
    });
    Described {
        tag: "index",
        summary: "The served version",
        description: "The served version, how it was built, and swaps and refusals since the server started.",
        success: Success::json(reference("Description"), example, FRESH),
        problems: vec![Problem::NoIndex],
    }
}

fn versions() -> Described {
    let example = json!({"pinned": 41, "omitted": 0, "versions": [
        {"version": 41, "file": "index-00000041.knd", "created": "2026-01-01T03:04:05Z", "profiles": 59938,
         "bytes": 90_177_536, "served": true, "pinned": true},
        {"version": 42, "file": "index-00000042.knd", "problem": "not an index file: the first bytes are not its magic number",
         "served": false, "pinned": false},
    ]});
    Described {
        tag: "index",
        summary: "All versions",
        description: "The versions in the index directory, ascending. Only their headers are read. A version that cannot be \
            read, or a pinned one that is missing, has a `problem` instead of `created`, `profiles` and `bytes`.",
        success: Success::json(reference("Versions"), example, FRESH),
        problems: vec![Problem::DirectoryUnreadable { reason: "Permission denied (os error 13)".to_owned() }],
    }
}

fn pin() -> Described {
    let mut problems = about_pinning();
    problems.push(Problem::UnknownVersion { version: 42 });
    problems.push(Problem::BadVersion { version: 42, reason: "the file is damaged".to_owned() });
    Described {
        tag: "index",
        summary: "Pin a version",
        description: "Verifies the version like `index-builder pin`, and writes the pin. The server takes the version at once, \
            but the answer does not wait for that: see `GET /index`. A body is not read.",
        success: Success::json(reference("Pinned"), json!({"pinned": 42, "served": 43}), FRESH),
        problems,
    }
}

fn unpin() -> Described {
    Described {
        tag: "index",
        summary: "Remove the pin",
        description: "Removes the pin, if there is one. The server takes the newest version, and later each new one.",
        success: Success::json(reference("Pinned"), json!({"pinned": null, "served": 42}), FRESH),
        problems: about_pinning(),
    }
}

fn events() -> Described {
    let example = json!({"events": [
        {"at": "2026-01-02T03:05:06Z", "kind": "swap", "version": 42, "file": "index-00000042.knd", "seconds": 0.3},
        {"at": "2026-01-03T03:05:06Z", "kind": "refusal", "version": 43, "file": "index-00000043.knd",
         "reason": "not an index file: the first bytes are not its magic number"},
    ]});
    Described {
        tag: "index",
        summary: "Recent events",
        description: "The last swaps, refused files and files that were changed in place, oldest first.",
        success: Success::json(reference("Events"), example, FRESH),
        problems: vec![],
    }
}

fn page(summary: &'static str, description: &'static str) -> Described {
    Described {
        tag: "server",
        summary,
        description,
        success: file("text/html; charset=utf-8"),
        problems: vec![],
    }
}

fn page_asset(summary: &'static str, assets: &'static [Asset]) -> Described {
    let problems = vec![Problem::UnknownPath { near: None }];
    let types: BTreeSet<&str> = assets.iter().filter_map(|asset| asset.content_type.to_str().ok()).collect();
    let schema = Schema::from(text().build()).into();
    // Text before pictures: a generator that reads one of them reads the first.
    let media_types = types.into_iter().rev().collect();
    let success = Success { media_types, schema, example: None, kept: Kept::WithServer };
    Described {
        tag: "server",
        summary,
        description: "Scripts, style sheets and pictures.",
        success,
        problems,
    }
}

/// A file that is in the server.
fn file(media_type: &'static str) -> Success {
    let schema = match media_type.starts_with("text/") {
        true => text(),
        false => text().format(Some(SchemaFormat::KnownFormat(KnownFormat::Binary))),
    };
    let schema = Schema::from(schema.build()).into();
    Success { media_types: vec![media_type], schema, example: None, kept: Kept::WithServer }
}

fn about_pinning() -> Vec<Problem> {
    let reason = "No space left on device (os error 28)".to_owned();
    vec![
        Problem::KeysNeeded { scope: "admin" },
        Problem::DirectoryReadOnly,
        Problem::PinNotWritten { reason },
        Problem::PinBusy,
    ]
}

fn about_one_profile() -> Vec<Problem> {
    with_index_problems(vec![Problem::UnknownId { id: "ada".to_owned() }])
}

/// And what may be wrong with the index.
fn with_index_problems(mut problems: Vec<Problem>) -> Vec<Problem> {
    problems.extend([Problem::NoIndex, Problem::IndexChanged, Problem::Damaged]);
    problems
}

fn health() -> Success {
    Success::json(reference("Health"), json!({"status": "ok"}), FRESH)
}

/// What a search by text answers.
pub fn found_schema() -> Schema {
    let number = |about| {
        ObjectBuilder::new()
            .schema_type(Type::Integer)
            .format(Some(SchemaFormat::KnownFormat(KnownFormat::Int64)))
            .minimum(Some(0))
            .description(Some(about))
    };
    let found = ObjectBuilder::new()
        .property("field", text())
        .required("field")
        .property("profile", reference("Profile"))
        .required("profile");
    let schema = ObjectBuilder::new()
        .property("complete", ObjectBuilder::new().schema_type(Type::Boolean))
        .required("complete")
        .property("looked_at", number("Profiles that have been read, from the first on."))
        .required("looked_at")
        .property("profiles", number("Profiles of the index."))
        .required("profiles")
        .property("found", ArrayBuilder::new().items(found.build()))
        .required("found");
    Schema::from(schema.description(Some("Profiles with a text that begins with the prefix.")).build())
}

pub fn health_schema() -> Schema {
    let ok = text().enum_values(Some(["ok"]));
    let schema = ObjectBuilder::new().property("status", ok).required("status");
    Schema::from(schema.description(Some("The server is well.")).build())
}

pub fn distance_schema() -> Schema {
    let about = "1 minus the cosine, in single precision: 0 for the same direction, 2 for opposite ones";
    let distance = ObjectBuilder::new()
        .schema_type(Type::Number)
        .format(Some(SchemaFormat::KnownFormat(KnownFormat::Double)))
        .minimum(Some(0))
        .maximum(Some(2))
        .description(Some(about));
    let schema = ObjectBuilder::new().property("distance", distance).required("distance");
    Schema::from(schema.description(Some("The distance of two profiles.")).build())
}

pub fn place_schema() -> Schema {
    let place = ObjectBuilder::new()
        .schema_type(Type::Integer)
        .format(Some(SchemaFormat::KnownFormat(KnownFormat::Int64)))
        .minimum(Some(0))
        .maximum(Some(map::MOST_PLACES));
    let schema = ObjectBuilder::new().property("place", place).required("place");
    Schema::from(schema.description(Some("The place of a profile on the map.")).build())
}

pub fn profile() -> Value {
    json!({"_id": "ada", "name": "Ada", "interests": ["engines", "poetry"]})
}

pub fn reference(name: &str) -> Ref {
    Ref::from_schema_name(name)
}

fn text() -> ObjectBuilder {
    ObjectBuilder::new().schema_type(Type::String)
}
