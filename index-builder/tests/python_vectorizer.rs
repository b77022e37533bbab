//! The Python vectorizer against a real `python3`, which these tests need (the standard library is enough).

#![allow(clippy::unwrap_used, reason = "clippy takes the helpers of an integration test for ordinary code")]

use std::fs;
use std::io::Read;
use std::path::PathBuf;
use std::time::Duration;

use index_builder::door::vectors::python::MAX_NUMBERS;
use index_builder::door::vectors::python::{
    Failure, FailureReason, LoadError, Outcome, PythonConfig, PythonSpec, Worker,
};
use tempfile::TempDir;

/// A folder with a Python file in it.
struct Model {
    folder: TempDir,
}

impl Model {
    fn new(code: &str) -> Model {
        let model = Model { folder: TempDir::new().unwrap() };
        fs::write(model.path("model.py"), code).unwrap();
        model
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn config(&self) -> PythonConfig {
        PythonConfig::new(PythonSpec { path: self.path("model.py"), function: "vectorize".into() })
    }

    fn start(&self) -> Worker {
        Worker::start(&self.config()).unwrap()
    }

    fn refused(&self) -> LoadError {
        Worker::start(&self.config()).unwrap_err()
    }
}

/// `vectorize` as an expression of `n`, a profile's only field.
fn expression(expression: &str) -> Model {
    Model::new(&format!(
        "import array, os, sys\ndef vectorize(p):\n    n = p['n']\n    return {expression}\n"
    ))
}

/// Profiles whose only field is their number.
fn numbered(count: usize) -> Vec<String> {
    (0..count).map(|n| format!(r#"{{"n": {n}}}"#)).collect()
}

fn vectorize(worker: &mut Worker, profiles: &[String]) -> Vec<Outcome> {
    let profiles: Vec<&[u8]> = profiles.iter().map(String::as_bytes).collect();
    worker.vectorize(&profiles).unwrap()
}

/// The outcomes of profiles 0, 1, 2... of a model.
fn outcomes(model: &Model, count: usize) -> Vec<Outcome> {
    vectorize(&mut model.start(), &numbered(count))
}

/// Asserts that every profile has its number as its vector, but for those that fail for the reason.
fn assert_only_these_fail(outcomes: &[Outcome], reason: FailureReason, failing: &[usize]) {
    for (n, outcome) in outcomes.iter().enumerate() {
        match outcome {
            Err(failure) if failing.contains(&n) => assert_eq!(failure.reason, reason, "{n}: {failure}"),
            outcome => assert_eq!(outcome, &Ok(vec![n as f32]), "{n}"),
        }
    }
}

fn failure(outcome: &Outcome) -> (FailureReason, &str) {
    let Failure { reason, detail } = outcome.as_ref().unwrap_err();
    (*reason, detail)
}

#[test]
fn lists_tuples_arrays_buffers_and_whatever_knows_its_list_are_vectors() {
    let expressions = [
        "[n, 0.5]",
        "(n, 0.5)",
        "array.array('f', [n, 0.5])",
        "array.array('d', [n, 0.5])",
        "memoryview(array.array('d', [n, 9, 0.5, 9]))[::2]",
        "type('Tensor', (), {'tolist': lambda self: [n, 0.5]})()",
        "type('Frame', (), {'__array__': lambda self: array.array('f', [n, 0.5])})()",
        "__import__('collections').deque([n, 0.5])",
        "[__import__('decimal').Decimal(n), __import__('fractions').Fraction(1, 2)]",
    ];
    for code in expressions {
        assert_eq!(outcomes(&expression(code), 2), [Ok(vec![0.0, 0.5]), Ok(vec![1.0, 0.5])], "{code}");
    }
    assert_eq!(outcomes(&expression("array.array('B', [n, 200])"), 1), [Ok(vec![0.0, 200.0])]);
    assert_eq!(outcomes(&expression("range(n, n + 3)"), 1), [Ok(vec![0.0, 1.0, 2.0])]);
}

#[test]
fn numbers_that_are_not_finite_are_passed_on_and_those_outside_single_precision_become_infinite() {
    let model = expression("[float('nan'), float('-inf'), 1e39, -1e39, 10 ** 400, -10 ** 400, 0.1]");
    let vector = outcomes(&model, 1).remove(0).unwrap();
    let infinity = f32::INFINITY;
    assert!(vector[0].is_nan());
    assert_eq!(vector[1..], [-infinity, infinity, -infinity, infinity, -infinity, 0.1]);
    let model = expression("array.array('f', [float('nan'), float('inf')])");
    let vector = outcomes(&model, 1).remove(0).unwrap();
    assert!(vector[0].is_nan() && vector[1] == infinity);
}

#[test]
fn what_is_no_flat_sequence_of_numbers_is_no_vector_and_says_what_it_is() {
    let cases = [
        ("None", "NoneType"),
        ("1.5", "float"),
        ("'12'", "str"),
        ("b'12'", "bytes"),
        ("{1: 2}", "dict"),
        ("{1, 2}", "set"),
        ("(x for x in [1])", "generator"),
        ("[]", "allowed are 1 to"),
        ("[[1, 2]]", "list"),
        ("[1, None]", "NoneType"),
        ("['1']", "str"),
        ("[1j]", "complex"),
        ("memoryview(bytes(4)).cast('B', (2, 2))", "(2, 2)"),
        ("type('Scalar', (), {'tolist': lambda self: 1.5})()", "Scalar"),
        ("type('Broken', (), {'tolist': lambda self: sys.exit(1)})()", "SystemExit"),
    ];
    for (code, named) in cases {
        let outcomes = outcomes(&expression(code), 1);
        let (reason, detail) = failure(&outcomes[0]);
        assert_eq!(reason, FailureReason::NotAVector, "{code}");
        assert!(detail.contains(named), "{code}: {detail}");
    }
}

#[test]
fn a_vector_may_be_as_long_as_the_bound_and_no_longer() {
    let model = expression(&format!("[0.5] * ({MAX_NUMBERS} + n)"));
    let outcomes = outcomes(&model, 2);
    assert_eq!(outcomes[0].as_ref().map(Vec::len), Ok(MAX_NUMBERS));
    assert_eq!(failure(&outcomes[1]).0, FailureReason::NotAVector);
}

#[test]
fn the_profile_arrives_as_a_dict_of_plain_types() {
    let model = Model::new(
        "def vectorize(p):\n    assert type(p) is dict and list(p) == ['b', 'a']\n    \
         assert p == {'b': [1, 2.5, None, True], 'a': {'ü': '\\U0001f600'}}\n    return [1]\n",
    );
    let profile = r#"{"b": [1, 2.5, null, true], "a": {"ü": "😀"}}"#.to_owned();
    assert_eq!(vectorize(&mut model.start(), &[profile]), [Ok(vec![1.0])]);
}

#[test]
fn whatever_is_printed_and_read_leaves_the_answers_whole() {
    let model = Model::new(
        "import os, subprocess, sys\nprint('importing')\ndef vectorize(p):\n    \
         print('printed', '\\udc80 \\u4e2d', flush=True)\n    sys.__stdout__.write('written')\n    \
         os.write(1, b'\\x00\\xff to descriptor 1\\n')\n    subprocess.run(['echo', 'from a child'], check=True)\n    \
         assert sys.stdin.read() == '' and os.read(0, 1) == b''\n    return [p['n']]\n",
    );
    assert_only_these_fail(&outcomes(&model, 3), FailureReason::Raised, &[]);
}

#[test]
fn exceptions_of_every_class_cost_their_profile_only_and_leave_their_last_line() {
    let model = Model::new(
        "import sys\nclass Odd(Exception):\n    def __str__(self): raise ValueError\n\
         def deep(n): return deep(n + 1)\n\
         def interrupted(): raise KeyboardInterrupt\n\
         def odd(): raise Odd\n\
         def long(): raise ValueError('first\\nsecond\\x1b[0m' + 'x' * 10 ** 7)\n\
         def memory(): raise MemoryError\n\
         cases = [lambda: {}['colour'], lambda: 1 / 0, lambda: sys.exit(3), interrupted, lambda: deep(0), odd,\n    \
         long, memory, lambda: [8]]\n\
         def vectorize(p): return cases[p['n']]()\n",
    );
    let outcomes = outcomes(&model, 9);
    let starts = [
        "KeyError: 'colour'",
        "ZeroDivisionError: division by zero",
        "SystemExit: 3",
        "KeyboardInterrupt",
        "RecursionError: maximum recursion",
        "model.Odd: <its text cannot be shown>",
        "ValueError: first second\u{fffd}[0mxxxx",
        "MemoryError",
    ];
    for (outcome, start) in outcomes.iter().zip(starts) {
        let (reason, detail) = failure(outcome);
        assert_eq!(reason, FailureReason::Raised);
        assert!(detail.starts_with(start) && detail.chars().count() <= 500, "{detail}");
    }
    assert_eq!(outcomes[8], Ok(vec![8.0]));
}

#[test]
fn profiles_that_end_the_process_are_found_wherever_they_are() {
    let model = expression("os._exit(3) if n in (0, 1, 70, 99) else os.abort() if n == 50 else [n]");
    let outcomes = outcomes(&model, 100);
    assert_only_these_fail(&outcomes, FailureReason::Died, &[0, 1, 50, 70, 99]);
    assert!(failure(&outcomes[0]).1.contains("exit status: 3"), "{:?}", outcomes[0]);
    assert!(failure(&outcomes[50]).1.contains("SIGABRT"), "{:?}", outcomes[50]);
}

#[test]
fn profiles_that_hang_are_found_and_the_others_have_their_vectors() {
    let model = Model::new(
        "import time\ndef vectorize(p):\n    while p['n'] == 0: pass\n    \
         if p['n'] == 5: time.sleep(3600)\n    return [p['n']]\n",
    );
    let config = PythonConfig { batch_timeout: Duration::from_secs(3), ..model.config() };
    let outcomes = vectorize(&mut Worker::start(&config).unwrap(), &numbered(8));
    assert_only_these_fail(&outcomes, FailureReason::TimedOut, &[0, 5]);
    assert_eq!(failure(&outcomes[5]).1, "no answer within 3 s");
}

#[test]
fn a_profile_that_only_met_a_broken_process_is_not_blamed() {
    // Every process survives three profiles, whichever they are.
    let model = Model::new(
        "import os\nleft = 3\ndef vectorize(p):\n    global left\n    if left == 0: os._exit(1)\n    \
         left -= 1\n    return [p['n']]\n",
    );
    assert_only_these_fail(&outcomes(&model, 10), FailureReason::Died, &[]);
}

#[test]
fn a_process_that_ends_between_two_batches_is_replaced() {
    let model = expression("[os.getpid()] if n == 0 else [n]");
    let mut worker = model.start();
    let mut before = 0.0;
    for _ in 0..3 {
        let outcomes = vectorize(&mut worker, &numbered(2));
        let number = outcomes[0].as_ref().unwrap()[0];
        assert_ne!(number, before);
        assert_eq!(outcomes[1], Ok(vec![1.0]));
        let child = rustix::process::Pid::from_raw(number as i32).unwrap();
        rustix::process::kill_process(child, rustix::process::Signal::KILL).unwrap();
        before = number;
    }
}

#[test]
fn bytes_that_are_no_answer_cost_their_profile_only() {
    let model = Model::new(
        "import os\ndef vectorize(p):\n    if p['n'] == 2:\n        for fd in range(3, 10):\n            \
         try: os.write(fd, b'\\xff' * 64)\n            except OSError: pass\n    return [p['n']]\n",
    );
    let outcomes = outcomes(&model, 4);
    assert_only_these_fail(&outcomes, FailureReason::Died, &[2]);
    assert!(failure(&outcomes[2]).1.contains("no answer"), "{:?}", outcomes[2]);
}

#[test]
fn a_process_forked_by_the_function_cannot_answer_in_its_place() {
    let model = expression("[n] if os.fork() else [7]");
    assert_only_these_fail(&outcomes(&model, 4), FailureReason::Died, &[]);
}

#[test]
fn a_profile_beyond_the_bound_is_not_sent() {
    let model = expression("[n]");
    let long = vec![b' '; index_builder::door::vectors::python::MAX_PROFILE_BYTES + 1];
    let outcomes = model.start().vectorize(&[&long, br#"{"n": 1}"#, &long]).unwrap();
    assert_eq!(failure(&outcomes[0]).0, FailureReason::TooLong);
    assert_eq!(outcomes[1], Ok(vec![1.0]));
    assert_eq!(failure(&outcomes[2]).0, FailureReason::TooLong);
}

#[test]
fn batches_larger_than_a_pipe_holds_come_through_and_the_size_of_a_batch_changes_nothing() {
    let model = expression("[n] * 20000");
    let profiles: Vec<String> =
        (0..40).map(|n| format!(r#"{{"n": {n}, "bio": "{}"}}"#, "x".repeat(20_000))).collect();
    for batch_size in [0, 1, 7, 1000] {
        let config = PythonConfig { batch_size, ..model.config() };
        let outcomes = vectorize(&mut Worker::start(&config).unwrap(), &profiles);
        assert_eq!(outcomes.len(), 40);
        for (n, outcome) in outcomes.into_iter().enumerate() {
            assert_eq!(outcome.unwrap(), vec![n as f32; 20_000]);
        }
    }
    assert_eq!(model.start().vectorize(&[]).unwrap(), []);
}

#[test]
fn the_file_is_a_module_of_its_name_and_its_folder_comes_first() {
    let model = Model::new(
        "import dataclasses, os, pickle, sys\nimport sibling\n\
         @dataclasses.dataclass\nclass Point:\n    x: 'float'\n\
         def vectorize(p):\n    assert __name__ == 'model' and sys.argv == [__file__]\n    \
         assert sys.path[0] == os.path.dirname(os.path.realpath(__file__)) and '' not in sys.path\n    \
         return [pickle.loads(pickle.dumps(Point(sibling.X))).x]\n",
    );
    fs::write(model.path("sibling.py"), "X = 4\n").unwrap();
    assert_eq!(outcomes(&model, 1), [Ok(vec![4.0])]);
    assert_eq!(
        fs::read_dir(model.folder.path()).unwrap().count(),
        2,
        "something was written beside the file"
    );
}

#[test]
fn a_file_of_any_name_is_loaded_even_that_of_a_module_python_needs() {
    let model = expression("[n]");
    for name in ["json.py", "no_extension", "a-b.c:d.py"] {
        let path = model.path(name);
        fs::copy(model.path("model.py"), &path).unwrap();
        let config = PythonConfig::new(PythonSpec { path, function: "vectorize".into() });
        assert_only_these_fail(
            &vectorize(&mut Worker::start(&config).unwrap(), &numbered(2)),
            FailureReason::Raised,
            &[],
        );
    }
}

#[test]
fn a_function_that_cannot_be_loaded_says_why() {
    let raised = |code: &str| match Model::new(code).refused() {
        LoadError::Raised { detail, .. } => detail,
        other => panic!("{code}: {other}"),
    };
    assert!(raised("def vectorize(:\n").contains("(model.py, line 1)"));
    assert_eq!(raised("import no_such_module\n"), "ModuleNotFoundError: No module named 'no_such_module'");
    assert_eq!(raised("raise SystemExit(4)\n"), "SystemExit: 4");
    let no_function = Model::new("def other(p): return [1]\n").refused();
    assert!(matches!(no_function, LoadError::NoFunction { .. }), "{no_function}");
    let not_callable = Model::new("vectorize = 5\n").refused();
    assert!(matches!(not_callable, LoadError::NotCallable { .. }), "{not_callable}");
    let died = Model::new("import os\nos._exit(9)\n").refused();
    assert!(matches!(&died, LoadError::Died { detail, .. } if detail.contains("exit status: 9")), "{died}");
}

#[test]
fn a_missing_file_and_a_folder_are_refused_before_python_is_started() {
    let model = Model::new("");
    let mut config = PythonConfig { interpreter: "no-such-python".into(), ..model.config() };
    config.spec.path = model.path("missing.py");
    assert!(matches!(Worker::start(&config).unwrap_err(), LoadError::File { .. }));
    config.spec.path = model.folder.path().to_owned();
    assert!(matches!(Worker::start(&config).unwrap_err(), LoadError::NotAFile(_)));
}

#[test]
fn an_interpreter_that_is_missing_or_is_none_is_refused() {
    let model = expression("[n]");
    let start =
        |name: &str| Worker::start(&PythonConfig { interpreter: name.into(), ..model.config() }).unwrap_err();
    assert!(matches!(start("/no/such/python3"), LoadError::Interpreter { .. }));
    assert!(matches!(start("true"), LoadError::Died { .. }));
    assert!(matches!(start("echo"), LoadError::Died { .. }));
}

#[test]
fn an_import_that_hangs_is_given_up() {
    let model = Model::new("import time\ntime.sleep(3600)\n");
    let config = PythonConfig { load_timeout: Duration::from_millis(500), ..model.config() };
    assert!(matches!(Worker::start(&config).unwrap_err(), LoadError::TimedOut { .. }));
}

#[test]
fn the_stop_flag_ends_a_worker_whose_function_hangs() {
    // The function opens a fifo, which lets the thread below go on, and then hangs.
    let model = Model::new(
        "import os, time\nos.mkfifo(os.path.join(os.path.dirname(__file__), 'fifo'))\ndef vectorize(p):\n    \
         open(os.path.join(os.path.dirname(__file__), 'fifo'), 'w')\n    time.sleep(3600)\n",
    );
    let config = PythonConfig { batch_timeout: Duration::MAX, ..model.config() };
    let mut worker = Worker::start(&config).unwrap();
    let (fifo, stop) = (model.path("fifo"), config.stop.clone());
    let stopper = std::thread::spawn(move || {
        fs::File::open(fifo).unwrap();
        stop.store(true, std::sync::atomic::Ordering::Relaxed);
    });
    assert!(matches!(worker.vectorize(&[b"{}"]), Err(LoadError::Stopped)));
    stopper.join().unwrap();
}

#[test]
fn what_the_function_started_ends_with_its_worker() {
    // A grandchild keeps the fifo open for writing: reading it to the end proves that it is gone.
    let model = Model::new(
        "import os, subprocess\nfifo = os.path.join(os.path.dirname(__file__), 'fifo')\nos.mkfifo(fifo)\n\
         def vectorize(p):\n    subprocess.Popen(['sh', '-c', 'exec sleep 3600 > \"$0\"', fifo])\n    return [os.getpid()]\n",
    );
    let mut worker = model.start();
    let outcome = worker.vectorize(&[b"{}"]).unwrap().remove(0);
    let mut fifo = fs::File::open(model.path("fifo")).unwrap();
    drop(worker);
    assert_eq!(fifo.read(&mut [0; 1]).unwrap(), 0);
    // The child itself has been waited for: its number means nothing any more.
    let child = rustix::process::Pid::from_raw(outcome.unwrap()[0] as i32).unwrap();
    assert_eq!(rustix::process::test_kill_process(child), Err(rustix::io::Errno::SRCH));
}

#[test]
fn a_worker_that_is_no_longer_needed_ends_its_process_in_order() {
    let model = Model::new(
        "import atexit, os\n\
         atexit.register(lambda: open(os.path.join(os.path.dirname(__file__), 'cleaned'), 'w').close())\n\
         def vectorize(p): return [p['n']]\n",
    );
    assert_only_these_fail(&outcomes(&model, 1), FailureReason::Died, &[]);
    assert!(model.path("cleaned").exists());
}
