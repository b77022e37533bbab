//! The lines of Elasticsearch's bulk requests: an action with the id, and behind it the document.

use kindred::profile::{Fields, Value};

/// What an action may say of a document (the bulk API of Elasticsearch and OpenSearch).
const METADATA: [&str; 18] = [
    "_id",
    "_index",
    "_type",
    "_parent",
    "_routing",
    "_version",
    "routing",
    "version",
    "version_type",
    "if_seq_no",
    "if_primary_term",
    "pipeline",
    "require_alias",
    "require_data_stream",
    "dynamic_templates",
    "retry_on_conflict",
    "op_type",
    "list_executed_pipelines",
];

/// An action of a bulk request.
#[derive(Debug, PartialEq)]
pub(super) enum Action {
    /// A document follows. Its id, if the action has one.
    Document(Option<Value>),
    /// Something else is to be done: its name.
    Other(String),
}

/// The action that the fields of a line are, if they are one.
pub(super) fn action(fields: &Fields) -> Option<Action> {
    let [(name, Value::Map(metadata))] = &**fields else { return None };
    if !metadata.iter().all(|(name, _)| METADATA.contains(&name.as_str())) {
        return None;
    }
    match name.as_str() {
        "index" | "create" => {
            let id = metadata.iter().find(|(name, _)| name == "_id").map(|(_, id)| id.clone());
            Some(Action::Document(id))
        }
        "delete" | "update" => Some(Action::Other(name.clone())),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use kindred::profile::json::parse;

    use super::*;

    #[test]
    fn an_action_has_one_name_and_nothing_but_what_belongs_to_it() {
        let action_of = |json: &str| match parse(json.as_bytes()) {
            Ok(Value::Map(fields)) => action(&fields),
            other => panic!("{other:?}"),
        };
        let id = Value::Text("1".to_owned());
        assert_eq!(action_of(r#"{"index":{"_id":"1"}}"#), Some(Action::Document(Some(id))));
        assert_eq!(
            action_of(r#"{"create":{"_index":"people","_id":7}}"#),
            Some(Action::Document(Some(Value::Int(7))))
        );
        assert_eq!(action_of(r#"{"index":{}}"#), Some(Action::Document(None)));
        assert_eq!(action_of(r#"{"delete":{"_id":"1"}}"#), Some(Action::Other("delete".to_owned())));
        for other in
            [r#"{"index":{"_id":"1","name":"Ann"}}"#, r#"{"index":7}"#, r#"{"index":{},"_id":1}"#, "{}"]
        {
            assert_eq!(action_of(other), None, "{other}");
        }
    }
}
