"""Home Assistant in another language than English: our forms are in it, whatever language Home Assistant itself has."""

import pytest

from tests.kits.browser import IN_BROWSER
from tests.kits.texts import texts_in

from .conftest import Visit

pytestmark = [*IN_BROWSER, pytest.mark.timeout(120)]


async def test_forms_are_in_the_language_of_who_looks(visitor: Visit) -> None:
    texts = texts_in("de")
    steps = texts["options"]["step"]
    async with visitor(language="de") as german:
        page = german.page
        await german.open("/config/integrations/integration/maestra")
        for subentry in texts["config_subentries"].values():
            add = page.get_by_role("button", name=subentry["initiate_flow"]["user"])
            await add.wait_for()
        await page.get_by_role("button", name="Konfigurieren").first.click()
        dialog = page.locator("dialog-data-entry-flow")
        for option in steps["init"]["menu_options"].values():
            await dialog.get_by_text(option, exact=True).wait_for()
        await german.photograph("german-options")
        await dialog.get_by_text(steps["init"]["menu_options"]["recording"]).click()
        await dialog.get_by_text(steps["recording"]["description"]).wait_for()
        await german.photograph("german-form")
        # Home Assistant's own pages miss pictures that they have no network for.
        german.complaints[:] = [each for each in german.complaints if "maestra" in each]
