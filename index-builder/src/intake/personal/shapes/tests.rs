//! What has a shape, and what has none.

use super::*;

#[test]
fn personal_values_are_told_by_their_shape() {
    let cases: [(Shape, &[&str]); 10] = [
        (
            Shape::Email,
            &["ann@example.org", "a.b+c@mail.example.co.uk", "Ann B <ann@example.org>", " jürgen@müller.de "],
        ),
        (
            Shape::Telephone,
            &[
                "+41 44 123 45 67",
                "+14155550132",
                "+49 (0)30 1234-567",
                "0044 20 7946 0018",
                "030 / 1234567",
                "(030) 12345678",
                "(415) 555-0132",
                "415-555-0132",
                "06 12 34 56 78",
                "06.12.34.56.78",
                "(0044) 20 7946 0018",
                "(0)30 1234567",
                "tel:+1-415-555-0132",
            ],
        ),
        (Shape::Iban, &["DE89 3704 0044 0532 0130 00", "GB82WEST12345698765432", "nl91abna0417164300"]),
        (Shape::Card, &["4111 1111 1111 1111", "5500005555555559", "3400-000000-00009"]),
        (Shape::IpAddress, &["203.0.113.7", "2001:db8::1", "10.1.2.3/24"]),
        (
            Shape::Street,
            &[
                "12 Main Street",
                "221B Baker St",
                "Hauptstraße 5",
                "Lange Strasse 12a, 8001 Zürich",
                "5 rue de la Paix",
                "Via Roma 12",
                "Calle Mayor 3, Madrid",
                "Kerkstraat 5",
                "350 Fifth Avenue, New York",
                "Bahnhofweg 7",
            ],
        ),
        (Shape::Place, &["52.52000,13.40500", "(47.3769, 8.5417)", "POINT(8.5417 47.3769)"]),
        (Shape::SocialSecurity, &["078-05-1120"]),
        (
            Shape::Token,
            &[
                "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.dozjgNryP4J3jVmN",
                "ghp_0123456789abcdef",
                "AKIAIOSFODNN7EXAMPLE",
            ],
        ),
        (
            Shape::PasswordHash,
            &[
                "$2b$12$EixZaYVK1fsbw1ZfbX3OXePaWxn96p36",
                "$argon2id$v=19$m=65536,t=3,p=4$c29t",
                "pbkdf2_sha256$600000$a$b=",
            ],
        ),
    ];
    for (shape, texts) in cases {
        for text in texts {
            assert_eq!(of(text), Some(shape), "{text}");
        }
    }
    assert_eq!(of_number(4_111_111_111_111_111), Some(Shape::Card));
}

#[test]
fn other_values_have_no_such_shape() {
    for text in [
        "",
        "Ann",
        "ann at example",
        "@ann",
        "a@b",
        "look @ this.now please",
        "Zurich",
        "2026-01-02",
        "02.01.2026",
        "2026-01-02T10:00:00Z",
        "2026-01-02 10:00",
        "12:30",
        "1234567890",
        "0012345678",
        "0001-000123",
        "00123-45-678",
        "0123-4567-89",
        "0000 123 456",
        "00012/345678",
        "0 123456789",
        "(000) 123456",
        "012.345.6789",
        "0.123456789",
        "192.5",
        "0-19-852663-6",
        "978-3-16-148410-0",
        "1.2.3",
        "3.14159,2.71",
        "5c4e1f6a9d3b2a0017e8d210",
        "550e8400-e29b-41d4-a716-446655440000",
        "4111 1111 1111 1112",
        "DE89 3704 0044 0532 0130 01",
        "::",
        "Main Street",
        "I moved to 12 Main Street last year and I love it there so much!",
        "Order 66",
        "Route 66",
        "Top 10",
        "Zurich 8001",
        "9780-12345-1234",
        "2 dogs",
        "call me on +41 44 123 45 67 after six",
        "$2b$",
        "eyJ",
        "sk_live_",
        "90210-1234",
        "1600x1200",
        "0x1f",
        "100%",
        "Mo-Fr 9-17",
        "5'11\"",
        "1 234 567",
        "12,5",
        "Beatles, The",
        "St. Gallen",
        "#1 fan",
        "24/7",
        "9-5",
        "1990/05/17",
        "0000000000000000",
    ] {
        assert_eq!(of(text), None, "{text}");
    }
    assert_eq!((of_number(1_700_000_000_000), of_number(42)), (None, None));
}
