"""Compare and status."""

from programs import sample, until

ONE, OTHER = (it["_id"] for it in sample.generate(2, sample.SEED))


def compares_two_profiles(browser, server, _):
    browser.open(server, f"#/compare/{ONE}/{OTHER}", fresh=True)
    distance = server.json(f"/distance?from={ONE}&to={OTHER}")["distance"]
    browser.says(".between strong", f"{distance:.3f}")
    one, other = (server.json(f"/profiles/{it}") for it in (ONE, OTHER))
    rows = browser.run(
        "return [...document.querySelectorAll('.comparison tbody tr')].map((row) =>"
        " [row.querySelector('th').textContent, row.className, row.querySelector('.sign .visually-hidden').textContent])"
    )
    assert [name for name, _, _ in rows] == [name for name in one if name != "_id"]
    for name, kind, _ in rows:
        if not isinstance(one[name], list) and len(str(one[name])) < 40:
            assert kind == ("relation-equal" if one[name] == other[name] else "relation-different"), name
        elif isinstance(one[name], list):
            is_part = set(one[name]) & set(other[name]) and one[name] != other[name]
            assert (kind == "relation-part") == bool(is_part), name
    browser.screenshot("compare")
    browser.click(".pickers .icon-button")
    until("they are swapped", lambda: browser.address() == f"#/compare/{OTHER}/{ONE}")


def chooses_whom_to_compare(browser, server, _):
    browser.open(server, "#/compare", fresh=True)
    browser.says(".comparison h2", "Choose two profiles")
    browser.type(".pickers .search:first-child input", ONE[:6])
    browser.one(".pickers [role=option]").click()
    until("the first is chosen", lambda: browser.address() == f"#/compare/{ONE}/")
    browser.type(".pickers .search:last-child input", OTHER + "\n")
    browser.one(".heads")
    browser.open(server, f"#/explore/{ONE}")
    browser.shows(ONE)
    near = browser.all(".around .card")[0].get_attribute("data-id")
    browser.all(".around .card footer a")[0].click()
    until("a card's profile is compared", lambda: browser.address() == f"#/compare/{ONE}/{near}")
    browser.one(".heads")


def shows_the_numbers_of_the_index(browser, server, _):
    browser.open(server, "#/status", fresh=True)
    browser.one(".facts")
    index = server.json("/index")
    facts = browser.run(
        "return Object.fromEntries([...document.querySelectorAll('.fact')].map((it) =>"
        " [it.querySelector('dt').textContent, it.querySelector('dd').textContent]))"
    )
    assert facts["version"] == str(index["version"])
    assert facts["profiles"] == f"{index['profiles']:,}"
    assert abs(float(facts["recall@10"].split()[0]) - index["recall_at_10"] * 100) < 0.006
    assert facts["vectors"] == f"{index['nodes']:,} × {index['dimension']}"
    assert facts["vectorizer"] == index["vectorizer"]
    assert any(it in facts["built"] for it in ("now", "second", "minute")), facts["built"]
    assert len(browser.all(".events li")) >= 1
    assert len(browser.all(".numbers tr.served")) == 1
    browser.says("#version", f"v{index['version']}")


def lists_what_fields_were_taken_for(browser, server, _):
    browser.open(server, "#/status", fresh=True)
    browser.one(".field-table")
    fields = server.json("/index")["fields"]
    rows = "return [...document.querySelectorAll('.field-table tbody tr')].map((row) => [...row.cells].map((it) => it.textContent))"
    for (name, kind, is_exposed, reason), it in zip(browser.run(rows), fields):
        assert (name, kind, is_exposed) == (it["name"], it["kind"], "yes" if it["exposed"] else "no")
        assert reason.lower().startswith(it["reason"].lower()[:20]), reason
    assert len(browser.run(rows)) == min(len(fields), 20)
    browser.run("document.querySelector('.field-table').scrollIntoView()")
    browser.screenshot("fields")
    browser.click(".field-table-panel > .more")
    until("all are listed", lambda: len(browser.run(rows)) == len(fields))


def shows_the_version_where_nothing_is_asked(browser, server, _):
    browser.open(server, "#/compare", fresh=True)
    browser.says("#version", f"v{server.json('/index')['version']}")


def counts_requests_as_they_come(browser, server, _):
    browser.open(server, "#/status", fresh=True)
    browser.says("#status-live + *", "requests a second")
    path = f"/recommend/{ONE}/5"

    def rate():
        for _ in range(200):
            server.get(path)
        return float((browser.text(".tile strong") or "0").replace(",", "")) > 5 and browser.texts(".tile strong")

    rates = until("requests are counted", rate)
    assert all(it.endswith(("µs", "ms", " s")) for it in rates[1:3]), rates
    until("the route is listed", lambda: "/recommend/{id}/{n}" in browser.texts(".numbers th code"))
    assert browser.all(".chart .line-1") and browser.all(".moments .moment")
    browser.screenshot("status-light")
