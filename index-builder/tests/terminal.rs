//! What a build shows on a terminal: bars with estimates while it runs, and a line for each step that stays.

#![allow(clippy::unwrap_used, reason = "clippy takes the helpers of an integration test for ordinary code")]

mod common;

use std::fs;
use std::io::Read;
use std::process::{Child, ChildStdout, Command, Stdio};

use common::{BUILDER, Place, make_fifo, numbered};

/// Runs a program with its standard error on a terminal, which it repeats, and nothing else.
const TERMINAL: &str = "import fcntl, os, pty, struct, subprocess, sys, termios
master, slave = pty.openpty()
fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack('HHHH', 24, 120, 0, 0))
with open(sys.argv[1], 'wb') as summary:
    child = subprocess.Popen(sys.argv[2:], stdin=subprocess.DEVNULL, stdout=summary, stderr=slave)
os.close(slave)
while True:
    try:
        shown = os.read(master, 65536)
    except OSError:
        break
    if not shown:
        break
    os.write(1, shown)
sys.exit(child.wait())
";

/// A vectorizer that waits to be let go on.
const WAITING: &str = "import os
waited = False
def vectorize(profile):
    global waited
    if not waited:
        waited = True
        with open(os.path.join(os.path.dirname(__file__), 'fifo')) as fifo:
            fifo.read()
    return [1.0] + [float(number) for number in profile['v']]
";

/// What a terminal shows after what was written to it: its lines, without those that are empty at the end.
fn screen(written: &str) -> Vec<String> {
    let (mut lines, mut row, mut column) = (vec![Vec::new()], 0usize, 0usize);
    let mut rest = written.chars();
    while let Some(letter) = rest.next() {
        match letter {
            '\r' => column = 0,
            '\n' => row += 1,
            '\u{1b}' => {
                assert_eq!(rest.next(), Some('['), "an escape that is no control sequence: {written:?}");
                let mut number = String::new();
                let command = loop {
                    match rest.next().unwrap() {
                        part @ ('0'..='9' | ';' | '?') => number.push(part),
                        command => break command,
                    }
                };
                let count = number.parse::<usize>().unwrap_or(1).max(1);
                match command {
                    'A' => row = row.saturating_sub(count),
                    'B' => row += count,
                    'C' => column += count,
                    'D' => column = column.saturating_sub(count),
                    'G' => column = count - 1,
                    'K' if number == "2" => lines[row].clear(),
                    'K' => lines[row].truncate(column),
                    'J' => {
                        lines[row].truncate(column);
                        lines.truncate(row + 1);
                    }
                    'm' | 'h' | 'l' => {}
                    other => panic!("what is ESC[{number}{other} for? {written:?}"),
                }
            }
            letter => {
                if lines[row].len() <= column {
                    lines[row].resize(column + 1, ' ');
                }
                lines[row][column] = letter;
                column += 1;
            }
        }
        while lines.len() <= row {
            lines.push(Vec::new());
        }
    }
    let mut lines: Vec<String> =
        lines.into_iter().map(|line| line.into_iter().collect::<String>().trim_end().to_owned()).collect();
    while lines.last().is_some_and(String::is_empty) {
        lines.pop();
    }
    lines
}

/// A build on a terminal that stands still in the step `vectorize`; also what the terminal was written so far.
fn standing_still(place: &Place, profiles: &[common::Value]) -> (Child, ChildStdout, String) {
    place.write("profiles.jsonl", common::jsonl(profiles));
    place.write("model.py", WAITING);
    make_fifo(&place.path("fifo"));
    let vectorizer = format!("python:{}", place.path("model.py").display());
    let mut terminal = Command::new("python3");
    terminal.args(["-c", TERMINAL]).arg(place.path("summary")).arg(BUILDER);
    terminal.args(place.build_args(&["--vectorizer", &vectorizer, "--threads", "1", "--max-skipped", "1"]));
    terminal.args(["--ignore-fields", "nobody has this"]);
    terminal
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .env_remove("SOURCE_DATE_EPOCH")
        .env("TERM", "xterm-256color");
    let mut child = terminal.spawn().unwrap();
    let mut shown = child.stdout.take().unwrap();
    let (mut written, mut buffer) = (Vec::new(), [0; 4096]);
    let is_bar = |written: &[u8]| {
        screen(&String::from_utf8_lossy(written))
            .last()
            .is_some_and(|line| line.contains("vectorize") && line.contains(" left]"))
    };
    while !is_bar(&written) {
        let length = shown.read(&mut buffer).unwrap();
        assert!(length > 0, "there was no bar in {:?}", String::from_utf8_lossy(&written));
        written.extend_from_slice(&buffer[..length]);
    }
    (child, shown, String::from_utf8(written).unwrap())
}

#[test]
fn bars_come_and_go_and_a_line_for_each_step_stays() {
    let place = Place::empty();
    let (mut child, mut shown, mut written) = standing_still(&place, &numbered(30));
    let bar = screen(&written).pop().unwrap();
    assert!(bar.contains("0/30"), "units: {bar}");
    fs::write(place.path("fifo"), "go on").unwrap();
    shown.read_to_string(&mut written).unwrap();
    assert!(child.wait().unwrap().success(), "{written}");
    let lines = screen(&written);
    let steps: Vec<&str> = lines.iter().map(|line| line.split(':').next().unwrap()).collect();
    assert_eq!(
        steps,
        ["warning", "read", "vectorize", "graph", "table", "table", "map", "verify", "publish"],
        "{lines:#?}"
    );
    assert!(lines[0].contains("nobody has this"), "{lines:#?}");
    assert!(lines[8].contains("version 1, "), "{lines:#?}");
    assert!(!lines.iter().any(|line| line.contains('█') || line.contains("left]")), "{lines:#?}");
    let summary = fs::read_to_string(place.path("summary")).unwrap();
    assert!(summary.starts_with("published     version 1") && !summary.contains('\u{1b}'), "{summary}");
}

#[test]
fn a_failure_stands_below_the_steps_that_were_done() {
    let place = Place::empty();
    let mut profiles = numbered(30);
    profiles.iter_mut().for_each(|profile| profile["v"] = "none".into());
    let (mut child, mut shown, mut written) = standing_still(&place, &profiles);
    fs::write(place.path("fifo"), "go on").unwrap();
    shown.read_to_string(&mut written).unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(1));
    let lines = screen(&written);
    assert!(lines[0].starts_with("warning:") && lines[1].starts_with("read:"), "{lines:#?}");
    assert!(lines[2].starts_with("index-builder: no profile has a vector"), "{lines:#?}");
}
