use super::*;

fn list(values: &[Value]) -> Value {
    Value::List(values.to_vec())
}

fn texts(texts: &[&str]) -> Value {
    list(&texts.iter().map(|text| Value::Text((*text).to_owned())).collect::<Vec<_>>())
}

fn floats(numbers: &[f64]) -> Value {
    list(&numbers.iter().map(|number| Value::Float(*number)).collect::<Vec<_>>())
}

fn parsed(text: &str) -> Option<Value> {
    parse(text).unwrap_or_else(|_| panic!("{text} is not cut"))
}

#[test]
fn lists_of_python_are_read_with_their_quotes_and_escapes() {
    let cases = [
        ("['jazz', 'go']", texts(&["jazz", "go"])),
        (r#"['it\'s', "it's", 'say "hi"', "a\"b"]"#, texts(&["it's", "it's", "say \"hi\"", "a\"b"])),
        (r"['a\\b', 'a\nb', '\x41\u00e9\U0001f600\101\0']", texts(&["a\\b", "a\nb", "Aé😀A\0"])),
        ("['Zoë', '李',]", texts(&["Zoë", "李"])),
        ("[u'a', 'b']", texts(&["a", "b"])),
        ("['[1, 2]', '...', 'a, b']", texts(&["[1, 2]", "...", "a, b"])),
        ("['jazz']", texts(&["jazz"])),
        ("[ ]", list(&[])),
        ("[None, True, False]", list(&[Value::Null, Value::Bool(true), Value::Bool(false)])),
        ("['a', null, true]", list(&[Value::Text("a".into()), Value::Null, Value::Bool(true)])),
        (
            "[1, -2, 1.5, 1e-05]",
            list(&[Value::Int(1), Value::Int(-2), Value::Float(1.5), Value::Float(1e-5)]),
        ),
        ("[18446744073709551616]", texts(&["18446744073709551616"])),
        ("[(1, 2), ('a',)]", list(&[list(&[Value::Int(1), Value::Int(2)]), texts(&["a"])])),
        ("('jazz', 'go')", texts(&["jazz", "go"])),
        ("('jazz',)", texts(&["jazz"])),
        ("()", list(&[])),
        ("{'jazz', 'go'}", texts(&["jazz", "go"])),
        ("{'jazz'}", texts(&["jazz"])),
        ("set()", list(&[])),
        ("frozenset({'a', 'b'})", texts(&["a", "b"])),
        ("deque(['a', 'b'], maxlen=5)", texts(&["a", "b"])),
        ("[Decimal('1.5'), UUID('a-b'), ObjectId('5c')]", texts(&["1.5", "a-b", "5c"])),
    ];
    for (text, value) in cases {
        assert_eq!(parsed(text), Some(value), "{text}");
    }
}

#[test]
fn arrays_of_numpy_and_pytorch_are_read_as_they_are_printed() {
    let vector = floats(&[0.5, -1.0, 2.0]);
    let texts_of_vectors = [
        "[np.float64(0.5), np.float64(-1.0), np.float64(2.0)]",
        "[np.float32(0.5), numpy.float32(-1.0), float16(2.0)]",
        "[ 0.5 -1.   2. ]",
        "[ 0.5\n -1.\n  2. ]",
        "array([ 0.5, -1. ,  2. ])",
        "array([0.5, -1., 2.], dtype=float32)",
        "np.array([0.5, -1.0, 2.0], dtype='<f4')",
        "array([0.5, -1., 2.], shape=(3,), dtype=np.float16)",
        "tensor([ 0.5000, -1.0000,  2.0000])",
        "tensor([0.5, -1.0, 2.0], device='cuda:0', dtype=torch.float64, grad_fn=<AddBackward0>)",
        "tensor([0.5, -1.0, 2.0], requires_grad=True)",
        "torch.tensor([0.5, -1.0, 2.0])",
    ];
    for text in texts_of_vectors {
        assert_eq!(parsed(text), Some(vector.clone()), "{text}");
    }
    let matrix = list(&[floats(&[0.5, 1.0]), floats(&[2.0, 3.0])]);
    for text in ["[[0.5 1. ]\n [2.  3. ]]", "array([[0.5, 1. ],\n       [2. , 3. ]])"] {
        assert_eq!(parsed(text), Some(matrix.clone()), "{text}");
    }
    assert_eq!(parsed("['jazz' 'go']"), Some(texts(&["jazz", "go"])));
    assert_eq!(parsed("[np.str_('a'), np.str_('b')]"), Some(texts(&["a", "b"])));
    assert_eq!(parsed("[np.True_, np.int64(7)]"), Some(list(&[Value::Bool(true), Value::Int(7)])));
    assert_eq!(parsed("array([], dtype=float64)"), Some(list(&[])));
    assert_eq!(parsed("[ True False]"), Some(list(&[Value::Bool(true), Value::Bool(false)])));
    assert_eq!(
        parsed("[array([1, 2]), None]"),
        Some(list(&[list(&[Value::Int(1), Value::Int(2)]), Value::Null]))
    );
}

#[test]
fn numbers_that_are_none_are_kept_in_a_list_of_numbers_only() {
    for text in ["[1.0, nan]", "[1. nan]", "[np.float64(1.0), np.float64(nan)]", "[1, -inf]", "[1, np.nan]"] {
        assert!(
            matches!(parsed(text), Some(Value::Floats(numbers)) if numbers[0] == 1.0 && !numbers[1].is_finite()),
            "{text}"
        );
    }
    assert_eq!(parsed("['a', nan]"), Some(list(&[Value::Text("a".into()), Value::Null])));
}

#[test]
fn a_dict_is_a_map() {
    let field = |name: &str, value| (name.to_owned(), value);
    assert_eq!(
        parsed("{'a': 1, 'b': ['x'], 3: None, 'a': 2}"),
        Some(Value::Map(vec![field("a", Value::Int(2)), field("b", texts(&["x"])), field("3", Value::Null)]))
    );
    assert_eq!(parsed("{'a': nan}"), Some(Value::Map(vec![field("a", Value::Null)])));
}

#[test]
fn a_cut_list_is_an_error_and_never_a_text() {
    let cut = [
        "[0.1 0.2 ... 0.9 1.0]",
        "[0.1, 0.2, ..., 0.9, 1.0]",
        "array([0., 1., 2., ..., 7., 8., 9.], shape=(2000,))",
        "array([0., 1., 2., ..., 7., 8., 9.])",
        "[[0. 0. ... 0. 0.]\n [0. 0. ... 0. 0.]\n ...\n [0. 0. ... 0. 0.]]",
        "tensor([0.1, 0.2,  ..., 0.9])",
        "[0.1 0.2 0.3\n ... 0.9]",
        "['a', 'b', ...]",
        "[1, 2, … 9]",
        "[0.1, 0.2, 0.3, 0...",
        "[0.12 0.25 -0.3...",
        "[[0.1, 0.2], [0.3, ...",
    ];
    for text in cut {
        assert_eq!(parse(text), Err(CutList), "{text}");
    }
    for text in
        ["[...]", "[...] and then he said", "[1] ...", "[1, 2]...", "[see 1, 2, 3...", "wait...", "[sic] ..."]
    {
        assert_eq!(parse(text), Ok(None), "{text}");
    }
}

#[test]
fn text_that_only_begins_like_a_list_stays_text() {
    let others = [
        "[jazz, go]",
        "[deleted]",
        "[1] a note",
        "[1, 2",
        "[1, 2]]",
        "[1,, 2]",
        "[,]",
        "[1 2, 3]",
        "[1, 2 3]",
        "[1'a']",
        "['a'b]",
        "['a",
        "['a\nb']",
        r"['\N{DASH}']",
        r"['\ud83d']",
        r"['\xg1']",
        r"['\u00é9']",
        "[b'a']",
        "[0x10]",
        "[007]",
        "[1_000]",
        "[1.2.3]",
        "[1+2j]",
        "[--1]",
        "[+]",
        "[.]",
        "(1)",
        "(1,234)",
        "(555) 123",
        "(555)",
        "('a')",
        "(a, b)",
        "{name}",
        "{'a': 1, 'b'}",
        "{'a' 'b'}",
        "{1.5: 2}",
        "array of [1]",
        "array(1, 2)",
        "array(5)",
        "array([1], dtype=)",
        "array([1], [2])",
        "set([",
        "eval([1])",
        "[eval(1)]",
        "[datetime.date(2024, 1, 2)]",
        "tensor",
        "",
    ];
    for text in others {
        assert_eq!(parse(text), Ok(None), "{text}");
    }
}
