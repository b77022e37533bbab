//! The measure: an actix-web server that does nothing but answer.

use std::process::Command;

use actix_web::http::header::{CACHE_CONTROL, CONTENT_TYPE, ETAG, HeaderName, HeaderValue};
use actix_web::web::Bytes;
use actix_web::{App, HttpResponse, HttpServer, rt, web};
use anyhow::{Context, Result};

/// How long the body is. Where this variable is set, the program is this server.
pub const BODY_BYTES: &str = "SERVE_FIXED_BODY_BYTES";

/// The program that runs as the server of a body of so many bytes.
pub fn command(body: usize) -> Result<Command> {
    let mut command = Command::new(std::env::current_exe()?);
    command.env(BODY_BYTES, body.to_string());
    Ok(command)
}

/// Serves until the process is killed.
pub fn run(body: usize) -> Result<()> {
    let body = web::Data::new(Bytes::from(vec![b' '; body]));
    rt::System::new().block_on(async {
        // As the real server, but for what it answers.
        let server =
            HttpServer::new(move || App::new().app_data(body.clone()).default_service(web::to(answer)))
                .workers(1)
                .disable_signals()
                .bind("127.0.0.1:0")?;
        let address = *server.addrs().first().context("no address")?;
        let server = server.run();
        eprintln!("listening on http://{address}");
        Ok(server.await?)
    })
}

/// The headers that an answer of the real server has.
async fn answer(body: web::Data<Bytes>) -> HttpResponse {
    let mut response = HttpResponse::Ok()
        .insert_header((CONTENT_TYPE, HeaderValue::from_static("application/json")))
        .body(Bytes::clone(&body));
    let headers = response.headers_mut();
    headers.insert(HeaderName::from_static("x-index-version"), HeaderValue::from_static("1"));
    headers.insert(ETAG, HeaderValue::from_static("\"00c0ffee00c0ffee\""));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("private, no-cache"));
    response
}
