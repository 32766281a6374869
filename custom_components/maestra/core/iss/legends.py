"""What the integer codes of enumerated channels mean (iss.md §11)."""

from collections.abc import Mapping
from typing import Final

type Legend = Mapping[int, str]

AIR_CONDITIONER: Final[Legend] = {
    0: "RESET",
    1: "DRAIN",
    2: "DRYOUT",
    3: "EIB OFF",
    4: "OFF",
    5: "ON",
    6: "STARTUP",
    7: "TEST",
}
ACTIVITY: Final[Legend] = {
    0: "INACTIVE",
    1: "ACTIVE",
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
    0: "FALSE",
    1: "TRUE",
}
ENABLED: Final[Legend] = {
    0: "Not Enabled",
    1: "Enabled",
}
GPS: Final[Legend] = {
    0: "DOING POSITION FIXES",
    1: "SV TIMING",
    2: "APPROXIMATE TIMING",
    3: "GPS TIME",
    4: "NEED INITIALIZATION",
    5: "GDOP NEEDED",
    6: "BAD TIMING",
    7: "NO USABLE SV",
    8: "ONLY 1 USABLE SVs",
    9: "ONLY 2 USABLE SVs",
    10: "ONLY 3 USABLE SVs",
    11: "BAD INTEGRITY",
    12: "NO VEL AVAIL",
    13: "UNUSABLE FIX",
}
JOINT: Final[Legend] = {
    1: "STANDBY",
    2: "RESTART",
    3: "CHECKOUT",
    4: "DIRECTED_POSITION",
    5: "AUTOTRACK",
    6: "BLIND",
    7: "SHUTDOWN",
    8: "SWITCHOVER",
}
POWER: Final[Legend] = {
    0: "Off-Ok",
    1: "Not-Off Ok",
    3: "Not-Off Failed",
}
IN_USE: Final[Legend] = {
    0: "NOT IN USE",
    1: "IN USE",
}
VALVE: Final[Legend] = {
    0: "CLOSED",
    1: "OPEN",
    2: "IN-TRANSIT",
    3: "FAILED",
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
    0: "no history",
    1: "charging",
    2: "completed",
    3: "stopped by switch",
    4: "open circuit",
    5: "wrong battery/high impedance",
    6: "over-temperature",
    7: "capacity test OK",
    8: "capacity test error",
    9: "low charge slope",
    10: "power error",
    11: "reverse polarity",
    12: "short circuit",
    13: "time-out",
    14: "external temperature",
    15: "discharge",
    16: "wait on discharge",
    17: "wait on charge",
}
UNDETERMINED: Final[Legend] = {
    0: "undetermined",
    1: "true",
}
PAYLOAD: Final[Legend] = {
    0: "released",
    1: "captive",
    2: "captured",
}
DESATURATION: Final[Legend] = {
    0: "ENABLED",
    1: "INHIBITED",
}
ATTITUDE_SOURCE: Final[Legend] = {
    0: "NONE",
    1: "GPS1",
    2: "GPS2",
    3: "Russian_Attitude",
    4: "Ku_Band",
}
RATE_SOURCE: Final[Legend] = {
    0: "NONE",
    1: "RGA1",
    2: "RGA2",
    3: "RUSSIAN",
}
STATE_VECTOR_SOURCE: Final[Legend] = {
    0: "NO_SOURCE",
    1: "Unused",
    2: "Unused",
    3: "RUSSIAN",
    4: "GPS1_DETERMINISTIC",
    5: "GPS2_DETERMINISTIC",
    6: "GROUND",
}
ATTITUDE_CONTROLLER: Final[Legend] = {
    0: "ATTITUDE HOLD",
    1: "TEA",
}
REFERENCE_FRAME: Final[Legend] = {
    0: "LVLH",
    1: "Inertial",
    2: "XPOP",
}
GNC_MODE: Final[Legend] = {
    0: "Default",
    1: "WAIT",
    2: "RESERVED",
    3: "STANDBY",
    4: "CMG ATTITUDE CONTROL",
    5: "CMG/THRUSTER ASSIST ATTITUDE CONTROL",
    6: "USER DATA GENERATION",
    7: "FREEDRIFT",
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
    0: "RESET",
    1: "NORMAL",
}
URINE_PROCESSOR: Final[Legend] = {
    2: "STOP",
    4: "SHUTDOWN",
    8: "MAINTENANCE",
    16: "NORMAL",
    32: "STANDBY",
    64: "IDLE",
    128: "SYSTEM INITIALIZED",
}
WATER_PROCESSOR: Final[Legend] = {
    1: "STOP",
    2: "SHUTDOWN",
    3: "STANDBY",
    4: "PROCESS",
    5: "HOT SERVICE",
    6: "FLUSH",
    7: "WARM SHUTDOWN",
}
WATER_STEP: Final[Legend] = {
    0: "NONE",
    1: "VENT",
    2: "HEATUP",
    3: "PURGE",
    4: "FLOW",
    5: "TEST",
    6: "TEST_SV_1",
    7: "TEST_SV_2",
    8: "SERVICE",
}
OXYGEN_GENERATOR: Final[Legend] = {
    1: "PROCESS",
    2: "STANDBY",
    3: "SHUTDOWN",
    4: "STOP",
    5: "VENT_DOME",
    6: "INERT_DOME",
    7: "FAST_SHUTDOWN",
    8: "N2_PURGE_SHUTDOWN",
}
VACUUM_VALVE: Final[Legend] = {
    0: "FAIL",
    1: "OPEN",
    2: "CLSD",
    3: "TRNS",
}
PUMP_SWITCH: Final[Legend] = {
    0: "PUMP OFF CMD",
    1: "PUMP ON CMD",
}
STATION_MODE: Final[Legend] = {
    1: "Standard",
    2: "Microgravity",
    4: "Reboost",
    8: "Proximity_Ops",
    16: "External_Ops",
    32: "Survival",
    64: "ASCR",
    127: "all_modes",
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
    63: "undefined",
}
BASE_LEE: Final[Legend] = {
    0: "LEE A",
    5: "LEE B",
}
MCAS: Final[Legend] = {
    0: "released",
    1: "captured",
}
