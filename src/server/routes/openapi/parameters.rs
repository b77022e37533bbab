//! The parameters that routes have, in paths and queries.

use std::ops::RangeInclusive;

use serde_json::{Value, json};
use utoipa::openapi::Required;
use utoipa::openapi::path::{Parameter, ParameterBuilder, ParameterIn};
use utoipa::openapi::schema::{KnownFormat, ObjectBuilder, Schema, SchemaFormat, Type};

use super::{Endpoint, Route, Settings};
use crate::profile::MAX_ID_BYTES;
use crate::query::MAX_EF;
use crate::server::pages::asset::Asset;
use crate::server::pages::{docs, explorer};
use crate::server::routes::{map, prefix, search};

/// What a parameter may be, and what for.
struct Known {
    about: &'static str,
    schema: Schema,
    example: Value,
}

/// The parameters of a route, those of its path first.
pub fn of(route: &Route, settings: Settings) -> Vec<Parameter> {
    let in_path = names_in(route.pattern).map(|name| (name, ParameterIn::Path));
    let in_query = route.query.iter().map(|&name| (name, ParameterIn::Query));
    let all = in_path.chain(in_query).filter_map(|(name, place)| {
        let Known { about, schema, example } = known(route.endpoint, name, settings)?;
        let required = place == ParameterIn::Path || is_required(route.endpoint, name);
        let parameter = ParameterBuilder::new()
            .name(name)
            .parameter_in(place)
            .required(if required { Required::True } else { Required::False })
            .description(Some(about))
            .schema(Some(schema))
            .example((required || name == "prefix").then_some(example));
        Some(parameter.build())
    });
    all.collect()
}

/// The names in braces.
pub fn names_in(pattern: &'static str) -> impl Iterator<Item = &'static str> {
    pattern.split('/').filter_map(|segment| segment.strip_prefix('{')?.strip_suffix('}'))
}

/// Whether a parameter of the query has to be there.
fn is_required(endpoint: Endpoint, name: &str) -> bool {
    match endpoint {
        Endpoint::Recommend => ["id", "n"].contains(&name),
        Endpoint::Distance | Endpoint::PlaceOf | Endpoint::MapValues => true,
        Endpoint::Search => name == "prefix",
        _ => false,
    }
}

fn known(endpoint: Endpoint, name: &str, settings: Settings) -> Option<Known> {
    let known =
        |about, schema: ObjectBuilder, example| Some(Known { about, schema: schema.build().into(), example });
    match name {
        "id" => known(
            "The id of a profile, at most 512 bytes of UTF-8; integers as their decimal text.",
            id(),
            json!("ada"),
        ),
        "from" => known("The id of one profile.", id(), json!("ada")),
        "to" => known("The id of the other profile.", id(), json!("grace")),
        "n" => {
            known("The number of recommendations.", number(1, settings.max_n), json!(10.min(settings.max_n)))
        }
        "distances" => known("Return the distances too.", switch(), json!(true)),
        "exact" => known(
            "Compare with every profile, so that the answer is exact. `ef` is then ignored.",
            switch(),
            json!(true),
        ),
        "ef" => known(
            "Search the graph with this ef, or with n if n is larger, instead of using the neighbour table.",
            number(1, MAX_EF),
            json!(settings.max_n.min(100)),
        ),
        "prefix" if matches!(endpoint, Endpoint::Search) => known(
            "What a text begins with, or a later word in it; at most 512 bytes.",
            text(&search::PREFIX_BYTES),
            json!("ad"),
        ),
        "field" if matches!(endpoint, Endpoint::Search) => known(
            "The field to look into; without it all are looked into, but for those of long texts.",
            text(&search::FIELD_BYTES),
            json!("name"),
        ),
        "field" => known("A field of `/map/fields`.", text(&search::FIELD_BYTES), json!("gender")),
        "prefix" => known(
            "The beginning of the ids, at most 512 bytes; an empty one matches all ids.",
            ObjectBuilder::new().schema_type(Type::String).max_length(Some(MAX_ID_BYTES)),
            json!("a"),
        ),
        "limit" => known(
            "The largest number of profiles. With `id` there is one.",
            number(*prefix::LIMIT.start(), *prefix::LIMIT.end()).default(Some(json!(prefix::DEFAULT_LIMIT))),
            json!(prefix::DEFAULT_LIMIT),
        ),
        "version" => known(
            "The number in the name of an index file.",
            number(1, i64::MAX).format(Some(SchemaFormat::KnownFormat(KnownFormat::Int64))),
            json!(42),
        ),
        "place" => known(
            "The number of a profile in the map.",
            number(0, map::MOST_PLACES).format(Some(SchemaFormat::KnownFormat(KnownFormat::Int64))),
            json!(7),
        ),
        "asset" => {
            let assets: &[Asset] =
                if let Endpoint::PageAsset = endpoint { &explorer::ASSETS } else { &docs::ASSETS };
            let names: Vec<&str> = assets.iter().map(|asset| asset.name).collect();
            let example = json!(names.first());
            let schema = ObjectBuilder::new().schema_type(Type::String).enum_values(Some(names));
            known("The name of a file of the page.", schema, example)
        }
        _ => None,
    }
}

fn id() -> ObjectBuilder {
    ObjectBuilder::new().schema_type(Type::String).min_length(Some(1)).max_length(Some(MAX_ID_BYTES))
}

/// A text of so many bytes, which are as many characters or more.
fn text(bytes: &RangeInclusive<usize>) -> ObjectBuilder {
    let text = ObjectBuilder::new().schema_type(Type::String);
    text.min_length(Some(*bytes.start())).max_length(Some(*bytes.end()))
}

fn switch() -> ObjectBuilder {
    ObjectBuilder::new().schema_type(Type::Boolean).default(Some(json!(false)))
}

fn number<N: Into<utoipa::Number>>(minimum: N, maximum: N) -> ObjectBuilder {
    ObjectBuilder::new().schema_type(Type::Integer).minimum(Some(minimum)).maximum(Some(maximum))
}
