//! The page at `/docs`, on which the interface is described and tried out: Swagger UI, which reads `/openapi.json`.
//!
//! `assets/README.md` says where it comes from. It lies in the program, so that neither building nor showing it needs
//! anything from elsewhere.

use actix_web::http::header::HeaderValue;

use super::asset::Asset;

/// What a browser lets the page do: run its own scripts and ask its own server. Swagger UI writes style attributes, and
/// has its icons in its style sheet.
pub const POLICY: HeaderValue = HeaderValue::from_static(
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; \
     connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
);

const CSS: &str = "text/css; charset=utf-8";
const JAVASCRIPT: &str = "text/javascript; charset=utf-8";

/// The page itself.
pub static PAGE: Asset =
    Asset::new("page.html", "text/html; charset=utf-8", include_bytes!("assets/page.html"));

/// What the page loads.
pub static ASSETS: [Asset; 4] = [
    Asset::new("page.css", CSS, include_bytes!("assets/page.css")),
    Asset::new("start.js", JAVASCRIPT, include_bytes!("assets/start.js")),
    Asset::new("swagger-ui.css", CSS, include_bytes!("assets/swagger-ui.css")),
    Asset::new("swagger-ui-bundle.js", JAVASCRIPT, include_bytes!("assets/swagger-ui-bundle.js")),
];

#[cfg(test)]
mod tests {
    use super::*;

    fn text(asset: &Asset) -> &'static str {
        std::str::from_utf8(asset.bytes).unwrap()
    }

    #[test]
    fn nothing_on_the_page_comes_from_another_origin() {
        for asset in ASSETS.iter().chain([&PAGE]).filter(|asset| !asset.name.starts_with("swagger-ui")) {
            assert!(!text(asset).contains("://") && !text(asset).contains("\"//"), "{}", asset.name);
        }
        for css in ASSETS.iter().filter(|asset| asset.name.ends_with(".css")) {
            assert!(!text(css).contains("@import"), "{}", css.name);
            for reference in text(css).split("url(").skip(1) {
                assert!(reference.trim_start_matches(['"', '\'']).starts_with("data:"), "{}", css.name);
            }
        }
        // The one address that Swagger UI would send the document to.
        assert!(text(&ASSETS[1]).contains("validatorUrl: null"));
    }

    #[test]
    fn every_file_that_the_page_names_is_there_and_no_other() {
        let page = text(&PAGE);
        let mut named: Vec<&str> =
            page.split('"').filter_map(|attribute| attribute.strip_prefix("docs/")).collect();
        named.sort_unstable();
        let mut there: Vec<&str> = ASSETS.iter().map(|asset| asset.name).collect();
        there.sort_unstable();
        assert_eq!(named, there);
        assert!(ASSETS.iter().chain([&PAGE]).all(|asset| asset.etag().len() == 18));
        for refused in ["<style", "<script>", " style=", " onclick="] {
            assert!(!page.contains(refused), "{refused}");
        }
    }

    #[test]
    fn the_policy_lets_no_other_origin_in_and_nothing_be_evaluated() {
        let policy = POLICY.to_str().unwrap().to_owned();
        assert!(policy.starts_with("default-src 'none'; script-src 'self'; "), "{policy}");
        for refused in ["unsafe-eval", "http", "*"] {
            assert!(!policy.contains(refused), "{policy}");
        }
    }
}
