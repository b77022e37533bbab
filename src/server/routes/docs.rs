//! `GET /docs` and `GET /docs/{asset}`: the OpenAPI document as a page that one can try things out on.
//!
//! Everything that it loads is in the program. The page is open to all, as the document is; what it asks for with a key,
//! it asks for with the one that is typed into it.

use std::sync::OnceLock;

use actix_web::http::StatusCode;
use actix_web::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, ETAG, HeaderValue, IF_NONE_MATCH,
};
use actix_web::{HttpRequest, HttpResponse, web};

use super::super::etag::none_match_hits;
use super::super::problem::Problem;
use super::Call;

/// Only what the server itself gives is loaded and asked. Swagger UI sets styles on elements as it makes them, and has
/// its icons in its style sheet.
const POLICY: HeaderValue = HeaderValue::from_static(
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; \
     connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
);

/// A file of the page.
#[derive(Debug)]
struct Asset {
    name: &'static str,
    media_type: &'static str,
    bytes: &'static [u8],
    etag: OnceLock<Option<HeaderValue>>,
}

const fn asset(name: &'static str, media_type: &'static str, bytes: &'static [u8]) -> Asset {
    Asset { name, media_type, bytes, etag: OnceLock::new() }
}

const CSS: &str = "text/css; charset=utf-8";
const JAVASCRIPT: &str = "text/javascript; charset=utf-8";

static PAGE: Asset =
    asset("page.html", "text/html; charset=utf-8", include_bytes!("../docs/assets/page.html"));

static ASSETS: [Asset; 4] = [
    asset("page.css", CSS, include_bytes!("../docs/assets/page.css")),
    asset("start.js", JAVASCRIPT, include_bytes!("../docs/assets/start.js")),
    asset("swagger-ui.css", CSS, include_bytes!("../docs/assets/swagger-ui.css")),
    asset("swagger-ui-bundle.js", JAVASCRIPT, include_bytes!("../docs/assets/swagger-ui-bundle.js")),
];

/// The names that `{asset}` may be.
pub fn asset_names() -> impl Iterator<Item = &'static str> {
    ASSETS.iter().map(|asset| asset.name)
}

pub fn page(request: &HttpRequest) -> HttpResponse {
    PAGE.response(request)
}

pub fn get(call: &Call<'_>) -> Result<HttpResponse, Problem> {
    let name = call.parameters.text("asset", &(0..=usize::MAX))?;
    let asset = ASSETS.iter().find(|asset| asset.name == name).ok_or(Problem::UnknownPath)?;
    Ok(asset.response(call.request))
}

impl Asset {
    /// Another release may have another file, so a cache has to ask.
    fn response(&self, request: &HttpRequest) -> HttpResponse {
        let etag = self.etag.get_or_init(|| {
            let hash = twox_hash::XxHash3_64::oneshot(self.bytes);
            HeaderValue::try_from(format!("\"{hash:016x}\"")).ok()
        });
        let mut fields = request.headers().get_all(IF_NONE_MATCH);
        let is_known = etag
            .as_ref()
            .is_some_and(|etag| fields.any(|field| none_match_hits(field.as_bytes(), etag.as_bytes())));
        let mut response =
            HttpResponse::build(if is_known { StatusCode::NOT_MODIFIED } else { StatusCode::OK });
        response.insert_header((CACHE_CONTROL, "no-cache")).insert_header((CONTENT_SECURITY_POLICY, POLICY));
        if let Some(etag) = etag {
            response.insert_header((ETAG, etag.clone()));
        }
        if is_known {
            return response.finish();
        }
        response.insert_header((CONTENT_TYPE, self.media_type)).body(web::Bytes::from_static(self.bytes))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ours() -> impl Iterator<Item = &'static Asset> {
        let own = |asset: &&Asset| !asset.name.starts_with("swagger-ui");
        ASSETS.iter().filter(own).chain([&PAGE])
    }

    fn text(asset: &Asset) -> &'static str {
        std::str::from_utf8(asset.bytes).unwrap()
    }

    #[test]
    fn nothing_on_the_page_comes_from_another_origin() {
        for asset in ours() {
            assert!(!text(asset).contains("//") || asset.name == "start.js", "{}", asset.name);
            assert!(!text(asset).contains("://"), "{}", asset.name);
        }
        // Its scripts and styles are in no element that the policy would not run.
        assert!(!text(&PAGE).contains("<style") && !text(&PAGE).contains("<script>"));
        for css in ASSETS.iter().filter(|asset| asset.media_type == CSS) {
            assert!(!text(css).contains("@import"), "{}", css.name);
            for reference in text(css).split("url(").skip(1) {
                assert!(reference.trim_start_matches(['"', '\'']).starts_with("data:"), "{}", css.name);
            }
        }
    }

    #[test]
    fn every_file_that_the_page_names_is_there_and_no_other() {
        let mut named: Vec<&str> =
            text(&PAGE).split('"').filter_map(|attribute| attribute.strip_prefix("docs/")).collect();
        named.sort_unstable();
        let mut there: Vec<&str> = asset_names().collect();
        there.sort_unstable();
        assert_eq!(named, there);
    }

    #[test]
    fn the_policy_lets_no_other_origin_in_and_nothing_be_evaluated() {
        let policy = POLICY.to_str().unwrap().to_owned();
        assert!(policy.starts_with("default-src 'none'; script-src 'self'; "), "{policy}");
        assert!(
            !policy.contains("unsafe-eval") && !policy.contains("http") && !policy.contains('*'),
            "{policy}"
        );
    }
}
