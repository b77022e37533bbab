//! Whole pickles, most of them written by hand, instruction by instruction.

use std::io::BufRead;
use std::ops::ControlFlow;

use kindred::profile::{Fields, Value};
use proptest::prelude::*;

use super::error::Problem;
use super::limits::{MAX_DEPTH, MAX_STACK};
use super::read::Figures;
use super::{PickleError, read_with_figures};
use crate::intake::source::Record;

fn read_all(pickle: &[u8]) -> Result<(Vec<Record>, Figures), PickleError> {
    let mut records = Vec::new();
    let open = || Ok(Box::new(pickle) as Box<dyn BufRead>);
    let figures = read_with_figures(&open, "_id", &mut |record| {
        records.push(record);
        ControlFlow::Continue(())
    })?;
    Ok((records, figures))
}

fn records(pickle: &[u8]) -> Vec<Record> {
    read_all(pickle).unwrap().0
}

/// The records as one line of JSON; unusable ones as their place and reason.
fn show(pickle: &[u8]) -> String {
    let lines = records(pickle).into_iter().map(|record| match record {
        Record::Fields(fields) => serde_json::to_string(&Value::Map(fields)).unwrap(),
        Record::Unusable { reason, place } => format!("<{place}: {reason}>"),
    });
    lines.collect::<Vec<_>>().join(" ")
}

fn problem(pickle: &[u8]) -> Problem {
    match read_all(pickle) {
        Err(PickleError::Refused { problem, .. }) => problem,
        other => panic!("{other:?}"),
    }
}

/// A list of one dict that has one field, `x`, which these instructions make.
fn field(instructions: &[u8]) -> Vec<u8> {
    [b"]}U\x01x", instructions, b"sa."].concat()
}

fn show_field(instructions: &[u8]) -> String {
    let shown = show(&field(instructions));
    shown.strip_prefix("{\"x\":").and_then(|rest| rest.strip_suffix('}')).unwrap_or(&shown).to_owned()
}

#[test]
fn every_kind_of_number_is_read() {
    assert_eq!(show_field(b"I7\n"), "7");
    assert_eq!(show_field(b"I01\n"), "true");
    assert_eq!(show_field(b"I00\n"), "false");
    assert_eq!(show_field(b"L12L\n"), "12");
    assert_eq!(show_field(b"L01\n"), "1");
    assert_eq!(show_field(b"\x8a\x00"), "0");
    assert_eq!(show_field(b"\x8b\x01\0\0\0\x80"), "-128");
    assert_eq!(show_field(b"F1.5\n"), "1.5");
    assert_eq!(show_field(b"Fnan\n"), "null");
    assert_eq!(show_field(b"\x88"), "true");
    assert_eq!(show_field(b"N"), "null");
    let huge = [b"I", "9".repeat(5000).as_bytes(), b"\n"].concat();
    assert_eq!(show_field(&huge), "<record 1: an integer has more than 4300 digits>");
}

#[test]
fn every_kind_of_text_and_bytes_is_read() {
    assert_eq!(show_field(b"V\\u20ac\n"), "\"€\"");
    assert_eq!(show_field(b"X\x02\0\0\0\xc3\xa9"), "\"é\"");
    assert_eq!(show_field(b"S'a\\tb'\n"), "\"a\\tb\"");
    assert_eq!(show_field(b"T\x01\0\0\0a"), "\"a\"");
    assert_eq!(show_field(b"C\x03\0\xffx"), "\"AP94\"");
    assert_eq!(show_field(b"B\x01\0\0\0a"), "\"YQ==\"");
    assert_eq!(show_field(b"\x96\x01\0\0\0\0\0\0\0a"), "\"YQ==\"");
    for not_unicode in [&b"X\x03\0\0\0\xed\xa0\x80"[..], b"V\\ud800\n", b"U\x01\xe9", b"S'\\xe9'\n"] {
        assert_eq!(show_field(not_unicode), "<record 1: text is not Unicode>");
    }
}

#[test]
fn every_kind_of_container_is_read() {
    assert_eq!(show_field(b"(K\x01K\x02l"), "[1,2]");
    assert_eq!(show_field(b"](K\x01K\x02e"), "[1,2]");
    assert_eq!(show_field(b"(K\x01K\x02t"), "[1,2]");
    assert_eq!(show_field(b")"), "[]");
    assert_eq!(show_field(b"K\x01K\x02K\x03\x87"), "[1,2,3]");
    assert_eq!(show_field(b"\x8f(K\x01\x90"), "[1]");
    assert_eq!(show_field(b"(K\x01\x91"), "[1]");
    assert_eq!(show_field(b"(U\x01aK\x01d"), r#"{"a":1}"#);
    assert_eq!(show_field(b"}(U\x01aK\x01U\x01bNu"), r#"{"a":1,"b":null}"#);
}

#[test]
fn the_stack_can_be_duplicated_and_dropped() {
    assert_eq!(show_field(b"K\x01K\x020"), "1");
    assert_eq!(show_field(b"K\x01(K\x02K\x031"), "1");
    assert_eq!(show_field(b"K\x01(0"), "1");
    assert_eq!(show_field(b"U\x01a2\x86"), r#"["a","a"]"#);
    assert!(matches!(problem(b"]0."), Problem::Malformed(_)));
    assert!(matches!(problem(b"(]1."), Problem::Malformed(_)));
    assert!(matches!(problem(b"]l."), Problem::Malformed(_)));
    assert!(matches!(problem(b"](a."), Problem::Malformed(_)), "nothing is taken from below a mark");
}

#[test]
fn keys_are_spelt_as_json_does_and_others_make_the_record_unusable() {
    assert_eq!(show_field(b"}K\x07K\x01s"), r#"{"7":1}"#);
    assert_eq!(show_field(b"}\x88K\x01s"), r#"{"true":1}"#);
    assert_eq!(show_field(b"}F1.0\nK\x01s"), r#"{"1.0":1}"#);
    let unusable = "<record 1: a key of a map is neither text nor a number>";
    assert_eq!(show_field(b"})K\x01s"), unusable);
    assert_eq!(show_field(b"}C\x01aK\x01s"), unusable);
}

#[test]
fn a_vector_with_nan_is_kept_as_one() {
    let pickle = field(b"](K\x01G\x7f\xf8\0\0\0\0\0\0e");
    let [Record::Fields(fields)] = &*records(&pickle) else { panic!() };
    assert!(matches!(&fields[0].1, Value::Floats(numbers) if numbers[0] == 1.0 && numbers[1].is_nan()));
}

#[test]
fn classes_that_are_not_in_the_table_are_named_and_never_called() {
    let expected = Problem::Class { module: "posix".into(), name: "system".into() };
    for call in [
        &b"cposix\nsystem\n(S'touch PWNED'\ntR"[..],
        b"U\x05posixU\x06system\x93U\x01x\x85R",
        b"(S'touch PWNED'\niposix\nsystem\n",
        b"(cposix\nsystem\nS'touch PWNED'\no",
        b"cposix\nsystem\n)\x81",
        b"cposix\nsystem\n)}\x92",
    ] {
        assert_eq!(problem(&field(call)), expected, "{call:?}");
    }
    let message = read_all(&field(b"cos\nsystem\n)R")).unwrap_err().to_string();
    assert!(message.contains("os.system") && message.contains("a list of dicts"), "{message}");
    assert_eq!(show_field(b"cos\nsystem\n"), "<record 1: a value is a class or a function>");
    assert!(matches!(problem(&field(b"capp\nmake\n)R")), Problem::Class { .. }), "a function");
    assert!(
        matches!(problem(&field(b"capp\nMood\nK\x01K\x02\x86R")), Problem::Class { .. }),
        "two arguments"
    );
    assert_eq!(show_field(b"capp\nmood\nK\x01\x85R"), "1");
    assert!(matches!(problem(&field(b"csubprocess\nPopen\nU\x01x\x85R")), Problem::Class { .. }));
    assert!(matches!(
        problem(&field(b"c__builtin__\ngetattr\ncos\nsystem\nU\x01x\x86R")),
        Problem::Class { .. }
    ));
}

#[test]
fn instances_are_their_attributes_or_what_they_hold() {
    let fields = b"}U\x01aK\x01sb";
    let expect_map = |make: &[u8]| assert_eq!(show_field(&[make, fields].concat()), r#"{"a":1}"#, "{make:?}");
    expect_map(b"capp\nPerson\n)\x81");
    expect_map(b"capp\nPerson\n)}\x92");
    expect_map(b"(iapp\nPerson\n");
    expect_map(b"(capp\nPerson\no");
    expect_map(b"capp\nPerson\n)R");
    expect_map(b"ccopy_reg\n_reconstructor\ncapp\nPerson\nc__builtin__\nobject\nN\x87R");
    assert_eq!(show_field(b"capp\nPerson\n)\x81"), "{}");
    assert_eq!(show_field(b"capp\nPerson\n)\x81N}U\x01aK\x01s\x86b"), r#"{"a":1}"#, "slots");
    assert_eq!(show_field(b"capp\nTags\n)\x81K\x01a}U\x01aK\x01sb"), "[1]", "a subclass of list");
    assert_eq!(
        show_field(b"capp\nDict\n)\x81U\x01aK\x02s}U\x01bK\x01sb"),
        r#"{"a":2}"#,
        "a subclass of dict"
    );
    assert_eq!(show_field(b"capp\nText\nU\x01a\x85\x81}U\x01bK\x01sb"), "\"a\"", "a subclass of str");
    assert!(
        matches!(problem(&field(b"capp\nPerson\n)\x81K\x01b")), Problem::Class { .. }),
        "a state of its own"
    );
    for list in [&b"](}Ne"[..], b"](}}e", b"](NNe", b"}N\x86"] {
        assert!(
            matches!(problem(&field(&[b"capp\nPerson\n)\x81", list, b"b"].concat())), Problem::Class { .. }),
            "the values of slots without their names"
        );
    }
}

#[test]
fn what_a_class_was_called_with_is_not_the_object_where_a_state_follows() {
    let state = b"}U\x01aK\x01sb";
    for argument in [&b"U\x01x\x85R"[..], b"]K\x01a\x85R", b"}U\x01xK\x01s\x85R", b"U\x01xU\x01y\x86\x85R"] {
        let object = [b"capp\nrevive\n", argument, state].concat();
        assert_eq!(problem(&field(&object)), Problem::Revived("app.revive".into()));
    }
    assert_eq!(show_field(b"capp\nMood\nU\x01x\x85R}b"), "\"x\"", "an empty state says nothing");
    assert_eq!(show_field(b"capp\nMood\nU\x01x\x85RNb"), "\"x\"");
    for item in [&b"K\x01a"[..], b"K\x01K\x01s"] {
        let with_items = [b"capp\nTags\nU\x01x\x85R", item].concat();
        assert_eq!(problem(&field(&with_items)), Problem::Revived("app.Tags".into()));
    }
    assert_eq!(show_field(b"(capp\nMood\nU\x01x\x85Rq\0h\0t"), r#"["x","x"]"#);
    let django = b"cdjango.db.models.base\nmodel_unpickle\nU\x03appU\x06Person\x86\x85R";
    let fields = b"}(U\x06_stateN\x8c\x0f_django_version\x8c\x015U\x02idK\x01U\x04nameU\x03Annub";
    assert_eq!(show_field(&[&django[..], fields].concat()), r#"{"id":1,"name":"Ann"}"#);
}

#[test]
fn a_file_of_several_pickles_gives_all_their_records() {
    let list = |id: &str| [b"\x80\x04](}(\x8c\x03_id\x8c\x01", id.as_bytes(), b"\x8c\x01nK\x01ue."].concat();
    let three = [list("a"), list("b"), list("c")].concat();
    assert_eq!(show(&three), r#"{"_id":"a","n":1} {"_id":"b","n":1} {"_id":"c","n":1}"#);
    assert_eq!(read_all(&three).unwrap().1.pickles, 3);
    let alone = |id: &str| [b"}(\x8c\x03_id\x8c\x01", id.as_bytes(), b"\x8c\x01nK\x01u."].concat();
    let expected = r#"{"_id":"a","n":1} {"_id":"b","n":1}"#;
    assert_eq!(show(&[alone("a"), alone("b")].concat()), expected, "a record each");
    assert_eq!(show(&[list("a"), alone("b")].concat()), expected);
    assert_eq!(show(&[alone("a"), list("b")].concat()), expected);
    let by_id = b"}(U\x01a}U\x01nK\x01sU\x01b}U\x01nK\x02su.";
    assert_eq!(
        show(&[&by_id[..], b"}U\x01c}s."].concat()),
        r#"{"_id":"a","n":1} {"_id":"b","n":2} {"_id":"c"}"#
    );
    let nested = b"}(U\x02at}U\x01xK\x01sU\x03_idU\x01au.";
    let shown = r#"{"at":{"x":1},"_id":"a"}"#;
    assert_eq!(
        show(&[&nested[..], nested].concat()),
        format!("{shown} {shown}"),
        "the first value is a dict"
    );
    let object = b"capp\nPerson\n)\x81}U\x03_idK\x01sb.";
    assert_eq!(show(&[&object[..], object].concat()), r#"{"_id":1} {"_id":1}"#);
    assert_eq!(show(&[&b"}."[..], b"].", b"}."].concat()), "");
}

#[test]
fn many_profiles_under_their_ids_come_from_several_pickles_too() {
    let pickle = |from: u32, to: u32| {
        let entry = |id: u32| [b"J".as_slice(), &id.to_le_bytes(), b"}U\x01nK\x01s"].concat();
        [b"}(".to_vec(), (from..to).flat_map(entry).collect(), b"u.".to_vec()].concat()
    };
    let records = records(&[pickle(0, 5000), pickle(5000, 5003)].concat());
    assert_eq!(records.len(), 5003);
    let Some(Record::Fields(fields)) = records.last() else { panic!() };
    assert_eq!(fields[0], ("_id".to_owned(), Value::Int(5002)));
}

#[test]
fn what_follows_a_pickle_and_is_none_is_refused_with_its_place() {
    let cases = [
        (&b"\0\0\0\0"[..], "no instruction"),
        (b"\n", "no instruction"),
        (b"](", "truncated"),
        (b"[garbage]", "no instruction"),
        (b"garbage", "truncated"),
        (b"K\x01.", "found an integer"),
    ];
    for (rest, words) in cases {
        let message = read_all(&[&b"]}a."[..], rest].concat()).unwrap_err().to_string();
        assert!(message.contains(words), "{message}");
        assert!(
            words.starts_with("found") || message.contains("follows the pickle that ends at byte 4"),
            "{message}"
        );
    }
    assert!(matches!(problem(b"]}q\0a.]h\0a."), Problem::After { .. }), "each has a memo of its own");
    assert!(matches!(problem(b"]}a.](K\x01e."), Problem::Root(_)));
}

#[test]
fn a_dict_of_columns_is_refused_and_says_how_to_write_records() {
    let by_row = b"}(U\x03_id}(K\0U\x01aK\x01U\x01buU\x01x}(K\0K\x01K\x01K\x02uu.";
    let by_index = b"}(U\x04name}(U\x01aU\x03AnnU\x01bU\x03BobuU\x03age}(U\x01aK\x01U\x01bK\x02uu.";
    assert_eq!(problem(by_row), Problem::Columns("_id".into()));
    assert_eq!(problem(by_index), Problem::Columns("name".into()));
    for orient in [&by_row[..], b"}U\x03_id](U\x01aU\x01bes."] {
        assert!(read_all(orient).unwrap_err().to_string().contains("df.to_dict(\"records\")"));
    }
    assert_eq!(show(b"}U\x01u}(K\x65K\x05K\x07K\x03us."), r#"{"_id":"u","101":5,"7":3}"#, "ratings of items");
    assert_eq!(show(b"}(K\0}U\x01nK\x01sK\x01}U\x01nK\x02su."), r#"{"_id":0,"n":1} {"_id":1,"n":2}"#);
}

#[test]
fn classes_within_classes_are_found() {
    assert_eq!(show_field(b"c__builtin__\ngetattr\ncapp\nOuter\nU\x04Mood\x86RK\x05\x85R"), "5");
}

#[test]
fn a_time_in_a_zone_whose_offset_is_not_in_the_file_keeps_the_name_of_the_zone() {
    let zone = |name: &[u8]| {
        let state = b"cdatetime\ndatetime\nC\x0a\x07\xdf\x07\x01\x0c\x1e\x05\0\0\0".as_slice();
        let get = b"c__builtin__\ngetattr\nczoneinfo\nZoneInfo\nU\x09_unpickle\x86R";
        field(&[state, get, b"U", &[name.len() as u8], name, b"K\x01\x86R\x86R"].concat())
    };
    assert_eq!(show(&zone(b"UTC")), r#"{"x":"2015-07-01T12:30:05+00:00"}"#);
    assert_eq!(show(&zone(b"Europe/Berlin")), r#"{"x":"2015-07-01T12:30:05[Europe/Berlin]"}"#);
    assert_eq!(problem(&zone(b"/etc/localtime")), Problem::Zone("/etc/localtime".into()));
    assert_eq!(show_field(b"cpandas\nNA\n"), "null");
}

#[test]
fn the_classes_of_the_collections_module_are_lists_and_maps() {
    assert_eq!(show_field(b"ccollections\nOrderedDict\n]]U\x01aaK\x01aa\x85R"), r#"{"a":1}"#);
    assert_eq!(show_field(b"ccollections\nCounter\n}U\x01aK\x02s\x85R"), r#"{"a":2}"#);
    assert_eq!(show_field(b"ccollections\ndeque\n)K\x05\x86RK\x01a"), "[1]");
    assert_eq!(show_field(b"c__builtin__\nset\n]K\x01a\x85R"), "[1]");
    assert_eq!(show_field(b"cdecimal\nDecimal\nU\x041.50\x85R"), "\"1.50\"");
    assert_eq!(show_field(b"cfractions\nFraction\nK\x01K\x02\x86R"), "\"1/2\"");
    assert_eq!(show_field(b"cbson.son\nSON\n)\x81}U\x0a_SON__keys]sb"), "{}");
}

#[test]
fn an_unfinished_object_makes_its_record_unusable() {
    let incomplete = "<record 1: an object is incomplete>";
    assert_eq!(show_field(b"cuuid\nUUID\n)\x81"), incomplete);
    assert_eq!(show_field(b"cbson.objectid\nObjectId\n)\x81"), incomplete);
    assert_eq!(show_field(b"cnumpy.core.multiarray\n_reconstruct\n)R"), incomplete);
    assert!(matches!(problem(&field(b"cbson.objectid\nObjectId\n)\x81U\x01xb")), Problem::Malformed(_)));
    assert!(matches!(problem(&field(b"cuuid\nUUID\n)\x81}b")), Problem::Malformed(_)));
}

#[test]
fn records_after_the_first_may_be_unusable() {
    assert_eq!(show(b"](}K\x01}e."), "{} <record 2: not a map> {}");
    assert_eq!(show(b"]."), "");
    assert_eq!(show(b"}."), "");
    assert_eq!(show(b"(l."), "");
}

#[test]
fn the_key_of_a_dict_of_profiles_is_the_id_in_front() {
    assert_eq!(show(b"}(U\x01a}U\x01nK\x01su."), r#"{"_id":"a","n":1}"#);
    assert_eq!(show(b"}(K\x07}U\x01nK\x01su."), r#"{"_id":7,"n":1}"#);
    assert_eq!(show(b"}(K\x07}(U\x01nK\x01U\x03_idU\x017uu."), r#"{"_id":7,"n":1}"#);
    let differing = b"}(U\x01a}U\x03_idU\x01bsU\x01c}U\x03_idNsU\x01d}u.";
    assert_eq!(show(differing), r#"<a: id differs> <c: id differs> {"_id":"d"}"#);
    assert_eq!(show(b"}(U\x01a}U\x01bK\x01u."), r#"{"_id":"a"} <b: not a map>"#);
    assert_eq!(show(b"}(U\x01\xe9}u."), "<record 1: text is not Unicode>");
    let uuid = b"}(cuuid\nUUID\n)\x81}U\x03intK\x05sb}u.";
    assert_eq!(show(uuid), r#"{"_id":"00000000-0000-0000-0000-000000000005"}"#);
    assert_eq!(show(b"(U\x01a}d."), r#"{"_id":"a"}"#);
    assert_eq!(show(b"ccollections\nOrderedDict\n)R(U\x01a}u."), r#"{"_id":"a"}"#);
    assert_eq!(show(b"ccollections\nOrderedDict\n]]U\x01aa}aa\x85R."), r#"{"_id":"a"}"#, "Python 2");
}

#[test]
fn other_contents_are_named_and_refused() {
    let found = |pickle: &[u8]| match problem(pickle) {
        Problem::Root(found) => found,
        other => panic!("{other:?}"),
    };
    assert_eq!(found(b"K*."), "an integer");
    assert_eq!(found(b"](K\x01K\x02e."), "a list whose first element is an integer");
    assert_eq!(found(b"}U\x03_idK\x01s."), "a dict whose first value is an integer");
    assert_eq!(found(b"]}a\x85."), "a tuple");
    assert_eq!(found(b"(]t."), "a tuple");
    assert_eq!(found(b"}U\x03_idU\x01as}\x86q\0."), "a tuple");
    assert_eq!(
        found(b"cnumpy.core.multiarray\nscalar\ncnumpy\ndtype\nU\x02u1\x85RC\x01\x07\x86R."),
        "an integer"
    );
    assert_eq!(found(b"\x8f."), "a set");
    assert_eq!(found(b"(}\x91."), "a set");
    assert_eq!(found(b"capp\nPerson\n)\x81}b."), "an object of the class app.Person");
    assert_eq!(found(b"]]."), "a list with other values besides");
    assert_eq!(found(b"cos\nsystem\n."), "the class or function os.system");
    assert!(
        matches!(problem(b"]}a0]}a."), Problem::Malformed(_)),
        "a second list after the first was dropped"
    );
}

#[test]
fn shared_objects_are_in_every_record_that_has_them() {
    let pickle = b"](}(U\x01a]q\0K\x01au}(U\x01bh\0ue.";
    assert_eq!(show(pickle), r#"{"a":[1]} {"b":[1]}"#);
    let (_, figures) = read_all(b"]q\0(}q\x01U\x01kq\x02K\x01s}q\x03h\x02K\x02se.").unwrap();
    assert_eq!(figures.remembered, 1, "only the name of the field is used again");
    assert_eq!(figures.records, 2);
}

#[test]
fn cycles_and_late_changes_are_refused() {
    assert_eq!(problem(b"]q\0h\0a."), Problem::Cycle);
    assert_eq!(problem(b"]}q\0U\x01ah\0sa."), Problem::Cycle);
    assert_eq!(problem(b"]}U\x01a]q\0h\0\x85asa."), Problem::Cycle);
    assert_eq!(problem(b"](}U\x01a]q\0s}U\x01bh\0K\x01ase."), Problem::Cycle, "added to after it was used");
    assert_eq!(problem(b"]q\0}U\x01ah\0sa."), Problem::Cycle, "the list within its record");
    assert_eq!(problem(b"]capp\nPerson\n)\x81q\0}U\x01ah\0sba."), Problem::Cycle);
    assert_eq!(problem(b"]}U\x01acnumpy\ndtype\nU\x02f4\x85Rq\0h\0\x85bsa."), Problem::Cycle);
    assert_eq!(problem(&field(b"]2a")), Problem::Cycle);
}

#[test]
fn nesting_is_limited_wherever_it_comes_from() {
    let lists = |depth: usize| [b"]".repeat(depth), b"a".repeat(depth - 1)].concat();
    let deepest = usize::from(MAX_DEPTH);
    assert!(show_field(&lists(deepest)).ends_with("]]"));
    assert_eq!(problem(&field(&lists(deepest + 2))), Problem::TooDeep);
    assert_eq!(problem(&field(&[b")".to_vec(), b"\x85".repeat(1000)].concat())), Problem::TooDeep);
    let dicts = [b"}U\x01a".repeat(1000), b"N".to_vec(), b"s".repeat(1000)].concat();
    assert_eq!(problem(&field(&dicts)), Problem::TooDeep);
    let instances = [b"capp\nP\n)\x81}U\x01a".repeat(1000), b"N".to_vec(), b"sb".repeat(1000)].concat();
    assert_eq!(problem(&field(&instances)), Problem::TooDeep);
}

#[test]
fn bombs_are_refused_or_dropped_before_they_go_off() {
    // Each list holds the one before twice.
    let mut lists = b"]q\0U\x08exponentaq\0".to_vec();
    for slot in 0..40_u8 {
        lists.extend([b"](h".as_slice(), &[slot], b"h", &[slot], b"eq", &[slot + 1]].concat());
    }
    assert_eq!(problem(&field(&lists)), Problem::Amplified);
    let mut tuples = b"U\x03lolq\0".to_vec();
    for slot in 0..40_u8 {
        tuples.extend([b"h".as_slice(), &[slot], b"h", &[slot], b"\x86q", &[slot + 1]].concat());
    }
    assert_eq!(problem(&field(&tuples)), Problem::Amplified);
    let long = [b"]X\0\0\x10\0".as_slice(), &[b'x'; 1 << 20], b"q\0a"].concat();
    assert_eq!(problem(&field(&[long, b"h\0a".repeat(10_000)].concat())), Problem::Amplified);
    assert_eq!(problem(&[b"]".to_vec(), b"N".repeat(MAX_STACK), b".".to_vec()].concat()), Problem::TooMany);
    let large =
        [b"](".as_slice(), &b"N".repeat(MAX_STACK / 2), b"e](", &b"N".repeat(MAX_STACK / 2), b"e\x86"];
    assert_eq!(show_field(&large.concat()), "<record 1: record is too large>");
}

#[test]
fn reading_ends_when_the_sink_has_had_enough() {
    let mut seen = 0;
    let open = || Ok(Box::new(b"](}}}}e.".as_slice()) as Box<dyn BufRead>);
    super::read(&open, "_id", &mut |_| {
        seen += 1;
        if seen == 2 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    })
    .unwrap();
    assert_eq!(seen, 2);
}

#[test]
fn errors_of_the_reader_are_passed_on() {
    let open = || Err(std::io::Error::other("no disk"));
    let error = super::read(&open, "_id", &mut |_| ControlFlow::Continue(())).unwrap_err();
    assert!(matches!(error, PickleError::Io(_)));
}

/// A hundred thousand records as Python's pickler writes them: a thousand at a time, the names of the fields from
/// the memo.
fn many_records(count: usize) -> Vec<u8> {
    let mut pickle = b"\x80\x04]\x94".to_vec();
    for first in (0..count).step_by(1000) {
        pickle.push(b'(');
        for number in first..(first + 1000).min(count) {
            if number == 0 {
                pickle.extend(b"}\x94(\x8c\x03_id\x94");
            } else {
                pickle.extend(b"}\x94(h\x02");
            }
            pickle.push(b'J');
            pickle.extend((number as u32).to_le_bytes());
            pickle.extend(b"\x8c\x04tags](\x8c\x01a\x8c\x01b\x8c\x01c\x94eu");
        }
        pickle.push(b'e');
    }
    pickle.push(b'.');
    pickle
}

#[test]
fn a_hundred_thousand_records_pass_through_a_small_stack() {
    let pickle = many_records(100_000);
    let mut ids = 0..100_000_i64;
    let open = || Ok(Box::new(pickle.as_slice()) as Box<dyn BufRead>);
    let figures = read_with_figures(&open, "_id", &mut |record| {
        let Record::Fields(fields) = record else { panic!("{record:?}") };
        assert_eq!(fields[0], ("_id".to_owned(), Value::Int(ids.next().unwrap())));
        ControlFlow::Continue(())
    })
    .unwrap();
    assert_eq!(figures.records, 100_000);
    assert!(figures.highest_stack < 1020, "{figures:?}");
    assert!(figures.remembered <= 1, "{figures:?}");
}

fn json_value() -> impl Strategy<Value = serde_json::Value> {
    let leaf = prop_oneof![
        Just(serde_json::Value::Null),
        any::<bool>().prop_map(Into::into),
        any::<i64>().prop_map(Into::into),
        any::<u64>().prop_map(Into::into),
        any::<f64>().prop_filter("finite", |number| number.is_finite()).prop_map(Into::into),
        ".{0,12}".prop_map(Into::into),
    ];
    leaf.prop_recursive(4, 32, 6, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(Into::into),
            prop::collection::btree_map(".{0,6}", inner, 0..6)
                .prop_map(|map| serde_json::Value::Object(map.into_iter().collect())),
        ]
    })
}

fn expected(value: &serde_json::Value) -> Value {
    match value {
        serde_json::Value::Null => Value::Null,
        serde_json::Value::Bool(truth) => Value::Bool(*truth),
        serde_json::Value::Number(number) => match (number.as_i64(), number.as_u64()) {
            (Some(number), _) => Value::Int(number),
            (None, Some(number)) => Value::UInt(number),
            (None, None) => Value::Float(number.as_f64().unwrap()),
        },
        serde_json::Value::String(text) => Value::Text(text.clone()),
        serde_json::Value::Array(values) => Value::List(values.iter().map(expected).collect()),
        serde_json::Value::Object(map) => Value::Map(expected_fields(map)),
    }
}

fn expected_fields(map: &serde_json::Map<String, serde_json::Value>) -> Fields {
    map.iter().map(|(name, value)| (name.clone(), expected(value))).collect()
}

fn record() -> impl Strategy<Value = serde_json::Map<String, serde_json::Value>> {
    prop::collection::btree_map("[a-z_]{1,6}", json_value(), 0..6).prop_map(|map| map.into_iter().collect())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 128, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_serde_pickle_writes_is_read_back(rows in prop::collection::vec(record(), 1..5), old in any::<bool>()) {
        let options = if old { serde_pickle::SerOptions::new().proto_v2() } else { serde_pickle::SerOptions::new() };
        let pickle = serde_pickle::to_vec(&rows, options).unwrap();
        let wanted: Vec<Record> = rows.iter().map(|row| Record::Fields(expected_fields(row))).collect();
        prop_assert_eq!(records(&pickle), wanted);
    }
}
