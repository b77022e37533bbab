//! Manual pages and completions of both programs say what `--help` says.

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use kindred::server::testing::setting_names;

use super::fixture::Place;
use super::process::{builder, kindred};

/// A moment of 2024-02-29.
const LEAP_DAY: &str = "1709210096";

type Program = fn() -> Command;
const PROGRAMS: [(&str, Program); 2] = [("kindred", kindred), ("index-builder", builder)];

fn output<A: AsRef<OsStr>>(program: Program, arguments: impl IntoIterator<Item = A>) -> Output {
    program().args(arguments).env("SOURCE_DATE_EPOCH", LEAP_DAY).output().unwrap()
}

fn text<A: AsRef<OsStr>>(program: Program, arguments: impl IntoIterator<Item = A>) -> String {
    let output = output(program, arguments);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

/// The long options that a help text names at the beginning of a line, where it lists them.
fn options(help: &str) -> BTreeSet<String> {
    let long = |line: &str| {
        let (_, option) = line.trim_start().strip_prefix('-').and(line.split_once("--"))?;
        Some(format!("--{}", option.split([' ', '[', '=', '<']).next()?))
    };
    help.lines().filter_map(long).collect()
}

/// The commands that a help text lists.
fn commands(help: &str) -> Vec<&str> {
    let listed = help.lines().skip_while(|line| *line != "Commands:").skip(1);
    let names = listed
        .take_while(|line| !line.is_empty())
        .filter_map(|line| line.strip_prefix("  ")?.split(' ').next());
    names.filter(|name| !name.is_empty() && *name != "help").collect()
}

/// The pages of a program, in a directory that has to be made.
fn write_pages(program: Program, directory: &Path) {
    let printed = text(program, [OsStr::new("man"), directory.as_os_str()]);
    let written: BTreeSet<_> =
        fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().path().display().to_string()).collect();
    assert_eq!(printed.lines().map(str::to_owned).collect::<BTreeSet<_>>(), written);
}

fn page(directory: &Path, name: &str) -> String {
    // Dashes are escaped, so that they stay dashes where somebody copies them.
    fs::read_to_string(directory.join(format!("{name}.1"))).unwrap().replace("\\-", "-")
}

#[test]
fn every_command_has_a_page_with_all_its_options() {
    for (name, program) in PROGRAMS {
        let place = Place::new();
        let pages = place.path().join("share/man/man1");
        write_pages(program, &pages);
        let help = text(program, ["--help"]);
        let commands = commands(&help);
        assert!(commands.len() >= 4 && options(&help).contains("--help"), "{help}");
        assert_eq!(fs::read_dir(&pages).unwrap().count(), commands.len() + 1);
        for command in commands {
            let help = text(program, [command, "--help"]);
            let page = page(&pages, &format!("{name}-{command}"));
            for option in options(&help) {
                assert!(page.contains(&format!("\\fB{option}\\fR")), "{name} {command} {option}: {page}");
            }
        }
        let page = page(&pages, name);
        for option in options(&help) {
            assert!(page.contains(&format!("\\fB{option}\\fR")), "{name} {option}: {page}");
        }
        assert!(page.contains(".SH \"EXIT STATUS\"") && page.contains("KINDRED_KERNEL"), "{page}");
    }
}

#[test]
fn the_page_of_the_server_has_every_setting_as_variable_and_as_key() {
    let place = Place::new();
    write_pages(kindred, place.path());
    let page = page(place.path(), "kindred");
    for setting in setting_names() {
        let variable = format!("\\fBKINDRED_{}\\fR", setting.to_uppercase());
        assert!(page.contains(&variable), "{variable}: {page}");
        assert!(page.contains(&format!("in the file of --config: {setting}.")), "{setting}: {page}");
    }
    assert!(page.contains("GET /recommend/ID/N    the N profiles"), "{page}");
}

#[test]
fn pages_of_one_moment_are_equal_and_say_which_day_it_was() {
    for (name, program) in PROGRAMS {
        let place = Place::new();
        let [one, other] = ["one", "other"].map(|name| place.path().join(name));
        write_pages(program, &one);
        write_pages(program, &other);
        for entry in fs::read_dir(&one).unwrap() {
            let name = entry.unwrap().file_name();
            assert_eq!(fs::read(one.join(&name)).unwrap(), fs::read(other.join(&name)).unwrap());
        }
        let heading = format!(".TH {} 1 2024-02-29 \"{name} ", name.to_uppercase());
        assert!(page(&one, name).contains(&heading), "{heading}");
    }
}

#[test]
fn pages_that_cannot_be_written_are_named() {
    for (_, program) in PROGRAMS {
        let place = Place::new();
        let file = place.path().join("file");
        fs::write(&file, "").unwrap();
        for directory in [file.clone(), file.join("below")] {
            let output = output(program, [OsStr::new("man"), directory.as_os_str()]);
            let message = String::from_utf8_lossy(&output.stderr);
            assert_eq!(output.status.code(), Some(1), "{message}");
            assert!(message.contains(directory.to_str().unwrap()), "{message}");
        }
        let pages = place.path().join("pages");
        let output = program().arg("man").arg(&pages).env("SOURCE_DATE_EPOCH", "today").output().unwrap();
        let message = String::from_utf8_lossy(&output.stderr);
        assert!(!output.status.success() && message.contains("SOURCE_DATE_EPOCH: \"today\""), "{message}");
    }
}

#[test]
fn completions_know_every_command_and_option() {
    for (name, program) in PROGRAMS {
        let help = text(program, ["--help"]);
        for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
            let script = text(program, ["completions", shell]);
            assert!(script.contains(name), "{script}");
            for command in commands(&help) {
                assert!(script.contains(command), "{shell}: {command}");
                for option in options(&text(program, [command, "--help"])) {
                    // Fish names options without their dashes.
                    assert!(script.contains(option.trim_start_matches('-')), "{shell}: {command} {option}");
                }
            }
        }
        let output = output(program, ["completions", "tcsh"]);
        let message = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{message}");
        assert!(
            message.contains("tcsh") && message.contains("bash") && message.contains("fish"),
            "{message}"
        );
    }
}
