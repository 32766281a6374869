"""How a nats-server spells MQTT topics as subjects (its `mqtt.go`); other NATS clients use `transport.subjects`."""

from typing import Final

from ..bus import cached_by_text

_WILDCARDS: Final = {"+": "*", "#": ">"}


@cached_by_text(8_192)
def subject_of_mqtt(topic: str) -> str:
    """Return the subject on which a server passes an MQTT topic or filter on."""
    subject: list[str] = []
    for place, letter in enumerate(topic):
        match letter:
            case "/" if place == 0 or subject[-1] == ".":
                subject += "/."
            case "/" if topic[place + 1 : place + 2] in ("", "/"):
                subject += "./"
            case "/":
                subject.append(".")
            case ".":
                subject += "//"
            case _:
                subject.append(_WILDCARDS.get(letter, letter))
    return "".join(subject)


@cached_by_text(8_192)
def mqtt_of_subject(subject: str) -> str:
    """Return the MQTT topic of a subject that a server has made of one."""
    topic: list[str] = []
    place = 0
    while place < len(subject):
        letter, next_one = subject[place], subject[place + 1 : place + 2]
        place += 1
        if letter == ".":
            topic.append("/")
        elif letter != "/":
            topic.append(letter)
        elif next_one in (".", "/"):
            topic.append("/" if next_one == "." else ".")
            place += 1
    return "".join(topic)
