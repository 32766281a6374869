"""The tools of language models that features have."""

from homeassistant.components.llm import LLMTools
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.llm import LLMContext

from . import features


@callback
def async_get_tools(
    hass: HomeAssistant, llm_context: LLMContext, api_id: str
) -> LLMTools | None:
    """Return the tools and what models are told of them, None where there are none."""
    found = [
        tools
        for feature in features.FEATURES
        if feature.tools and (tools := feature.tools(hass, llm_context, api_id))
    ]
    if not found:
        return None
    return LLMTools(
        tools=[tool for tools in found for tool in tools.tools],
        prompt="\n".join(tools.prompt for tools in found if tools.prompt) or None,
    )
