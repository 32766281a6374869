"""What the integer codes of enumerated channels mean (iss.md §11)."""

from collections.abc import Mapping
from typing import Final

type Legend = Mapping[int, str]

AIR_CONDITIONER: Final[Legend] = {
    0: "Reset",
    1: "Drain",
    2: "Dryout",
    3: "EIB off",
    4: "Off",
    5: "On",
    6: "Startup",
    7: "Test",
}
ACTIVITY: Final[Legend] = {
    0: "Inactive",
    1: "Active",
}
CHARGER_STATUS: Final[Legend] = {
    0: "Normal",
    1: "No Data",
    2: "Missing Data",
    3: "Extra Data",
}
BACKUP: Final[Legend] = {
    0: "Backup",
    1: "Active",
}
BOOLEAN: Final[Legend] = {
    0: "No",
    1: "Yes",
}
ENABLED: Final[Legend] = {
    0: "Not Enabled",
    1: "Enabled",
}
GPS: Final[Legend] = {
    0: "Doing position fixes",
    1: "SV timing",
    2: "Approximate timing",
    3: "GPS time",
    4: "Need initialization",
    5: "GDOP needed",
    6: "Bad timing",
    7: "No usable SV",
    8: "Only 1 usable SVs",
    9: "Only 2 usable SVs",
    10: "Only 3 usable SVs",
    11: "Bad integrity",
    12: "No velocity available",
    13: "Unusable fix",
}
JOINT: Final[Legend] = {
    1: "Standby",
    2: "Restart",
    3: "Checkout",
    4: "Directed position",
    5: "Autotrack",
    6: "Blind",
    7: "Shutdown",
    8: "Switchover",
}
POWER: Final[Legend] = {
    0: "Off-Ok",
    1: "Not-Off Ok",
    3: "Not-Off Failed",
}
IN_USE: Final[Legend] = {
    0: "Not in use",
    1: "In use",
}
VALVE: Final[Legend] = {
    0: "Closed",
    1: "Open",
    2: "In-transit",
    3: "Failed",
}
VIDEO: Final[Legend] = {
    0: "-",
    1: "S3AFT",
    2: "S1UPOB",
    3: "SCU1 Mux",
    4: "S1LOOB",
    5: "JPM a",
    6: "JPM b",
    7: "S1UPIB",
    8: "S1LOIB",
    9: "COL 1",
    10: "COL 2",
    11: "P1UPIB",
    12: "SCU2 Mux",
    13: "NOD3S",
    14: "P1LOIB",
    15: "SCU1 Test",
    16: "WETA112",
    17: "ORB1",
    18: "ORB2",
    19: "P1LOOB",
    20: "SCU2 Test",
    21: "P3AFT",
    22: "Payload Rack",
    23: "VTR1",
    24: "VTR2",
    25: "NOD2LO",
    26: "WETA115",
    28: "LAB S",
    31: "POA PL3",
    32: "POA",
    33: "SPDMS1",
    34: "SPDMS2",
    35: "MBS CLPA",
    36: "SPDMLEE",
    37: "MAST",
    40: "BLEE",
    43: "BELB",
    48: "TELB",
    50: "MSS PL3",
    51: "TLEE",
    52: "Lab AVU1",
    53: "Lab AVU2",
    54: "Cup AVU1",
    55: "Cup AVU2",
    56: "OTCM1",
    57: "BODY1",
    58: "OTCM2",
    59: "BODY2",
    60: "SSRMS PL1",
    61: "SSRMS PL2",
    62: "SSRMS PL3",
    63: "MSS PL1",
    64: "MSS PL2",
    65: "LAB1D3",
    66: "LAB1P2",
    67: "LAB1P4",
    68: "LABCAM",
    69: "LAB1O5",
    70: "LAB1O4",
    71: "LAB1O3",
    72: "LAB1O2",
    73: "LAB1O1",
    74: "LAB1S1",
    75: "LAB1S2",
    76: "LAB1S3",
    77: "A/L CAM",
    78: "LAB1S4",
    79: "N1 CAM",
    80: "N3 CAM",
}
CHARGER_CHANNEL: Final[Legend] = {
    0: "No history",
    1: "Charging",
    2: "Completed",
    3: "Stopped by switch",
    4: "Open circuit",
    5: "Wrong battery/high impedance",
    6: "Over-temperature",
    7: "Capacity test OK",
    8: "Capacity test error",
    9: "Low charge slope",
    10: "Power error",
    11: "Reverse polarity",
    12: "Short circuit",
    13: "Time-out",
    14: "External temperature",
    15: "Discharge",
    16: "Wait on discharge",
    17: "Wait on charge",
}
UNDETERMINED: Final[Legend] = {
    0: "Undetermined",
    1: "True",
}
PAYLOAD: Final[Legend] = {
    0: "Released",
    1: "Captive",
    2: "Captured",
}
DESATURATION: Final[Legend] = {
    0: "Enabled",
    1: "Inhibited",
}
ATTITUDE_SOURCE: Final[Legend] = {
    0: "None",
    1: "GPS1",
    2: "GPS2",
    3: "Russian Attitude",
    4: "Ku Band",
}
RATE_SOURCE: Final[Legend] = {
    0: "None",
    1: "RGA1",
    2: "RGA2",
    3: "Russian",
}
STATE_VECTOR_SOURCE: Final[Legend] = {
    0: "No source",
    1: "Unused",
    2: "Unused",
    3: "Russian",
    4: "GPS1 deterministic",
    5: "GPS2 deterministic",
    6: "Ground",
}
ATTITUDE_CONTROLLER: Final[Legend] = {
    0: "Attitude hold",
    1: "TEA",
}
REFERENCE_FRAME: Final[Legend] = {
    0: "LVLH",
    1: "Inertial",
    2: "XPOP",
}
GNC_MODE: Final[Legend] = {
    0: "Default",
    1: "Wait",
    2: "Reserved",
    3: "Standby",
    4: "CMG attitude control",
    5: "CMG/thruster assist attitude control",
    6: "User data generation",
    7: "Free drift",
}
DYNAMIC_MODE: Final[Legend] = {
    0: "Reserve",
    1: "Thrusters",
    2: "Gyrodines",
    3: "Gyrodines with Desaturation on American Method",
    4: "Gyrodines with Desaturation on Russian Method",
    5: "Translational Thrusters Operating",
    6: "Thrusters help CMG (desaturate CMG)",
    7: "Free Drift Mode",
}
S_BAND_STRING: Final[Legend] = {
    1: "String 1",
    2: "String 2",
}
FRAME_SYNC: Final[Legend] = {
    0: "Frame Sync unlocked",
    1: "Frame Sync locked",
}
KU_BAND: Final[Legend] = {
    0: "Reset",
    1: "Normal",
}
URINE_PROCESSOR: Final[Legend] = {
    2: "Stop",
    4: "Shutdown",
    8: "Maintenance",
    16: "Normal",
    32: "Standby",
    64: "Idle",
    128: "System initialized",
}
WATER_PROCESSOR: Final[Legend] = {
    1: "Stop",
    2: "Shutdown",
    3: "Standby",
    4: "Process",
    5: "Hot service",
    6: "Flush",
    7: "Warm shutdown",
}
WATER_STEP: Final[Legend] = {
    0: "None",
    1: "Vent",
    2: "Heatup",
    3: "Purge",
    4: "Flow",
    5: "Test",
    6: "Test SV 1",
    7: "Test SV 2",
    8: "Service",
}
OXYGEN_GENERATOR: Final[Legend] = {
    1: "Process",
    2: "Standby",
    3: "Shutdown",
    4: "Stop",
    5: "Vent dome",
    6: "Inert dome",
    7: "Fast shutdown",
    8: "N2 purge shutdown",
}
VACUUM_VALVE: Final[Legend] = {
    0: "Fail",
    1: "Open",
    2: "Closed",
    3: "TRNS",
}
PUMP_SWITCH: Final[Legend] = {
    0: "Pump off command",
    1: "Pump on command",
}
STATION_MODE: Final[Legend] = {
    1: "Standard",
    2: "Microgravity",
    4: "Reboost",
    8: "Proximity Ops",
    16: "External Ops",
    32: "Survival",
    64: "ASCR",
    127: "All modes",
}
RUSSIAN_MODE: Final[Legend] = {
    1: "Crew Rescue",
    2: "Survival",
    3: "Reboost",
    4: "Proximity Operations",
    5: "EVA",
    6: "Microgravity",
    7: "Standard",
}
ATTITUDE_MODE: Final[Legend] = {
    0: "Inertial Attitude",
    1: "LVLH SM",
    2: "Solar Orientation",
    3: "Current LVLH",
    4: "Current Inertial Attitude",
    5: "Damping",
    6: "TEA",
    7: "X-POP",
}
THRUSTER_MODE: Final[Legend] = {
    0: "Pre-Starting Procedure Or Thruster Operation Readiness",
    1: "Thruster Operation Mode is Terminated",
}
WORKSITE: Final[Legend] = {
    1: "WS1",
    2: "WS2",
    3: "WS3",
    4: "WS4",
    5: "WS5",
    6: "WS6",
    7: "WS7",
    8: "WS8",
}
SSRMS_BASE: Final[Legend] = {
    1: "US Lab",
    2: "Node 3",
    4: "Node 2",
    7: "MBS PDGF 1",
    8: "MBS PDGF 2",
    11: "MBS PDGF 3",
    13: "MBS PDGF 4",
    14: "FGB",
    16: "POA",
    19: "SSRMS tip LEE",
    63: "Undefined",
}
BASE_LEE: Final[Legend] = {
    0: "LEE A",
    5: "LEE B",
}
MCAS: Final[Legend] = {
    0: "Released",
    1: "Captured",
}
