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

fn bound(address: &str) -> Bind {
    Bind::from(address.parse::<SocketAddr>().unwrap())
}

fn with_file(text: &str) -> (tempfile::NamedTempFile, Arguments) {
    let file = file(text);
    let arguments = arguments(&["--config", file.path().to_str().unwrap()]);
    (file, arguments)
}

#[test]
fn every_setting_has_an_option_of_its_name() {
    let all: Vec<String> =
        names().map(|setting| format!("{}={setting}", layers::option_name(setting))).collect();
    let all: Vec<&str> = all.iter().map(String::as_str).collect();
    let layers = Layers::gather(arguments(&all), []).unwrap();
    for setting in names() {
        assert_eq!(layers.find(setting).unwrap().value, OsString::from(setting));
    }
}

#[test]
fn defaults_are_what_the_help_says() {
    let (config, unknown) = Config::load(arguments(&["--index-dir", "/nowhere/yet"]), []).unwrap();
    assert_eq!(config.bind, bound("127.0.0.1:5000"));
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
    given.settings.0.insert("workers", "1".into());
    let environment = variables(&[("KINDRED_WORKERS", "2"), ("KINDRED_MAX_N", "2")]);
    let (config, _) = Config::load(given, environment).unwrap();
    assert_eq!(config.workers, 1);
    assert_eq!(config.max_n, 2);
    assert_eq!(config.bind, bound("127.0.0.3:3"));
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
    assert_eq!(unknown.len(), 2, "{unknown:?}");
    assert!(unknown[0].starts_with("KINDRED_HOST is no setting of kindred"), "{unknown:?}");
    assert!(unknown[1].starts_with("KINDRED_PORT is no setting of kindred"), "{unknown:?}");
}

#[test]
fn an_empty_variable_that_would_have_protected_something_is_told() {
    let environment = variables(&[
        ("KINDRED_INDEX_DIR", "/a"),
        ("KINDRED_MAX_N", ""),
        ("KINDRED_API_KEYS", " "),
        ("KINDRED_TLS_KEY", ""),
    ]);
    let (config, unused) = Config::load(Arguments::default(), environment).unwrap();
    assert_eq!((config.api_keys, config.tls.is_none()), (None, true));
    let expected =
        ["KINDRED_API_KEYS", "KINDRED_TLS_KEY"].map(|name| format!("{name} is empty and counts as not set"));
    assert_eq!(unused, expected);
}

#[test]
fn a_value_that_is_not_allowed_is_named_with_its_source_and_what_is_allowed() {
    let cases = [
        ("KINDRED_BIND", "localhost", "the port is missing"),
        ("KINDRED_BIND", "localhost:65536", "ports are from 0 to 65535"),
        ("KINDRED_BIND", "::1:5000", "[::1]:5000"),
        ("KINDRED_WORKERS", "0", "from 1 to 1024"),
        ("KINDRED_WORKERS", "two", "from 1 to 1024"),
        ("KINDRED_MAX_N", "-1", "from 1 to 1000000"),
        ("KINDRED_MAX_EXACT", "1e3", "from 1 to 256"),
        ("KINDRED_POLL_INTERVAL", "2", "a duration with its unit"),
        ("KINDRED_POLL_INTERVAL", "1ms", "from 10ms to 1h"),
        ("KINDRED_SHUTDOWN_TIMEOUT", "2h", "from 0s to 1h"),
        ("KINDRED_LOG_FORMAT", "xml", "text or json"),
        ("KINDRED_LOG_LEVEL", "loud", "error, warn, info, debug or trace"),
        ("KINDRED_LOG_LEVEL", "3", "error, warn, info, debug or trace"),
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
    for address in ["127.0.0.1:0", "127.8.8.8:5000", "[::1]:5000", "[::ffff:127.0.0.1]:80"] {
        assert!(load(&["--bind", address]).is_ok(), "{address}");
    }
    for address in ["0.0.0.0:5000", "[::]:5000", "192.168.0.1:80", "[::ffff:192.168.0.1]:80"] {
        let message = load(&["--bind", address]).unwrap_err().to_string();
        assert!(message.contains(address) && message.contains("allow_anonymous"), "{message}");
        assert!(load(&["--bind", address, "--allow-anonymous=false"]).is_err());
        assert!(load(&["--bind", address, "--allow-anonymous"]).is_ok());
        assert!(load(&["--allow-anonymous=true", "--bind", address]).is_ok());
        assert!(load(&["--bind", address, "--api-keys", "/some/file"]).is_ok());
    }
    assert!(load(&["--allow-anonymous=perhaps"]).is_err());
    let message = load(&["--bind", "localhost:5000", "--allow-anonymous=no"]);
    assert!(message.unwrap().bind.is_loopback());
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
        ("--log-ids=2", "true or false"),
        ("--max-queue=-1", "0 to 100000"),
        ("--max-connections=0", "1 to 1000000"),
        ("--client-timeout=1ms", "10ms to 1h"),
    ] {
        let message = load(&[option]).unwrap_err().to_string();
        assert!(message.contains(allowed), "{option}: {message}");
    }
}

#[test]
fn a_variable_that_is_empty_is_not_set() {
    let (_file, given) = with_file("index_dir = '/from/file'\nworkers = 3");
    let mut environment: Vec<(String, &str)> =
        names().map(|setting| (layers::variable_name(setting), "")).collect();
    environment.push(("KINDRED_CONFIG".to_owned(), ""));
    let environment: Vec<(&str, &str)> =
        environment.iter().map(|(name, value)| (name.as_str(), *value)).collect();
    let (config, unknown) = Config::load(given, variables(&environment)).unwrap();
    let (_file, given) = with_file("index_dir = '/from/file'\nworkers = 3");
    assert_eq!(config, Config::load(given, []).unwrap().0);
    assert!(unknown.iter().all(|told| told.ends_with("is empty and counts as not set")), "{unknown:?}");
    assert!(matches!(
        Config::load(Arguments::default(), variables(&environment)),
        Err(ConfigError::NoIndexDir)
    ));
    let blank =
        variables(&[("KINDRED_INDEX_DIR", "/a"), ("KINDRED_WORKERS", " \r"), ("KINDRED_MAX_N", " 7\r")]);
    assert_eq!(Config::load(Arguments::default(), blank).unwrap().0.max_n, 7);
}

#[test]
fn an_option_that_is_empty_is_an_error_for_every_setting() {
    for setting in names() {
        let option = format!("{}=", layers::option_name(setting));
        let line: &[&str] = if setting == "index_dir" { &[&option] } else { &["--index-dir", "/a", &option] };
        let message = Config::load(arguments(line), []).unwrap_err().to_string();
        assert!(
            message.starts_with(&format!("{setting}: \"\" (")) && message.contains("allowed: "),
            "{message}"
        );
    }
    let message = Config::load(arguments(&["--config="]), []).unwrap_err().to_string();
    assert!(message.contains("the name of the file is empty"), "{message}");
}

#[test]
fn a_switch_is_written_in_many_ways() {
    let switches = ["allow_anonymous", "http2", "log_ids"];
    let of = |config: &Config, setting: &str| match setting {
        "allow_anonymous" => !config.bind.is_loopback(),
        "http2" => config.http2,
        _ => config.log_ids,
    };
    for (texts, expected) in [
        (["true", "True", "TRUE", "1", "yes", "Yes", "on", "ON", " true\r"], true),
        (["false", "False", "FALSE", "0", "no", "NO", "off", "Off", "false "], false),
    ] {
        for (text, setting) in texts.into_iter().flat_map(|text| switches.map(|setting| (text, setting))) {
            let bind = if expected && setting == "allow_anonymous" { "0.0.0.0:1" } else { "127.0.0.1:1" };
            let variable = layers::variable_name(setting);
            let environment =
                variables(&[("KINDRED_INDEX_DIR", "/a"), ("KINDRED_BIND", bind), (&variable, text)]);
            let (config, _) = Config::load(Arguments::default(), environment).unwrap();
            assert_eq!(of(&config, setting), expected, "{variable}={text:?}");
            let (_file, given) =
                with_file(&format!("index_dir = '/a'\nbind = '{bind}'\n{setting} = {text:?}"));
            assert_eq!(of(&Config::load(given, []).unwrap().0, setting), expected, "{setting} = {text:?}");
        }
    }
    for text in ["2", "-1", "y", "t", "enabled", "truee", "true,false", "null"] {
        for setting in switches {
            let variable = layers::variable_name(setting);
            let environment = variables(&[("KINDRED_INDEX_DIR", "/a"), (&variable, text)]);
            let message = Config::load(Arguments::default(), environment).unwrap_err().to_string();
            let parts =
                [setting, &variable, &format!("{text:?}"), "true or false, or 1, 0, yes, no, on, off"];
            assert!(parts.iter().all(|part| message.contains(part)), "{message}");
        }
    }
}

#[test]
fn words_may_be_in_capitals() {
    let config = load(&["--log-level=WARN", "--log-format=JSON", "--residency=Copied"]).unwrap();
    assert_eq!((config.log_level, config.log_format), (tracing::Level::WARN, LogFormat::Json));
    assert_eq!(config.residency, Residency::Copied);
}

#[test]
fn a_list_in_a_file_is_one_and_text_with_commas_is_too() {
    for (hosts, proxies, origins) in [
        ("['a.lan', '*.b.lan']", "['10.0.0.0/8', '::1']", "['https://a', 'http://b:1']"),
        ("'a.lan, *.b.lan'", "'10.0.0.0/8,::1'", "'https://a,http://b:1'"),
        ("['a.lan,*.b.lan']", "[\n  '10.0.0.0/8',\n  ' ::1 ',\n]", "['https://a', ' http://b:1']"),
    ] {
        let text = format!(
            "index_dir = '/a'\nallowed_hosts = {hosts}\ntrusted_proxies = {proxies}\ncors_origins = {origins}"
        );
        let (_file, given) = with_file(&text);
        let (config, _) = Config::load(given, []).unwrap();
        assert_eq!(config.allowed_hosts, "a.lan,*.b.lan".parse().unwrap(), "{text}");
        assert_eq!(config.trusted_proxies, "10.0.0.0/8,::1".parse().unwrap(), "{text}");
        assert_eq!(config.cors_origins, ["https://a", "http://b:1"], "{text}");
    }
    let (_file, given) =
        with_file("index_dir = '/a'\nallowed_hosts = []\ntrusted_proxies = []\ncors_origins = []");
    let (config, _) = Config::load(given, []).unwrap();
    assert!(config.trusted_proxies.is_empty() && config.cors_origins.is_empty());
    assert_eq!(config.allowed_hosts, Hosts::default());
}

#[test]
fn a_value_of_another_type_is_named_with_its_key_and_what_is_allowed() {
    for (line, value, allowed) in [
        ("workers = true", "true", "a whole number from 1 to 1024"),
        ("workers = 2.0", "2.0", "a whole number from 1 to 1024"),
        ("workers = [2]", "[2]", "a whole number from 1 to 1024"),
        ("workers = ['2']", "[\"2\"]", "a whole number from 1 to 1024"),
        ("max_n = { a = 1 }", "{ a = 1 }", "a whole number from 1 to 1000000"),
        ("bind = ['127.0.0.1:5000']", "[\"127.0.0.1:5000\"]", "an address or the name of a host, and a port"),
        ("bind = 5000", "5000", "an address or the name of a host, and a port"),
        ("api_keys = 5", "5", "the name of a file"),
        ("api_keys = ['a']", "[\"a\"]", "the name of a file"),
        ("tls_cert = false", "false", "the name of a file"),
        ("poll_interval = 2", "2", "a duration with its unit"),
        ("poll_interval = 1979-05-27", "1979-05-27", "a duration with its unit"),
        ("http2 = ['true']", "[\"true\"]", "true or false"),
        ("http2 = 1.0", "1.0", "true or false"),
        ("log_ids = { on = true }", "{ on = true }", "true or false"),
        ("log_level = 3", "3", "error, warn, info, debug or trace"),
        ("residency = true", "true", "mapped or copied"),
        ("rate_limit = 100", "100", "a whole number from 1 to 4294967295 and a unit"),
        ("allowed_hosts = 5", "5", "names of hosts"),
        ("allowed_hosts = [5]", "[5]", "names of hosts"),
        ("allowed_hosts = true", "true", "names of hosts"),
        ("allowed_hosts = ['']", "[\"\"]", "names of hosts"),
        ("trusted_proxies = [['::1']]", "[[\"::1\"]]", "addresses and networks"),
        ("trusted_proxies = { a = '::1' }", "{ a = \"::1\" }", "addresses and networks"),
        ("cors_origins = 1", "1", "origins such as"),
        ("cors_origins = ['https://a', '']", "[\"https://a\", \"\"]", "origins such as"),
    ] {
        let (file, given) = with_file(&format!("index_dir = '/a'\n{line}"));
        let message = Config::load(given, []).unwrap_err().to_string();
        let key = line.split(' ').next().unwrap();
        assert!(message.starts_with(&format!("{key}: {value} ({key} in ")), "{line}: {message}");
        assert!(message.contains(&file.path().display().to_string()), "{line}: {message}");
        assert!(message.contains(&format!("allowed: {allowed}")), "{line}: {message}");
    }
    let (_file, given) = with_file("index_dir = ['/a']");
    assert!(Config::load(given, []).unwrap_err().to_string().contains("allowed: a directory"));
    for table in ["index_dir = '/a'\n[bind]\nport = 1", "index_dir = '/a'\n[[bind]]\nport = 1"] {
        let (_file, given) = with_file(table);
        let message = Config::load(given, []).unwrap_err().to_string();
        assert!(message.starts_with("bind: ") && message.contains("port = 1"), "{message}");
    }
}

#[test]
fn a_key_that_was_meant_otherwise_is_named() {
    for (key, meant) in [
        ("index-dir", "index_dir"),
        ("INDEX_DIR", "index_dir"),
        ("tls_certificate", ""),
        ("tls-cert", "tls_cert"),
        ("log_fromat", "log_format"),
        ("worker", "workers"),
        ("allowed_host", "allowed_hosts"),
        ("colour", ""),
    ] {
        let (_file, given) = with_file(&format!("{key} = 'a'"));
        let message = Config::load(given, []).unwrap_err().to_string();
        assert!(
            message.contains(&format!("unknown key {key:?}")) && message.contains("allowed: index_dir, bind"),
            "{message}"
        );
        match meant {
            "" => assert!(!message.contains("did you mean"), "{message}"),
            _ => assert!(message.contains(&format!("did you mean {meant}?")), "{message}"),
        }
    }
}

#[test]
fn a_file_may_begin_with_a_byte_order_mark_and_is_utf8() {
    let (_file, given) = with_file("\u{feff}index_dir = '/a'\r\n");
    assert_eq!(Config::load(given, []).unwrap().0.index_dir, PathBuf::from("/a"));
    let mut utf16 = tempfile::NamedTempFile::new().unwrap();
    let bytes: Vec<u8> = "\u{feff}workers = 1".encode_utf16().flat_map(u16::to_le_bytes).collect();
    utf16.write_all(&bytes).unwrap();
    let message =
        Config::load(arguments(&["--config", utf16.path().to_str().unwrap()]), []).unwrap_err().to_string();
    assert!(message.contains("UTF-16"), "{message}");
}

#[test]
fn a_key_in_the_place_of_its_file_is_in_no_message() {
    let pem = "-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEIC\n-----END PRIVATE KEY-----\n";
    for variable in ["KINDRED_TLS_KEY", "KINDRED_TLS_CERT", "KINDRED_API_KEYS", "KINDRED_BIND"] {
        let environment = variables(&[("KINDRED_INDEX_DIR", "/a"), (variable, pem)]);
        let message = Config::load(Arguments::default(), environment).unwrap_err().to_string();
        assert!(message.contains(variable) && !message.contains("MC4C"), "{message}");
    }
}
