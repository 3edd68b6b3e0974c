import re
from pathlib import Path

import pytest
from browser_fixtures import settled

expect = pytest.importorskip("playwright.sync_api").expect
pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def address(serve) -> str:
    """An app with pages of its own."""
    return serve(Path(__file__).with_name("state_app.py"))


def shows(page, name, sample):
    expect(page.get_by_text(f"page {name} sample {sample}", exact=True)).to_be_visible()
    end = f"sample={sample}$" if sample is not None else "map=umap$"
    expect(page).to_have_url(re.compile(end))


def test_selection_link_pages_and_back(address, visit):
    page = visit(f"{address}/?sample=3")
    shows(page, "one", 3)
    page.get_by_role("button", name="pin 4").click()
    shows(page, "one", 4)
    page.get_by_role("link", name="two").click()
    shows(page, "two", 4)
    page.get_by_role("button", name="pin 5").click()
    shows(page, "two", 5)
    page.go_back()
    shows(page, "two", 4)
    page.go_forward()
    shows(page, "two", 5)


def test_address_and_selection_agree_after_fast_picks(address, visit):
    page = visit(address)
    shows(page, "one", None)
    page.get_by_role("button", name="pin 5").click()
    shows(page, "one", 5)
    page.get_by_role("button", name="pin 4").click()
    page.get_by_role("button", name="pin 5").click()
    settled(page, 30)
    shows(page, "one", 5)


def test_forward_is_there_after_a_page_was_loaded_again(address, visit):
    """Loading an address again, as by Back from elsewhere, makes no new one in place of others."""
    page = visit(f"{address}/?sample=3")
    shows(page, "one", 3)
    page.get_by_role("button", name="run").click()
    expect(page).to_have_url(re.compile("sample=3&run=7$"))
    page.get_by_role("button", name="pin 4").click()
    expect(page).to_have_url(re.compile("sample=4&run=7$"))
    settled(page)
    page.go_back()
    expect(page.get_by_text("page one sample 3", exact=True)).to_be_visible()
    page.reload()
    expect(page.get_by_text("page one sample 3", exact=True)).to_be_visible()
    settled(page)
    page.go_forward()
    expect(page.get_by_text("page one sample 4", exact=True)).to_be_visible()
    expect(page).to_have_url(re.compile("sample=4&run=7$"))
