//! One report and its renderings, to the byte.

use std::borrow::Cow;

use kindred::file::{
    FieldMetadata, GraphMetadata, Header, MapMetadata, MapMethod, Metadata, Source, TableKind, TableMetadata,
    VectorizerMetadata,
};

use super::built::{BuildReport, Built, Run};
use super::compare::Compared;
use super::findings::Findings;
use super::record::BuildRecord;
use super::{metrics_file, summary};
use crate::ground::progress::StepRecord;
use crate::intake::skipped::Skipped;
use crate::publish::Published;

fn header() -> Header {
    Header {
        format_version: kindred::file::format::FORMAT_VERSION,
        created: 0,
        profiles: 3,
        nodes: 2,
        dimension: 4,
        m: 16,
        levels: 1,
        entry_point: Some(0),
        file_length: 4096,
        sections: 12,
        checksum: 0xabc,
    }
}

fn metadata() -> Metadata {
    let source = Source { name: "a.csv".to_owned(), format: "csv".to_owned() };
    let vectorizer =
        VectorizerMetadata { name: "hashing".to_owned(), fingerprint: "0f".to_owned(), language: None };
    let graph =
        GraphMetadata { builder: "partitions".to_owned(), ef_construction: 200, seed: 42, attached: 1 };
    let age = FieldMetadata {
        name: "age".to_owned(),
        kind: "number".to_owned(),
        reason: "because".to_owned(),
        values: 3,
        numbers: 3,
        share: 1.0,
        missing: 0,
        distinct: None,
        exposed: Some(true),
    };
    Metadata {
        table: Some(TableMetadata { neighbours: 1, kind: TableKind::Approximate, recall: 0.975 }),
        map: Some(MapMetadata { method: MapMethod::Pca, explained_variance: 0.5, neighbours_kept: None }),
        default_ef: 64,
        recall_at_10: 0.99,
        recall_sample: 2,
        reachable: 2,
        read: 6,
        duplicates: 1,
        zero_vectors: 1,
        fields: Some(vec![age]),
        ..Metadata::new("index-builder 0", source, "_id", vectorizer, graph)
    }
}

fn findings() -> Findings {
    let mut skipped = Skipped::default();
    skipped.add("id null", || "record 5".to_owned());
    skipped.add("id null", || "record 6".to_owned());
    Findings {
        skipped,
        notes: vec!["it is so".to_owned(), "warning: take care".to_owned()],
        duplicate: Some("twice".to_owned()),
        zero: Some("nothing".to_owned()),
        compared: Some(Compared {
            version: 6,
            profiles: 4,
            profiles_ratio: 0.75,
            drift: Some(0.25),
            gone_share: Some(0.0),
            sample: 3,
        }),
    }
}

fn step(name: &'static str, seconds: f64) -> StepRecord {
    StepRecord {
        name: Cow::Borrowed(name),
        seconds,
        peak_memory_bytes: Some(1000),
        bytes_read: Some(10),
        bytes_written: None,
    }
}

fn built() -> Built {
    let run = Run {
        began: 1_700_000_000,
        seconds: 10.5,
        peak_memory_bytes: Some(2000),
        threads: 2,
        steps: vec![step("read", 1.0), step("graph", 2.0), step("verify", 0.5), step("publish", 4.0)],
        check_seconds: 0.25,
    };
    let report = BuildReport { header: header(), metadata: metadata(), run, findings: findings() };
    let path = "index/index-00000007.knd".into();
    Built { report, published: Published { version: 7, path, bytes: 4096, removed: vec![3, 4] } }
}

#[test]
fn the_summary_for_people_says_each_thing_on_its_line() {
    let expected = "\
published     version 7: index/index-00000007.knd
source        a.csv (csv)
profiles      3 of 6 records, id in \"_id\"
skipped       2
  2 x id null: record 5, record 6
duplicate ids 1, such as \"twice\"
note          it is so
warning       take care
vectors       4 numbers, by hashing; 1 is zero, such as \"nothing\"
fields        age number; exposed: all
nodes         2, all 2 reachable, 1 attached
recall@10     0.9900 at ef 64
table         1 neighbour each, approximate, recall 0.9750
map           two components with 50.0 % of the variance
size          4096 bytes
compared      with version 6: profiles x 0.7500, drift 0.2500
memory        2000 bytes at most
removed       versions 3, 4
seconds       read 1.00, vectorize 0.00, graph 2.00, table 0.00, map 0.00, verify 0.75, publish 4.00, total 10.50";
    assert_eq!(summary::Text(&built()).to_string(), expected);
}

#[test]
fn the_summary_for_programs_has_its_members_in_their_order() {
    let expected = [
        r#"{"version":7,"file":"index/index-00000007.knd","source":{"name":"a.csv","format":"csv"},"read":6,"profiles":3,"#,
        r#""nodes":2,"dimension":4,"id_field":"_id","vectorizer":"hashing","fields":[{"name":"age","kind":"number","#,
        r#""reason":"because","values":3,"numbers":3,"share":1.0,"missing":0,"exposed":true}],"exposed":null,"#,
        r#""skipped":{"id null":2},"examples":{"duplicate id":"twice","id null":"record 5","zero vector":"nothing"},"#,
        r#""notes":["it is so","warning: take care"],"duplicates":1,"zero_vectors":1,"m":16,"ef":64,"recall_at_10":0.99,"#,
        r#""table":{"neighbours":1,"kind":"approximate","recall":0.975},"map":{"method":"pca","explained_variance":0.5},"#,
        r#""reachable":2,"attached":1,"bytes":4096,"removed":[3,4],"compared":{"version":6,"profiles":4,"#,
        r#""profiles_ratio":0.75,"drift":0.25,"gone_share":0.0,"sample":3},"peak_memory_bytes":2000,"#,
        r#""seconds":{"read":1.0,"vectorize":0.0,"graph":2.0,"table":0.0,"map":0.0,"verify":0.75,"publish":4.0,"total":10.5}}"#,
    ];
    assert_eq!(summary::json(&built()).unwrap(), expected.concat());
}

#[test]
fn the_record_has_its_members_in_their_order_and_is_read_again() {
    let expected = r#"{
  "checksum": "0000000000000abc",
  "builder": "index-builder 0",
  "started": "2023-11-14T22:13:20Z",
  "seconds": 10.5,
  "peak_memory_bytes": 2000,
  "threads": 2,
  "steps": [
    {
      "name": "read",
      "seconds": 1.0,
      "peak_memory_bytes": 1000,
      "bytes_read": 10,
      "bytes_written": null
    }
  ],
  "skipped": {
    "id null": {
      "count": 2,
      "first": [
        "record 5",
        "record 6"
      ]
    }
  },
  "notes": [
    "it is so",
    "warning: take care"
  ],
  "fields": [
    {
      "name": "age",
      "kind": "number",
      "exposed": true
    }
  ],
  "compared": {
    "version": 6,
    "profiles": 4,
    "profiles_ratio": 0.75,
    "drift": 0.25,
    "gone_share": 0.0,
    "sample": 3
  }
}
"#;
    let mut report = built().report;
    report.run.steps.truncate(1);
    let record = BuildRecord::of(&report);
    let bytes = record.to_bytes().unwrap();
    assert_eq!(std::str::from_utf8(&bytes).unwrap(), expected);
    assert_eq!(serde_json::from_slice::<BuildRecord>(&bytes).unwrap(), record);
}

#[test]
fn the_metrics_of_a_version_are_those_of_the_report() {
    let values = metrics_file::of_version(&built(), 11.0, 1_800_000_000.0);
    let expected = [
        ("kindred_build_duration_of_last_success_seconds", 11.0),
        ("kindred_build_index_bytes", 4096.0),
        ("kindred_build_last_success_timestamp_seconds", 1_800_000_000.0),
        ("kindred_build_nodes", 2.0),
        ("kindred_build_profiles", 3.0),
        ("kindred_build_recall", 0.99),
        ("kindred_build_table_recall", 0.975),
        ("kindred_build_version", 7.0),
        ("kindred_build_zero_vectors", 1.0),
    ];
    assert_eq!(values.into_iter().collect::<Vec<_>>(), expected);
}
