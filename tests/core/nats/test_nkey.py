"""Keys of users, as the server's own tools write them."""

import pytest

from custom_components.maestra.core.nats.client import is_user_seed
from custom_components.maestra.core.nats.nkey import InvalidSeed, UserKey

SEED = "SUAAAAICAMCAKBQHBAEQUCYMBUHA6EARCIJRIFIWC4MBSGQ3DQOR4H776Y"
PUBLIC = "UAB2CB576PHBBPQ5ODORRZ2LYCMWPZGWGCN2KDK7DXOIMZASKUY3RLKK"
SIGNATURE = b"+HTq4d6DDHVNb8MsTRAZtSIa0vXA/yuZblwTA7JT5wYzmKBxJ2wpYfjHh7hcptZlidbVw/6ZLyubjm/yDk+OCQ=="


def test_a_seed_is_read() -> None:
    """What NATS's own library makes of the same seed."""
    key = UserKey.from_seed(f" {SEED}\n")
    assert key.public == PUBLIC
    assert key.sign("nonce") == SIGNATURE
    assert is_user_seed(SEED)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "SU",
        "SU1",
        PUBLIC,
        SEED[:-1],
        SEED[:-3] + "AAA",
        SEED.lower(),
        "SUÄ",
        SEED + "AAAAAAAA",
    ],
)
def test_what_is_no_seed(text: str) -> None:
    with pytest.raises(InvalidSeed):
        UserKey.from_seed(text)
    assert not is_user_seed(text)
