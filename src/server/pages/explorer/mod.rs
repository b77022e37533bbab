//! The explorer: the page at `/`, with which one looks at what an index recommends, and at the server.
//!
//! Its sources are in `page/`. What they were built into (`make page`) is in `assets/` and lies in the program, so that
//! building the server needs nothing but cargo, and showing the page needs nothing but the server.

use actix_web::http::header::HeaderValue;

use super::asset::Asset;

/// What a browser lets the page do: run its own script, in its own colours, and ask its own server. Text cannot become
/// markup, whatever a profile has in it: the page has no way to make any that a browser would take.
pub const POLICY: HeaderValue = HeaderValue::from_static(
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; base-uri 'none'; \
     form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'",
);

/// The page itself.
pub static PAGE: Asset =
    Asset::new("index.html", "text/html; charset=utf-8", include_bytes!("assets/index.html"));

/// What the page loads.
pub static ASSETS: [Asset; 3] = [
    Asset::new("explorer.js", "text/javascript; charset=utf-8", include_bytes!("assets/explorer.js")),
    Asset::new("explorer.css", "text/css; charset=utf-8", include_bytes!("assets/explorer.css")),
    Asset::new("icon.svg", "image/svg+xml", include_bytes!("assets/icon.svg")),
];

/// The file of this name that the page loads.
pub fn find(name: &str) -> Option<&'static Asset> {
    ASSETS.iter().find(|asset| asset.name == name)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(name: &str) -> &'static str {
        std::str::from_utf8(find(name).unwrap().bytes).unwrap()
    }

    #[test]
    fn the_page_loads_what_there_is_and_nothing_else() {
        let page = std::str::from_utf8(PAGE.bytes).unwrap();
        let loaded: Vec<&str> = page
            .split('"')
            .filter_map(|part| part.strip_prefix("explorer/"))
            .inspect(|name| assert!(find(name).is_some(), "{name}"))
            .collect();
        for asset in &ASSETS {
            assert!(loaded.contains(&asset.name), "{} is not used", asset.name);
        }
        assert!(find("index.html").is_none(), "the page has one address");
        assert!(find("../assets/icon.svg").is_none());
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
            ASSETS.iter().chain([&PAGE]).map(|asset| asset.etag().as_bytes()).collect();
        tags.sort_unstable();
        tags.dedup();
        assert_eq!(tags.len(), ASSETS.len() + 1);
        assert!(tags.iter().all(|tag| tag.len() == 18));
    }
}
