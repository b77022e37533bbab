use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::super::super::problem::PROBLEM_JSON;
use super::*;

fn json(settings: Settings) -> Value {
    whole(settings).unwrap()
}

fn with_keys() -> Value {
    json(Settings { max_n: 1000, has_keys: true })
}

/// Path, method and operation of everything in the document.
fn operations(document: &Value) -> Vec<(String, String, Value)> {
    let paths = document["paths"].as_object().unwrap();
    let operation = |path: &String, (method, operation): (&String, &Value)| {
        (path.clone(), method.to_uppercase(), operation.clone())
    };
    paths
        .iter()
        .flat_map(|(path, item)| item.as_object().unwrap().iter().map(|it| operation(path, it)))
        .collect()
}

#[test]
fn every_row_of_the_table_is_documented_and_nothing_else() {
    let documented: BTreeSet<(String, String)> =
        operations(&with_keys()).into_iter().map(|(path, method, _)| (path, method)).collect();
    let rows = ROUTES.iter().map(|route| (route.pattern.to_owned(), route.method.to_string()));
    assert_eq!(documented, rows.collect());
}

#[test]
fn every_parameter_of_a_route_is_documented_with_what_it_may_be() {
    let documented: BTreeMap<(String, String), Value> = operations(&with_keys())
        .into_iter()
        .map(|(path, method, operation)| ((path, method), operation["parameters"].clone()))
        .collect();
    for route in ROUTES {
        let parameters = &documented[&(route.pattern.to_owned(), route.method.to_string())];
        let found: Vec<(&str, &str)> = parameters
            .as_array()
            .into_iter()
            .flatten()
            .map(|parameter| (parameter["name"].as_str().unwrap(), parameter["in"].as_str().unwrap()))
            .collect();
        let in_path = parameters::names_in(route.pattern).map(|name| (name, "path"));
        let expected: Vec<_> = in_path.chain(route.query.iter().map(|&name| (name, "query"))).collect();
        assert_eq!(found, expected, "{} {}", route.method, route.pattern);
        for parameter in parameters.as_array().into_iter().flatten() {
            assert!(parameter["schema"]["type"].is_string(), "{parameter}");
            assert!(!parameter["description"].as_str().unwrap().is_empty(), "{parameter}");
            assert_eq!(
                parameter["required"] == true,
                parameter["in"] == "path" || is_needed(route, parameter)
            );
        }
    }
}

fn is_needed(route: &Route, parameter: &Value) -> bool {
    let name = parameter["name"].as_str().unwrap();
    let needed = [
        ("/recommend", "id"),
        ("/recommend", "n"),
        ("/distance", "from"),
        ("/distance", "to"),
        ("/map/place", "id"),
        ("/map/values", "field"),
        ("/search", "prefix"),
    ];
    needed.contains(&(route.pattern, name))
}

#[test]
fn settings_show_in_ranges_and_in_who_may_ask() {
    for (max_n, has_keys) in [(7, false), (1000, true)] {
        let document = json(Settings { max_n, has_keys });
        assert_eq!(document["openapi"], "3.1.0");
        for (path, method, operation) in operations(&document) {
            for parameter in operation["parameters"].as_array().into_iter().flatten() {
                if parameter["name"] == "n" {
                    assert_eq!(parameter["schema"]["maximum"], max_n);
                }
            }
            let is_open = path == "/"
                || ["/health", "/openapi.json", "/docs", "/explorer"]
                    .iter()
                    .any(|open| path.starts_with(open));
            let needs_key = operation["security"] == serde_json::json!([{"bearer": []}, {"header": []}]);
            assert_eq!(needs_key, has_keys && !is_open, "{method} {path}: {}", operation["security"]);
        }
    }
}

#[test]
fn every_error_is_a_problem_document_with_an_example_of_its_status() {
    for (path, method, operation) in operations(&with_keys()) {
        let responses = operation["responses"].as_object().unwrap();
        assert!(responses.contains_key("200") && responses.contains_key("400"), "{method} {path}");
        for (status, response) in responses.iter().filter(|(status, _)| status.as_str() >= "400") {
            let content = &response["content"][PROBLEM_JSON];
            assert_eq!(content["schema"]["$ref"], "#/components/schemas/Problem", "{method} {path} {status}");
            let examples = content["examples"].as_object().unwrap();
            assert!(!examples.is_empty());
            for (name, example) in examples {
                assert_eq!(example["value"]["status"].to_string(), *status, "{method} {path}");
                assert!(example["value"]["type"].as_str().unwrap().ends_with(&format!(":{name}")));
            }
        }
    }
}

/// Every object of a document that is a schema or has some, and where it is; what stands behind `if` is not.
fn visit(value: &Value, place: &str, seen: &mut impl FnMut(&str, &serde_json::Map<String, Value>)) {
    match value {
        Value::Array(values) => values.iter().for_each(|value| visit(value, place, seen)),
        Value::Object(fields) => {
            seen(place, fields);
            for (name, value) in fields {
                if !["if", "then", "else", "example", "examples", "enum"].contains(&name.as_str()) {
                    visit(value, &format!("{place}/{name}"), seen);
                }
            }
        }
        _ => {}
    }
}

#[test]
fn generators_meet_only_types_that_they_can_make() {
    visit(&with_keys(), "", &mut |place, fields| {
        for word in ["allOf", "anyOf", "not"] {
            assert!(!fields.contains_key(word), "{place}: {word}");
        }
        if let Some(choice) = fields.get("oneOf") {
            let choice = choice.as_array().unwrap();
            let or_null = choice.len() == 2 && choice[1] == json!({"type": "null"});
            assert!(or_null, "{place}: {choice:?}");
        }
    });
}

#[test]
fn of_the_body_of_many_questions_only_n_is_needed() {
    let document = with_keys();
    let questions = &document["components"]["schemas"]["Questions"];
    assert_eq!(questions["required"], json!(["n"]));
    assert_eq!(questions["additionalProperties"], false);
    let properties = questions["properties"].as_object().unwrap();
    assert_eq!(
        properties.keys().map(String::as_str).collect::<BTreeSet<_>>(),
        ["distances", "exclude", "ids", "n", "profiles", "vectors"].into_iter().collect()
    );
    for (name, property) in properties {
        assert!(!property.as_object().unwrap().contains_key("default"), "{name} would be needed");
        let may_be_null = property["type"].as_array().is_some_and(|types| types.contains(&json!("null")));
        assert_eq!(may_be_null, name != "n", "{name}");
    }
    let limits_of = |document: &Value| -> Vec<(u64, u64)> {
        let refused = document["components"]["schemas"]["Questions"]["then"]["not"]["anyOf"].clone();
        let limits = refused.as_array().unwrap().iter().filter(|rule| rule["properties"]["n"].is_object());
        let pair = |rule: &Value| {
            let count = rule["anyOf"][0]["properties"]["ids"]["minItems"].as_u64().unwrap();
            (count, rule["properties"]["n"]["minimum"].as_u64().unwrap())
        };
        limits.map(pair).collect()
    };
    let limits = limits_of(&document);
    assert_eq!(limits, [(1000, 101), (501, 200), (201, 498), (101, 991)]);
    assert!(limits.iter().all(|(count, n)| count * n > 100_000), "nothing is said that is answered");
    assert_eq!(limits_of(&json(Settings { max_n: 300, has_keys: false })), [(1000, 101), (501, 200)]);
    assert_eq!(limits_of(&json(Settings { max_n: 100, has_keys: false })), []);
}

#[test]
fn every_reference_leads_somewhere_and_operations_have_names_of_their_own() {
    let document = with_keys();
    let text = document.to_string();
    let references: BTreeSet<&str> =
        text.split("\"$ref\":\"").skip(1).map(|rest| rest.split('"').next().unwrap()).collect();
    assert!(references.len() > 5);
    for reference in references {
        let pointer = reference.strip_prefix('#').unwrap();
        assert!(document.pointer(pointer).is_some(), "{reference}");
    }
    let all = operations(&document);
    let names: BTreeSet<String> = all.iter().map(|(_, _, it)| it["operationId"].to_string()).collect();
    assert_eq!(names.len(), all.len());
}
