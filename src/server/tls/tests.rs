use std::fs;
use std::path::Path;

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};

use super::*;

/// `tests/golden/tls/README.md` says how they were made.
fn golden(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/tls").join(name)
}

fn refused(cert: &Path, key: &Path) -> String {
    let files = TlsFiles { cert: cert.to_owned(), key: key.to_owned() };
    match Certificate::load(&files) {
        Ok(_) => panic!("{} and {} were taken", cert.display(), key.display()),
        Err(error) => error.to_string(),
    }
}

#[track_caller]
fn assert_says(message: &str, parts: &[&str]) {
    for part in parts {
        assert!(message.contains(part), "{part:?} is not in {message}");
    }
    // Words of libraries.
    for part in [
        "InvalidCharacter",
        "Base64",
        "NoItemsFound",
        "KeyRejected",
        "failed to parse",
        "InvalidCertificate(",
    ] {
        assert!(!message.contains(part), "{part:?} is in {message}");
    }
}

fn write_pair(directory: &Path, name: &str) -> TlsFiles {
    let made = rcgen::generate_simple_self_signed(vec![format!("{name}.test")]).unwrap();
    let files =
        TlsFiles { cert: directory.join(format!("{name}.crt")), key: directory.join(format!("{name}.pem")) };
    fs::write(&files.cert, made.cert.pem()).unwrap();
    fs::write(&files.key, made.signing_key.serialize_pem()).unwrap();
    files
}

fn first_shown(certificate: &Certificate) -> Vec<u8> {
    certificate.current.load().key.cert[0].to_vec()
}

#[test]
fn a_new_certificate_is_shown_and_a_bad_one_is_not() {
    let directory = tempfile::tempdir().unwrap();
    let (files, other) = (write_pair(directory.path(), "one"), write_pair(directory.path(), "two"));
    let certificate = Certificate::load(&files).unwrap();
    let first = first_shown(&certificate);
    for broken in ["", "-----BEGIN CERTIFICATE-----\n!!\n-----END CERTIFICATE-----\n"] {
        fs::write(&files.cert, broken).unwrap();
        assert!(matches!(certificate.reload(), Err(TlsError::File { setting: "tls_cert", .. })));
    }
    fs::copy(&other.cert, &files.cert).unwrap();
    assert!(matches!(certificate.reload(), Err(TlsError::Pair { .. })), "the key is still the old one");
    assert_eq!(first_shown(&certificate), first);
    fs::copy(&other.key, &files.key).unwrap();
    certificate.reload().unwrap();
    assert_ne!(first_shown(&certificate), first);
    assert_eq!(certificate.server_config(false).unwrap().alpn_protocols, [HTTP_1_1]);
    assert_eq!(certificate.server_config(true).unwrap().alpn_protocols, [H2, HTTP_1_1]);
}

#[test]
fn keys_that_can_be_used_are_taken_in_every_usual_form() {
    for (cert, key) in
        [("cert.pem", "key.pem"), ("cert.pem", "key-sec1.pem"), ("cert-rsa.pem", "key-rsa2048.pem")]
    {
        let files = TlsFiles { cert: golden(cert), key: golden(key) };
        let certificate = Certificate::load(&files).unwrap_or_else(|error| panic!("{key}: {error}"));
        assert!(certificate.not_after().unwrap() > 4_900_000_000, "{key}: a hundred years");
    }
    // There is no certificate for this one, so that it comes as far as that.
    assert_says(&refused(&golden("cert.pem"), &golden("key-ED25519.pem")), &["does not belong"]);
}

#[test]
fn every_other_key_is_refused_with_what_it_is_and_what_helps() {
    let usable = "can be used; make one: `openssl genpkey";
    for (name, parts) in [
        ("key-encrypted.pem", &["a password protects", "openssl pkcs8 -topk8 -nocrypt -in "][..]),
        ("key-encrypted-sec1.pem", &["a password protects", "openssl pkcs8 -topk8 -nocrypt -in "]),
        ("key-explicit.pem", &["its curve is given by numbers", "-param_enc named_curve"]),
        ("key-no-public.pem", &["the public half of the key is not in it", "openssl ec -in "]),
        ("key-no-public-sec1.pem", &["the public half of the key is not in it", "openssl ec -in "]),
        ("key-secp521r1.pem", &["of ECDSA on the curve secp521r1", usable]),
        ("key-secp256k1.pem", &["of ECDSA on the curve secp256k1", usable]),
        ("key-rsa1024.pem", &["of RSA with 1024 bits", usable]),
        ("key-rsa2560.pem", &["of RSA with 2560 bits", usable]),
        ("key-rsa-e3.pem", &["of RSA with a public exponent below 65537", usable]),
        ("key-rsa-pss.pem", &["of RSA-PSS", usable]),
        ("key-ED448.pem", &["of Ed448", usable]),
        ("key-X25519.pem", &["of X25519, which cannot sign", usable]),
        ("key-dsa.pem", &["of DSA", usable]),
        ("key-openssh.pem", &["a key of OpenSSH", "ssh-keygen -p -m PEM"]),
        ("key-openssh.pub", &["a public key for SSH"]),
        ("key-pgp.asc", &["a key of OpenPGP"]),
        ("public.gpg", &["perhaps a key of OpenPGP"]),
        ("public.pem", &["a public key in it and no private key"]),
        ("request.pem", &["a request for a certificate in it and no private key"]),
        ("request.der", &["a request for a certificate"]),
        ("cert.pem", &["a certificate in it and no private key", "swapped"]),
        ("cert.der", &["a certificate in DER", "openssl x509 -inform DER -in "]),
        ("key.der", &["a private key in DER", "openssl pkey -inform DER -in "]),
        ("both.p12", &["PKCS#12", "openssl pkcs12 -in ", "-nocerts"]),
        ("both.jks", &["a keystore of Java", "keytool -importkeystore"]),
    ] {
        let message = refused(&golden("cert.pem"), &golden(name));
        assert_says(&message, parts);
        assert_says(&message, &["tls_key: ", name, " cannot be used: "]);
    }
}

#[test]
fn every_other_certificate_is_refused_with_what_it_is_and_what_helps() {
    for (name, parts) in [
        ("cert-trusted.pem", &["a form of openssl's own", "openssl x509 -in "][..]),
        ("cert-v1.pem", &["X.509 version 1 or 2", "-extfile"]),
        ("cert.p7b", &["PKCS#7", "openssl pkcs7 -print_certs -in "]),
        ("cert.der", &["a certificate in DER", "openssl x509 -inform DER -in "]),
        ("request.pem", &["a request for a certificate"]),
        ("request.der", &["a request for a certificate"]),
        ("key.pem", &["a private key in it and no certificate", "swapped"]),
        ("key.der", &["a private key in DER"]),
        ("public.pem", &["a public key in it and no certificate"]),
        ("both.p12", &["PKCS#12", "-nokeys"]),
        ("both.jks", &["a keystore of Java"]),
        ("key-pgp.asc", &["a private key in it and no certificate"]),
    ] {
        let message = refused(&golden(name), &golden("key.pem"));
        assert_says(&message, parts);
        assert_says(&message, &["tls_cert: ", name, " cannot be used: "]);
    }
}

#[test]
fn files_that_are_changed_on_their_way_are_refused_or_read() {
    let directory = tempfile::tempdir().unwrap();
    let (cert, key) = (directory.path().join("cert.pem"), directory.path().join("key.pem"));
    let (cert_text, key_text) =
        (fs::read_to_string(golden("cert.pem")).unwrap(), fs::read_to_string(golden("key.pem")).unwrap());
    let utf16: Vec<u8> = key_text.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let lines: Vec<&str> = key_text.lines().collect();
    let files = TlsFiles { cert: cert.clone(), key: key.clone() };
    fs::write(&cert, format!("\u{feff}{}", cert_text.replace('\n', "\r\n"))).unwrap();
    for read in [
        key_text.clone(),
        format!("\u{feff}{}", key_text.replace('\n', "\r\n")),
        key_text.replace('\n', "\r"),
    ] {
        fs::write(&key, &read).unwrap();
        Certificate::load(&files).unwrap_or_else(|error| panic!("{read:?}: {error}"));
    }
    for (bytes, parts) in [
        (b"".to_vec(), &["it is empty"][..]),
        (b" \r\n".to_vec(), &["it is empty"]),
        ([b"\xff\xfe".to_vec(), utf16.clone()].concat(), &["UTF-16", "iconv -f UTF-16 -t UTF-8 "]),
        (utf16, &["UTF-16"]),
        (lines[1..].join("\n").into(), &["the first line was lost"]),
        (lines[..lines.len() - 1].join("\n").into(), &["has no end (-----END PRIVATE KEY-----)"]),
        (
            lines[1..lines.len() - 1].join("\n").into(),
            &["base64 without the lines", "-----BEGIN PRIVATE KEY-----"],
        ),
        (lines.join("\\n").into(), &["a backslash and an n"]),
        (lines.join(" ").into(), &["the line breaks were lost"]),
        (key_text.replace(&lines[1][..4], "M*GH").into(), &["it is no base64"]),
        (key_text.replace(lines[1], "").into(), &["damaged"]),
        (key_text.replace("PRIVATE KEY", "SECRET").into(), &["no private key in it, only SECRET"]),
        (b"{\"kty\": \"EC\"}".to_vec(), &["JSON"]),
        (b"hello\n".to_vec(), &["no line -----BEGIN"]),
        (vec![b'a'; (1 << 20) + 1], &["longer than 1 MiB"]),
        (vec![0x30, 0x82, 0xff, 0xff, 0x02], &["damaged or cut"]),
        (vec![7, 0, 0xfe], &["of no kind that is known"]),
    ] {
        fs::write(&key, &bytes).unwrap();
        assert_says(&refused(&cert, &key), parts);
    }
    assert_says(&refused(&cert, directory.path()), &["tls_key", "it is a directory"]);
    assert_says(
        &refused(Path::new("/nowhere/cert.pem"), &key),
        &["tls_cert: /nowhere/cert.pem", "there is no such file"],
    );
}

#[test]
fn a_key_beside_the_certificate_is_taken_and_pointed_to() {
    let directory = tempfile::tempdir().unwrap();
    let both = directory.path().join("both.pem");
    let read = |name| fs::read_to_string(golden(name)).unwrap();
    fs::write(&both, read("key.pem") + &read("cert.pem")).unwrap();
    Certificate::load(&TlsFiles { cert: both.clone(), key: both.clone() }).unwrap();
    assert_says(&refused(&both, &golden("cert.pem")), &["there is one in ", "both.pem"]);
}

#[test]
fn of_several_keys_the_one_of_the_certificate_is_taken() {
    let directory = tempfile::tempdir().unwrap();
    let (one, two) = (write_pair(directory.path(), "one"), write_pair(directory.path(), "two"));
    let both = directory.path().join("both.pem");
    let read = |path: &Path| fs::read_to_string(path).unwrap();
    fs::write(&both, read(&one.key) + &read(&two.key)).unwrap();
    for cert in [&one.cert, &two.cert] {
        Certificate::load(&TlsFiles { cert: cert.clone(), key: both.clone() }).unwrap();
    }
    let message = refused(&golden("cert.pem"), &both);
    assert_says(
        &message,
        &["together", "none of the 2 keys belongs", "CN=kindred.test", "openssl pkey -pubout -in "],
    );
    assert_says(
        &refused(&one.cert, &two.key),
        &["together", "the key does not belong", "openssl x509 -noout -pubkey"],
    );
}

/// A root, and a server's certificate and key that it has signed.
fn signed(change: impl FnOnce(&mut CertificateParams)) -> (String, String, String) {
    let mut root = CertificateParams::new(Vec::new()).unwrap();
    root.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let root = CertifiedIssuer::self_signed(root, KeyPair::generate().unwrap()).unwrap();
    let mut params = CertificateParams::new(vec!["kindred.test".to_owned()]).unwrap();
    change(&mut params);
    let key = KeyPair::generate().unwrap();
    let leaf = params.signed_by(&key, &root).unwrap();
    (root.pem(), leaf.pem(), key.serialize_pem())
}

#[test]
fn a_chain_in_the_wrong_order_is_refused_with_the_place_of_the_right_one() {
    let directory = tempfile::tempdir().unwrap();
    let files = TlsFiles { cert: directory.path().join("cert.pem"), key: directory.path().join("key.pem") };
    let (root, leaf, key) = signed(|_| ());
    fs::write(&files.key, key).unwrap();
    fs::write(&files.cert, format!("{leaf}{root}")).unwrap();
    Certificate::load(&files).unwrap();
    fs::write(&files.cert, format!("{root}{leaf}")).unwrap();
    assert_says(&refused(&files.cert, &files.key), &["number 2 of 2 and has to be the first"]);
}

#[test]
fn an_end_is_warned_of_once_a_day() {
    let directory = tempfile::tempdir().unwrap();
    let files = TlsFiles { cert: directory.path().join("cert.pem"), key: directory.path().join("key.pem") };
    let (_, leaf, key) = signed(|params| {
        params.not_before = rcgen::date_time_ymd(2001, 1, 1);
        params.not_after = rcgen::date_time_ymd(2001, 12, 31);
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    });
    fs::write(&files.key, key).unwrap();
    fs::write(&files.cert, leaf).unwrap();
    let certificate = Certificate::load(&files).unwrap();
    let end = certificate.not_after().unwrap();
    assert_eq!(end, 1_009_756_800);
    assert!(certificate.current.load().facts.remarks()[0].contains("CA:TRUE"));
    let now = chain::now();
    assert_eq!(certificate.warning(now + 3600), None, "it was warned of when it was read");
    let next = now + BETWEEN_WARNINGS + 3600;
    assert!(certificate.warning(next).unwrap().contains("has expired on 2001-12-31"));
    assert_eq!(certificate.warning(next + 1), None);
    assert!(certificate.warning(next + BETWEEN_WARNINGS).is_some());
    assert_eq!(certificate.warning(end), None, "a clock that was put back is no new day");
}
