"""Keys: asked for, kept for the session, and for what they open."""

from selenium.webdriver.common.keys import Keys

from programs import sample, until

FIRST = sample.generate(1, sample.SEED)[0]["_id"]


def _serve(programs, *scopes):
    lines, keys = zip(*(programs.key(it) for it in scopes))
    path = f"{programs.work}/keys-{len(programs.servers)}"
    with open(path, "w", encoding="utf-8") as file:
        file.writelines(lines)
    return programs.serve(None, "--api-keys", path), *keys


def _enter(browser, key):
    browser.one("#key-dialog[open]")
    browser.type("#key-input", key + Keys.ENTER)


def asks_for_a_key_and_keeps_it_for_the_session_only(browser, server, programs):
    del server
    other, key = _serve(programs, "read,observe")
    browser.open(other, f"#/explore/{FIRST}", fresh=True)
    browser.one("#key-dialog[open]")
    browser.screenshot("key")
    _enter(browser, "wrong-wrong-wrong")
    browser.says("#key-reason", "This key does not count")
    assert browser.run("return sessionStorage.length") == 0
    _enter(browser, key)
    browser.shows(FIRST)
    assert not browser.all("#key-dialog")
    browser.driver.refresh()
    browser.shows(FIRST)
    kept = browser.run("return [Object.values(sessionStorage), Object.values(localStorage), document.cookie]")
    assert kept[0] == [key] and key not in kept[1] and kept[2] == "", kept
    tab = browser.driver.current_window_handle
    browser.driver.switch_to.new_window("tab")
    try:
        browser.open(other, f"#/explore/{FIRST}")
        browser.one("#key-dialog[open]")
    finally:
        browser.driver.close()
        browser.driver.switch_to.window(tab)
    browser.click("#key")
    browser.click("#forget-key")
    assert browser.run("return sessionStorage.length") == 0
    browser.says(".explore h2", "A key is needed")
    other.stop()


def says_which_scope_a_key_does_not_have(browser, server, programs):
    del server
    other, read, all_keys = _serve(programs, "read", "read,observe,admin")
    browser.open(other, "#/status", fresh=True)
    _enter(browser, read)
    browser.says(".status .message", "The key does not have the scope observe.")
    browser.click(".status .message .primary")
    _enter(browser, all_keys)
    browser.one(".facts")
    browser.run("sessionStorage.clear()")
    other.stop()


def pins_a_version_and_unpins_it(browser, server, programs):
    del server
    directory = f"{programs.work}/pinned"
    for _ in range(2):
        programs.build(directory)
    line, key = programs.key("read,observe,admin")
    reader_line, reader = programs.key("read,observe")
    path = f"{programs.work}/keys-of-pins"
    with open(path, "w", encoding="utf-8") as file:
        file.write(line + reader_line)
    other = programs.serve(directory, "--api-keys", path)
    browser.open(other, "#/status", fresh=True)
    _enter(browser, reader)
    browser.one("[aria-label='Pin version 1']").click()
    browser.says(".said", "The key does not have the scope admin.")
    browser.run("sessionStorage.setItem('kindred.key', arguments[0])", key)
    browser.one("[aria-label='Pin version 1']").click()
    until("version 1 is served", lambda: other.json("/index", key)["version"] == 1)
    browser.one("[aria-label='Unpin version 1']")
    until("the page says so", lambda: browser.text("tr.served th").startswith("1"))
    browser.run("document.getElementById('status-versions').scrollIntoView()")
    browser.screenshot("pinned")
    browser.one("[aria-label='Unpin version 1']").click()
    until("version 2 is served", lambda: other.json("/index", key)["version"] == 2)
    browser.run("sessionStorage.clear()")
    other.stop()
