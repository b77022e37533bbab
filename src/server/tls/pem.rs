//! Files in PEM (RFC 7468): what is in them, and in which line. [`super::foreign`] knows other files.

use std::io;
use std::path::Path;

use base64::Engine as _;
use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};

use super::super::bounded_file;
use super::foreign;
use crate::directory::plain_text::BYTE_ORDER_MARK;

/// Far more than chains and keys need: what is longer is none.
const MAX_BYTES: u64 = 1 << 20;

const BEGIN: &str = "-----BEGIN ";
const END: &str = "-----END ";
const DASHES: &str = "-----";

const LENIENT: GeneralPurposeConfig =
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent);
const BASE64: GeneralPurpose = GeneralPurpose::new(&STANDARD, LENIENT);

/// One section of a file.
pub struct Section {
    /// What it says it is, such as `CERTIFICATE`.
    pub label: String,
    /// The line in which it begins, from 1.
    pub line: usize,
    /// Whether its header says that a password protects it.
    pub is_encrypted: bool,
    /// Base64, without line breaks.
    body: String,
}

impl Section {
    /// The bytes in it.
    ///
    /// # Errors
    /// Its text is no base64.
    pub fn der(&self) -> Result<Vec<u8>, String> {
        let damaged =
            || format!("the section {} in line {} is damaged: it is no base64", self.label, self.line);
        let bytes = BASE64.decode(&self.body).map_err(|_| damaged())?;
        if bytes.is_empty() {
            return Err(format!("there is nothing in the section {} in line {}", self.label, self.line));
        }
        Ok(bytes)
    }
}

/// Reads a file and finds its sections, at least one.
///
/// # Errors
/// What is wrong with the file, and which command helps.
pub fn read(path: &Path) -> Result<Vec<Section>, String> {
    let bytes = bytes_of(path)?;
    let bytes = bytes.strip_prefix(BYTE_ORDER_MARK).unwrap_or(&bytes);
    if bytes.trim_ascii().is_empty() {
        return Err("it is empty".to_owned());
    }
    let Ok(text) = std::str::from_utf8(bytes) else {
        return match bytes.windows(BEGIN.len()).any(|window| window == BEGIN.as_bytes()) {
            // Bag attributes and comments may be in any encoding.
            true => sections(&String::from_utf8_lossy(bytes)),
            false => Err(foreign::bytes(bytes, path)),
        };
    };
    if text.contains('\0') {
        return Err(foreign::bytes(bytes, path));
    }
    let found = sections(text)?;
    if found.is_empty() { Err(foreign::text(text, path)) } else { Ok(found) }
}

fn bytes_of(path: &Path) -> Result<Vec<u8>, String> {
    let unreadable = |error: io::Error| match error.kind() {
        io::ErrorKind::NotFound => "there is no such file".to_owned(),
        io::ErrorKind::PermissionDenied => format!(
            "this process runs as user {} and may not read it; give the file to its group: `chgrp GROUP \
             {1}` and `chmod 640 {1}`",
            rustix::process::geteuid().as_raw(),
            path.display()
        ),
        io::ErrorKind::IsADirectory => "it is a directory; name the file in it".to_owned(),
        _ => format!("it cannot be read: {error}"),
    };
    let bytes = bounded_file::read(path, MAX_BYTES).map_err(unreadable)?;
    if bytes.len() as u64 > MAX_BYTES {
        return Err("it is longer than 1 MiB, and no certificate or key is".to_owned());
    }
    Ok(bytes)
}

/// The sections of a text. Text between them counts for nothing.
fn sections(text: &str) -> Result<Vec<Section>, String> {
    let mut found = Vec::new();
    let mut open: Option<Section> = None;
    // Old programs of Apple end lines by a carriage return alone. Each may end by both.
    let text = text.replace("\r\n", "\n").replace('\r', "\n");
    for (line, text) in text.lines().enumerate().map(|(number, line)| (number + 1, line.trim())) {
        if let Some(label) = text.strip_prefix(BEGIN) {
            if let Some(section) = &open {
                return Err(unended(section));
            }
            open = Some(begun(label, line)?);
        } else if let Some(section) = &mut open {
            match text.strip_prefix(END) {
                Some(label) if label.trim_end_matches('-') == section.label => found.extend(open.take()),
                Some(label) => {
                    let (label, begun) = (label.trim_end_matches('-'), &section.label);
                    return Err(format!(
                        "the section {begun} in line {} ends in line {line} as {label}",
                        section.line
                    ));
                }
                None => section.add(text),
            }
        }
    }
    match open {
        Some(section) => Err(unended(&section)),
        None => Ok(found),
    }
}

fn begun(label: &str, line: usize) -> Result<Section, String> {
    if label.contains("\\n") {
        return Err(format!(
            "line {line} has a backslash and an n where lines should end, as programs write PEM into \
             JSON; write real line breaks"
        ));
    }
    match label.strip_suffix(DASHES) {
        Some(label) if !label.contains(DASHES) && !label.is_empty() => {
            Ok(Section { label: label.to_owned(), line, is_encrypted: false, body: String::new() })
        }
        _ => Err(format!(
            "line {line} begins a section and does not end after that: the line breaks were lost, or its \
             last dashes"
        )),
    }
}

impl Section {
    fn add(&mut self, line: &str) {
        if self.body.is_empty() && line.contains(':') {
            // A header, as PEM had for mail.
            self.is_encrypted |= line.starts_with("Proc-Type:") && line.contains("ENCRYPTED");
        } else if !(self.body.is_empty() && self.is_encrypted && line.is_empty()) {
            self.body.extend(line.chars().filter(|c| !c.is_ascii_whitespace()));
        }
    }
}

fn unended(section: &Section) -> String {
    let Section { label, line, .. } = section;
    format!(
        "the section {label} in line {line} has no end ({END}{label}{DASHES}): the file was cut, or a part of it \
         was left out"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels(text: &str) -> Vec<(String, usize)> {
        sections(text).unwrap().into_iter().map(|section| (section.label, section.line)).collect()
    }

    #[test]
    fn sections_are_found_among_other_text_however_lines_end() {
        let text = "Bag Attributes\n  friendlyName: a\n-----BEGIN A-----\nAAAA\nAA==\n-----END A-----\n\n  \
                    -----BEGIN B C-----  \nAAAA\n-----END B C-----";
        for ends in ["\n", "\r\n", "\r"] {
            let text = text.replace('\n', ends);
            assert_eq!(labels(&text), [("A".to_owned(), 3), ("B C".to_owned(), 8)], "{ends:?}");
            assert_eq!(sections(&text).unwrap()[0].der().unwrap(), [0; 4]);
        }
        assert_eq!(labels("nothing\n"), []);
    }

    #[test]
    fn a_header_says_whether_a_password_protects_it() {
        let text =
            "-----BEGIN A-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,00\n\nAAAA\n-----END A-----";
        assert!(sections(text).unwrap()[0].is_encrypted);
        let text = "-----BEGIN A-----\nComment: mine\n\nAAAA\n-----END A-----";
        let section = &sections(text).unwrap()[0];
        assert!(!section.is_encrypted);
        assert_eq!(section.der().unwrap(), [0; 3]);
    }

    #[test]
    fn what_is_damaged_is_named_with_its_line() {
        for (text, reason) in [
            ("\n-----BEGIN A-----\nAAAA\n", "the section A in line 2 has no end (-----END A-----)"),
            (
                "-----BEGIN A-----\nAAAA\n-----BEGIN A-----\nAAAA\n-----END A-----\n",
                "the section A in line 1 has no end",
            ),
            ("-----BEGIN A-----\nAAAA\n-----END B-----\n", "the section A in line 1 ends in line 3 as B"),
            ("-----BEGIN A-----\\nAAAA\\n-----END A-----\n", "line 1 has a backslash and an n"),
            ("-----BEGIN A----- AAAA -----END A-----\n", "line 1 begins a section and does not end"),
            ("-----BEGIN A----\nAAAA\n-----END A-----\n", "line 1 begins a section and does not end"),
            ("-----BEGIN -----\nAAAA\n-----END -----\n", "line 1 begins a section and does not end"),
        ] {
            let said = sections(text).err().unwrap();
            assert!(said.contains(reason), "{text:?}: {said}");
        }
        for (body, reason) in [("AA*A", "is no base64"), ("A", "is no base64"), ("", "there is nothing in")] {
            let text = format!("-----BEGIN A-----\n{body}\n-----END A-----\n");
            let said = sections(&text).unwrap()[0].der().unwrap_err();
            assert!(said.contains(reason) && said.contains("line 1"), "{said}");
        }
    }
}
