"""The page of `ssoroute serve` in a real browser: headless Chromium, driven by Selenium."""

from __future__ import annotations

import base64
import re
import shutil
import subprocess
import sys
import tarfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("selenium", reason="selenium is not installed")
pytest.importorskip("uvicorn", reason="uvicorn (extra `serve`) is not installed")

from selenium import webdriver
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.ui import WebDriverWait

from cli_world import REDIRECT, write_profile
from serving import Serving, serving

ROOT = Path(__file__).parent.parent
CHROMIUM, DRIVER = shutil.which("chromium"), shutil.which("chromedriver")
pytestmark = pytest.mark.skipif(
    not CHROMIUM or not DRIVER, reason="Chromium and its driver are not installed"
)
FLAGS = (
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--window-size=1000,1600",
)


@pytest.fixture(scope="module")
def service() -> Iterator[Serving]:
    with serving("-p", "examples/profiles", "--os", "macOS@15.4") as running:
        yield running


@pytest.fixture
def browser(tmp_path: Path) -> Iterator[Any]:
    options = webdriver.ChromeOptions()
    options.binary_location = CHROMIUM or ""
    for flag in (*FLAGS, f"--user-data-dir={tmp_path}"):
        options.add_argument(flag)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    driver = webdriver.Chrome(options, webdriver.ChromeService(DRIVER))
    try:
        yield driver
    finally:
        driver.quit()


def text_of(browser: Any, name: str) -> str:
    """The text of an element, once there is some."""
    WebDriverWait(browser, 20).until(lambda b: b.find_element(By.ID, name).text.strip())
    return str(browser.find_element(By.ID, name).text)


def requested_hosts(browser: Any) -> set[str]:
    import json
    from urllib.parse import urlsplit

    hosts = set()
    for entry in browser.get_log("performance"):
        message = json.loads(entry["message"])["message"]
        if message["method"] == "Network.requestWillBeSent":
            url = urlsplit(message["params"]["request"]["url"])
            if url.scheme in ("http", "https", "ws", "wss"):
                hosts.add(url.netloc)
    return hosts


def test_a_question_is_answered_and_explained(service: Serving, browser: Any) -> None:
    browser.get(service.url)
    browser.find_element(By.ID, "url").send_keys("https://login.microsoftonline.com.evil.net/")
    browser.find_element(By.CSS_SELECTOR, "#ask button").click()
    outcome = text_of(browser, "outcome")
    assert "handle (url_prefix)" in outcome
    assert "com.microsoft.CompanyPortalMac.ssoextension (UBF8T346G9) gets the request" in outcome
    assert "look-alike" in outcome
    decides = browser.find_elements(By.CSS_SELECTOR, "#steps .decides")
    assert [row.get_attribute("aria-current") for row in decides] == ["step"]
    assert "selected: com.microsoft.CompanyPortalMac.ssoextension" in decides[0].text
    assert "https://login.microsoftonline.com" in text_of(browser, "map")
    assert [entry for entry in browser.get_log("browser") if entry["level"] == "SEVERE"] == []
    assert requested_hosts(browser) == {service.netloc}


def test_a_picture_is_made(service: Serving, browser: Any) -> None:
    """`docs/pictures/serve.webp` is a copy of what this leaves in `.pytest_cache`."""
    browser.set_window_size(1000, 1180)
    browser.get(
        f"{service.url}#url=https%3A%2F%2Flogin.microsoftonline.com.evil.net%2F"
        "&caller=com.apple.Safari&os=macOS%4015.4"
    )
    text_of(browser, "outcome")
    text_of(browser, "map")
    taken = browser.execute_cdp_cmd("Page.captureScreenshot", {"format": "webp", "quality": 80})
    picture = base64.b64decode(taken["data"])
    assert picture[8:12] == b"WEBP"
    shot = ROOT / ".pytest_cache" / "serve.webp"
    shot.parent.mkdir(exist_ok=True)
    shot.write_bytes(picture)


def test_the_state_is_in_the_fragment(service: Serving, browser: Any) -> None:
    browser.get(f"{service.url}#url=https%3A%2F%2Fsts.windows.net%2F&locked=1")
    assert "do_not_handle (screen_locked)" in text_of(browser, "outcome")
    assert browser.find_element(By.ID, "locked").is_selected()


def test_a_dropped_profile_is_used(service: Serving, browser: Any) -> None:
    browser.get(f"{service.url}#url=https%3A%2F%2Fsts.windows.net%2F")
    assert "handle (url_prefix)" in text_of(browser, "outcome")
    kerberos = ROOT / "examples" / "profiles" / "kerberos.mobileconfig"
    browser.find_element(By.ID, "files").send_keys(str(kerberos))
    WebDriverWait(browser, 20).until(
        lambda b: "do_not_handle (no_match)" in b.find_element(By.ID, "outcome").text
    )
    assert "kerberos.mobileconfig" in text_of(browser, "profiles-text")
    assert "AppSSOKerberos" in text_of(browser, "map")


def test_a_change_can_be_applied(service: Serving, browser: Any) -> None:
    browser.get(f"{service.url}#url=https%3A%2F%2Fsts.windows.net%2F")
    text_of(browser, "outcome")
    buttons = browser.find_elements(By.CSS_SELECTOR, "#changes button")
    next(button for button in buttons if button.text == "with the screen locked").click()
    WebDriverWait(browser, 20).until(
        lambda b: "do_not_handle (screen_locked)" in b.find_element(By.ID, "outcome").text
    )


def test_clients_and_versions_are_compared(service: Serving, browser: Any) -> None:
    browser.get(f"{service.url}#url=https%3A%2F%2Fsts.windows.net%2F")
    text_of(browser, "outcome")
    browser.find_element(By.ID, "clients").click()
    assert "not asked" in text_of(browser, "clients-table")
    browser.find_element(By.ID, "versions").click()
    assert "macOS 15.4" in text_of(browser, "versions-table")
    choices = browser.find_elements(By.CSS_SELECTOR, "#experiment option")
    choices[1].click()
    assert "Look for" in text_of(browser, "experiment-steps")
    assert [entry for entry in browser.get_log("browser") if entry["level"] == "SEVERE"] == []


def test_it_works_on_a_narrow_screen(service: Serving, browser: Any) -> None:
    browser.execute_cdp_cmd(
        "Emulation.setDeviceMetricsOverride",
        {"width": 400, "height": 800, "deviceScaleFactor": 1, "mobile": True},
    )
    browser.get(f"{service.url}#url=https%3A%2F%2Fsts.windows.net%2F")
    text_of(browser, "outcome")
    width = browser.execute_script("return document.documentElement.scrollWidth")
    assert width <= 400


@pytest.mark.parametrize(
    ("scheme", "background"), [("light", "rgb(255, 255, 255)"), ("dark", "rgb(22, 22, 24)")]
)
def test_it_follows_the_colours_of_the_system(
    service: Serving, browser: Any, scheme: str, background: str
) -> None:
    feature = {"name": "prefers-color-scheme", "value": scheme}
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": [feature]})
    browser.get(service.url)
    colour = "return getComputedStyle(document.body).backgroundColor"
    assert browser.execute_script(colour) == background


def test_the_keyboard_is_enough(service: Serving, browser: Any) -> None:
    browser.get(service.url)
    text_of(browser, "map")
    browser.find_element(By.TAG_NAME, "body").send_keys(Keys.TAB)
    browser.switch_to.active_element.send_keys("https://sts.windows.net/", Keys.ENTER)
    assert "handle (url_prefix)" in text_of(browser, "outcome")
    for _ in range(4):
        browser.switch_to.active_element.send_keys(Keys.TAB)
    focused = browser.switch_to.active_element
    assert focused.get_attribute("id") == "challenge"
    outline = "return getComputedStyle(document.activeElement).outlineStyle"
    assert browser.execute_script(outline) == "solid"
    focused.send_keys(Keys.SPACE)
    WebDriverWait(browser, 20).until(
        lambda b: "do_not_handle (no_match)" in b.find_element(By.ID, "outcome").text
    )


def test_the_script_has_no_error_of_syntax() -> None:
    node = shutil.which("node")
    if node is None:
        pytest.skip("Node.js is not installed")
    script = ROOT / "src" / "ssoroute" / "service" / "page" / "page.js"
    subprocess.run([node, "--check", str(script)], check=True, stdout=sys.stderr)


def test_a_dropped_sysdiagnose_is_used(service: Serving, browser: Any, tmp_path: Path) -> None:
    (folder,) = (ROOT / "examples" / "device").iterdir()
    archive = tmp_path / f"{folder.name}.tar.gz"
    with tarfile.open(archive, "w:gz") as tar:
        tar.add(folder, folder.name)
    browser.get(f"{service.url}#url=https%3A%2F%2Flogin.microsoftonline.com%2F")
    assert "handle (url_prefix)" in text_of(browser, "outcome")
    browser.find_element(By.ID, "files").send_keys(str(archive))
    assert "authsrv:login.microsoftonline.com approved" in text_of(browser, "facts")
    assert archive.name in text_of(browser, "profiles-text")
    assert "missing: extensions: " in text_of(browser, "missing")
    browser.find_element(By.ID, "own").click()
    WebDriverWait(browser, 20).until(lambda b: not b.find_element(By.ID, "facts").is_displayed())
    assert [entry for entry in browser.get_log("browser") if entry["level"] == "SEVERE"] == []


def test_the_markdown_that_is_copied_is_that_of_the_documentation(
    service: Serving, browser: Any
) -> None:
    browser.get(
        f"{service.url}#url=https%3A%2F%2Flogin.microsoftonline.com.evil.net%2F"
        "&caller=com.apple.Safari"
    )
    text_of(browser, "outcome")
    browser.execute_script("navigator.clipboard.writeText = async (text) => { copied_ = text; };")
    browser.find_element(By.ID, "markdown").click()
    assert text_of(browser, "copied") == "copied"
    page = (ROOT / "docs" / "serve.md").read_text(encoding="utf-8")
    (shown,) = re.findall(r"^```markdown\n(.*?)\n```$", page, re.MULTILINE | re.DOTALL)
    assert browser.execute_script("return copied_") == shown


def test_payloads_that_get_nothing_are_listed(
    service: Serving, browser: Any, tmp_path: Path
) -> None:
    first = {**REDIRECT, "URLs": ["https://login.example.com/"]}
    second = {**first, "ExtensionIdentifier": "com.example.late"}
    second["URLs"] = ["https://login.example.com/late/", "https://free.example/"]
    path = write_profile(tmp_path / "two.mobileconfig", first, second)
    browser.get(service.url)
    text_of(browser, "map")
    browser.find_element(By.ID, "files").send_keys(str(path))
    WebDriverWait(browser, 20).until(
        lambda b: "com.example.late" in b.find_element(By.ID, "payloads").text
    )
    rows = [row.text for row in browser.find_elements(By.CSS_SELECTOR, "#payloads > li")]
    place = "Redirect, two.mobileconfig: PayloadContent"
    late = "https://login.example.com/late/"
    why = (
        "has no effect: the earlier `https://login.example.com/` gets every request that it matches"
    )
    assert rows == [
        f"active: com.example.app.sso (EXAMPLE123), {place}[0]",
        f"active: com.example.late (EXAMPLE123), {place}[1]\nshadowed: {late}: `{late}` {why}",
    ]
