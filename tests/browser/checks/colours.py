"""The colours of the map while the server has not read all profiles."""

import json

from selenium.webdriver.common.action_chains import ActionChains

from programs import until

from .map import SWATCHES, _colour_by

# What the page gets from a server that has read `looked_at` profiles, and reads `growth` more for every answer; 0 are all.
# Before all have been read, the values of a category have another order. Keeps the legends that were shown.
READING = """
window.reading = READING;
window.legends = [];
const legend = () => [...document.querySelectorAll(".swatches li")].map((it) => it.textContent).join();
new MutationObserver(() => window.legends.push(legend())).observe(document, {childList: true, subtree: true});
const ask = window.fetch;
window.fetch = async (path, options) => {
  const {reading} = window;
  const response = await ask(path, options);
  if (path.includes("/map/fields")) reading.version = Number(response.headers.get("x-index-version"));
  if (path.includes("/map/values") && reading.is_all_after_values) reading.looked_at = 0;
  if (!path.includes("/map/fields") || !response.ok || reading.looked_at === 0) return response;
  const answer = {...await response.json(), complete: false, looked_at: reading.looked_at};
  for (const field of answer.fields) field.values?.reverse();
  reading.looked_at += reading.growth;
  return new Response(JSON.stringify(answer), {status: 200, headers: response.headers});
};
if (location.protocol !== "about:") sessionStorage.setItem("kindred.colour", "gender");
"""

SAID = ".map-legend [role=status]"
CHOICE = ".choose-colour select"


def _while_reading(browser, server, look, looked_at=1000, growth=0, is_all_after_values=False):
    """Has the map looked at; it is coloured by gender at first."""
    reading = {"looked_at": looked_at, "growth": growth, "is_all_after_values": is_all_after_values}
    source = READING.replace("READING", json.dumps(reading))
    script = browser.driver.execute_cdp_cmd("Page.addScriptToEvaluateOnNewDocument", {"source": source})
    try:
        browser.open(server, "#/map", fresh=True)
        browser.says(".map-caption", "profiles")
        look()
    finally:
        browser.driver.execute_cdp_cmd("Page.removeScriptToEvaluateOnNewDocument", script)


def _read(browser, looked_at=0, growth=0):
    browser.run("Object.assign(window.reading, {looked_at: arguments[0], growth: arguments[1]})", looked_at, growth)


def _legend(server, field):
    fields = {it["field"]: it for it in server.json("/map/fields")["fields"]}
    return [f"{it['value']}{it['profiles']:,}" for it in fields[field]["values"]]


def _shows(browser, legend):
    until(f"the legend says {legend}", lambda: [text for text, _ in browser.run(SWATCHES)][: len(legend)] == legend)


def colours_with_what_was_read_and_says_how_much_that_is(browser, server, _):
    genders, cities = _legend(server, "gender"), _legend(server, "city")
    profiles = server.json("/map/fields")["profiles"]

    def look():
        _shows(browser, genders[::-1])
        browser.says(SAID, f"Only 1,000 of {profiles:,} profiles have been read for the colours.")
        browser.says(".swatches", "none, not read")
        browser.screenshot("map-partly-read")
        _colour_by(browser, "city")
        _shows(browser, cities[::-1])
        # A choice does not end the questions whether all have been read.
        _read(browser)
        _shows(browser, cities)
        until("nothing is said any more", lambda: browser.text(SAID) == "")
        assert "not read" not in browser.text(".swatches")

    _while_reading(browser, server, look)


def waits_for_colours_while_more_profiles_are_read(browser, server, _):
    def look():
        seen = set()

        def see():
            seen.add(browser.text(SAID))
            return len(seen - {""}) == 3

        until("three answers were shown", see)
        assert all(it.endswith(" so far.") for it in seen - {""}), seen
        assert not browser.all(CHOICE), "the next answer would say something else"
        _read(browser)
        until("colours are there", lambda: browser.all(CHOICE))
        assert browser.text(SAID) == ""

    _while_reading(browser, server, look, growth=1)


def shows_no_legend_of_another_stage_than_the_colours(browser, server, _):
    genders = _legend(server, "gender")

    def look():
        _shows(browser, genders)
        before = ",".join(genders[::-1])
        assert not [it for it in browser.run("return window.legends") if it.startswith(before)]

    _while_reading(browser, server, look, is_all_after_values=True)


def shows_no_legend_of_the_version_before(browser, server, programs):
    del server
    directory = f"{programs.work}/swapped-colours"
    programs.build(directory)
    other = programs.serve(directory)
    genders = _legend(other, "gender")

    def is_loaded():
        surface = browser.one(".over")
        for x in (-60, -30, 0, 30, 60):
            ActionChains(browser.driver).move_to_element_with_offset(surface, x, 10).perform()
        return "so far" in browser.text(SAID)

    def look():
        _shows(browser, genders)
        _read(browser, 1000, 1)
        programs.build(directory)
        until("the next version is served", lambda: other.json("/index")["version"] == 2)
        until("the next version is being read", is_loaded)
        assert not browser.all(CHOICE), "its fields are not known yet"
        browser.says(".swatches", "few profiles")
        _read(browser)
        _shows(browser, genders)
        assert browser.all(CHOICE) and browser.text(SAID) == ""

    _while_reading(browser, other, look, looked_at=0)
    other.stop()


def takes_no_fields_of_a_version_that_is_not_shown(browser, server, programs):
    del server
    directory = f"{programs.work}/swapped-while-reading"
    programs.build(directory)
    other = programs.serve(directory)
    genders = _legend(other, "gender")

    def look():
        browser.says(SAID, "so far")
        programs.build(directory)
        until("the next version is served", lambda: other.json("/index")["version"] == 2)
        _read(browser)
        until("its fields are there", lambda: browser.run("return window.reading.version") == 2)
        until("nothing is said any more", lambda: browser.text(SAID) == "")
        assert not browser.all(CHOICE), "the map is that of the version before"
        browser.says("#banner", "Version 2 of the index is served now.")
        browser.click("#banner button")
        _shows(browser, genders)

    _while_reading(browser, other, look, growth=1)
    other.stop()
