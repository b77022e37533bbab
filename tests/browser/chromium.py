"""A headless Chromium with one page, and what it said and asked for."""

import json
import os
import tempfile

from selenium import webdriver
from selenium.common.exceptions import StaleElementReferenceException
from selenium.webdriver.chrome.options import Options
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.by import By
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.keys import Keys

from programs import until

ARGUMENTS = [
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
    "--hide-scrollbars",
    # WebGL without a graphics card, for what draws with it.
    "--enable-unsafe-swiftshader",
]


def is_seen(element):
    try:
        return element.is_displayed()
    except StaleElementReferenceException:
        return False


class Chromium:
    def __init__(self, screenshots):
        options = Options()
        self.folder = tempfile.TemporaryDirectory()
        for argument in [*ARGUMENTS, f"--user-data-dir={self.folder.name}"]:
            options.add_argument(argument)
        options.binary_location = "/usr/bin/chromium"
        options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
        self.driver = webdriver.Chrome(service=Service(executable_path="/usr/bin/chromedriver"), options=options)
        self.driver.set_script_timeout(60)
        self.screenshots = screenshots
        self.said = []
        self.asked = []
        self.size(1440, 900)
        self.media("light")

    def quit(self):
        self.driver.quit()
        self.folder.cleanup()

    # What it looks like.

    def size(self, width, height, ratio=1):
        metrics = {"width": width, "height": height, "deviceScaleFactor": ratio, "mobile": False}
        self.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)

    def media(self, scheme, motion="reduce"):
        features = [
            {"name": "prefers-color-scheme", "value": scheme},
            {"name": "prefers-reduced-motion", "value": motion},
        ]
        self.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": features})

    def screenshot(self, name):
        self.settled()
        self.driver.save_screenshot(os.path.join(self.screenshots, f"{name}.png"))

    # What is on it.

    def run(self, script, *arguments):
        return self.driver.execute_script(script, *arguments)

    def run_async(self, script, *arguments):
        return self.driver.execute_async_script(script, *arguments)

    def all(self, selector):
        """What of a selector can be seen."""
        return [it for it in self.driver.find_elements(By.CSS_SELECTOR, selector) if is_seen(it)]

    def one(self, selector):
        return until(f"{selector} is there", lambda: self.all(selector))[0]

    def text(self, selector):
        """The text of the first element that can be seen; empty without one."""
        script = "for (const it of document.querySelectorAll(arguments[0])) if (it.checkVisibility()) return it.textContent; return '';"
        return self.run(script, selector)

    def texts(self, selector):
        script = "return [...document.querySelectorAll(arguments[0])].filter((it) => it.checkVisibility()).map((it) => it.textContent)"
        return self.run(script, selector)

    def says(self, selector, text):
        until(f"{selector} says {text!r}, and not {self.text(selector)!r}", lambda: text in self.text(selector))

    def settled(self):
        """Nothing is being asked for."""
        until("the page is at rest", lambda: not self.run("return document.querySelector('.view:not([hidden])[aria-busy], .view:not([hidden]) [aria-busy]')"))

    # What is done with it.

    def open(self, server, address="", fresh=False):
        """Shows an address; `fresh`: the page is loaded anew."""
        if fresh:
            self.driver.get("about:blank")
        self.driver.get(f"{server.address}/{address}")

    def address(self):
        return self.run("return location.hash")

    def press(self, *keys):
        ActionChains(self.driver).send_keys(*keys).perform()

    def click(self, selector):
        self.one(selector).click()

    def type(self, selector, text):
        field = self.one(selector)
        field.send_keys(Keys.CONTROL, "a")
        field.send_keys(text)

    def walk_to(self, selector):
        """Clicks on a card and waits for its profile; gives the id."""
        card = self.one(selector)
        profile_id = card.get_attribute("data-id")
        card.find_element(By.CSS_SELECTOR, "a.walk").click()
        self.shows(profile_id)
        return profile_id

    def shows(self, profile_id):
        """Waits until a profile and its neighbours are shown."""
        selector = f'.explore:not([hidden]) .profile[data-id="{profile_id}"]'
        until(f"the profile {profile_id} is shown", lambda: self.all(selector))
        self.settled()
        until("neighbours are shown", lambda: self.all(".explore .around > *"))

    def focused(self):
        return self.run("const it = document.activeElement; return [it.tagName.toLowerCase(), it.id, it.className, it.textContent.slice(0, 60)]")

    # What it said and asked for.

    def collect(self):
        self.said += self.driver.get_log("browser")
        for entry in self.driver.get_log("performance"):
            message = json.loads(entry["message"])["message"]
            if message["method"] == "Network.requestWillBeSent":
                self.asked.append(message["params"]["request"]["url"])
