"""What goes wrong, and how it is said."""

import os

from programs import sample, until

FIRST = sample.generate(1, sample.SEED)[0]["_id"]


def says_that_an_id_is_unknown(browser, server, _):
    browser.open(server, "#/explore/nobody%2Fhere", fresh=True)
    browser.says(".explore .message h2", "Unknown id")
    browser.says(".explore .message p", 'No profile has the id "nobody/here".')
    browser.screenshot("unknown-id")
    browser.click(".explore .message .button")
    browser.one(".start .card")


def waits_for_an_index(browser, server, programs):
    del server
    directory = os.path.join(programs.work, "later")
    other = programs.serve(directory)
    browser.open(other, f"#/explore/{FIRST}", fresh=True)
    browser.says(".explore .message h2", "Waiting for an index")
    browser.screenshot("no-index")
    programs.build(directory)
    browser.shows(FIRST)
    other.stop()


def says_that_the_server_is_offline_and_recovers(browser, server, programs):
    del server
    other = programs.serve()
    browser.open(other, f"#/explore/{FIRST}", fresh=True)
    browser.shows(FIRST)
    name = browser.text(".current .title")
    other.stop()
    browser.all(".around .card a.walk")[0].click()
    browser.says("#banner", "The server cannot be reached")
    assert browser.text(".current .title") == name, "what was there stays"
    browser.screenshot("offline")
    wanted = browser.address().rsplit("/", 1)[1]
    again = programs.serve(None, port=other.port)
    until("the banner is gone", lambda: not browser.all("#banner"))
    browser.shows(wanted)
    again.stop()


def notices_a_swap_while_it_is_open(browser, server, programs):
    del server
    directory = os.path.join(programs.work, "swapped")
    programs.build(directory)
    other = programs.serve(directory)
    browser.open(other, f"#/explore/{FIRST}", fresh=True)
    browser.shows(FIRST)
    programs.build(directory)
    until("the next version is served", lambda: other.json("/index")["version"] == 2)
    browser.says("#banner", "Version 2 of the index is served now.")
    browser.screenshot("swapped")
    browser.click("#banner button")
    until("the banner is gone", lambda: not browser.all("#banner"))
    browser.shows(FIRST)
    browser.says("#version", "v2")
    other.stop()


def says_what_other_errors_are(browser, server, programs):
    del server
    limited = programs.serve(None, "--rate-limit", "1/h")
    browser.open(limited, f"#/explore/{FIRST}", fresh=True)
    browser.says(".explore .message", "Too many requests")
    browser.one(".explore .message button")
    limited.stop()


# What a browser does that is told to block the data of sites.
NOTHING_IS_KEPT = """
for (const name of ["localStorage", "sessionStorage"])
  Object.defineProperty(window, name, { get() { throw new DOMException("denied", "SecurityError"); } });
"""


def works_where_the_browser_keeps_nothing(browser, server, programs):
    script = browser.driver.execute_cdp_cmd("Page.addScriptToEvaluateOnNewDocument", {"source": NOTHING_IS_KEPT})
    try:
        browser.open(server, f"#/explore/{FIRST}", fresh=True)
        browser.shows(FIRST)
        theme = "return document.documentElement.dataset.theme"
        browser.click("#theme")
        assert browser.run(theme) == "light", browser.run(theme)
        browser.click("#theme")
        assert browser.run(theme) == "dark", "what was chosen is remembered for as long as the page is open"
        browser.walk_to(".around .card")
    finally:
        browser.driver.execute_cdp_cmd("Page.removeScriptToEvaluateOnNewDocument", script)


SERVERS = "return [...document.querySelectorAll('.servers option')].map((it) => it.value)"


def works_below_a_path(browser, server, programs):
    below = programs.below(server, "/people")
    browser.open(below, f"#/explore/{FIRST}", fresh=True)
    browser.shows(FIRST)
    browser.driver.get(f"{below.address}/docs")
    until("the document is shown", lambda: browser.all(".opblock"))
    assert browser.run(SERVERS) == [below.address], browser.run(SERVERS)
    browser.click("#operations-profiles-get_random .opblock-summary-control")
    browser.click("#operations-profiles-get_random .execute")
    until("it was answered", lambda: "200" in browser.text("#operations-profiles-get_random .live-responses-table .response .response-col_status"))
    assert f"{below.address}/random" in browser.text("#operations-profiles-get_random .request-url")
    browser.driver.get(f"{server.address}/docs")
    until("the document is shown", lambda: browser.all(".opblock"))
    assert browser.run(SERVERS) == [server.address], browser.run(SERVERS)
