//! What a text may be that is no table in UTF-8 or UTF-16; `foreign` has refused what is no text.

use super::super::encoding::{Encoding, NO_CHARACTER};
use super::fault::CsvFault;

/// What a file is if it is no text, or another text than CSV, by its beginning.
///
/// # Errors
/// What it is.
pub(super) fn check_kind(start: &[u8], encoding: Encoding) -> Result<(), CsvFault> {
    let other = |found, advice| Err(CsvFault::Other { found, advice });
    let convert = "convert it to UTF-8, for example with iconv";
    if encoding == Encoding::Utf32 {
        return other("UTF-32", convert);
    }
    let pages: [&[u8]; 2] = [b"<!doctype", b"<html"];
    let text = start.trim_ascii_start();
    let begins = |page: &&[u8]| text.get(..page.len()).is_some_and(|bytes| bytes.eq_ignore_ascii_case(page));
    if pages.iter().any(begins) {
        return other("a web page", "look into it: it may say why there is no table");
    }
    let opens = |bracket: u8, next: &[u8]| {
        let rest = text.strip_prefix(&[bracket]).map(<[u8]>::trim_ascii_start);
        rest.and_then(|rest| rest.first()).is_some_and(|byte| next.contains(byte))
    };
    if opens(b'{', b"\"") {
        return other("JSON", "give --format jsonl, or json for one array");
    }
    if opens(b'[', b"{[") {
        return other("JSON", "give --format json");
    }
    match utf16_without_mark(start) {
        Some(name) => other(name, convert),
        None => Ok(()),
    }
}

/// The name of UTF-16 where its mark is missing: every second byte of the first is zero.
fn utf16_without_mark(start: &[u8]) -> Option<&'static str> {
    let pairs = start.get(..start.len().min(64) & !1)?.chunks_exact(2);
    let (count, zeros) = pairs.fold((0, [0, 0]), |(count, [first, second]), pair| {
        (count + 1, [first + usize::from(pair[0] == 0), second + usize::from(pair[1] == 0)])
    });
    match zeros {
        _ if count < 2 => None,
        [0, second] if second * 2 > count => Some("UTF-16 (little-endian) without a byte order mark"),
        [first, 0] if first * 2 > count => Some("UTF-16 (big-endian) without a byte order mark"),
        _ => None,
    }
}

/// What a text that is not UTF-8 may be, by the name that iconv has for it; only where a name is likely.
pub(super) fn guess(text: &[u8]) -> Option<&'static str> {
    let high = text.iter().filter(|byte| !byte.is_ascii()).count();
    let letters = text.iter().filter(|byte| byte.is_ascii_alphabetic()).count();
    // Bytes that no letter of Windows-1252 has.
    let has_no_letter = text.iter().any(|byte| [0x81, 0x8d, 0x8f, 0x90, 0x9d, NO_CHARACTER].contains(byte));
    (high <= letters && !has_no_letter).then_some("WINDOWS-1252")
}

/// The same as a sentence, with what to do.
pub(super) fn guess_in_words(text: &[u8]) -> String {
    match guess(text) {
        Some(name) => format!(
            "it looks like Windows-1252 or Latin-1; convert it: iconv -f {name} -t UTF-8 FILE >FILE.utf8.csv"
        ),
        None => "it is in another encoding; find out which, and convert it, for example: iconv -f WINDOWS-1251 -t \
                 UTF-8 FILE >FILE.utf8.csv"
            .to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_table_is_called_what_it_is() {
        let kinds: [(&[u8], &str); 6] = [
            (b"<HTML lang=en>", "web page"),
            (b"\n<!DOCTYPE html>", "web page"),
            (b"{\"_id\": 1}\n", "--format jsonl"),
            (b"[{\"_id\": 1}]\n", "--format json"),
            (b"_\0i\0d\0,\0a\0\n\0", "UTF-16 (little"),
            (b"\0_\0i\0d\0,\0a\0\n", "UTF-16 (big"),
        ];
        for (start, part) in kinds {
            let message = check_kind(start, Encoding::Utf8).unwrap_err().to_string();
            assert!(message.contains(part), "{message}");
        }
        assert!(check_kind(b"", Encoding::Utf32).is_err());
        for table in ["", "_id", "{name},x\n", "[a],b\n", "id,<html>\n", "a\0,b\0\n1,2", "Pk,x\n"] {
            assert!(check_kind(table.as_bytes(), Encoding::Utf8).is_ok(), "{table:?}");
        }
    }

    #[test]
    fn an_encoding_is_named_where_that_is_likely() {
        assert_eq!(guess(b"M\xfcller"), Some("WINDOWS-1252"));
        assert_eq!(guess(b"caf\xe9 \x80 5"), Some("WINDOWS-1252"));
        assert_eq!(guess("Люблю сальсу".as_bytes()), None);
        assert_eq!(guess(b"\xcb\xfe\xe1\xeb\xfe, 1"), None);
        assert!(guess_in_words(b"M\xfcller").contains("iconv -f WINDOWS-1252 -t UTF-8"));
    }
}
