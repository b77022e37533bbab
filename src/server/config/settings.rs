//! Every setting, once: its name, what it takes, and what the help says. Options, variables, and the keys of a file are
//! made from this table; what a value may be is judged in [`Config`](super::Config).

use std::collections::BTreeMap;
use std::ffi::OsString;

use clap::{Arg, ArgMatches, Command, ValueHint, value_parser};

/// A setting, before any value is judged.
#[derive(Debug)]
pub struct Setting {
    /// The name that it has in a file. Its variable is made from that name.
    pub name: &'static str,
    /// Its option: the name with dashes.
    option: &'static str,
    /// What stands for a value in the help.
    value: &'static str,
    help: &'static str,
    hint: ValueHint,
    /// Whether the option alone means `true`.
    is_switch: bool,
    /// Whether a file may have a list; elsewhere there are commas between the elements.
    pub is_list: bool,
    /// Whether a server without it is open to more people: of such a setting an empty variable is told.
    pub protects: bool,
}

const fn text(name: &'static str, option: &'static str, value: &'static str) -> Setting {
    Setting {
        name,
        option,
        value,
        help: "",
        hint: ValueHint::Unknown,
        is_switch: false,
        is_list: false,
        protects: false,
    }
}

const fn switch(name: &'static str, option: &'static str, value: &'static str) -> Setting {
    Setting { is_switch: true, ..text(name, option, value) }
}

const fn list(name: &'static str, option: &'static str, value: &'static str) -> Setting {
    Setting { is_list: true, ..text(name, option, value) }
}

/// All settings, in the order of the help.
pub static SETTINGS: [Setting; 25] = [
    Setting {
        help: "Directory into which index-builder publishes (required)",
        hint: ValueHint::DirPath,
        ..text("index_dir", "index-dir", "DIR")
    },
    Setting {
        help: "Address or host, and port, to listen on; port 0 takes a free one and logs it [default: \
               127.0.0.1:5000]",
        ..text("bind", "bind", "ADDRESS:PORT")
    },
    Setting {
        help: "Threads that answer requests, 1 to 1024 [default: the processors this process may use]",
        ..text("workers", "workers", "N")
    },
    Setting {
        help: "Largest number of recommendations one request may ask for, 1 to 1000000 [default: 1000]",
        ..text("max_n", "max-n", "N")
    },
    Setting {
        help: "Searches with exact=true that may run at the same time, 1 to 256; more are refused [default: 1]",
        ..text("max_exact", "max-exact", "N")
    },
    Setting {
        help: "Searches that may wait for a thread, 0 to 100000; more are refused. Lookups in the neighbour table \
               never wait [default: 64]",
        ..text("max_queue", "max-queue", "N")
    },
    Setting {
        help: "Open connections, 1 to 1000000; further ones wait to be accepted [default: 20000, or what the \
               limit of open files leaves]",
        ..text("max_connections", "max-connections", "N")
    },
    Setting {
        help: "Time limit for a client to send a request, 10ms to 1h [default: 5s]",
        ..text("client_timeout", "client-timeout", "DURATION")
    },
    Setting {
        help: "How long an idle connection stays open, 0s to 1h; a proxy must close its connections earlier \
               [default: 75s]",
        ..text("keep_alive", "keep-alive", "DURATION")
    },
    Setting {
        help: "Where the served index is: in its mapped file, or copied into memory that no other process can \
               change [default: mapped]",
        ..text("residency", "residency", "mapped|copied")
    },
    Setting {
        help: "File with the keys: a line for each, as `kindred hash-key` prints it",
        hint: ValueHint::FilePath,
        protects: true,
        ..text("api_keys", "api-keys", "FILE")
    },
    Setting {
        help: "Allow other addresses than loopback without keys",
        ..switch("allow_anonymous", "allow-anonymous", "true|false")
    },
    Setting {
        help: "Further names for which a server without keys answers, besides those of this machine, separated by \
               commas: `kindred.lan`, `*.example.com`, or `*` for all [default: none]",
        ..list("allowed_hosts", "allowed-hosts", "HOST,...")
    },
    Setting {
        help: "Limit for each key, and for each address without a key, such as 100/s, 600/m or 10000/h [default: \
               no limit]",
        protects: true,
        ..text("rate_limit", "rate-limit", "COUNT/UNIT")
    },
    Setting {
        help: "Networks of trusted proxies, separated by commas, such as `10.0.0.0/8,::1`. Their Forwarded and \
               X-Forwarded-For give the address of the client, for rate limits and logs [default: none]",
        ..list("trusted_proxies", "trusted-proxies", "CIDR,...")
    },
    Setting {
        help: "PEM file with the server's certificate and its intermediate certificates; enables TLS",
        hint: ValueHint::FilePath,
        protects: true,
        ..text("tls_cert", "tls-cert", "FILE")
    },
    Setting {
        help: "PEM file with the certificate's private key",
        hint: ValueHint::FilePath,
        protects: true,
        ..text("tls_key", "tls-key", "FILE")
    },
    Setting {
        help: "Offer HTTP/2 over TLS, besides HTTP/1.1. Only for trusted clients: one connection can keep 1,000 \
               answers in memory, idle connections delay the end of the server, and RUSTSEC-2026-0258 affects the \
               implementation",
        ..switch("http2", "http2", "true|false")
    },
    Setting {
        help: "With TLS: tell browsers to use only TLS for this time, such as 365days, on all ports of this host \
               [default: not sent]",
        ..text("hsts", "hsts", "DURATION")
    },
    Setting {
        help: "Web origins whose pages may read answers, separated by commas, such as `https://app.example` \
               [default: none]",
        ..list("cors_origins", "cors-origins", "ORIGIN,...")
    },
    Setting {
        help: "How often the index directory is polled, besides its events, 10ms to 1h [default: 2s]",
        ..text("poll_interval", "poll-interval", "DURATION")
    },
    Setting {
        help: "How long a stopping server waits for accepted requests, 0s to 1h [default: 30s]",
        ..text("shutdown_timeout", "shutdown-timeout", "DURATION")
    },
    Setting {
        help: "Format of the log on standard error: text or json [default: text]",
        ..text("log_format", "log-format", "FORMAT")
    },
    Setting {
        help: "Lowest level that is logged: error, warn, info, debug or trace [default: info]",
        ..text("log_level", "log-level", "LEVEL")
    },
    Setting {
        help: "Log a line for each request, with its id; without this option, no log contains ids",
        ..switch("log_ids", "log-ids", "true|false")
    },
];

/// The names of all settings.
pub fn names() -> impl Iterator<Item = &'static str> {
    SETTINGS.iter().map(|setting| setting.name)
}

impl Setting {
    // Every value is text here, whatever its type will be: `Config` judges all values alike, wherever they come from.
    fn argument(&self) -> Arg {
        let argument = Arg::new(self.name)
            .long(self.option)
            .value_name(self.value)
            .value_hint(self.hint)
            .value_parser(value_parser!(OsString))
            .help(self.help);
        match self.is_switch {
            true => argument.num_args(0..=1).require_equals(true).default_missing_value("true"),
            false => argument,
        }
    }
}

/// The settings that the command line gave, by name.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct GivenSettings(pub BTreeMap<&'static str, OsString>);

impl clap::FromArgMatches for GivenSettings {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, clap::Error> {
        let given = |name| Some((name, matches.get_one::<OsString>(name)?.clone()));
        Ok(GivenSettings(names().filter_map(given).collect()))
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        self.0.extend(Self::from_arg_matches(matches)?.0);
        Ok(())
    }
}

impl clap::Args for GivenSettings {
    fn augment_args(command: Command) -> Command {
        command.args(SETTINGS.iter().map(Setting::argument))
    }

    fn augment_args_for_update(command: Command) -> Command {
        Self::augment_args(command)
    }
}
