//! What each endpoint is for, what it answers, and which problems may come instead.

use serde_json::{Value, json};
use utoipa::openapi::schema::{AnyOfBuilder, ArrayBuilder, ObjectBuilder, Type};
use utoipa::openapi::{Ref, RefOr, Schema};

use super::super::super::metrics::Metrics;
use super::super::super::problem::Problem;
use super::super::map;
use super::{Endpoint, Settings, batch};

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
    pub media_type: &'static str,
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
        Success { media_type: "application/json", schema: schema.into(), example: Some(example), kept }
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
            description: "The document of the profile, as recommendations show it.",
            success: Success::json(reference("Profile"), profile(), Kept::WithIndex),
            problems: about_one_profile(),
        },
        Endpoint::Profiles => profiles(),
        Endpoint::Random => Described {
            tag: "profiles",
            summary: "Any profile",
            description: "The document of a profile chosen at random, each as likely as any other.",
            success: Success::json(reference("Profile"), profile(), Kept::No { from_index: true }),
            problems: with_index_problems(vec![Problem::NoProfiles]),
        },
        Endpoint::Distance => distance(),
        Endpoint::Map => all_places(),
        Endpoint::MapPlace => map_place(),
        Endpoint::PlaceOf => place_of(),
        Endpoint::Alive => Described {
            tag: "server",
            summary: "Whether the process lives",
            description: "Always 200 while the process answers, whatever it has to answer from.",
            success: health(),
            problems: vec![],
        },
        Endpoint::Ready => Described {
            tag: "server",
            summary: "Whether an index is served",
            description: "200 while requests can be answered from an index and the server is not stopping.",
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
            summary: "What the server counts",
            description: "In the text format of Prometheus.",
            success: Success {
                media_type: Metrics::content_type(),
                schema: Schema::from(text().build()).into(),
                example: None,
                kept: FRESH,
            },
            problems: vec![],
        },
        Endpoint::Page => {
            page("The explorer", "A page to look at what an index recommends, and at the server.")
        }
        Endpoint::PageAsset => page_asset("What the explorer consists of"),
        Endpoint::Docs => page("This document as a page", "Shows every operation and tries it out."),
        Endpoint::DocsAsset => page_asset("What that page consists of"),
        Endpoint::OpenApi => Described {
            tag: "server",
            summary: "This document",
            description: "OpenAPI 3.1, with the ranges that this server's settings allow.",
            success: Success {
                media_type: "application/json",
                schema: Schema::from(
                    ObjectBuilder::new().required("openapi").property("openapi", text()).build(),
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
        description: "Nearest first, by (distance, id); the profile itself is never among them. Fewer than n where there \
            are no more. Equal questions get equal answers while the version stays the same.",
        success: Success::json(recommendations_schema(), example, Kept::WithIndex),
        problems,
    }
}

/// Documents, or distances and documents.
pub fn recommendations_schema() -> Schema {
    let with_distance = ObjectBuilder::new()
        .property("distance", distance_schema())
        .property("profile", reference("Profile"))
        .required("distance")
        .required("profile");
    let either = AnyOfBuilder::new()
        .item(ArrayBuilder::new().items(reference("Profile")).description(Some("without distances")))
        .item(ArrayBuilder::new().items(with_distance.build()).description(Some("with distances")))
        .build();
    Schema::from(either)
}

fn profiles() -> Described {
    let one_or_many = AnyOfBuilder::new()
        .item(reference("Profile"))
        .item(ArrayBuilder::new().items(reference("Profile")))
        .build();
    Described {
        tag: "profiles",
        summary: "One profile by its id, or those whose ids begin alike",
        description: "With `id`, the document of that profile. With `prefix`, an array of the first documents whose ids \
            begin with it, ordered by the bytes of the id. One of the two has to be there.",
        success: Success::json(Schema::from(one_or_many), json!([profile()]), Kept::WithIndex),
        problems: about_one_profile(),
    }
}

fn distance() -> Described {
    let mut problems = about_one_profile();
    problems.push(Problem::ZeroVector { id: "ada".to_owned() });
    let schema = ObjectBuilder::new().property("distance", distance_schema()).required("distance");
    Described {
        tag: "recommendations",
        summary: "How far apart two profiles are",
        description: "The cosine distance, exactly as recommendations show it.",
        success: Success::json(Schema::from(schema.build()), json!({"distance": 0.25}), Kept::WithIndex),
        problems,
    }
}

fn all_places() -> Described {
    let success = Success { kept: Kept::WithIndex, ..file("application/octet-stream") };
    Described {
        tag: "profiles",
        summary: "Where all profiles lie in two dimensions",
        description: "For each profile, by the bytes of the ids, x and y as little-endian 16-bit numbers from 0 to 65534; \
            both 65535 where it has no place: its vector is zero, or it is suppressed.",
        success,
        problems: with_index_problems(vec![Problem::NoMap]),
    }
}

fn map_place() -> Described {
    let problems =
        vec![Problem::NoMap, Problem::UnknownPlace { place: 7 }, Problem::AnotherVersion { version: 42 }];
    Described {
        tag: "profiles",
        summary: "Who has a place on the map",
        description: "The document of the profile with that number in the map, from 0. With the entity tag of the map as \
            `If-Match`, 412 tells that another version is served by now, where the number may be somebody else's.",
        success: Success::json(reference("Profile"), profile(), Kept::WithIndex),
        problems: with_index_problems(problems),
    }
}

fn place_of() -> Described {
    let place =
        ObjectBuilder::new().schema_type(Type::Integer).minimum(Some(0)).maximum(Some(map::MOST_PLACES));
    let schema = ObjectBuilder::new().property("place", place).required("place").build();
    let mut problems = about_one_profile();
    problems.push(Problem::NoMap);
    Described {
        tag: "profiles",
        summary: "Which place on the map a profile has",
        description: "The number of the profile in the map of the version that answers.",
        success: Success::json(Schema::from(schema), json!({"place": 7}), Kept::WithIndex),
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
        summary: "What is served",
        description: "The served version, what built it, and what has happened since the server was started.",
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
        summary: "Which versions there are",
        description: "What is in the index directory, by ascending version; only headers are read. A version that cannot \
            be read has a `problem` instead of `created`, `profiles` and `bytes`; so has a pinned one that is missing.",
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
        summary: "Serve this version until told otherwise",
        description: "Verifies the version as `index-builder pin` does, writes the pin and has it heeded at once. The \
            answer does not wait until the version is served: `GET /index` tells. A body is not read.",
        success: Success::json(reference("Pinned"), json!({"pinned": 42, "served": 43}), FRESH),
        problems,
    }
}

fn unpin() -> Described {
    Described {
        tag: "index",
        summary: "Serve the newest version again",
        description: "Removes the pin, if there is one. Versions go up again as they are published.",
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
        summary: "What has happened lately",
        description: "The last swaps, refused files and files that were changed in place, the oldest first.",
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

fn page_asset(summary: &'static str) -> Described {
    let problems = vec![Problem::UnknownPath { near: None }];
    Described {
        tag: "server",
        summary,
        description: "Scripts, style sheets and pictures.",
        success: file("*/*"),
        problems,
    }
}

/// A file that is in the server.
fn file(media_type: &'static str) -> Success {
    Success { media_type, schema: Schema::from(text().build()).into(), example: None, kept: Kept::WithServer }
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
    let ok = text().enum_values(Some(["ok"]));
    let schema = ObjectBuilder::new().property("status", ok).required("status").build();
    Success::json(Schema::from(schema), json!({"status": "ok"}), FRESH)
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

fn distance_schema() -> ObjectBuilder {
    let about = "1 minus the cosine, in single precision: 0 for the same direction, 2 for opposite ones";
    ObjectBuilder::new().schema_type(Type::Number).minimum(Some(0)).maximum(Some(2)).description(Some(about))
}
