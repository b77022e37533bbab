"""Search, neighbours, the trail."""

from urllib.parse import quote

from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys

from programs import BIG_ID, HTML, LARGE, sample, until

FIRST = sample.generate(1, sample.SEED)[0]["_id"]
FINDER = "#finder input"


def begins_with_profiles_at_random(browser, server, _):
    browser.open(server, fresh=True)
    # Chance may choose one twice, but hardly three times.
    until("profiles are offered", lambda: len(browser.all(".start .card")) in (4, 5, 6))
    browser.screenshot("start")
    browser.walk_to(".start .card")


def suggests_profiles_by_the_beginning_of_an_id(browser, server, _):
    browser.open(server, "#/explore", fresh=True)
    browser.one(".start .card")
    browser.type(FINDER, FIRST[:2])
    expected = [str(it["_id"]) for it in server.json(f"/profiles?prefix={FIRST[:2]}&limit=8")]
    assert FIRST in expected or len(expected) == 8
    texts = [str(it["profile"]["_id"]) for it in server.json(f"/search?prefix={FIRST[:2]}&limit=8")["found"]]
    expected = (expected + [it for it in texts if it not in expected])[:8]
    options = lambda: browser.texts("#finder [role=option] code")
    until(f"{expected} are suggested, not {options()}", lambda: options() == expected)
    field = browser.one(FINDER)
    assert field.get_attribute("aria-expanded") == "true"
    browser.screenshot("suggestions")
    field.send_keys(Keys.ARROW_DOWN, Keys.ARROW_DOWN)
    active = browser.one(f"#{field.get_attribute('aria-activedescendant')}")
    assert active.get_attribute("aria-selected") == "true" and expected[1] in active.text
    field.send_keys(Keys.ENTER)
    browser.shows(expected[1])
    assert not browser.all("[role=listbox]")


def finds_people_by_name(browser, server, _):
    browser.open(server, "#/explore", fresh=True)
    browser.one(".start .card")
    assert browser.one(FINDER).get_attribute("placeholder") == "Name or beginning of an id"
    one = server.json(f"/profiles/{FIRST}")
    for typed in (one["name"][:3].upper(), one["surname"], f"{one['name'][:4].lower()}"):
        answer = server.json(f"/search?prefix={quote(typed)}&limit=8")
        expected = [str(it["profile"]["_id"]) for it in answer["found"]]
        assert answer["complete"] and expected and not server.json(f"/profiles?prefix={quote(typed)}")
        browser.type(FINDER, typed)
        until(f"{typed} suggests {expected}", lambda: browser.texts("#finder [role=option] code") == expected)
    browser.screenshot("names")
    # Whoever knows no id presses Enter, and the first is meant.
    browser.type(FINDER, one["surname"] + Keys.ENTER)
    browser.shows(str(server.json(f"/search?prefix={quote(one['surname'])}&limit=8")["found"][0]["profile"]["_id"]))
    city = server.json(f"/search?prefix={quote(one['city'])}&limit=8")["found"][0]
    assert city["field"] == "city" and city["profile"]["city"] == one["city"]


def says_what_nobody_is_called(browser, server, _):
    browser.open(server, "#/explore", fresh=True)
    browser.type(FINDER, "Nobody is called this" + Keys.ENTER)
    browser.says(".message", "Nobody is called this")


def closes_suggestions_with_escape_and_finds_a_whole_id(browser, server, _):
    browser.open(server, "#/explore", fresh=True)
    browser.type(FINDER, "nobody-has-this")
    browser.says("#finder .none", "No id and no name begins like this")
    browser.press(Keys.ESCAPE)
    assert not browser.all("[role=listbox]") and browser.one(FINDER).get_attribute("value") == "nobody-has-this"
    browser.press(Keys.ESCAPE)
    assert browser.one(FINDER).get_attribute("value") == ""
    browser.type(FINDER, FIRST + Keys.ENTER)
    browser.shows(FIRST)


def shows_the_nearest_with_distances_and_what_they_share(browser, server, _):
    browser.open(server, f"#/explore/{FIRST}", fresh=True)
    browser.shows(FIRST)
    nearest = server.nearest(FIRST, 12)
    cards = browser.all(".around .card")
    assert [it.get_attribute("data-id") for it in cards] == [str(it["profile"]["_id"]) for it in nearest]
    shown = [float(it.split()[-1]) for it in browser.texts(".around .distance > span:last-child")]
    assert all(abs(one - it["distance"]) < 0.0006 for one, it in zip(shown, nearest)) and len(shown) == 12, shown
    widths = browser.run("return [...document.querySelectorAll('.around .fill')].map((it) => it.getBoundingClientRect().width)")
    # The longer, the nearer, and the last is still to be seen.
    assert widths == sorted(widths, reverse=True) and widths[0] > widths[-1] > 10, widths
    browser.says(".around .legend", "the longer a bar, the nearer")
    mine = {it.lower() for it in server.json(f"/profiles/{FIRST}")["interests"]}
    theirs = nearest[0]["profile"]["interests"]
    marked = {it.text for it in cards[0].find_elements(By.CSS_SELECTOR, ".chip.shared mark")}
    assert mine & {it.lower() for it in theirs} <= {it.lower() for it in marked}, (mine, theirs, marked)
    assert not {it.lower() for it in theirs} - mine & {it.lower() for it in marked}
    browser.screenshot("explore-light")


def asks_for_as_many_as_are_chosen(browser, server, _):
    browser.open(server, f"#/explore/{FIRST}", fresh=True)
    browser.shows(FIRST)
    browser.run("const it = document.querySelector('.choose-n select'); it.value = '48'; it.dispatchEvent(new Event('change'))")
    until("48 cards are shown", lambda: len(browser.all(".around .card")) == 48)
    assert browser.address().endswith("?n=48")


def walks_three_steps_and_goes_back(browser, server, _):
    browser.open(server, f"#/explore/{FIRST}", fresh=True)
    browser.shows(FIRST)
    walked = [FIRST]
    for number in (1, 2, 1):
        walked.append(browser.walk_to(f".around li:nth-child({number}) .card"))
        assert browser.focused()[2] == "title", "whoever reads with a keyboard is where the page is"
    # One may come back to where one was; the trail has every step.
    assert browser.address() == "#/explore/" + "/".join(walked)
    assert len(browser.all(".explore .trail li")) == 4
    browser.driver.back()
    browser.shows(walked[2])
    browser.driver.back()
    browser.shows(walked[1])
    browser.driver.forward()
    browser.shows(walked[2])
    browser.all(".explore .trail a")[0].click()
    browser.shows(FIRST)
    assert browser.address() == f"#/explore/{FIRST}"


def restores_the_trail_from_the_address(browser, server, _):
    browser.open(server, f"#/explore/{FIRST}", fresh=True)
    browser.shows(FIRST)
    browser.walk_to(".around li:nth-child(3) .card")
    last = browser.walk_to(".around li:nth-child(2) .card")
    names = browser.texts(".explore .trail a")
    browser.driver.refresh()
    browser.shows(last)
    until(f"the trail says {names}", lambda: browser.texts(".explore .trail a") == names)
    assert names == [it.strip() for it in names] and FIRST not in names, "names, not ids"


def bounds_a_long_trail(browser, server, _):
    browser.open(server, "#/explore/" + "/".join([FIRST, LARGE] * 40), fresh=True)
    browser.shows(LARGE)
    assert len(browser.all(".explore .trail li")) == 24
    browser.walk_to(".around .card")
    assert browser.address().count("/") == 25


def walks_with_the_keyboard_alone(browser, server, _):
    browser.open(server, f"#/explore/{FIRST}", fresh=True)
    browser.shows(FIRST)
    second = browser.all(".around .card")[1].get_attribute("data-id")
    browser.press("j", "j")
    tag, _, name, _ = browser.focused()
    assert (tag, name) == ("a", "walk")
    outline = browser.run("return getComputedStyle(document.activeElement.closest('.card')).outlineStyle")
    assert outline == "solid", "the focus is seen"
    browser.press(Keys.ENTER)
    browser.shows(second)
    browser.press("u")
    browser.shows(FIRST)
    browser.press("/")
    assert browser.focused()[0] == "input"
    browser.press("?", Keys.ESCAPE, Keys.ESCAPE)
    browser.run("document.activeElement.blur()")
    browser.press("?")
    browser.one("#help[open]")
    browser.screenshot("shortcuts")
    browser.press(Keys.ESCAPE)
    until("the list is closed", lambda: not browser.all("#help"))
    browser.driver.refresh()
    browser.shows(FIRST)
    browser.press(Keys.TAB)
    assert browser.focused()[1] == "skip" and browser.one("#skip").rect["y"] >= 0
    browser.press(Keys.ENTER)
    assert browser.focused()[1] == "main" and browser.address() == f"#/explore/{FIRST}"


def needs_no_single_keys(browser, server, _):
    browser.open(server, f"#/explore/{FIRST}", fresh=True)
    browser.shows(FIRST)
    browser.press("?")
    browser.click("#shortcuts-off")
    browser.click("#help-close")
    browser.press("s")
    assert browser.address() == f"#/explore/{FIRST}"
    browser.click("#help-open")
    browser.click("#shortcuts-off")
    browser.click("#help-close")
    browser.press("s")
    until("the status is shown", lambda: browser.address() == "#/status")


def keeps_html_of_a_profile_as_text(browser, server, _):
    browser.open(server, f"#/explore/{HTML}", fresh=True)
    browser.shows(HTML)
    browser.says(".current .title", '<img src=x onerror="window.harmed=1"> <script>window.harmed=1</script>')
    browser.says(".current .text", "<svg/onload=window.harmed=1>")
    nearest = str(server.nearest(HTML, 1)[0]["profile"]["_id"])
    browser.open(server, f"#/compare/{HTML}/{nearest}")
    browser.one(".comparison td")
    browser.open(server, f"#/map/{nearest}/{HTML}")
    browser.one(f'.map-side .profile[data-id="{HTML}"]')
    browser.type(FINDER, HTML)
    browser.one("#finder [role=option]")
    assert browser.run("return window.harmed") is None
    assert browser.run("return document.querySelectorAll('main img, main script, main b, main i:not(.scale i), main [onerror]').length") == 0


def shows_a_large_document_in_parts(browser, server, _):
    browser.open(server, f"#/explore/{LARGE}", fresh=True)
    browser.shows(LARGE)
    assert len(browser.all(".current .profile > dl > .field")) == 16
    length = len(browser.text(".current .text"))
    browser.click(".current .text + .more")
    assert len(browser.text(".current .text")) > 5000 > 500 > length
    browser.click(".current .profile > .more")
    assert len(browser.all(".current .profile > dl > .field")) > 100
    browser.screenshot("large")
    assert browser.run("return document.documentElement.scrollWidth <= innerWidth")


def keeps_ids_that_a_double_cannot_hold(browser, server, _):
    browser.open(server, f"#/explore/{BIG_ID}", fresh=True)
    browser.shows(str(BIG_ID))
    browser.says(".current .id", str(BIG_ID))
    near = str(server.nearest(BIG_ID, 1)[0]["profile"]["_id"])
    browser.open(server, f"#/compare/{quote(near)}/{BIG_ID}")
    browser.says(".compared:last-child code", str(BIG_ID))
