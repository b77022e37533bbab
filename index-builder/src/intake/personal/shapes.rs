//! What texts look like that say who or where somebody is, or that open a door.

use std::net::IpAddr;

/// What a value looks like as a whole. A text in which such a thing stands among others has no shape.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Shape {
    /// `ann@example.org`.
    Email,
    /// `+41 44 123 45 67`, `(555) 123-4567`.
    Telephone,
    /// `DE89 3704 0044 0532 0130 00`, by its check digits.
    Iban,
    /// `4111 1111 1111 1111`, by its check digit.
    Card,
    /// `203.0.113.7`.
    IpAddress,
    /// `12 Main Street`, `Hauptstraße 5`.
    Street,
    /// `52.52000,13.40500`.
    Place,
    /// `078-05-1120`.
    SocialSecurity,
    /// JSON web tokens, keys of well-known services, private keys.
    Token,
    /// `$2b$12$...`.
    PasswordHash,
}

impl Shape {
    /// All of them.
    pub const ALL: [Shape; 10] = [
        Shape::Email,
        Shape::Telephone,
        Shape::Iban,
        Shape::Card,
        Shape::IpAddress,
        Shape::Street,
        Shape::Place,
        Shape::SocialSecurity,
        Shape::Token,
        Shape::PasswordHash,
    ];

    /// What several such values are called.
    pub fn plural(self) -> &'static str {
        match self {
            Shape::Email => "e-mail addresses",
            Shape::Telephone => "telephone numbers",
            Shape::Iban => "bank accounts",
            Shape::Card => "card numbers",
            Shape::IpAddress => "IP addresses",
            Shape::Street => "street addresses",
            Shape::Place => "coordinates",
            Shape::SocialSecurity => "social security numbers",
            Shape::Token => "tokens",
            Shape::PasswordHash => "password hashes",
        }
    }
}

/// The longest text that is looked at, in bytes: tokens are long.
const LONGEST: usize = 4_096;
/// The longest text that may be something else than a token.
const LONGEST_LINE: usize = 200;

/// What a text looks like.
pub fn of(text: &str) -> Option<Shape> {
    let text = text.trim();
    if text.len() < 6 || text.len() > LONGEST {
        return None;
    }
    if is_token(text) {
        return Some(Shape::Token);
    }
    if is_password_hash(text) {
        return Some(Shape::PasswordHash);
    }
    if text.len() > LONGEST_LINE {
        return None;
    }
    type Check = fn(&str) -> bool;
    let checks: [(Check, Shape); 8] = [
        (is_email, Shape::Email),
        (is_iban, Shape::Iban),
        (is_card, Shape::Card),
        (is_social_security, Shape::SocialSecurity),
        (is_ip_address, Shape::IpAddress),
        (is_telephone, Shape::Telephone),
        (is_place, Shape::Place),
        (is_street, Shape::Street),
    ];
    checks.into_iter().find(|(check, _)| check(text)).map(|(_, shape)| shape)
}

/// What a whole number looks like: only cards are told by their digits alone.
pub fn of_number(number: u64) -> Option<Shape> {
    is_card(&number.to_string()).then_some(Shape::Card)
}

fn is_email(text: &str) -> bool {
    // `Ann <ann@example.org>` and `mailto:`.
    let text = text.strip_suffix('>').and_then(|text| text.rsplit_once('<')).map_or(text, |(_, inner)| inner);
    let text = text.strip_prefix("mailto:").unwrap_or(text);
    let Some((local, domain)) = text.split_once('@') else { return false };
    let is_label = |label: &str| {
        !label.is_empty() && label.chars().all(|c| c.is_alphanumeric() || c == '-') && !label.starts_with('-')
    };
    let is_local = (1..=64).contains(&local.len())
        && local.chars().all(|c| c.is_alphanumeric() || "!#$%&'*+/=?^_`{|}~.-".contains(c));
    let top = domain.rsplit('.').next().unwrap_or_default();
    is_local
        && domain.contains('.')
        && domain.split('.').all(is_label)
        && top.len() >= 2
        && top.chars().all(char::is_alphabetic)
}

fn digits(text: &str) -> usize {
    text.bytes().filter(u8::is_ascii_digit).count()
}

/// International numbers, and those in groups as countries write them. Bare digits are no telephone number: ids are
/// written so.
fn is_telephone(text: &str) -> bool {
    let text = text.strip_prefix("tel:").unwrap_or(text);
    let (plus, rest) = text.strip_prefix('+').map_or((false, text), |rest| (true, rest));
    if !rest.chars().all(|c| c.is_ascii_digit() || " ()-./\u{a0}".contains(c)) {
        return false;
    }
    let count = digits(rest);
    if plus {
        return (8..=15).contains(&count) && !rest.starts_with('0');
    }
    let lengths: Vec<usize> =
        rest.split(|c: char| !c.is_ascii_digit()).map(str::len).filter(|&length| length > 0).collect();
    let number = rest.trim_start_matches('(');
    let after_zeros = number.strip_prefix("00").or_else(|| number.strip_prefix('0'));
    match after_zeros {
        _ if lengths.len() < 2 || !(9..=14).contains(&count) => false,
        // `0001-000123` and `0123-4567-89` number members, `0.123456789` is a number, and `0-19-852663-6` a book.
        Some(after) => {
            after.trim_start_matches(')').starts_with(|c: char| ('1'..='9').contains(&c))
                && (rest.contains([' ', '\u{a0}', '(', '/']) || lengths == [2; 5])
        }
        None => lengths == [3, 3, 4] && (rest.starts_with('(') || !number.starts_with('1')),
    }
}

/// ISO 13616: the check digits make the remainder by 97 one.
fn is_iban(text: &str) -> bool {
    let compact: Vec<u8> =
        text.bytes().filter(|&byte| byte != b' ').map(|byte| byte.to_ascii_uppercase()).collect();
    let begins_well = matches!(compact.as_slice(), [a, b, c, d, ..]
        if a.is_ascii_alphabetic() && b.is_ascii_alphabetic() && c.is_ascii_digit() && d.is_ascii_digit());
    if !begins_well || !(15..=34).contains(&compact.len()) || !compact.iter().all(u8::is_ascii_alphanumeric) {
        return false;
    }
    let (country, rest) = compact.split_at(4);
    let remainder = rest.iter().chain(country).fold(0u32, |remainder, &byte| match byte {
        b'0'..=b'9' => (remainder * 10 + u32::from(byte - b'0')) % 97,
        letter => (remainder * 100 + u32::from(letter - b'A') + 10) % 97,
    });
    remainder == 1
}

/// ISO 7812: what card issuers' numbers begin with, and Luhn's check digit.
fn is_card(text: &str) -> bool {
    if !text.starts_with(['2', '3', '4', '5', '6'])
        || !text.bytes().all(|byte| byte.is_ascii_digit() || byte == b' ' || byte == b'-')
    {
        return false;
    }
    let digits: Vec<u32> =
        text.bytes().filter(u8::is_ascii_digit).map(|byte| u32::from(byte - b'0')).collect();
    let luhn = digits.iter().rev().enumerate().map(|(place, &digit)| match (place % 2, digit) {
        (0, digit) => digit,
        (_, digit) if digit > 4 => 2 * digit - 9,
        (_, digit) => 2 * digit,
    });
    (14..=19).contains(&digits.len())
        && luhn.sum::<u32>() % 10 == 0
        && digits.windows(2).any(|pair| pair[0] != pair[1])
}

/// The United States' numbers, with the dashes.
fn is_social_security(text: &str) -> bool {
    let groups: Vec<&str> = text.split('-').collect();
    let [area, group, serial] = groups[..] else { return false };
    let is =
        |text: &str, length: usize| text.len() == length && text.bytes().all(|byte| byte.is_ascii_digit());
    is(area, 3) && is(group, 2) && is(serial, 4) && area != "000" && area != "666" && !area.starts_with('9')
}

fn is_ip_address(text: &str) -> bool {
    let is_long_enough = |text: &str| text.matches(':').count() >= 2 || text.contains('.');
    let host = text.split('/').next().unwrap_or(text);
    is_long_enough(host) && host.parse::<IpAddr>().is_ok_and(|address| !address.is_unspecified())
}

/// A pair of degrees with the digits that tell a house from the next.
fn is_place(text: &str) -> bool {
    let text = text.trim_start_matches(['(', '[']).trim_end_matches([')', ']']);
    let text = text.strip_prefix("POINT(").or_else(|| text.strip_prefix("POINT (")).unwrap_or(text);
    let parts: Vec<&str> = text.split([',', ' ', ';']).filter(|part| !part.is_empty()).collect();
    let [first, second] = parts[..] else { return false };
    let is_fine = |part: &str| part.split_once('.').is_some_and(|(_, digits)| digits.len() >= 3);
    let degrees = |part: &str| part.parse::<f64>().is_ok_and(|degrees| degrees.abs() <= 180.0);
    [first, second].into_iter().all(|part| is_fine(part) && degrees(part))
}

const STREET_ENDS: [&str; 17] = [
    "strasse", "straße", "str.", "weg", "gasse", "allee", "platz", "ufer", "damm", "straat", "laan", "plein",
    "gracht", "gatan", "vägen", "vej", "gade",
];
const STREET_WORDS: [&str; 46] = [
    "street",
    "st",
    "st.",
    "road",
    "rd",
    "rd.",
    "avenue",
    "ave",
    "ave.",
    "av.",
    "lane",
    "ln",
    "drive",
    "dr",
    "dr.",
    "boulevard",
    "blvd",
    "blvd.",
    "court",
    "ct",
    "square",
    "terrace",
    "crescent",
    "close",
    "highway",
    "parkway",
    "rue",
    "chemin",
    "allée",
    "quai",
    "impasse",
    "via",
    "viale",
    "piazza",
    "corso",
    "calle",
    "avenida",
    "plaza",
    "paseo",
    "carrer",
    "rua",
    "travessa",
    "ul.",
    "ulica",
    "straße",
    "strasse",
];

/// A few words, of which one says that it is a street, and the number of a house at one of the ends or before a comma.
fn is_street(text: &str) -> bool {
    if text.len() > 120 || digits(text) == 0 || text.ends_with(['!', '?']) {
        return false;
    }
    let lower = text.to_lowercase();
    // What follows the first comma is the town.
    let street = lower.split([',', '\n']).find(|part| digits(part) > 0).unwrap_or(&lower);
    let words: Vec<&str> = street.split_whitespace().collect();
    let is_number = |word: &&str| {
        let letters = word.trim_start_matches(|c: char| c.is_ascii_digit());
        letters.len() < word.len() && word.len() - letters.len() <= 5 && letters.chars().count() <= 2
    };
    let names_street = |word: &&str| {
        STREET_WORDS.contains(word)
            || STREET_ENDS
                .iter()
                .any(|end| word.strip_suffix(end).is_some_and(|stem| stem.chars().count() >= 3))
    };
    (2..=7).contains(&words.len())
        && words.iter().any(names_street)
        && [words.first(), words.last()].into_iter().flatten().any(is_number)
}

const TOKEN_STARTS: [&str; 14] = [
    "ghp_",
    "gho_",
    "ghs_",
    "github_pat_",
    "glpat-",
    "sk_live_",
    "sk_test_",
    "rk_live_",
    "xoxb-",
    "xoxp-",
    "AKIA",
    "AIza",
    "ya29.",
    "-----BEGIN ",
];

fn is_token(text: &str) -> bool {
    let is_plain = |text: &str| {
        !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_=".contains(&byte))
    };
    let web_token = || {
        let parts: Vec<&str> = text.split('.').collect();
        text.starts_with("eyJ") && (3..=5).contains(&parts.len()) && parts.into_iter().take(2).all(is_plain)
    };
    let text_after_bearer = text.strip_prefix("Bearer ").unwrap_or(text);
    let known = TOKEN_STARTS
        .iter()
        .any(|start| text_after_bearer.starts_with(start) && text_after_bearer.len() >= start.len() + 10);
    known || web_token()
}

const HASH_STARTS: [&str; 15] = [
    "$2a$",
    "$2b$",
    "$2y$",
    "$argon2",
    "$scrypt$",
    "$pbkdf2",
    "$1$",
    "$5$",
    "$6$",
    "$y$",
    "pbkdf2_sha",
    "bcrypt$",
    "bcrypt_sha",
    "{SSHA",
    "scrypt:",
];

fn is_password_hash(text: &str) -> bool {
    text.len() >= 20
        && !text.contains(char::is_whitespace)
        && HASH_STARTS.iter().any(|start| text.starts_with(start))
}

#[cfg(test)]
mod tests;
