//! The path and the query of a request, or a body, through everything behind the parsing of HTTP itself.
//!
//! No target begins with a brace: what does is a body for `POST /recommend`.

use actix_web::http::{Method, Uri};
use actix_web::test::{TestRequest, call_service, init_service, read_body};
use actix_web::{App, rt, web};
use kindred::directory::versions;
use kindred::server::testing::{application, decode};
use tempfile::TempDir;

/// Asks for a path and query, if it is a target that HTTP lets through, or sends a body.
pub fn run(data: &[u8]) {
    if data.starts_with(b"{") {
        return send(data);
    }
    let Ok(text) = std::str::from_utf8(data) else { return };
    assert_decoded_once(text);
    let Ok(uri) = Uri::try_from(data) else { return };
    SERVER.with(|server| {
        let ask = |method| (server.ask)(TestRequest::with_uri(&uri.to_string()).method(method));
        let (status, body) = ask(Method::GET);
        assert!(matches!(status, 200 | 400 | 404 | 405 | 414 | 422), "{status} for {uri}");
        assert!(!body.is_empty(), "nothing was said about {uri}");
        if status != 200 {
            let problem: serde_json::Value = serde_json::from_slice(&body).unwrap_or_default();
            assert_eq!(problem["status"], status, "{}", body.escape_ascii());
        }
        let (with_head, _) = ask(Method::HEAD);
        assert_eq!(with_head, status, "HEAD {uri}");
    });
}

/// Asks many questions at once.
fn send(body: &[u8]) {
    let request = TestRequest::post().uri("/recommend").insert_header(("content-type", "application/json"));
    let (status, answer) = SERVER.with(|server| (server.ask)(request.set_payload(body.to_vec())));
    let answer: serde_json::Value =
        serde_json::from_slice(&answer).unwrap_or_else(|error| panic!("{error}: {}", answer.escape_ascii()));
    match status {
        200 => {
            let results = answer["results"].as_array().map(Vec::as_slice).unwrap_or_default();
            for result in results {
                let problem = &result["problem"]["status"];
                let is_one = result["recommendations"].is_array() != problem.is_u64();
                assert!(
                    is_one && problem.as_u64().is_none_or(|status| (400..500).contains(&status)),
                    "{result}"
                );
            }
        }
        400 => assert_eq!(answer["status"], 400, "{answer}"),
        other => panic!("{other}: {answer}"),
    }
}

/// What is decoded is what its escaped form decodes to.
fn assert_decoded_once(raw: &str) {
    let Ok(text) = decode(raw) else { return };
    let escaped: String = text.bytes().map(|byte| format!("%{byte:02x}")).collect();
    assert_eq!(decode(&escaped).as_deref(), Ok(text.as_ref()));
}

/// What a request gives: the status and the body.
type Ask = dyn Fn(TestRequest) -> (u16, Vec<u8>);

/// The application over an index that is small, without sockets.
struct Server {
    ask: Box<Ask>,
}

thread_local! {
    // Gone with the thread.
    static FOLDER: TempDir = tempfile::tempdir().unwrap_or_else(|error| panic!("a temporary directory: {error}"));
    // Leaked: what it consists of cannot be taken down while a thread's own values are.
    static SERVER: &'static Server = Box::leak(Box::new(Server::start()));
}

impl Server {
    fn start() -> Server {
        let configure = serving(super::index_file::BASES[0]);
        let runtime = rt::System::new();
        let service = runtime.block_on(init_service(App::new().configure(configure)));
        let ask = move |request: TestRequest| {
            runtime.block_on(async {
                let response = call_service(&service, request.to_request()).await;
                (response.status().as_u16(), read_body(response).await.to_vec())
            })
        };
        Server { ask: Box::new(ask) }
    }
}

/// An application that serves this file, out of this thread's folder.
fn serving(file: &[u8]) -> impl FnOnce(&mut web::ServiceConfig) + use<> {
    FOLDER.with(|folder| {
        let written = std::fs::write(folder.path().join(versions::file_name(1)), file);
        written.unwrap_or_else(|error| panic!("an index file: {error}"));
        application(folder.path()).unwrap_or_else(|error| panic!("{error}"))
    })
}
