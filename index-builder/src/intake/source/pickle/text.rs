//! Text as protocol 0 and Python 2 write it.

use super::error::Problem;

const BAD_ESCAPE: Problem = Problem::Malformed("an escape in a text is broken");

/// Text in Latin-1 with `\uXXXX` and `\UXXXXXXXX` escapes; `None` if it is not Unicode (a surrogate without its
/// other half). Two halves of a pair are joined: narrow builds of Python 2 wrote them so.
pub(super) fn from_unicode_line(line: &[u8]) -> Result<Option<String>, Problem> {
    let mut units = Vec::new();
    let mut rest = line;
    while let Some((&byte, tail)) = rest.split_first() {
        let digits = match (byte, tail.first()) {
            (b'\\', Some(b'u')) => 4,
            (b'\\', Some(b'U')) => 8,
            (b'\\', Some(&other)) => {
                // Anything else stands for itself, the second of two backslashes too.
                units.extend([u32::from(byte), u32::from(other)]);
                rest = &tail[1..];
                continue;
            }
            _ => {
                units.push(u32::from(byte));
                rest = tail;
                continue;
            }
        };
        let escape = tail.get(1..1 + digits).ok_or(BAD_ESCAPE)?;
        units.push(number(escape, 16)?);
        rest = &tail[1 + digits..];
    }
    Ok(join(&units))
}

/// The text that code points are, pairs of surrogates joined; `None` if it is not Unicode.
fn join(units: &[u32]) -> Option<String> {
    let mut text = String::with_capacity(units.len());
    let mut units = units.iter().copied().peekable();
    while let Some(unit) = units.next() {
        let low = units.next_if(|low| (0xd800..0xdc00).contains(&unit) && (0xdc00..0xe000).contains(low));
        let point = low.map_or(unit, |low| 0x1_0000 + ((unit - 0xd800) << 10) + (low - 0xdc00));
        text.push(char::from_u32(point)?);
    }
    Some(text)
}

/// The bytes that a quoted literal of Python 2 stands for.
pub(super) fn from_literal_line(line: &[u8]) -> Result<Vec<u8>, Problem> {
    let inner = match line.trim_ascii_end() {
        [b'\'', inner @ .., b'\''] | [b'"', inner @ .., b'"'] => inner,
        _ => return Err(Problem::Malformed("a text is not quoted")),
    };
    let mut bytes = Vec::with_capacity(inner.len());
    let mut rest = inner;
    while let Some((&byte, tail)) = rest.split_first() {
        if byte != b'\\' {
            bytes.push(byte);
            rest = tail;
            continue;
        }
        let (&code, tail) = tail.split_first().ok_or(BAD_ESCAPE)?;
        rest = unescape(code, tail, &mut bytes)?;
    }
    Ok(bytes)
}

/// Appends what a backslash and `code` stand for; returns what follows.
fn unescape<'a>(code: u8, tail: &'a [u8], bytes: &mut Vec<u8>) -> Result<&'a [u8], Problem> {
    let byte = match code {
        b'\\' | b'\'' | b'"' => code,
        b'a' => 0x07,
        b'b' => 0x08,
        b't' => b'\t',
        b'n' => b'\n',
        b'v' => 0x0b,
        b'f' => 0x0c,
        b'r' => b'\r',
        b'x' => {
            let byte = number(tail.get(..2).ok_or(BAD_ESCAPE)?, 16)?;
            bytes.push(u8::try_from(byte).map_err(|_| BAD_ESCAPE)?);
            return Ok(&tail[2..]);
        }
        b'0'..=b'7' => {
            let more = tail.iter().take(2).take_while(|digit| (b'0'..=b'7').contains(digit)).count();
            let value = tail[..more]
                .iter()
                .fold(code - b'0', |sum, digit| sum.wrapping_mul(8).wrapping_add(digit - b'0'));
            bytes.push(value);
            return Ok(&tail[more..]);
        }
        unknown => {
            bytes.push(b'\\');
            unknown
        }
    };
    bytes.push(byte);
    Ok(tail)
}

fn number(digits: &[u8], radix: u32) -> Result<u32, Problem> {
    if !digits.iter().all(u8::is_ascii_hexdigit) {
        return Err(BAD_ESCAPE);
    }
    let digits = str::from_utf8(digits).map_err(|_| BAD_ESCAPE)?;
    u32::from_str_radix(digits, radix).map_err(|_| BAD_ESCAPE)
}

/// The bytes whose Latin-1 reading a text is: how protocols 0 to 2 write bytes. `None` if it has other characters.
pub(super) fn latin1(text: &str) -> Option<Vec<u8>> {
    text.chars().map(|c| u8::try_from(u32::from(c)).ok()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn unicode(line: &[u8]) -> Option<String> {
        from_unicode_line(line).unwrap()
    }

    #[test]
    fn unicode_lines_are_latin_1_with_escapes() {
        assert_eq!(unicode(b"h\xe9llo").unwrap(), "héllo");
        assert_eq!(unicode(b"\\u20ac\\U0001f600").unwrap(), "€😀");
        assert_eq!(unicode(b"\\ud83d\\ude00").unwrap(), "😀");
        assert_eq!(unicode(b"a\\\\u0041\\n").unwrap(), "a\\\\u0041\\n", "only \\u is an escape");
        assert_eq!(unicode(b"end\\").unwrap(), "end\\");
        assert_eq!(unicode(b"").unwrap(), "");
    }

    #[test]
    fn half_a_surrogate_pair_is_not_unicode() {
        assert_eq!(unicode(b"\\ud800x"), None);
        assert_eq!(unicode(b"\\ude00\\ud83d"), None);
        assert_eq!(unicode(b"\\Uffffffff"), None);
        assert!(from_unicode_line(b"\\u12").is_err());
        assert!(from_unicode_line(b"\\u+123").is_err());
    }

    #[test]
    fn literals_of_python_2_are_unescaped() {
        assert_eq!(from_literal_line(b"'Z\\xc3\\xb6e'").unwrap(), "Zöe".as_bytes());
        assert_eq!(from_literal_line(b"\"it's\\n\\t\\\\ \\101\\0\"").unwrap(), b"it's\n\t\\ A\0");
        assert_eq!(from_literal_line(b"'\\q'").unwrap(), b"\\q");
        assert_eq!(from_literal_line(b"''").unwrap(), b"");
        for bad in [&b"'"[..], b"a", b"'a\"", b"'\\'", b"'\\x1'", b"'\\xg0'"] {
            assert!(from_literal_line(bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn bytes_written_as_text_come_back() {
        assert_eq!(latin1("\0ÿx"), Some(vec![0, 255, b'x']));
        assert_eq!(latin1("€"), None);
    }
}
