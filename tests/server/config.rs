//! Settings: where they come from, and what is not allowed.

use super::fixture::{Place, assert_problem, await_version, numbered_source};
use super::http::get;
use super::process::{Server, kindred, kindred_output};

/// Exit 2, and a message with all of these in it.
fn refused(arguments: &[&str], variables: &[(&str, &str)], said: &[&str]) {
    let output = kindred_output(arguments, variables);
    let message = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{arguments:?} {variables:?}: {message}");
    for part in said {
        assert!(message.contains(part), "{arguments:?} {variables:?}: {part:?} is not in {message}");
    }
}

#[test]
fn help_and_version_are_no_errors() {
    let help = kindred_output(&["--help"], &[]);
    assert_eq!(help.status.code(), Some(0));
    let text = String::from_utf8(help.stdout).unwrap();
    for option in [
        "--index-dir",
        "--bind",
        "--workers",
        "--max-n",
        "--max-exact",
        "--poll-interval",
        "--log-format",
        "--log-level",
        "--config",
        "KINDRED_INDEX_DIR",
        "/recommend/",
    ] {
        assert!(text.contains(option), "{option} is not in {text}");
    }
    assert_eq!(kindred_output(&["--version"], &[]).status.code(), Some(0));
}

#[test]
fn wrong_settings_are_named_with_their_value_and_what_is_allowed() {
    refused(&[], &[], &["index_dir"]);
    refused(&["--index-dir", "x", "--colour", "red"], &[], &["--colour"]);
    for (option, value, allowed) in [
        ("--bind", "nowhere", "port"),
        ("--workers", "0", "1"),
        ("--workers", "many", "1"),
        ("--max-n", "0", "1"),
        ("--max-exact", "-1", "1"),
        ("--poll-interval", "soon", "s"),
        ("--log-format", "xml", "json"),
        ("--log-level", "loud", "info"),
    ] {
        let name = option.trim_start_matches('-').replace('-', "_");
        let option = format!("{option}={value}");
        refused(&["--index-dir", "x", &option], &[], &[value, allowed]);
        let variable = format!("KINDRED_{}", name.to_uppercase());
        refused(&["--index-dir", "x"], &[(&variable, value)], &[&variable, value, allowed]);
    }
}

#[test]
fn the_command_line_wins_over_the_environment_and_that_over_the_file() {
    let place = Place::new();
    place.build(&numbered_source(1, 20));
    let file = place.path().join("kindred.toml");
    let index_dir = place.index().display().to_string();
    std::fs::write(&file, format!("index_dir = {index_dir:?}\nmax_n = 3\nbind = \"127.0.0.1:0\"\n")).unwrap();
    let largest = |variable: Option<&str>, argument: Option<&str>| {
        let mut command = kindred();
        command.arg("--config").arg(&file);
        command.envs(variable.map(|value| ("KINDRED_MAX_N", value)));
        command.args(argument.map(|value| format!("--max-n={value}")));
        let server = Server::spawn(command);
        await_version(&server, 1);
        assert_problem(&get(server.address, "/recommend/p1/20"), 400, "more than any setting allows")
    };
    assert!(largest(None, None).contains("1 to 3"));
    assert!(largest(Some("4"), None).contains("1 to 4"));
    assert!(largest(Some("4"), Some("5")).contains("1 to 5"));
}

#[test]
fn an_unknown_variable_is_warned_about_and_an_unknown_key_refused() {
    let place = Place::new();
    let server = Server::start_with(&place.index(), |command| {
        command.env("KINDRED_COLOUR", "red");
    });
    assert!(server.log().contains("KINDRED_COLOUR"), "{}", server.log());
    let file = place.path().join("kindred.toml");
    let path = file.display().to_string();
    std::fs::write(&file, "colour = \"red\"\n").unwrap();
    refused(&["--index-dir", "x", "--config", &path], &[], &["colour", &path]);
    std::fs::write(&file, "max_n = \"many\"\n").unwrap();
    refused(&["--index-dir", "x", "--config", &path], &[], &["max_n", "many"]);
    std::fs::write(&file, "max_n = = 3\n").unwrap();
    refused(&["--index-dir", "x", "--config", &path], &[], &[&path]);
    refused(&["--index-dir", "x", "--config", "/nowhere/at/all.toml"], &[], &["/nowhere/at/all.toml"]);
}

#[test]
fn an_address_that_is_taken_is_exit_1() {
    let place = Place::new();
    let server = Server::start(&place.index());
    let address = server.address.to_string();
    let output = kindred_output(&["--index-dir", "x", "--bind", &address], &[]);
    assert_eq!(output.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&output.stderr).contains(&address));
}

#[test]
fn log_lines_can_be_json() {
    let place = Place::new();
    let server = Server::start_with(&place.index(), |command| {
        command.args(["--log-format", "json"]);
    });
    let log = server.log();
    for line in log.lines() {
        let line: serde_json::Value = serde_json::from_str(line).unwrap();
        assert!(line["level"].is_string(), "{line}");
    }
}
