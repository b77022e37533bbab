//! Settings: where they come from, and what is not allowed.

use super::fixture::{Place, assert_problem, await_version, numbered_source};
use super::http::get;
use super::process::{Server, builder, kindred, kindred_output};

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

#[test]
fn the_environment_alone_is_enough_and_what_kubernetes_puts_there_is_not_ours() {
    let place = Place::new();
    place.build(&numbered_source(1, 20));
    let mut command = kindred();
    command.env("KINDRED_INDEX_DIR", place.index()).envs([
        ("KINDRED_BIND", "127.0.0.1:0"),
        ("KINDRED_WORKERS", "1"),
        ("KINDRED_MAX_N", "7"),
        ("KINDRED_MAX_EXACT", "2"),
        ("KINDRED_POLL_INTERVAL", "100ms"),
        ("KINDRED_LOG_FORMAT", "text"),
        ("KINDRED_LOG_LEVEL", "debug"),
        // The links of a service that is called kindred, and of others.
        ("KINDRED_PORT", "tcp://10.0.0.1:80"),
        ("KINDRED_PORT_80_TCP_ADDR", "10.0.0.1"),
        ("KINDRED_SERVICE_HOST", "10.0.0.1"),
        ("KINDRED_SERVICE_PORT", "80"),
        ("PORT", "1"),
        ("HOST", "nowhere"),
        ("SERVICE_PORT", "1"),
    ]);
    let server = Server::spawn(command);
    await_version(&server, 1);
    let detail =
        assert_problem(&get(server.address, "/recommend/p1/8"), 400, "more than the variable allows");
    assert!(detail.contains("1 to 7"), "{detail}");
    let log = server.log();
    let warned: Vec<&str> = log.lines().filter(|line| line.contains("WARN")).collect();
    assert_eq!(warned.len(), 4, "{log}");
    for name in
        ["KINDRED_PORT ", "KINDRED_PORT_80_TCP_ADDR ", "KINDRED_SERVICE_HOST ", "KINDRED_SERVICE_PORT "]
    {
        assert!(warned.iter().any(|line| line.contains(name)), "{name} in {log}");
    }
}

#[test]
fn a_file_alone_is_enough_and_may_hold_every_setting() {
    let place = Place::new();
    place.build(&numbered_source(1, 20));
    let file = place.path().join("kindred.toml");
    let index_dir = place.index().display().to_string();
    let settings = [
        format!("index_dir = {index_dir:?}"),
        "bind = '127.0.0.1:0'".to_owned(),
        "workers = 1".to_owned(),
        "max_n = 7".to_owned(),
        "max_exact = '2'".to_owned(),
        "poll_interval = '100ms'".to_owned(),
        "log_format = 'json'".to_owned(),
        "log_level = 'info'".to_owned(),
    ];
    std::fs::write(&file, settings.join("\n")).unwrap();
    let mut command = kindred();
    command.env("KINDRED_CONFIG", &file);
    let server = Server::spawn(command);
    await_version(&server, 1);
    assert_problem(&get(server.address, "/recommend/p1/8"), 400, "more than the file allows");
    assert!(server.log().starts_with('{'), "{}", server.log());
}

#[test]
fn variables_that_are_empty_are_not_set_for_either_program() {
    let place = Place::new();
    std::fs::write(place.path().join("profiles.jsonl"), numbered_source(1, 20)).unwrap();
    let mut build = builder();
    build.args(["build", "--vectorizer", "field:v", "--profiles"]).arg(place.path().join("profiles.jsonl"));
    build.arg("--out").arg(place.index()).envs([("KINDRED_KERNEL", ""), ("SOURCE_DATE_EPOCH", "")]);
    let output = build.output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let server = Server::start_with(&place.index(), |command| {
        command.envs([
            ("KINDRED_KERNEL", ""),
            ("KINDRED_BIND", ""),
            ("KINDRED_CONFIG", ""),
            ("KINDRED_TLS_CERT", ""),
            ("KINDRED_TLS_KEY", ""),
            ("KINDRED_API_KEYS", ""),
            ("KINDRED_WORKERS", ""),
            ("KINDRED_LOG_LEVEL", ""),
            ("KINDRED_ALLOWED_HOSTS", ""),
        ]);
    });
    await_version(&server, 1);
    let log = server.log();
    let warned: Vec<&str> = log.lines().filter(|line| line.contains("WARN")).collect();
    assert!(
        warned.len() == 3 && warned.iter().all(|line| line.ends_with("is empty and counts as not set")),
        "{log}"
    );
    refused(&["--index-dir", "x", "--tls-cert=", "--tls-key", "k"], &[], &["tls_cert", "it is empty"]);
}

#[test]
fn a_host_is_listened_on_by_its_name_from_an_option_a_variable_and_a_file() {
    let place = Place::new();
    place.build(&numbered_source(1, 20));
    let file = place.path().join("kindred.toml");
    std::fs::write(&file, "bind = 'LocalHost:0'\n").unwrap();
    let given: [fn(&mut std::process::Command, &std::path::Path); 3] = [
        |command, _| {
            command.args(["--bind", "localhost:0"]);
        },
        |command, _| {
            command.env("KINDRED_BIND", "localhost:0");
        },
        |command, file| {
            command.arg("--config").arg(file);
        },
    ];
    for give in given {
        let mut command = kindred();
        command.arg("--index-dir").arg(place.index());
        give(&mut command, &file);
        let server = Server::spawn(command);
        await_version(&server, 1);
        let log = server.log();
        let line = log.lines().find(|line| line.contains("listening on ")).unwrap();
        let port = server.address.port();
        assert!(line.contains(&format!("http://127.0.0.1:{port}")), "{line}");
        // Not every machine has IPv6.
        if std::net::TcpListener::bind("[::1]:0").is_ok() {
            assert!(line.contains(&format!(" and http://[::1]:{port}")), "{line}");
            let of_v6 = format!("[::1]:{port}").parse().unwrap();
            assert_eq!(get(of_v6, "/health/ready").status, 200);
        }
    }
}

#[test]
fn a_name_that_others_can_connect_to_needs_keys_as_an_address_does() {
    for address in ["0.0.0.0:0", "[::]:0"] {
        refused(
            &["--index-dir", "x", "--bind", address],
            &[],
            &[address, "a loopback address", "allow_anonymous"],
        );
    }
    for (value, said) in [
        ("localhost", "the port is missing"),
        ("localhost:65536", "ports are from 0 to 65535"),
        ("::1:5000", "needs brackets"),
        ("no-such-host.invalid:5000", "cannot find the host"),
        ("http://localhost:5000", "host and port are enough"),
    ] {
        refused(
            &["--index-dir", "x", "--bind", value],
            &[],
            &["--bind on the command line", value, said, "[::1]:5000"],
        );
        refused(
            &["--index-dir", "x"],
            &[("KINDRED_BIND", value)],
            &["KINDRED_BIND in the environment", value, said],
        );
    }
}

#[test]
fn a_variable_that_was_meant_otherwise_is_named() {
    let place = Place::new();
    let server = Server::start_with(&place.index(), |command| {
        command.env("KINDRED_WORKER", "1");
    });
    assert!(server.log().contains("did you mean KINDRED_WORKERS?"), "{}", server.log());
}
