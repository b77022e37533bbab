"""The map, as both ways of drawing show it."""

from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys

from programs import sample, until

FIRST = sample.generate(1, sample.SEED)[0]["_id"]

# Draws the picture once more and counts its pixels while it is still there: WebGL keeps none.
PIXELS = """
const done = arguments[arguments.length - 1];
document.dispatchEvent(new Event("kindred:theme"));
requestAnimationFrame(() => {
  const source = document.querySelector(".stage canvas:not(.over)");
  const copy = new OffscreenCanvas(source.width, source.height).getContext("2d");
  copy.drawImage(source, 0, 0);
  const bytes = copy.getImageData(0, 0, source.width, source.height).data;
  const colours = new Set();
  let drawn = 0;
  for (let i = 0; i < bytes.length; i += 4) {
    if (bytes[i + 3] > 0) {
      drawn += 1;
      colours.add((bytes[i] << 16) | (bytes[i + 1] << 8) | bytes[i + 2]);
    }
  }
  done([drawn, colours.size, source.width * source.height]);
});
"""


def _open(browser, server, address):
    browser.open(server, address, fresh=True)
    until("the map is drawn", lambda: "profiles" in browser.text(".map-caption"))
    until("colours are there", lambda: browser.all(".choose-colour select"))


# The opaque colours of the picture, drawn once more, and those that the legend shows.
OPAQUE = PIXELS.replace("if (bytes[i + 3] > 0) {", "if (bytes[i + 3] === 255) {").replace(
    "done([drawn, colours.size, source.width * source.height]);", "done([drawn, [...colours]]);"
)
SWATCHES = """
return [...document.querySelectorAll(".swatches .swatch")].map((it) => {
  const [red, green, blue] = getComputedStyle(it).backgroundColor.match(/\\d+/g).map(Number);
  return [it.parentElement.textContent, (red << 16) | (green << 8) | blue];
});
"""


def _colour_by(browser, field):
    script = "const it = document.querySelector('.choose-colour select'); it.value = arguments[0]; it.dispatchEvent(new Event('change'));"
    browser.run(script, field)


def _is_coloured(browser, server, how, scheme):
    browser.media(scheme)
    _open(browser, server, f"#/map?draw={how}")
    fields = {it["field"]: it for it in server.json("/map/fields")["fields"]}
    _colour_by(browser, "gender")
    values = [f"{it['value']}{it['profiles']:,}" for it in fields["gender"]["values"]]
    until(f"the legend says {values}", lambda: [text for text, _ in browser.run(SWATCHES)][: len(values)] == values)
    legend = [colour for _, colour in browser.run(SWATCHES)]
    assert len(set(legend)) == len(legend) >= 3
    drawn, colours = browser.run_async(OPAQUE)
    assert drawn > 500 and len(set(colours) & set(legend)) >= 3, (how, colours, legend)
    # A graphics card blends the edges of points that lie on each other.
    assert how == "webgl2" or set(colours) <= set(legend), (colours, legend)
    _colour_by(browser, "age")
    scale = f"{fields['age']['low']:.0f}{fields['age']['high']:.0f}"
    until("the legend is a scale", lambda: browser.text(".colour-scale") == scale)
    assert len(browser.run_async(OPAQUE)[1]) > 20
    _colour_by(browser, "")
    browser.says(".colour-scale", "few profiles")


def colours_the_map_by_a_field_with_a_legend(browser, server, _):
    for how in ("canvas", "webgl2"):
        for scheme in ("dark", "light"):
            _is_coloured(browser, server, how, scheme)
    _colour_by(browser, "city")
    browser.says(".swatches", "others")
    browser.screenshot("map-coloured")
    browser.driver.refresh()
    until("the choice is kept", lambda: browser.all(".choose-colour select") and "others" in browser.text(".swatches"))
    _colour_by(browser, "gender")


def tells_fingers_to_tap(browser, server, _):
    browser.driver.execute_cdp_cmd("Emulation.setTouchEmulationEnabled", {"enabled": True, "maxTouchPoints": 2})
    metrics = {"width": 360, "height": 740, "deviceScaleFactor": 2, "mobile": True}
    browser.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)
    try:
        _open(browser, server, "#/map")
        browser.says(".map-side", "Tap a point")
    finally:
        browser.driver.execute_cdp_cmd("Emulation.setTouchEmulationEnabled", {"enabled": False})
        browser.size(1440, 900)


def _draws(browser, server, how, name):
    _open(browser, server, f"#/map?draw={how}")
    assert browser.run("return document.querySelector('.stage').dataset.drawing") == name
    assert browser.text(".map-caption").endswith(" profiles"), "how it is drawn is nobody's concern"
    _colour_by(browser, "")
    browser.says(".colour-scale", "few profiles")
    drawn, colours, pixels = browser.run_async(PIXELS)
    # Each point covers some pixels, and most of the map is empty.
    assert 1500 < drawn < pixels / 2 and colours > 20, (drawn, colours, pixels)


def draws_the_map_without_webgl(browser, server, _):
    _draws(browser, server, "canvas", "Canvas 2D")


def draws_the_map_with_webgl(browser, server, _):
    _draws(browser, server, "webgl2", "WebGL 2")
    browser.screenshot("map-webgl")


def tells_who_is_under_the_pointer_and_walks_there(browser, server, _):
    _open(browser, server, f"#/map/{FIRST}")
    browser.one(f'.map-side .profile[data-id="{FIRST}"]')
    surface = browser.one(".over")
    browser.screenshot("map-light")
    for x, y in ((0, 0), (40, 0), (-40, 30), (0, -60), (70, 40), (-90, -40), (120, 0), (0, 100)):
        ActionChains(browser.driver).move_to_element_with_offset(surface, x, y).perform()
        if "at-point" in surface.get_attribute("class"):
            break
    else:
        raise AssertionError("nobody is near the middle of the map")
    browser.one(".tip strong")
    name = browser.text(".tip strong")
    ActionChains(browser.driver).click().perform()
    until("a step was walked", lambda: browser.address().startswith(f"#/map/{FIRST}/"))
    browser.says(".map-side .title", name)
    walked = browser.address().rsplit("/", 1)[1]
    assert walked == browser.one(".map-side .profile").get_attribute("data-id") != FIRST
    assert len(browser.all(".near li")) == 12
    browser.click(".near a")
    until("a neighbour is the next step", lambda: browser.address().count("/") == 4)
    browser.driver.back()
    browser.says(".map-side .title", name)


def zooms_and_moves(browser, server, _):
    _open(browser, server, f"#/map/{FIRST}")
    before = browser.run_async(PIXELS)[0]
    for _ in range(4):
        browser.click(".map-controls button:first-child")
    until("points are larger when one is nearer", lambda: browser.run_async(PIXELS)[0] != before)
    near = browser.run_async(PIXELS)[0]
    surface = browser.one(".over")
    ActionChains(browser.driver).move_to_element(surface).click_and_hold().move_by_offset(150, 60).release().perform()
    assert browser.address() == f"#/map/{FIRST}", "a drag is no click"
    until("another part is seen", lambda: browser.run_async(PIXELS)[0] != near)
    browser.run("arguments[0].dispatchEvent(new WheelEvent('wheel', {deltaY: -300, bubbles: true, cancelable: true}))", surface)
    browser.click(".map-controls button:last-child")
    until("everything is seen again", lambda: abs(browser.run_async(PIXELS)[0] - before) < before / 20)


def walks_on_the_map_with_the_keyboard(browser, server, _):
    _open(browser, server, f"#/map/{FIRST}")
    browser.one(".map-side .profile")
    browser.run("document.querySelector('.map-controls button').focus()")
    # Backwards from the buttons is the map.
    browser.press(Keys.SHIFT, Keys.TAB)
    browser.run("document.querySelector('.over').focus()")
    assert "over" in browser.focused()[2]
    for key in (Keys.ARROW_RIGHT, Keys.ARROW_LEFT, "-", "0", Keys.ARROW_UP, Keys.ARROW_DOWN):
        browser.press(key)

    def walked():
        browser.press(Keys.ENTER)
        if browser.address() != f"#/map/{FIRST}":
            return True
        browser.press("-", Keys.ARROW_LEFT)
        return False

    until("Enter walks to the profile in the middle", walked)


def pinches(browser, server, _):
    _open(browser, server, "#/map")
    before = browser.run_async(PIXELS)[0]
    box = browser.run("const it = document.querySelector('.over').getBoundingClientRect(); return [it.x + it.width / 2, it.y + it.height / 2]")

    def touch(kind, apart):
        points = [] if kind == "touchEnd" else [{"x": box[0] + side * apart, "y": box[1], "id": side + 1} for side in (-1, 1)]
        browser.driver.execute_cdp_cmd("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})

    browser.driver.execute_cdp_cmd("Emulation.setTouchEmulationEnabled", {"enabled": True, "maxTouchPoints": 2})
    try:
        touch("touchStart", 40)
        for apart in range(50, 200, 10):
            touch("touchMove", apart)
        touch("touchEnd", 0)
    finally:
        browser.driver.execute_cdp_cmd("Emulation.setTouchEmulationEnabled", {"enabled": False})
    until("the map is nearer", lambda: browser.run_async(PIXELS)[0] != before)
    assert browser.address() == "#/map", "a pinch is no click"


def loads_another_map_when_the_index_was_swapped(browser, server, programs):
    directory = f"{programs.work}/swapped-map"
    programs.build(directory)
    other = programs.serve(directory)
    _open(browser, other, "#/map")
    surface = browser.one(".over")
    programs.build(directory)
    until("the next version is served", lambda: other.json("/index")["version"] == 2)
    browser.collect()
    loaded = len([url for url in browser.asked if url.endswith("/map")])

    def loads():
        for x in (-60, -30, 0, 30, 60):
            ActionChains(browser.driver).move_to_element_with_offset(surface, x, 10).perform()
        browser.collect()
        return len([url for url in browser.asked if url.endswith("/map")]) > loaded

    until("the map is loaded again", loads)
    until("a tip comes from the new one", lambda: loads() and browser.all(".tip strong"))
    other.stop()


def says_that_an_index_has_no_map(browser, server, programs):
    del server
    directory = f"{programs.work}/without-map"
    programs.build(directory, "--no-map")
    other = programs.serve(directory)
    browser.open(other, "#/map", fresh=True)
    browser.says(".map-trouble h2", "This index has no map")
    other.stop()
