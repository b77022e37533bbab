//! The parameters of an address, behind its `?`: those of libpq, and what hosts, poolers and other libraries put there.
//!
//! | parameter | what becomes of it |
//! | --- | --- |
//! | of libpq, on whom to ask, as whom and for how long | it counts, as for libpq |
//! | `sslmode`, `sslrootcert`, `sslcert`, `sslkey` and what means the same | see [`tls`](super::tls) |
//! | `schema`, `currentSchema`, `search_path` | where tables are looked for |
//! | `pgbouncer` | statements that others left on a connection are forgotten first |
//! | of libpq, on encryption or whom to trust, and not supported | the address is refused |
//! | any other | it is passed over, with a note |
//!
//! Messages name parameters and never have a value in them: it may be a password.

use std::path::PathBuf;

use percent_encoding::percent_decode_str;
use postgres::Config;

use super::tls::{Mode, Roots, TlsSettings};

/// What the driver knows and reads as libpq does, and what is allowed there where it is not plain.
const OF_DRIVER: [(&str, &str); 17] = [
    ("user", ""),
    ("password", ""),
    ("dbname", ""),
    ("host", ""),
    ("hostaddr", "IP addresses"),
    ("port", "numbers from 1 to 65535"),
    ("options", ""),
    ("application_name", ""),
    ("connect_timeout", "seconds"),
    ("tcp_user_timeout", "milliseconds"),
    ("keepalives", "0 or 1"),
    ("keepalives_idle", "seconds"),
    ("keepalives_interval", "seconds"),
    ("keepalives_retries", "a number"),
    ("channel_binding", "disable, prefer or require"),
    ("load_balance_hosts", "disable or random"),
    ("target_session_attrs", "any, read-write, read-only, primary or standby"),
];

/// Of libpq, and something would be less safe or another thing would be read if they were passed over. So it is with
/// all that begin with `ssl` and are not known.
const MATTER: [&str; 6] =
    ["service", "servicefile", "replication", "requirepeer", "require_auth", "gssencmode"];

/// With these values, what [`MATTER`] changes nothing.
const CHANGES_NOTHING: [(&str, &str); 3] =
    [("replication", "false"), ("gssencmode", "disable"), ("gssencmode", "prefer")];

/// On encryption, and of no effect here.
const HARMLESS_OF_TLS: [&str; 3] = ["sslcompression", "sslsni", "sslcertmode"];

/// What the parameters ask for.
#[derive(Debug, Default)]
pub(super) struct Parameters {
    /// Those for the driver, as a query of a URL.
    pub(super) driver: String,
    pub(super) tls: TlsSettings,
    /// Where tables are looked for, as SQL.
    pub(super) search_path: Option<String>,
    /// Connections are shared with others, one after the other.
    pub(super) is_pooled: bool,
    /// The file of passwords.
    pub(super) passfile: Option<PathBuf>,
    /// The names of those that count for nothing.
    pub(super) passed_over: Vec<String>,
}

impl Parameters {
    /// # Errors
    /// What is wrong, to be put behind "the address".
    pub(super) fn parse(query: &str) -> Result<Parameters, String> {
        let mut parameters = Parameters::default();
        for pair in query.split('&').filter(|pair| !pair.is_empty()) {
            let (name, value) = pair.split_once('=').ok_or("has a parameter without a value")?;
            let name = decoded(name).filter(|name| is_name(name));
            let name = name.ok_or("has a parameter whose name cannot be understood")?;
            let text = decoded(value).ok_or_else(|| not_read(&name, "text in UTF-8"))?;
            if !text.is_empty() {
                parameters.take(&name, value, text)?;
            }
        }
        Ok(parameters)
    }

    fn take(&mut self, name: &str, raw: &str, value: String) -> Result<(), String> {
        match name {
            "sslmode" | "ssl" => self.tls.mode = Some(mode(name, &value)?),
            "requiressl" if value == "1" => self.tls.mode = self.tls.mode.or(Some(Mode::Require)),
            "requiressl" => {}
            "sslrootcert" => self.tls.roots = Some(Roots::named(value)),
            "sslcert" => self.tls.certificate = Some(value.into()),
            "sslkey" => self.tls.key = Some(value.into()),
            "sslnegotiation" => {
                self.add_for_driver(name, raw, "postgres or direct")?;
                self.tls.is_direct = value == "direct";
            }
            "ssl_min_protocol_version" => match value.as_str() {
                "TLSv1" | "TLSv1.1" | "TLSv1.2" => {}
                "TLSv1.3" => self.tls.only_newest = true,
                _ => return Err(not_read(name, "TLSv1 to TLSv1.3")),
            },
            "ssl_max_protocol_version" if value == "TLSv1.3" => {}
            "schema" => self.search_path = Some(quoted(&value)),
            "currentSchema" | "search_path" => {
                let names = value.split(',').map(|name| quoted(name.trim().trim_matches('"')));
                self.search_path = Some(names.collect::<Vec<_>>().join(", "));
            }
            "pgbouncer" => self.is_pooled = matches!(value.as_str(), "true" | "1"),
            "passfile" => self.passfile = Some(value.into()),
            "keepalives_count" => self.add_for_driver("keepalives_retries", raw, "a number")?,
            "target_session_attrs" => self.take_attributes(name, raw, &value)?,
            // What text is in is not a matter of choice.
            "client_encoding" if ["utf8", "utf-8", "auto"].contains(&value.to_lowercase().as_str()) => {}
            _ => return self.take_other(name, raw, &value),
        }
        Ok(())
    }

    fn take_attributes(&mut self, name: &str, raw: &str, value: &str) -> Result<(), String> {
        let allowed = "any, read-write, read-only, primary or standby";
        match value {
            "primary" => self.add_for_driver(name, "read-write", allowed),
            "standby" => self.add_for_driver(name, "read-only", allowed),
            _ => self.add_for_driver(name, raw, allowed),
        }
    }

    fn take_other(&mut self, name: &str, raw: &str, value: &str) -> Result<(), String> {
        if let Some((name, allowed)) = OF_DRIVER.iter().find(|(known, _)| *known == name) {
            return self.add_for_driver(name, raw, allowed);
        }
        let lower = name.to_ascii_lowercase();
        let is_of_tls = lower.starts_with("ssl") || lower.starts_with("tls") || lower == "ssl_mode";
        let matters = MATTER.contains(&name) || is_of_tls && !HARMLESS_OF_TLS.contains(&name);
        if matters && !CHANGES_NOTHING.contains(&(name, value)) {
            return Err(format!(
                "has the parameter {name:?}, which is not supported here, and without which something else might be \
                 done than is meant; known for encryption are sslmode, sslrootcert, sslcert and sslkey"
            ));
        }
        self.passed_over.push(name.to_owned());
        Ok(())
    }

    /// Hands a parameter on, if the driver understands its value.
    fn add_for_driver(&mut self, name: &str, raw: &str, allowed: &str) -> Result<(), String> {
        let parameter = format!("{name}={raw}");
        if format!("postgres://?{parameter}").parse::<Config>().is_err() {
            return Err(not_read(name, allowed));
        }
        self.driver.push(if self.driver.is_empty() { '?' } else { '&' });
        self.driver.push_str(&parameter);
        Ok(())
    }
}

fn decoded(text: &str) -> Option<String> {
    percent_decode_str(text).decode_utf8().ok().map(|text| text.into_owned())
}

/// Whether it can be shown: what is no name may be a part of a password.
fn is_name(text: &str) -> bool {
    !text.is_empty()
        && text.len() <= 64
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_-.".contains(&byte))
}

fn not_read(name: &str, allowed: &str) -> String {
    let behind = if allowed.is_empty() { String::new() } else { format!("; allowed: {allowed}") };
    format!("has a value of the parameter {name:?} that cannot be understood{behind}")
}

/// What the parameter `sslmode` means, and what other libraries call `ssl`.
pub(super) fn mode(name: &str, value: &str) -> Result<Mode, String> {
    Ok(match value {
        "disable" => Mode::Disable,
        "allow" | "prefer" => Mode::Prefer,
        "require" | "no-verify" => Mode::Require,
        "verify-ca" => Mode::VerifyCa,
        "verify-full" => Mode::VerifyFull,
        // As the drivers of Java and of Node.js mean it.
        "true" | "1" if name == "ssl" => Mode::VerifyFull,
        "false" | "0" if name == "ssl" => Mode::Disable,
        _ => return Err(not_read(name, "disable, allow, prefer, require, verify-ca or verify-full")),
    })
}

/// A name of SQL.
fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(query: &str) -> Parameters {
        Parameters::parse(query).unwrap_or_else(|error| panic!("{query}: {error}"))
    }

    #[test]
    fn what_does_not_matter_is_passed_over_by_name() {
        let query = "connection_limit=1&pool_timeout=s3cret&statement_cache_size=0&workaround=supabase-pooler.vercel\
                     &sslcompression=0&gssencmode=prefer&fallback_application_name=x&prepareThreshold=0&supa=base";
        let names = parsed(query).passed_over;
        assert_eq!(names.len(), 9, "{names:?}");
        assert!(
            names.contains(&"pool_timeout".to_owned()) && names.contains(&"supa".to_owned()),
            "{names:?}"
        );
        assert!(parsed("pgbouncer=true").is_pooled);
        assert!(!parsed("pgbouncer=false&sslrootcert=&pgbouncer=").is_pooled, "an empty value is none");
    }

    #[test]
    fn what_matters_and_is_not_supported_is_refused_by_name() {
        for name in [
            "service",
            "servicefile",
            "sslcrl",
            "sslpassword",
            "sslaccept",
            "sslidentity",
            "sslmodus",
            "SSLMode",
            "requirepeer",
            "require_auth",
            "gssencmode",
            "ssl_max_protocol_version",
            "replication",
            "tls_ca",
        ] {
            let error = Parameters::parse(&format!("{name}=s3cret")).unwrap_err();
            assert!(error.contains(&format!("{name:?}")) && !error.contains("s3cret"), "{error}");
        }
    }

    #[test]
    fn a_value_that_cannot_be_understood_is_told_by_its_name() {
        for name in [
            "sslmode",
            "ssl",
            "port",
            "hostaddr",
            "connect_timeout",
            "keepalives_count",
            "channel_binding",
            "target_session_attrs",
            "load_balance_hosts",
            "sslnegotiation",
            "ssl_min_protocol_version",
        ] {
            let error = Parameters::parse(&format!("{name}=s3cret")).unwrap_err();
            let shown = if name == "keepalives_count" { "keepalives_retries" } else { name };
            assert!(error.contains(&format!("{shown:?}")) && error.contains("allowed: "), "{error}");
            assert!(!error.contains("s3cret"), "{error}");
        }
        for query in ["s3cret", "a%FFs3cret=1", "s3cret%20x=1", "a=s3cret%FF"] {
            assert!(!Parameters::parse(query).unwrap_err().contains("s3cret"), "{query}");
        }
    }

    #[test]
    fn schemas_become_names_of_sql() {
        for (query, path) in [
            ("schema=public", "\"public\""),
            ("schema=a%22b,c", "\"a\"\"b,c\""),
            ("currentSchema=one,%20two", "\"one\", \"two\""),
            ("search_path=%22%24user%22,public", "\"$user\", \"public\""),
        ] {
            assert_eq!(parsed(query).search_path.as_deref(), Some(path), "{query}");
        }
    }

    #[test]
    fn what_others_call_encryption_means_the_same() {
        for (query, mode) in [
            ("sslmode=require", Mode::Require),
            ("sslmode=no-verify", Mode::Require),
            ("sslmode=allow", Mode::Prefer),
            ("ssl=true", Mode::VerifyFull),
            ("ssl=0", Mode::Disable),
            ("requiressl=1", Mode::Require),
            ("sslmode=verify-ca&requiressl=1", Mode::VerifyCa),
        ] {
            assert_eq!(parsed(query).tls.mode, Some(mode), "{query}");
        }
        assert_eq!(
            parsed("target_session_attrs=primary&port=5").driver,
            "?target_session_attrs=read-write&port=5"
        );
    }
}
