"""Colours, sizes, names for those who do not see; and that the page kept to itself."""

import os

from programs import LARGE, sample

ONE, OTHER = (it["_id"] for it in sample.generate(2, sample.SEED))
VIEWS = {
    "start": ("#/explore", ".start .card"),
    "explore": (f"#/explore/{OTHER}/{ONE}", ".around .card"),
    "large": (f"#/explore/{LARGE}", ".around .card"),
    "map": (f"#/map/{OTHER}/{ONE}", ".near li"),
    "compare": (f"#/compare/{ONE}/{OTHER}", ".heads"),
    "status": ("#/status", ".tile"),
    "error": ("#/explore/nobody", ".message"),
}
LEAST_CONTRAST = 4.5

with open(os.path.join(os.path.dirname(__file__), "look.js"), encoding="utf-8") as script:
    LOOK = script.read()


def _each_view(browser, server):
    browser.driver.get("about:blank")
    for name, (address, selector) in VIEWS.items():
        browser.open(server, address)
        browser.one(selector)
        browser.settled()
        yield name


def _contrast(browser, server, scheme):
    browser.media(scheme)
    try:
        for name in _each_view(browser, server):
            seen = browser.run(LOOK + "return contrasts();")
            assert len(seen) > 10, f"{name}: only {len(seen)} texts"
            bad = [it for it in seen if it["contrast"] < LEAST_CONTRAST]
            assert not bad, f"{name}, {scheme}: {bad[:5]}"
            if scheme == "dark" and name in ("explore", "map", "compare", "status"):
                browser.screenshot(f"{name}-dark")
        for dialog in ("#help", "#key-dialog"):
            browser.run("document.querySelector(arguments[0]).showModal()", dialog)
            bad = [it for it in browser.run(LOOK + "return contrasts();") if it["contrast"] < LEAST_CONTRAST]
            browser.run("document.querySelector(arguments[0]).close()", dialog)
            assert not bad, f"{dialog}, {scheme}: {bad[:5]}"
    finally:
        browser.media("light")


def has_contrast_in_light(browser, server, _):
    _contrast(browser, server, "light")


def has_contrast_in_dark(browser, server, _):
    _contrast(browser, server, "dark")


def tells_colours_from_their_ground(browser, server, _):
    for scheme in ("dark", "light"):
        browser.media(scheme)
        browser.open(server, "#/map", fresh=True)
        browser.one(".choose-colour select")
        script = """
          const below = channels(getComputedStyle(document.querySelector('.map-frame')).backgroundColor);
          const colour = (name) => {
            const probe = document.getElementById('colour-probe');
            probe.style.color = `var(--map-${name})`;
            return channels(getComputedStyle(probe).color);
          };
          const names = [0, 1, 2, 3, 4, 5, 6].map((it) => `value-${it}`).concat(['grey', 'middle', 'high']);
          return names.map((name) => [name, contrast(colour(name), below)]);
        """
        bad = [it for it in browser.run(LOOK + script) if it[1] < 3]
        assert not bad, f"{scheme}: {bad}"


def shows_everything_at_once(browser, server, _):
    # No media queries for those who want no motion: this is how pictures of pages are taken.
    browser.media("light", "no-preference")
    browser.open(server, f"#/explore/{ONE}", fresh=True)
    browser.one(".around .card")
    script = "return [...document.querySelectorAll('.cards > li, .cards .card')].map((it) => Number(getComputedStyle(it).opacity))"
    assert min(browser.run(script)) == 1
    frames = "return document.getAnimations().flatMap((it) => it.effect.getKeyframes()).map((it) => it.opacity).filter((it) => it !== undefined && Number(it) < 1)"
    browser.driver.refresh()
    assert not browser.run(frames)
    browser.media("light")


def documents_the_api_on_a_phone(browser, server, _):
    browser.size(360, 740)
    try:
        browser.driver.get(f"{server.address}/docs")
        browser.one(".opblock-tag small")
        widths = browser.run("return [...document.querySelectorAll('.opblock-tag small')].map((it) => it.getBoundingClientRect().width)")
        assert len(widths) >= 4 and min(widths) > 250, widths
        assert browser.run("return document.documentElement.scrollWidth <= innerWidth")
        browser.run("document.querySelector('.opblock-tag').scrollIntoView()")
        browser.driver.save_screenshot(f"{browser.screenshots}/docs-360.png")
    finally:
        browser.size(1440, 900)


def switches_between_light_and_dark(browser, server, _):
    browser.open(server, "#/explore", fresh=True)
    ground = lambda: browser.run("return getComputedStyle(document.body).backgroundColor")
    light = ground()
    browser.click("#theme")
    assert ground() == light
    browser.click("#theme")
    dark = ground()
    assert dark != light
    browser.driver.refresh()
    assert ground() == dark, "the choice is kept"
    browser.click("#theme")
    assert ground() == light
    browser.media("dark")
    assert ground() == dark
    browser.media("light")


def _fits(browser, server, width, height, pictures):
    browser.size(width, height)
    try:
        for name in _each_view(browser, server):
            found = browser.run(LOOK + "return tooWide();")
            assert not found, f"{name} at {width}: {found[:5]}"
            if name in pictures:
                browser.screenshot(f"{name}-{width}")
    finally:
        browser.size(1440, 900)


def fits_360_pixels(browser, server, _):
    _fits(browser, server, 360, 740, VIEWS)


def fits_768_pixels(browser, server, _):
    _fits(browser, server, 768, 1024, ("explore",))


def fits_4k(browser, server, _):
    _fits(browser, server, 3840, 2160, ("explore", "status", "map"))


def has_names_and_landmarks(browser, server, _):
    for name in _each_view(browser, server):
        found = browser.run(LOOK + "return unnamed();")
        assert not found, f"{name}: {found}"


def moves_nothing_for_those_who_want_that(browser, server, _):
    for motion, moves in (("reduce", False), ("no-preference", True)):
        browser.media("light", motion)
        browser.open(server, f"#/explore/{ONE}", fresh=True)
        browser.one(".around .card")
        script = "return [...document.querySelectorAll('.cards > li')].some((it) => getComputedStyle(it).animationName !== 'none')"
        assert browser.run(script) == moves, motion
    browser.media("light")


def says_nothing_on_the_console(browser, _, __):
    browser.collect()
    # Answers that are no success are the server's business, and shown; Chromium lists them as well.
    said = [it for it in browser.said if it["level"] == "SEVERE" and it["source"] != "network"]
    assert not said, said[:5]
    policy = [it for it in browser.said if "Content Security Policy" in it["message"] or "TrustedHTML" in it["message"]]
    assert not policy, policy[:5]


def asks_no_other_server(browser, server, programs):
    browser.collect()
    allowed = tuple(f"{it.address}/" for it in programs.servers) + ("data:", "about:", "chrome:", "blob:")
    others = [url for url in browser.asked if not url.startswith(allowed)]
    assert not others, others[:5]
    assert len(browser.asked) > 50
