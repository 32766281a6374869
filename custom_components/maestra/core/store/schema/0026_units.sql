-- The one way to write a unit, '' where there is none: as `normal_unit` in core/domain/units.py. Buckets are of one unit.
CREATE FUNCTION normal_unit(unit text) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
SELECT left(coalesce('{
    "c": "°C", "celsius": "°C", "degc": "°C", "f": "°F", "fahrenheit": "°F", "percent": "%",
    "volt": "V", "volts": "V", "amp": "A", "amps": "A", "watt": "W", "watts": "W", "seconds": "s", "sec": "s", "ms": "ms",
    "hertz": "Hz", "hz": "Hz", "lux": "lx", "db": "dB", "dbm": "dBm", "bytes": "B", "kb": "kB", "mb": "MB"
}'::jsonb ->> lower(btrim(unit, E' \t\n\v\f\r') COLLATE "C") COLLATE "default", btrim(unit, E' \t\n\v\f\r'), ''), 50)
$$;
