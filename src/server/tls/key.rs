//! Private keys: which of them can be used, and what is said of the others. Nothing of a key is in a message.

use std::path::Path;
use std::sync::Arc;

use rustls::crypto::ring::sign::any_supported_type;
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs1KeyDer, PrivatePkcs8KeyDer, PrivateSec1KeyDer};
use rustls::sign::SigningKey;
use x509_cert::der::asn1::{AnyRef, ObjectIdentifier, OctetStringRef, UintRef};
use x509_cert::der::{Decode as _, Tagged as _};
use x509_cert::spki::AlgorithmIdentifierRef;

use super::foreign::{Der, NEW_KEY, elements, kind_of};
use super::pem::Section;

/// A key that can be used, or why it cannot.
pub type Loaded = Result<Arc<dyn SigningKey>, String>;

const RSA: &str = "1.2.840.113549.1.1.1";
const EC: &str = "1.2.840.10045.2.1";
const P256: &str = "1.2.840.10045.3.1.7";
const P384: &str = "1.3.132.0.34";

/// Kinds of keys that are of no use here.
const OTHER_KINDS: [(&str, &str); 11] = [
    ("1.2.840.10040.4.1", "of DSA"),
    ("1.2.840.113549.1.1.10", "of RSA-PSS"),
    ("1.2.840.113549.1.3.1", "of Diffie and Hellman"),
    ("1.3.101.110", "of X25519, which cannot sign"),
    ("1.3.101.111", "of X448, which cannot sign"),
    ("1.3.101.113", "of Ed448"),
    ("1.2.840.10045.2.13", "of elliptic curves for the exchange of keys only"),
    ("2.16.840.1.101.3.4.3.17", "of ML-DSA-44"),
    ("2.16.840.1.101.3.4.3.18", "of ML-DSA-65"),
    ("2.16.840.1.101.3.4.3.19", "of ML-DSA-87"),
    ("1.2.643.7.1.1.1.1", "of GOST"),
];

/// Curves by the names that openssl has for them.
const CURVES: [(&str, &str); 12] = [
    (P256, "prime256v1"),
    (P384, "secp384r1"),
    ("1.3.132.0.35", "secp521r1"),
    ("1.3.132.0.10", "secp256k1"),
    ("1.3.132.0.33", "secp224r1"),
    ("1.2.840.10045.3.1.1", "prime192v1"),
    ("1.3.36.3.3.2.8.1.1.7", "brainpoolP256r1"),
    ("1.3.36.3.3.2.8.1.1.11", "brainpoolP384r1"),
    ("1.3.36.3.3.2.8.1.1.13", "brainpoolP512r1"),
    ("1.2.156.10197.1.301", "SM2"),
    ("1.3.132.0.26", "sect233k1"),
    ("1.3.132.0.38", "sect571k1"),
];

/// The lengths of RSA keys that the library signs with.
const RSA_BITS: [usize; 3] = [2048, 3072, 4096];

const USABLE: &str = "RSA of 2048, 3072 or 4096 bits, ECDSA on P-256 or P-384, and Ed25519 can be used";

/// Loads every private key of a file, one at least.
///
/// # Errors
/// There is none; what there is instead.
pub fn load_all(sections: &[Section], path: &Path) -> Result<Vec<Loaded>, String> {
    let loaded: Vec<Loaded> = sections.iter().filter_map(|section| load(section, path)).collect();
    if loaded.is_empty() { Err(instead(sections, path)) } else { Ok(loaded) }
}

/// None where a section is no private key.
fn load(section: &Section, path: &Path) -> Option<Loaded> {
    let file = path.display();
    let refused = match section.label.as_str() {
        "ENCRYPTED PRIVATE KEY" => return Some(Err(encrypted(path))),
        label if label.ends_with("PRIVATE KEY") && section.is_encrypted => return Some(Err(encrypted(path))),
        "PRIVATE KEY" | "RSA PRIVATE KEY" | "EC PRIVATE KEY" => {
            return Some(section.der().and_then(|der| load_der(&der, section, path)));
        }
        "DSA PRIVATE KEY" => unusable("of DSA"),
        "OPENSSH PRIVATE KEY" => format!(
            "it is a key of OpenSSH; make one for TLS: `{NEW_KEY}`; if it is of RSA or ECDSA, `ssh-keygen \
             -p -m PEM -N '' -f {file}` writes it as PEM in its place"
        ),
        label if label.starts_with("PGP ") => {
            format!("it is a key of OpenPGP, which is of no use for TLS; make one: `{NEW_KEY}`")
        }
        label if label.contains("PRIVATE KEY") => format!(
            "it is a private key of a kind that is not known ({label}); try `openssl pkey -in {file} -out \
             NEW.pem`"
        ),
        _ => return None,
    };
    Some(Err(refused))
}

fn encrypted(path: &Path) -> String {
    format!(
        "a password protects the private key, and a server has nobody to ask; take the password off: \
         `openssl pkcs8 -topk8 -nocrypt -in {} -out NEW.pem`",
        path.display()
    )
}

fn unusable(kind: &str) -> String {
    format!("it is a key {kind}; {USABLE}; make one: `{NEW_KEY}`")
}

/// What is in a file without a private key.
fn instead(sections: &[Section], path: &Path) -> String {
    let has = |label: &str| sections.iter().any(|section| section.label.contains(label));
    if has("CERTIFICATE REQUEST") {
        "there is a request for a certificate in it and no private key; the key was written when the \
         request was made"
            .to_owned()
    } else if has("CERTIFICATE") {
        "there is a certificate in it and no private key; are tls_cert and tls_key swapped?".to_owned()
    } else if has("PUBLIC KEY") {
        "there is a public key in it and no private key".to_owned()
    } else {
        let labels: Vec<&str> = sections.iter().map(|section| section.label.as_str()).collect();
        format!(
            "there is no private key in it, only {}; is {} the right file?",
            labels.join(", "),
            path.display()
        )
    }
}

fn load_der(der: &[u8], section: &Section, path: &Path) -> Loaded {
    let key = match kind_of(der) {
        // Whatever its label says.
        Some(Der::Pkcs8) => PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(der.to_vec())),
        Some(Der::Pkcs1) => PrivateKeyDer::Pkcs1(PrivatePkcs1KeyDer::from(der.to_vec())),
        Some(Der::Sec1) => PrivateKeyDer::Sec1(PrivateSec1KeyDer::from(der.to_vec())),
        Some(Der::EncryptedKey) => return Err(encrypted(path)),
        Some(Der::Dsa) => return Err(unusable("of DSA")),
        Some(Der::Certificate) => {
            return Err(format!("the section {} in line {} is a certificate", section.label, section.line));
        }
        _ => {
            return Err(format!(
                "the section {} in line {} is damaged: it has not the form of a key",
                section.label, section.line
            ));
        }
    };
    any_supported_type(&key).map_err(|_| why_not(&key, path))
}

/// Why the library takes no such key.
fn why_not(key: &PrivateKeyDer<'_>, path: &Path) -> String {
    let damaged = || {
        format!(
            "the private key is damaged, or written in an unusual way; `openssl pkey -check -noout -in \
             {0}` examines it, and `openssl pkey -in {0} -out NEW.pem` writes it as usual",
            path.display()
        )
    };
    match key {
        PrivateKeyDer::Pkcs1(key) => rsa(key.secret_pkcs1_der()),
        PrivateKeyDer::Sec1(key) => sec1(key.secret_sec1_der(), path),
        PrivateKeyDer::Pkcs8(key) => pkcs8(key.secret_pkcs8_der(), path),
        _ => None,
    }
    .unwrap_or_else(damaged)
}

fn pkcs8(der: &[u8], path: &Path) -> Option<String> {
    let found = elements(der)?;
    let algorithm: AlgorithmIdentifierRef<'_> = found.get(1)?.decode_as().ok()?;
    let oid = algorithm.oid.to_string();
    let inside = || Some(found.get(2)?.decode_as::<OctetStringRef<'_>>().ok()?.as_bytes());
    match oid.as_str() {
        RSA => rsa(inside()?),
        EC => ec(algorithm.parameters, path).or_else(|| without_public_half(inside()?, path)),
        "1.3.101.112" => None,
        _ => {
            let name =
                OTHER_KINDS.iter().find(|(other, _)| *other == oid).map(|(_, name)| (*name).to_owned());
            Some(unusable(&name.unwrap_or_else(|| format!("of a kind that is not known ({oid})"))))
        }
    }
}

fn rsa(der: &[u8]) -> Option<String> {
    let found = elements(der)?;
    let number = |at: usize| found.get(at)?.decode_as::<UintRef<'_>>().ok();
    let modulus = number(1)?.as_bytes();
    let bits = modulus.len() * 8 - modulus.first().map_or(0, |byte| byte.leading_zeros() as usize);
    if !RSA_BITS.contains(&bits) {
        return Some(unusable(&format!("of RSA with {bits} bits")));
    }
    if number(2)?.as_bytes().len() < 3 {
        return Some(unusable("of RSA with a public exponent below 65537"));
    }
    if number(0)?.as_bytes() != [0] {
        return Some(unusable("of RSA with more than two primes"));
    }
    None
}

fn sec1(der: &[u8], path: &Path) -> Option<String> {
    ec(sec1_curve(der), path).or_else(|| without_public_half(der, path))
}

/// What says which curve it is, in the form of SEC 1: element [0], where there is one.
fn sec1_curve(der: &[u8]) -> Option<AnyRef<'_>> {
    let found = elements(der)?;
    let tagged = found.iter().find(|any| is_tagged(any, 0))?;
    AnyRef::from_der(tagged.value()).ok()
}

fn is_tagged(any: &AnyRef<'_>, number: u8) -> bool {
    let tag = any.tag();
    tag.is_context_specific() && tag.number().value() == number
}

fn ec(curve: Option<AnyRef<'_>>, path: &Path) -> Option<String> {
    let curve = curve?;
    let Ok(oid) = curve.decode_as::<ObjectIdentifier>().map(|oid| oid.to_string()) else {
        return Some(format!(
            "its curve is given by numbers and not by its name; `openssl ec -in {} -param_enc named_curve \
             -out NEW.pem` names it",
            path.display()
        ));
    };
    if [P256, P384].contains(&oid.as_str()) {
        return None;
    }
    let name = CURVES.iter().find(|(other, _)| *other == oid).map_or(oid.as_str(), |(_, name)| name);
    Some(unusable(&format!("of ECDSA on the curve {name}")))
}

/// The library compares both halves of a key.
fn without_public_half(der: &[u8], path: &Path) -> Option<String> {
    let found = elements(der)?;
    (!found.iter().any(|any| is_tagged(any, 1))).then(|| {
        format!(
            "the public half of the key is not in it; `openssl ec -in {} -out NEW.pem` adds it",
            path.display()
        )
    })
}
