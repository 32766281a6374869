-- The metadata of the reference pipeline as its seed has it (f2.md §7), mistakes included.
CREATE SCHEMA "VtDevice";
CREATE TABLE "VtDevice".devicetypes (
    devicetypeid integer GENERATED ALWAYS AS IDENTITY, typename text, description text, issensor boolean, iscontroller boolean
);
CREATE TABLE "VtDevice".devicetemplates (
    devicetemplateid integer GENERATED ALWAYS AS IDENTITY, name text, model text, description text, image bytea, devicetypeid integer
);
CREATE TABLE "VtDevice".devices (
    deviceid integer GENERATED ALWAYS AS IDENTITY, devicename text, devicetemplateid integer, claimingcode text,
    serialnumber text, uuid text, macaddress text, ipaddress text, pcbversion text
);
CREATE TABLE "VtDevice".connectors (
    connectorid integer GENERATED ALWAYS AS IDENTITY, controllerid integer, connectornumber integer, connectortypeid integer
);
CREATE TABLE "VtDevice".pins (
    pinid integer GENERATED ALWAYS AS IDENTITY, connectorid integer, position integer, deviceid integer
);
CREATE TABLE "VtDevice".datapoints (
    datapointid integer GENERATED ALWAYS AS IDENTITY, devicetemplateid integer, label text, realtimechart text, "offset" integer,
    length integer, prepend text, historicalchart text, dataencoding text, append text, dataformat text, decimals integer,
    wholenumber integer, datapointiconid integer
);
INSERT INTO "VtDevice".devicetemplates (name, model, description, devicetypeid) VALUES
    ('Environmental Sensor', 'ENV-S1', 'Temperature, humidity, CO2', 4),
    ('Power Monitor', 'PM-100', 'Voltage and current', 3);
INSERT INTO "VtDevice".devices (devicename, devicetemplateid, claimingcode, macaddress) VALUES
    ('F2 Controller 1', 1, 'claim-abc', 'aabbccddee01'),
    ('F2 Controller 2', 1, 'claim-def', 'aabbccddee02'),
    ('F2 Controller 3', 1, 'claim-ghi', 'aabbccddee03'),
    ('F2 Controller 4', 1, 'claim-jkl', 'aabbccddee04'),
    ('Living Room Env Sensor', 2, 'claim-env1', NULL),
    ('Kitchen Power Monitor', 3, 'claim-pm1', NULL),
    ('Bedroom Env Sensor', 2, 'claim-env2', NULL);
INSERT INTO "VtDevice".connectors (controllerid, connectornumber, connectortypeid)
SELECT controller, number, 3 FROM generate_series(1, 4) AS controller, generate_series(1, 4) AS number ORDER BY 1, 2;
INSERT INTO "VtDevice".pins (connectorid, position, deviceid) VALUES (1, 1, 5), (2, 2, 6), (4, 3, 7);
INSERT INTO "VtDevice".datapoints
    (devicetemplateid, label, realtimechart, "offset", length, historicalchart, dataencoding, append, decimals, datapointiconid)
VALUES
    (1, 'Temperature', 'gauge', 6, 2, 'line', 'Int16', ' °C', 2, 10),
    (1, 'Humidity', 'gauge', 8, 2, 'line', 'Int16', ' %', 2, 5),
    (1, 'CO2', 'gauge', 10, 2, 'line', 'Int16', ' ppm', 0, 3),
    (2, 'Voltage', 'gauge', 0, 2, 'line', 'Int16', ' V', 1, 2),
    (2, 'Current', 'gauge', 2, 2, 'line', 'Int16', ' A', 3, 2);
