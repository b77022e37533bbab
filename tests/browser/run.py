"""Looks at the explorer as people do: python run.py PROGRAMS SCREENSHOTS [NAME...]

PROGRAMS is the folder with `kindred` and `index-builder`. Prints a line for each check and a line with the result, and
leaves pictures in SCREENSHOTS. With NAMEs only the checks are run that have one of them in theirs.
"""

import os
import sys
import tempfile
import traceback

import checks
from chromium import Chromium
from programs import Programs


def main():
    programs_folder, screenshots, *wanted = sys.argv[1:]
    os.makedirs(screenshots, exist_ok=True)
    passed, failed = 0, 0
    with tempfile.TemporaryDirectory() as work:
        programs = Programs(programs_folder, work)
        programs.build()
        server = programs.serve()
        browser = Chromium(screenshots)
        try:
            for name, check in checks.ALL:
                if wanted and not any(it in name for it in wanted):
                    continue
                if run(name, check, browser, server, programs):
                    passed += 1
                else:
                    failed += 1
        finally:
            browser.quit()
            programs.stop()
    print(f"test result: {'FAILED' if failed else 'ok'}. {passed} passed; {failed} failed")
    sys.exit(1 if failed or not passed else 0)


def run(name, check, browser, server, programs):
    try:
        check(browser, server, programs)
    except Exception:  # pylint: disable=broad-except
        print(f"check {name} ... FAILED", flush=True)
        traceback.print_exc()
        browser.driver.save_screenshot(os.path.join(browser.screenshots, f"failed-{name.replace(' ', '-')}.png"))
        return False
    finally:
        browser.collect()
    print(f"check {name} ... ok", flush=True)
    return True


if __name__ == "__main__":
    main()
