//! The explorer: the page at `/`, with which one looks at what an index recommends, and at the server.
//!
//! Its sources are in `page/`. What they were built into (`make page`) is in `assets/` and lies in the program, so that
//! building the server needs nothing but cargo, and showing the page needs nothing but the server.

use std::sync::OnceLock;

use actix_web::http::header::HeaderValue;
use twox_hash::XxHash3_64;

/// What a browser lets the page do: run its own script, in its own colours, and ask its own server. Text cannot become
/// markup, whatever a profile has in it: the page has no way to make any that a browser would take.
pub const POLICY: HeaderValue = HeaderValue::from_static(
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; base-uri 'none'; \
     form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'",
);

/// A file of the page.
#[derive(Debug)]
pub struct Asset {
    /// The last part of its path.
    name: &'static str,
    /// Its media type.
    pub content_type: HeaderValue,
    /// What it holds.
    pub bytes: &'static [u8],
    etag: OnceLock<Option<HeaderValue>>,
}

/// The page itself.
pub static PAGE: Asset = asset("index.html", "text/html; charset=utf-8", include_bytes!("assets/index.html"));

/// What the page loads.
static ASSETS: [Asset; 3] = [
    asset("explorer.js", "text/javascript; charset=utf-8", include_bytes!("assets/explorer.js")),
    asset("explorer.css", "text/css; charset=utf-8", include_bytes!("assets/explorer.css")),
    asset("icon.svg", "image/svg+xml", include_bytes!("assets/icon.svg")),
];

const fn asset(name: &'static str, content_type: &'static str, bytes: &'static [u8]) -> Asset {
    Asset { name, content_type: HeaderValue::from_static(content_type), bytes, etag: OnceLock::new() }
}

impl Asset {
    /// The file of this name that the page loads.
    pub fn find(name: &str) -> Option<&'static Asset> {
        ASSETS.iter().find(|asset| asset.name == name)
    }

    /// What tells this content from another; none where a hash could not stand in a header, which a test rules out.
    pub fn etag(&self) -> Option<&HeaderValue> {
        let make = || HeaderValue::from_str(&format!("\"{:016x}\"", XxHash3_64::oneshot(self.bytes))).ok();
        self.etag.get_or_init(make).as_ref()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(name: &str) -> &'static str {
        std::str::from_utf8(Asset::find(name).unwrap().bytes).unwrap()
    }

    #[test]
    fn the_page_loads_what_there_is_and_nothing_else() {
        let page = std::str::from_utf8(PAGE.bytes).unwrap();
        let loaded: Vec<&str> = page
            .split('"')
            .filter_map(|part| part.strip_prefix("explorer/"))
            .inspect(|name| assert!(Asset::find(name).is_some(), "{name}"))
            .collect();
        for asset in &ASSETS {
            assert!(loaded.contains(&asset.name), "{} is not used", asset.name);
        }
        assert!(Asset::find("index.html").is_none(), "the page has one address");
        assert!(Asset::find("../assets/icon.svg").is_none());
    }

    #[test]
    fn nothing_in_the_page_needs_another_server_or_what_the_policy_refuses() {
        let page = std::str::from_utf8(PAGE.bytes).unwrap();
        for refused in [" style=", " onclick=", "<style", "<iframe", "javascript:"] {
            assert!(!page.contains(refused), "{refused}");
        }
        for script in page.split("<script").skip(1) {
            assert!(
                script.split_once('>').unwrap().1.starts_with("</script>"),
                "a script stands in the page"
            );
        }
        for name in ["explorer.js", "explorer.css"] {
            for refused in ["https://", "innerHTML", "insertAdjacentHTML", "document.write", "eval(", "url("]
            {
                assert!(!text(name).contains(refused), "{refused} in {name}");
            }
        }
    }

    #[test]
    fn every_content_has_a_tag_of_its_own() {
        let mut tags: Vec<&[u8]> =
            ASSETS.iter().chain([&PAGE]).map(|asset| asset.etag().unwrap().as_bytes()).collect();
        tags.sort_unstable();
        tags.dedup();
        assert_eq!(tags.len(), ASSETS.len() + 1);
        assert!(tags.iter().all(|tag| tag.len() == 18));
    }
}
