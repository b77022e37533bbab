//! The HTTP side of the first three architectures: actix-web, one route, and whoever knows the answer behind it.

use actix_web::http::header::{CONTENT_TYPE, HeaderName, HeaderValue};
use actix_web::{App, HttpResponse, HttpServer, rt, web};
use anyhow::{Context, Result};

use crate::wire::{Question, Reply};

/// Threads that answer HTTP, of kindred too, and as many in each process behind a front.
pub const WORKERS: usize = 2;

/// What a front gets its answers from.
pub trait Backend: 'static {
    async fn answer(&self, question: Question) -> Reply;
}

/// Serves on a free port until the process is killed. Each worker has a backend of its own.
pub fn serve<B: Backend>(backend: impl Fn() -> B + Clone + Send + 'static) -> Result<()> {
    rt::System::new().block_on(async {
        let app = move || {
            App::new()
                .app_data(web::Data::new(backend()))
                .route("/recommend/{id}/{n}", web::get().to(answer::<B>))
                .route("/health/ready", web::get().to(HttpResponse::Ok))
        };
        let server = HttpServer::new(app).workers(WORKERS).disable_signals().bind("127.0.0.1:0")?;
        let address = *server.addrs().first().context("no address")?;
        let server = server.run();
        eprintln!("listening on http://{address}");
        Ok(server.await?)
    })
}

async fn answer<B: Backend>(backend: web::Data<B>, path: web::Path<(String, usize)>) -> HttpResponse {
    let (id, n) = path.into_inner();
    match backend.answer(Question { id, n }).await {
        Reply::Answer { version, body } => HttpResponse::Ok()
            .insert_header((CONTENT_TYPE, HeaderValue::from_static("application/json")))
            .insert_header((HeaderName::from_static("x-index-version"), HeaderValue::from(version)))
            .body(body),
        Reply::Failure(reason) => HttpResponse::ServiceUnavailable().body(reason),
    }
}
