"""Clients' identifiers as words for people: `frameRate` is Frame rate, `co2` is CO₂."""

from collections.abc import Mapping
import re
from typing import Final

from ..core.bus import cached_by_text

_HUMP: Final = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_SEPARATORS: Final = re.compile(r"[\s_.\-]+")

# How people write what identifiers can't.
SPELLED: Final[Mapping[str, str]] = {
    "ap": "AP",
    "api": "API",
    "aqi": "AQI",
    "bpm": "BPM",
    "ch4": "CH₄",
    "co": "CO",
    "co2": "CO₂",
    "cpu": "CPU",
    "dmx": "DMX",
    "eco2": "eCO₂",
    "esp32": "ESP32",
    "esphome": "ESPHome",
    "fft": "FFT",
    "fps": "FPS",
    "gpu": "GPU",
    "hdmi": "HDMI",
    "hvac": "HVAC",
    "id": "ID",
    "imu": "IMU",
    "ip": "IP",
    "led": "LED",
    "lfo": "LFO",
    "mac": "MAC",
    "midi": "MIDI",
    "mqtt": "MQTT",
    "ndi": "NDI",
    "nfc": "NFC",
    "no2": "NO₂",
    "o3": "O₃",
    "osc": "OSC",
    "ph": "pH",
    "pir": "PIR",
    "pm1": "PM1",
    "pm10": "PM10",
    "pm25": "PM2.5",
    "pm4": "PM4",
    "pwm": "PWM",
    "qr": "QR",
    "qs": "QS",
    "ram": "RAM",
    "rfid": "RFID",
    "rgb": "RGB",
    "rgbw": "RGBW",
    "rms": "RMS",
    "rpm": "RPM",
    "rssi": "RSSI",
    "sd": "SD",
    "sdi": "SDI",
    "snr": "SNR",
    "so2": "SO₂",
    "spl": "SPL",
    "ssid": "SSID",
    "tvoc": "TVOC",
    "url": "URL",
    "usb": "USB",
    "uv": "UV",
    "voc": "VOC",
    "wifi": "Wi-Fi",
    "xy": "XY",
}


# What splitting takes apart.
_ONE_WORD: Final[Mapping[str, str]] = {
    "e_co2": "eco2",
    "pm_2_5": "pm25",
    "pm2_5": "pm25",
    "wi_fi": "wifi",
}


def _split(name: str) -> str:
    """Return the words of an identifier as it writes them, joined by underscores."""
    return "_".join(filter(None, _SEPARATORS.split(_HUMP.sub("_", name))))


@cached_by_text(4_096)
def plain_words(name: str) -> str:
    """Return the words of an identifier in lower case, joined by underscores: what tables have it under."""
    joined = _split(name).lower()
    for apart, together in _ONE_WORD.items():
        joined = joined.replace(apart, together)
    return joined


def spelled(text: str) -> str:
    """Return text as it is, but a single word as people write it: CO2 is CO₂."""
    return SPELLED.get(plain_words(text), text)


@cached_by_text(4_096)
def humanize(name: str) -> str:
    """Return an identifier as words. Text with spaces is none: it stays as it is."""
    if " " in name.strip():
        return name.strip()
    written = {word.lower(): word for word in _split(name).split("_")}
    words = plain_words(name).split("_")
    # Of other capitals, nobody knows better than who wrote them.
    text = " ".join(
        SPELLED.get(word)
        or (written[word] if written.get(word, "").isupper() else word)
        for word in words
    )
    return text if words[0] in SPELLED else (text[:1].upper() + text[1:] or name)
