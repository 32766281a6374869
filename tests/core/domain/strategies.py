"""What clients may send, for hypothesis."""

from typing import Any

from hypothesis import strategies as st

texts = st.text(max_size=12)
scalars = (
    st.none()
    | st.booleans()
    # All that `orjson` reads as an integer; what is larger it reads as a float.
    | st.integers(-(2**63), 2**64 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | texts
)
# What `json.loads` can return, and more than `orjson.loads` does.
wild_scalars = (
    scalars
    | st.floats()
    | st.sampled_from([10**400, -(10**400), 2**64, "\ud800", "#f80"])
)


def json_values(leaves: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """Values of JSON with these leaves."""
    return st.recursive(
        leaves,
        lambda inner: (
            st.lists(inner, max_size=4) | st.dictionaries(texts, inner, max_size=4)
        ),
        max_leaves=12,
    )


values = json_values(scalars)
wild_values = json_values(wild_scalars)
objects = st.dictionaries(texts, values, max_size=5)
slugs = st.from_regex(r"[a-z0-9_-]{1,12}", fullmatch=True)
