use std::io::Write as _;

use clap::Parser as _;

use super::*;

fn arguments(line: &[&str]) -> Arguments {
    Arguments::try_parse_from([&["kindred"], line].concat()).unwrap()
}

fn variables(pairs: &[(&str, &str)]) -> Vec<(OsString, OsString)> {
    pairs.iter().map(|(name, value)| (name.into(), value.into())).collect()
}

fn file(text: &str) -> tempfile::NamedTempFile {
    let mut file = tempfile::NamedTempFile::new().unwrap();
    file.write_all(text.as_bytes()).unwrap();
    file
}

fn with_file(text: &str) -> (tempfile::NamedTempFile, Arguments) {
    let file = file(text);
    let arguments = arguments(&["--config", file.path().to_str().unwrap()]);
    (file, arguments)
}

#[test]
fn every_setting_has_an_option_of_its_name() {
    let all: Vec<String> =
        SETTINGS.iter().map(|setting| format!("{}={setting}", layers::option_name(setting))).collect();
    let all: Vec<&str> = all.iter().map(String::as_str).collect();
    let layers = Layers::gather(arguments(&all), []).unwrap();
    for setting in SETTINGS {
        assert_eq!(layers.find(setting).unwrap().value, OsString::from(setting));
    }
}

#[test]
fn defaults_are_what_the_help_says() {
    let (config, unknown) = Config::load(arguments(&["--index-dir", "/nowhere/yet"]), []).unwrap();
    assert_eq!(config.bind, "127.0.0.1:5000".parse().unwrap());
    assert_eq!((config.max_n, config.max_exact), (1000, 1));
    assert_eq!(config.poll_interval, Duration::from_secs(2));
    assert_eq!(config.shutdown_timeout, Duration::from_secs(30));
    assert_eq!(config.keep_alive, Duration::from_secs(75));
    assert_eq!((config.http2, config.hsts), (false, None));
    assert!(config.trusted_proxies.is_empty());
    assert_eq!((config.log_format, config.log_level), (LogFormat::Text, tracing::Level::INFO));
    assert!(config.workers >= 1);
    assert!(unknown.is_empty());
    let help = <Arguments as clap::CommandFactory>::command().render_long_help().to_string();
    let help = help.split_whitespace().collect::<Vec<_>>().join(" ");
    for default in [
        &DEFAULT_BIND.to_string(),
        "[default: 1000]",
        "[default: 1]",
        "[default: 2s]",
        "[default: 30s]",
        "[default: 75s]",
    ] {
        assert!(help.contains(default), "{default}");
    }
}

#[test]
fn the_command_line_wins_over_the_environment_and_that_over_the_file() {
    let (_file, mut given) =
        with_file("index_dir = '/from/file'\nmax_n = 3\nworkers = 3\nbind = '127.0.0.3:3'");
    given.workers = Some("1".into());
    let environment = variables(&[("KINDRED_WORKERS", "2"), ("KINDRED_MAX_N", "2")]);
    let (config, _) = Config::load(given, environment).unwrap();
    assert_eq!(config.workers, 1);
    assert_eq!(config.max_n, 2);
    assert_eq!(config.bind, "127.0.0.3:3".parse().unwrap());
    assert_eq!(config.index_dir, PathBuf::from("/from/file"));
}

#[test]
fn the_environment_can_name_the_file() {
    let file = file("index_dir = '/from/file'");
    let environment = variables(&[("KINDRED_CONFIG", file.path().to_str().unwrap())]);
    assert!(Config::load(Arguments::default(), environment).is_ok());
}

#[test]
fn unknown_variables_of_ours_are_reported_and_others_are_not() {
    let environment =
        variables(&[("KINDRED_PORT", "1"), ("PORT", "x"), ("KINDRED_INDEX_DIR", "/a"), ("KINDRED_HOST", "")]);
    let (_, unknown) = Config::load(Arguments::default(), environment).unwrap();
    assert_eq!(unknown, ["KINDRED_HOST", "KINDRED_PORT"]);
}

#[test]
fn a_value_that_is_not_allowed_is_named_with_its_source_and_what_is_allowed() {
    let cases = [
        ("KINDRED_BIND", "localhost", "an address and a port"),
        ("KINDRED_BIND", "", "an address and a port"),
        ("KINDRED_WORKERS", "0", "from 1 to 1024"),
        ("KINDRED_WORKERS", "two", "from 1 to 1024"),
        ("KINDRED_MAX_N", "-1", "from 1 to 1000000"),
        ("KINDRED_MAX_EXACT", "1e3", "from 1 to 256"),
        ("KINDRED_POLL_INTERVAL", "2", "a duration with its unit"),
        ("KINDRED_POLL_INTERVAL", "1ms", "from 10ms to 1h"),
        ("KINDRED_SHUTDOWN_TIMEOUT", "2h", "from 0s to 1h"),
        ("KINDRED_LOG_FORMAT", "xml", "text or json"),
        ("KINDRED_LOG_LEVEL", "INFO", "error, warn, info, debug or trace"),
        ("KINDRED_LOG_LEVEL", "3", "error, warn, info, debug or trace"),
        ("KINDRED_INDEX_DIR", "", "a directory"),
        ("KINDRED_INDEX_DIR", "/dev/null", "a directory"),
    ];
    for (variable, value, allowed) in cases {
        let environment = variables(&[("KINDRED_INDEX_DIR", "/a"), (variable, value)]);
        let message = Config::load(Arguments::default(), environment).unwrap_err().to_string();
        let setting = variable.strip_prefix("KINDRED_").unwrap().to_ascii_lowercase();
        assert!(message.starts_with(&setting), "{message}");
        assert!(message.contains(&format!("{variable} in the environment")), "{message}");
        assert!(message.contains(&format!("{value:?}")), "{message}");
        assert!(message.contains(allowed), "{message}");
    }
}

#[test]
fn a_missing_directory_setting_is_an_error_that_says_how_to_give_it() {
    let message = Config::load(Arguments::default(), []).unwrap_err().to_string();
    assert!(message.contains("--index-dir") && message.contains("KINDRED_INDEX_DIR"), "{message}");
}

#[test]
fn a_file_with_an_unknown_key_or_kind_of_value_is_refused() {
    for (text, part) in [
        ("index-dir = '/a'", "unknown key \"index-dir\""),
        ("config = '/a'", "unknown key \"config\""),
        ("[server]\nbind = ''", "unknown key \"server\""),
        ("index_dir = '/a'\nworkers = true", "workers: \"true\""),
        ("workers = 2.0", "a string, an integer, true or false"),
        ("index_dir = ", "cannot be used"),
    ] {
        let (_file, given) = with_file(text);
        let message = Config::load(given, []).unwrap_err().to_string();
        assert!(message.contains(part), "{message}");
    }
    let missing = arguments(&["--config", "/nowhere/kindred.toml"]);
    let message = Config::load(missing, []).unwrap_err().to_string();
    assert!(message.contains("/nowhere/kindred.toml cannot be used"), "{message}");
}

#[test]
fn a_value_that_is_overridden_is_not_judged() {
    let environment = variables(&[("KINDRED_INDEX_DIR", "/a"), ("KINDRED_BIND", "nonsense")]);
    assert!(Config::load(arguments(&["--bind", "127.0.0.1:0"]), environment).is_ok());
}

fn load(line: &[&str]) -> Result<Config, ConfigError> {
    Config::load(arguments(&[&["--index-dir", "/nowhere/yet"], line].concat()), []).map(|(config, _)| config)
}

#[test]
fn only_keys_or_a_clear_word_open_the_server_to_other_machines() {
    for address in ["127.0.0.1:0", "127.8.8.8:5000", "[::1]:5000"] {
        assert!(load(&["--bind", address]).is_ok(), "{address}");
    }
    for address in ["0.0.0.0:5000", "[::]:5000", "192.168.0.1:80", "[::ffff:127.0.0.1]:80"] {
        let message = load(&["--bind", address]).unwrap_err().to_string();
        assert!(message.contains(address) && message.contains("allow_anonymous"), "{message}");
        assert!(load(&["--bind", address, "--allow-anonymous=false"]).is_err());
        assert!(load(&["--bind", address, "--allow-anonymous"]).is_ok());
        assert!(load(&["--allow-anonymous=true", "--bind", address]).is_ok());
        assert!(load(&["--bind", address, "--api-keys", "/some/file"]).is_ok());
    }
    assert!(load(&["--allow-anonymous=yes"]).is_err());
}

#[test]
fn a_certificate_and_its_key_come_together() {
    assert_eq!(load(&[]).unwrap().tls, None);
    assert!(load(&["--tls-cert", "c"]).unwrap_err().to_string().contains("together with tls_key"));
    assert!(load(&["--tls-key", "k"]).unwrap_err().to_string().contains("together with tls_cert"));
    let files = TlsFiles { cert: "c".into(), key: "k".into() };
    assert_eq!(load(&["--tls-cert", "c", "--tls-key", "k"]).unwrap().tls, Some(files));
}

#[test]
fn origins_are_those_that_browsers_send() {
    assert!(load(&[]).unwrap().cors_origins.is_empty());
    let given = "https://App.example, http://localhost:8080";
    let expected = ["https://app.example", "http://localhost:8080"];
    assert_eq!(load(&["--cors-origins", given]).unwrap().cors_origins, expected);
    for origins in ["", "*", "app.example", "https://", "https://a/", "https://a,", "null", "https://a b"] {
        assert!(load(&["--cors-origins", origins]).is_err(), "{origins:?}");
    }
}

#[test]
fn switches_and_choices_say_what_is_allowed() {
    let config = load(&["--log-ids", "--residency", "copied", "--rate-limit", "5/m"]).unwrap();
    assert!(config.log_ids);
    assert_eq!(config.residency, Residency::Copied);
    assert_eq!(config.rate_limit.unwrap().count.get(), 5);
    let (_file, given) = with_file("index_dir = '/nowhere/yet'\nlog_ids = true\nmax_queue = 0");
    let config = Config::load(given, []).unwrap().0;
    assert!(config.log_ids && config.max_queue == 0);
    for (option, allowed) in [
        ("--residency=huge", "mapped or copied"),
        ("--rate-limit=5", "100/s"),
        ("--log-ids=1", "true or false"),
        ("--max-queue=-1", "0 to 100000"),
        ("--max-connections=0", "1 to 1000000"),
        ("--client-timeout=1ms", "10ms to 1h"),
    ] {
        let message = load(&[option]).unwrap_err().to_string();
        assert!(message.contains(allowed), "{option}: {message}");
    }
}
