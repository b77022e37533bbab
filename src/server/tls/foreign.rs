//! What people put where PEM is expected: other formats of keys and certificates, and the command that makes PEM of them.

use std::path::Path;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use x509_cert::Certificate;
use x509_cert::der::asn1::{AnyRef, ObjectIdentifier};
use x509_cert::der::{Decode as _, Reader as _, Tag, Tagged as _};

/// How the identifiers of all contents of PKCS#7 begin.
const PKCS7: &str = "1.2.840.113549.1.7.";

/// What a structure in DER is, as far as it matters here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Der {
    /// X.509.
    Certificate,
    /// PKCS#10.
    Request,
    /// A bundle of keys and certificates.
    Pkcs12,
    /// A bundle of certificates.
    Pkcs7,
    /// PKCS#8, protected by a password.
    EncryptedKey,
    /// PKCS#8.
    Pkcs8,
    /// PKCS#1, RSA.
    Pkcs1,
    /// SEC 1, elliptic curves.
    Sec1,
    /// The traditional form of DSA.
    Dsa,
    /// A public key.
    PublicKey,
}

/// The elements of a sequence in DER.
pub fn elements(bytes: &[u8]) -> Option<Vec<AnyRef<'_>>> {
    elements_of(AnyRef::from_der(bytes).ok()?)
}

fn elements_of(sequence: AnyRef<'_>) -> Option<Vec<AnyRef<'_>>> {
    let read = sequence.sequence(|reader| {
        let mut elements = Vec::new();
        while !reader.is_finished() {
            elements.push(reader.decode()?);
        }
        Ok(elements)
    });
    read.ok()
}

/// What a structure is.
pub fn kind_of(bytes: &[u8]) -> Option<Der> {
    // PKCS#12 of other programs than openssl is often in BER, whose lengths may be unknown at the beginning.
    if bytes.starts_with(&[0x30, 0x80, 0x02, 0x01, 0x03]) {
        return Some(Der::Pkcs12);
    }
    let found = elements(bytes)?;
    let tags: Vec<Tag> = found.iter().map(AnyRef::tag).collect();
    let oid =
        |any: &AnyRef<'_>| any.decode_as::<ObjectIdentifier>().map(|oid| oid.to_string()).unwrap_or_default();
    match tags[..] {
        [Tag::Sequence, Tag::Sequence, Tag::BitString] => match Certificate::from_der(bytes) {
            Ok(_) => Some(Der::Certificate),
            Err(_) => {
                let inside = elements_of(found[0])?.iter().map(AnyRef::tag).collect::<Vec<_>>();
                let is_request = matches!(inside[..], [Tag::Integer, Tag::Sequence, Tag::Sequence, ..])
                    && inside.len() <= 4;
                Some(if is_request { Der::Request } else { Der::Certificate })
            }
        },
        [Tag::Sequence, Tag::OctetString] => Some(Der::EncryptedKey),
        [Tag::Sequence, Tag::BitString] => Some(Der::PublicKey),
        [Tag::Integer, Tag::Sequence, Tag::OctetString, ..] => Some(Der::Pkcs8),
        [Tag::Integer, Tag::Sequence, ..] => Some(Der::Pkcs12),
        [Tag::Integer, Tag::OctetString, ..] => Some(Der::Sec1),
        [Tag::Integer, Tag::Integer, ..] => Some(if tags.len() == 6 { Der::Dsa } else { Der::Pkcs1 }),
        [Tag::ObjectIdentifier, ..] if oid(&found[0]).starts_with(PKCS7) => Some(Der::Pkcs7),
        _ => None,
    }
}

/// Says what bytes are that are no text.
pub fn bytes(bytes: &[u8], path: &Path) -> String {
    let file = path.display();
    let is_utf16 = bytes.starts_with(&[0xff, 0xfe])
        || bytes.starts_with(&[0xfe, 0xff])
        || bytes.starts_with(b"-\0")
        || bytes.starts_with(b"\0-");
    if is_utf16 {
        return format!(
            "it is text in UTF-16, as some programs of Windows write it; write it in UTF-8: \
             `iconv -f UTF-16 -t UTF-8 {file} >NEW.pem`"
        );
    }
    if bytes.starts_with(&[0xfe, 0xed, 0xfe, 0xed]) || bytes.starts_with(&[0xce; 4]) {
        return format!(
            "it is a keystore of Java (JKS), no PEM; first `keytool -importkeystore -srckeystore {file} \
             -destkeystore NEW.p12 -deststoretype PKCS12`, then {}",
            from_pkcs12("NEW.p12")
        );
    }
    if let Some(kind) = kind_of(bytes) {
        return of_der(kind, path);
    }
    match bytes {
        // The first byte of packets of keys (RFC 9580).
        [0x94 | 0x95 | 0x97 | 0x98 | 0x99 | 0xc5 | 0xc6, ..] => {
            "it is binary, perhaps a key of OpenPGP, which is of no use for TLS".to_owned()
        }
        [0x30, ..] => {
            "it is binary (DER) and damaged or cut; PEM is read, text with lines -----BEGIN ...-----"
                .to_owned()
        }
        _ => "it is binary and of no kind that is known; PEM is read, text with lines -----BEGIN ...-----"
            .to_owned(),
    }
}

fn of_der(kind: Der, path: &Path) -> String {
    let file = path.display();
    let (what, command) = match kind {
        Der::Certificate => ("a certificate", format!("`openssl x509 -inform DER -in {file} -out NEW.pem`")),
        Der::Pkcs8 | Der::Pkcs1 | Der::Sec1 => {
            ("a private key", format!("`openssl pkey -inform DER -in {file} -out NEW.pem`"))
        }
        Der::EncryptedKey => (
            "a private key that a password protects",
            format!("`openssl pkcs8 -inform DER -in {file} -out NEW.pem`"),
        ),
        Der::Pkcs12 => {
            let commands = from_pkcs12(&file.to_string());
            return format!("it is a bundle of keys and certificates (PKCS#12), no PEM; {commands}");
        }
        Der::Pkcs7 => (
            "a bundle of certificates (PKCS#7)",
            format!("`openssl pkcs7 -inform DER -print_certs -in {file} -out NEW.pem`"),
        ),
        Der::Request => return REQUEST.to_owned(),
        Der::Dsa => {
            return "it is a key of DSA, which TLS has no use for any more; make another one".to_owned();
        }
        Der::PublicKey => {
            return "it is a public key; the private key or the certificate belongs here".to_owned();
        }
    };
    format!("it is {what} in DER, no PEM; {command}")
}

fn from_pkcs12(file: &str) -> String {
    format!(
        "`openssl pkcs12 -in {file} -nokeys -out cert.pem` takes the certificates out of it, and \
         `openssl pkcs12 -in {file} -nocerts -nodes -out key.pem` the key"
    )
}

/// Says what text is that has no section of PEM.
pub fn text(text: &str, path: &Path) -> String {
    let start = text.trim_start();
    let joined: String = start.chars().filter(|c| !c.is_whitespace()).collect();
    if let Some(kind) = BASE64_STANDARD.decode(&joined).ok().and_then(|bytes| kind_of(&bytes)) {
        let label = match kind {
            Der::Certificate => "CERTIFICATE",
            Der::Pkcs1 => "RSA PRIVATE KEY",
            Der::Sec1 => "EC PRIVATE KEY",
            Der::Pkcs8 => "PRIVATE KEY",
            _ => "...",
        };
        return format!(
            "it is base64 without the lines around it; write -----BEGIN {label}----- in front of it and \
             -----END {label}----- behind it"
        );
    }
    if start.starts_with("PuTTY-User-Key-File") {
        return format!("it is a key of PuTTY for SSH; a key for TLS: `{}`", NEW_KEY);
    }
    if ["ssh-", "ecdsa-sha2-", "sk-"].iter().any(|name| start.starts_with(name)) {
        return "it is a public key for SSH, which is of no use for TLS".to_owned();
    }
    if start.starts_with('{') {
        return "it is JSON, perhaps a key as JWK; PEM is read, text with lines -----BEGIN ...-----"
            .to_owned();
    }
    if text.contains("-----END ") || text.contains("BEGIN ") {
        return "no line begins with -----BEGIN: the first line was lost or changed".to_owned();
    }
    format!("there is no line -----BEGIN ...----- in it; is {} the right file?", path.display())
}

const REQUEST: &str = "it is a request for a certificate, which is sent to an authority; its \
    answer belongs here";

/// Makes a key that can be used.
pub const NEW_KEY: &str = "openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out NEW.pem";
