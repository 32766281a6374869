"""Every channel of the feed (iss.md §11): the NASA dictionary, and the Canadian robotics."""

from typing import Final

from . import legends
from .channel import Channel

# Code, discipline, label, unit. Where the dictionary has an engineering nominal, the unit is inferred from what comes.
CHANNELS: Final = (
    Channel("USLAB000001", "ADCO", "CMG-1 On-Line", legend=legends.IN_USE),
    Channel("USLAB000002", "ADCO", "CMG-2 On-Line", legend=legends.IN_USE),
    Channel("USLAB000003", "ADCO", "CMG-3 On-Line", legend=legends.IN_USE),
    Channel("USLAB000004", "ADCO", "CMG-4 On-Line", legend=legends.IN_USE),
    Channel("USLAB000005", "ADCO", "Number of CMG Online"),
    Channel("USLAB000006", "ADCO", "CMG Control Torque - Roll", "N·m"),
    Channel("USLAB000007", "ADCO", "CMG Control Torque - Pitch", "N·m"),
    Channel("USLAB000008", "ADCO", "CMG Control Torque - Yaw", "N·m"),
    Channel("USLAB000009", "ADCO", "Active CMG Momentum", "N·m·s"),
    Channel(
        "USLAB000011",
        "ADCO",
        "Desaturation Request (Enabled/Inhibited)",
        legend=legends.DESATURATION,
    ),
    Channel(
        "USLAB000013", "ADCO", "US Attitude Source", legend=legends.ATTITUDE_SOURCE
    ),
    Channel("USLAB000014", "ADCO", "US Rate Source", legend=legends.RATE_SOURCE),
    Channel(
        "USLAB000015",
        "ADCO",
        "US State Vector Source",
        legend=legends.STATE_VECTOR_SOURCE,
    ),
    Channel(
        "USLAB000016",
        "ADCO",
        "Attitude Controller Type",
        legend=legends.ATTITUDE_CONTROLLER,
    ),
    Channel(
        "USLAB000017",
        "ADCO",
        "Attitude Control Reference Frame",
        legend=legends.REFERENCE_FRAME,
    ),
    Channel("USLAB000018", "ADCO", "US Current LVLH Attitude Quaternion Component 0"),
    Channel("USLAB000019", "ADCO", "US Current LVLH Attitude Quaternion Component 1"),
    Channel("USLAB000020", "ADCO", "US Current LVLH Attitude Quaternion Component 2"),
    Channel("USLAB000021", "ADCO", "US Current LVLH Attitude Quaternion Component 3"),
    Channel("USLAB000022", "ADCO", "US Attitude Roll Error", "°"),
    Channel("USLAB000023", "ADCO", "US Attitude Pitch Error", "°"),
    Channel("USLAB000024", "ADCO", "US Attitude Yaw Error", "°"),
    Channel("USLAB000025", "ADCO", "US Inertial Attitude Rate X", "°/s"),
    Channel("USLAB000026", "ADCO", "US Inertial Attitude Rate Y", "°/s"),
    Channel("USLAB000027", "ADCO", "US Inertial Attitude Rate Z", "°/s"),
    Channel("USLAB000028", "ADCO", "US Commanded Attitude Quaternion Component 0"),
    Channel("USLAB000029", "ADCO", "US Commanded Attitude Quaternion Component 1"),
    Channel("USLAB000030", "ADCO", "US Commanded Attitude Quaternion Component 2"),
    Channel("USLAB000031", "ADCO", "US Commanded Attitude Quaternion Component 3"),
    Channel("USLAB000038", "ADCO", "Active CMG Momentum Capacity", "N·m·s"),
    Channel("USLAB000039", "ADCO", "ISS Total Mass", "kg"),
    Channel("USLAB000040", "ADCO", "Solar Beta Angle", "°"),
    Channel(
        "USLAB000041",
        "ADCO",
        "Loss of CMG Attitude Control (LOAC) caution alarm",
        legend=legends.BOOLEAN,
    ),
    Channel(
        "USLAB000042",
        "ADCO",
        "Loss of ISS Attitude Control (LOAC) caution alarm",
        legend=legends.BOOLEAN,
    ),
    Channel("USLAB000043", "ADCO", "GPS-1 Ops Status", legend=legends.GPS),
    Channel("USLAB000044", "ADCO", "GPS-2 Ops Status", legend=legends.GPS),
    Channel("USLAB000045", "ADCO", "Spin Motor Spin Bearing Temperature - CMG 1", "°C"),
    Channel("USLAB000046", "ADCO", "Spin Motor Spin Bearing Temperature - CMG 2", "°C"),
    Channel("USLAB000047", "ADCO", "Spin Motor Spin Bearing Temperature - CMG 3", "°C"),
    Channel("USLAB000048", "ADCO", "Spin Motor Spin Bearing Temperature - CMG 4", "°C"),
    Channel(
        "USLAB000049", "ADCO", "Hall Resolver Spin Bearing Temperature - CMG 1", "°C"
    ),
    Channel(
        "USLAB000050", "ADCO", "Hall Resolver Spin Bearing Temperature - CMG 2", "°C"
    ),
    Channel(
        "USLAB000051", "ADCO", "Hall Resolver Spin Bearing Temperature - CMG 3", "°C"
    ),
    Channel(
        "USLAB000052", "ADCO", "Hall Resolver Spin Bearing Temperature - CMG 4", "°C"
    ),
    Channel("Z1000001", "ADCO", "CMG-1 Vibration", "g"),
    Channel("Z1000002", "ADCO", "CMG-2 Vibration", "g"),
    Channel("Z1000003", "ADCO", "CMG-3 Vibration", "g"),
    Channel("Z1000004", "ADCO", "CMG-4 Vibration", "g"),
    Channel("Z1000005", "ADCO", "CMG-1 Spin Motor Current", "A"),
    Channel("Z1000006", "ADCO", "CMG-2 Spin Motor Current", "A"),
    Channel("Z1000007", "ADCO", "CMG-3 Spin Motor Current", "A"),
    Channel("Z1000008", "ADCO", "CMG-4 Spin Motor Current", "A"),
    Channel("Z1000009", "ADCO", "CMG 1 Wheel Speed", "rpm"),
    Channel("Z1000010", "ADCO", "CMG 2 Wheel Speed", "rpm"),
    Channel("Z1000011", "ADCO", "CMG 3 Wheel Speed", "rpm"),
    Channel("Z1000012", "ADCO", "CMG 4 Wheel Speed", "rpm"),
    Channel("USLAB000PIT", "ADCO", "US Attitude Pitch", "°", is_inferred=True),
    Channel("USLAB000ROL", "ADCO", "US Attitude Roll", "°", is_inferred=True),
    Channel("USLAB000YAW", "ADCO", "US Attitude Yaw", "°", is_inferred=True),
    Channel("USLAB000032", "ADCO/TOPO", "US GNC J2000 state vector - X", "km"),
    Channel("USLAB000033", "ADCO/TOPO", "US GNC J2000 state vector - Y", "km"),
    Channel("USLAB000034", "ADCO/TOPO", "US GNC J2000 state vector - Z", "km"),
    Channel(
        "USLAB000035", "ADCO/TOPO", "US GNC J2000 state vector - X velocity", "m/s"
    ),
    Channel(
        "USLAB000036", "ADCO/TOPO", "US GNC J2000 state vector - Y velocity", "m/s"
    ),
    Channel(
        "USLAB000037", "ADCO/TOPO", "US GNC J2000 state vector - Z velocity", "m/s"
    ),
    Channel("USLAB000010", "ADCO/VVO", "CMG Momentum Percentage", "%"),
    Channel("USLAB000012", "ADCO/VVO", "US GNC Mode", legend=legends.GNC_MODE),
    Channel(
        "RUSSEG000025",
        "ADCO/VVO",
        "SM - RS GNC - Current Dynamic Mode",
        legend=legends.DYNAMIC_MODE,
    ),
    Channel("P1000004", "CATO", "S-band RFG 2 Azimuth Gimbal Position", "°"),
    Channel("P1000005", "CATO", "S-band RFG 2 Elevation Gimbal Position", "°"),
    Channel("P1000007", "CATO", "S-band RFG 2, on-off status", legend=legends.POWER),
    Channel("S1000004", "CATO", "S-band RFG 1 Azimuth Gimbal Position", "°"),
    Channel("S1000009", "CATO", "S-band RFG 1, on-off status", legend=legends.POWER),
    Channel(
        "USLAB000088",
        "CATO",
        "Ku-Band Video Downlink Channel 1 Activity",
        legend=legends.ACTIVITY,
    ),
    Channel(
        "USLAB000089",
        "CATO",
        "Ku-Band Video Downlink Channel 2 Activity",
        legend=legends.ACTIVITY,
    ),
    Channel(
        "USLAB000090",
        "CATO",
        "Ku-Band Video Downlink Channel 3 Activity",
        legend=legends.ACTIVITY,
    ),
    Channel(
        "USLAB000091",
        "CATO",
        "Ku-Band Video Downlink Channel 4 Activity",
        legend=legends.ACTIVITY,
    ),
    Channel(
        "USLAB000092", "CATO", "Active String of S-Band", legend=legends.S_BAND_STRING
    ),
    Channel(
        "USLAB000093", "CATO", "IAC-1 Active/Backup Indication", legend=legends.BACKUP
    ),
    Channel(
        "USLAB000094", "CATO", "IAC-2 Active/Backup Indication", legend=legends.BACKUP
    ),
    Channel(
        "USLAB000095", "CATO", "Video Source Routed to Downlink 1", legend=legends.VIDEO
    ),
    Channel(
        "USLAB000096", "CATO", "Video Source Routed to Downlink 2", legend=legends.VIDEO
    ),
    Channel(
        "USLAB000097", "CATO", "Video Source Routed to Downlink 3", legend=legends.VIDEO
    ),
    Channel(
        "USLAB000098", "CATO", "Video Source Routed to Downlink 4", legend=legends.VIDEO
    ),
    Channel(
        "USLAB000099",
        "CATO",
        "Space-To-Space Radio (UHF) 1 Power",
        legend=legends.POWER,
    ),
    Channel(
        "USLAB000100",
        "CATO",
        "Space-To-Space Radio (UHF) 2 Power",
        legend=legends.POWER,
    ),
    Channel(
        "USLAB000101",
        "CATO",
        "Space-To-Space Radio Frame Sync Lock",
        legend=legends.FRAME_SYNC,
    ),
    Channel("Z1000013", "CATO", "Ku-Band Transmit", legend=legends.KU_BAND),
    Channel("Z1000014", "CATO", "Ku-Band SGANT Elevation Position", "°"),
    Channel("Z1000015", "CATO", "Ku-Band SGANT Cross-Elevation Position", "°"),
    Channel("S1000005", "CATO/VVO", "S-band RFG 1 Elevation Gimbal Position", "°"),
    Channel("AIRLOCK000058", "CDH", "Airlock MDM on-off status", legend=legends.POWER),
    Channel("NODE1000001", "CDH", "Node 1 MDM 1 on-off status", legend=legends.POWER),
    Channel("NODE1000002", "CDH", "Node 1 MDM 2 on-off status", legend=legends.POWER),
    Channel("NODE2000004", "CDH", "Node 2 MDM 2 on-off status", legend=legends.POWER),
    Channel("NODE2000005", "CDH", "Node 2 MDM 1 on-off status", legend=legends.POWER),
    Channel(
        "NODE3000014", "CDH", "HCZ MDM 2 (MDM) on-off status", legend=legends.POWER
    ),
    Channel("NODE3000015", "CDH", "Node 3 MDM 2 on-off status", legend=legends.POWER),
    Channel(
        "NODE3000016", "CDH", "HCZ MDM 1 (MDM) on-off status", legend=legends.POWER
    ),
    Channel("NODE3000020", "CDH", "Node 3 MDM 1 on-off status", legend=legends.POWER),
    Channel("P1000006", "CDH", "P1 Truss MDM 1 on-off status", legend=legends.POWER),
    Channel(
        "P1000008",
        "CDH",
        "Port thermal radiator MDM on-off status",
        legend=legends.POWER,
    ),
    Channel("P1000009", "CDH", "P1 Truss MDM 2 on-off status", legend=legends.POWER),
    Channel("P3000001", "CDH", "P3 Truss MDM 1 on-off status", legend=legends.POWER),
    Channel("P3000002", "CDH", "P3 Truss MDM 2 on-off status", legend=legends.POWER),
    Channel(
        "P4000003",
        "CDH",
        "PV array 2A MDM 120 Volt On-Off Status",
        legend=legends.ENABLED,
    ),
    Channel(
        "P4000006",
        "CDH",
        "PV array 4A MDM 120 Volt On-Off Status",
        legend=legends.ENABLED,
    ),
    Channel(
        "P6000003",
        "CDH",
        "PV array 4B MDM 120 Volt On-Off Status",
        legend=legends.ENABLED,
    ),
    Channel(
        "P6000006",
        "CDH",
        "PV array 2B MDM 120 Volt On-Off Status",
        legend=legends.ENABLED,
    ),
    Channel(
        "S0000010",
        "CDH",
        "External Control Zone MDM 1 on-off status",
        legend=legends.POWER,
    ),
    Channel("S0000011", "CDH", "S0 Truss MDM 1 on-off status", legend=legends.POWER),
    Channel(
        "S0000012",
        "CDH",
        "External Control Zone MDM 2 on-off status",
        legend=legends.POWER,
    ),
    Channel("S0000013", "CDH", "S0 Truss MDM 2 on-off status", legend=legends.POWER),
    Channel(
        "S1000006",
        "CDH",
        "Starboard thermal radiator MDM on-off status",
        legend=legends.POWER,
    ),
    Channel("S1000007", "CDH", "S1 Truss MDM 1 on-off status", legend=legends.POWER),
    Channel("S1000008", "CDH", "S1 Truss MDM 2 on-off status", legend=legends.POWER),
    Channel("S3000001", "CDH", "S3 Truss MDM 1 on-off status", legend=legends.POWER),
    Channel("S3000002", "CDH", "S3 Truss MDM 2 on-off status", legend=legends.POWER),
    Channel(
        "S4000003",
        "CDH",
        "PV array 1A MDM 120 Volt On-Off Status",
        legend=legends.ENABLED,
    ),
    Channel(
        "S4000006",
        "CDH",
        "PV array 3A MDM 120 Volt On-Off Status",
        legend=legends.ENABLED,
    ),
    Channel(
        "S6000003",
        "CDH",
        "PV array 3B MDM 120 Volt On-Off Status",
        legend=legends.ENABLED,
    ),
    Channel(
        "S6000006",
        "CDH",
        "PV array 1B MDM 120 Volt On-Off Status",
        legend=legends.ENABLED,
    ),
    Channel("USLAB000066", "CDH", "C&C MDM 1 on-off status", legend=legends.POWER),
    Channel("USLAB000067", "CDH", "C&C MDM 2 on-off status", legend=legends.POWER),
    Channel("USLAB000068", "CDH", "C&C MDM 3 on-off status", legend=legends.POWER),
    Channel(
        "USLAB000069",
        "CDH",
        "Internal Control Zone MDM 1 on-off status",
        legend=legends.POWER,
    ),
    Channel(
        "USLAB000070",
        "CDH",
        "Internal Control Zone MDM 2 on-off status",
        legend=legends.POWER,
    ),
    Channel(
        "USLAB000071", "CDH", "Payload (PL) MDM 1 on-off status", legend=legends.POWER
    ),
    Channel(
        "USLAB000072", "CDH", "Payload (PL) MDM 2 on-off status", legend=legends.POWER
    ),
    Channel(
        "USLAB000073",
        "CDH",
        "Guidance, Navigation and Control (GNC) MDM 1 on-off status",
        legend=legends.POWER,
    ),
    Channel(
        "USLAB000074",
        "CDH",
        "Guidance, Navigation and Control (GNC) MDM 2 on-off status",
        legend=legends.POWER,
    ),
    Channel(
        "USLAB000075",
        "CDH",
        "Power Management Controller Unit (PMCU) 1 MDM 1 on-off status",
        legend=legends.POWER,
    ),
    Channel(
        "USLAB000076",
        "CDH",
        "Power Management Controller Unit (PMCU) 2 MDM 1 on-off status",
        legend=legends.POWER,
    ),
    Channel("USLAB000077", "CDH", "US Lab MDM 1 on-off status", legend=legends.POWER),
    Channel("USLAB000078", "CDH", "US Lab MDM 2 on-off status", legend=legends.POWER),
    Channel("USLAB000079", "CDH", "US Lab MDM 3 on-off status", legend=legends.POWER),
    Channel(
        "USLAB000080",
        "CDH",
        "Permanent Multipurpose Module - System Power voltage status",
        legend=legends.POWER,
    ),
    Channel("AIRLOCK000049", "ETHOS", "Crewlock Pressure", "mmHg", is_inferred=True),
    Channel(
        "AIRLOCK000050", "ETHOS", "Hi P O2 Supply valve position", legend=legends.VALVE
    ),
    Channel(
        "AIRLOCK000051", "ETHOS", "Lo P O2 Supply Valve position", legend=legends.VALVE
    ),
    Channel("AIRLOCK000052", "ETHOS", "N2 Supply Valve position", legend=legends.VALVE),
    Channel(
        "AIRLOCK000053",
        "ETHOS",
        "Airlock Air Conditioner State",
        legend=legends.AIR_CONDITIONER,
    ),
    Channel("AIRLOCK000054", "ETHOS", "Airlock Pressure", "mmHg", is_inferred=True),
    Channel("AIRLOCK000055", "ETHOS", "Airlock Hi P O2 Tank Pressure"),
    Channel("AIRLOCK000056", "ETHOS", "Airlock Lo P O2 Tank Pressure"),
    Channel("AIRLOCK000057", "ETHOS", "Airlock N2 Tank Pressure"),
    Channel(
        "NODE2000001",
        "ETHOS",
        "Coolant water quantity (Node 2), MT",
        "%",
        is_inferred=True,
    ),
    Channel(
        "NODE2000002",
        "ETHOS",
        "Coolant water quantity (Node 2), LT",
        "%",
        is_inferred=True,
    ),
    Channel(
        "NODE2000003",
        "ETHOS",
        "Node 2 Air Conditioner State",
        legend=legends.AIR_CONDITIONER,
    ),
    Channel(
        "NODE2000006",
        "ETHOS",
        "Air Cooling Fluid Temp (Node 2)",
        "°C",
        is_inferred=True,
    ),
    Channel(
        "NODE2000007",
        "ETHOS",
        "Avionics Cooling Fluid Temp (Node 2)",
        "°C",
        is_inferred=True,
    ),
    Channel("NODE3000001", "ETHOS", "Node 3 ppO2", "mmHg", is_inferred=True),
    Channel("NODE3000002", "ETHOS", "Node 3 ppN2", "mmHg", is_inferred=True),
    Channel("NODE3000003", "ETHOS", "Node 3 ppCO2", "mmHg", is_inferred=True),
    Channel(
        "NODE3000004", "ETHOS", "Urine Processor State", legend=legends.URINE_PROCESSOR
    ),
    Channel("NODE3000005", "ETHOS", "Urine Tank Qty", "%"),
    Channel(
        "NODE3000006", "ETHOS", "Water Processor State", legend=legends.WATER_PROCESSOR
    ),
    Channel("NODE3000007", "ETHOS", "Water Processor Step", legend=legends.WATER_STEP),
    Channel("NODE3000008", "ETHOS", "Waste Water Tank Qty", "%"),
    Channel("NODE3000009", "ETHOS", "Clean Water Tank Qty", "%"),
    Channel(
        "NODE3000010",
        "ETHOS",
        "Oxygen Generator State",
        legend=legends.OXYGEN_GENERATOR,
    ),
    Channel("NODE3000011", "ETHOS", "O2 Production rate", "lb/d", is_inferred=True),
    Channel(
        "NODE3000012",
        "ETHOS",
        "Avionics Cooling Fluid Temp (Node 3)",
        "°C",
        is_inferred=True,
    ),
    Channel(
        "NODE3000013",
        "ETHOS",
        "Air Cooling Fluid Temp (Node 3)",
        "°C",
        is_inferred=True,
    ),
    Channel(
        "NODE3000017", "ETHOS", "Coolant water quantity (Node 3)", "%", is_inferred=True
    ),
    Channel(
        "NODE3000018",
        "ETHOS",
        "Node 3 Air Conditioner State",
        legend=legends.AIR_CONDITIONER,
    ),
    Channel(
        "NODE3000019", "ETHOS", "Coolant water quantity (Node 3)", "%", is_inferred=True
    ),
    Channel("USLAB000053", "ETHOS", "Lab ppO2", "mmHg", is_inferred=True),
    Channel("USLAB000054", "ETHOS", "Lab ppN2", "mmHg", is_inferred=True),
    Channel("USLAB000055", "ETHOS", "Lab ppCO2", "mmHg", is_inferred=True),
    Channel(
        "USLAB000056",
        "ETHOS",
        "Coolant water quantity, LT (Lab)",
        "%",
        is_inferred=True,
    ),
    Channel(
        "USLAB000057",
        "ETHOS",
        "Coolant water quantity, MT (Lab)",
        "%",
        is_inferred=True,
    ),
    Channel("USLAB000058", "ETHOS", "Cabin pressure", "mmHg", is_inferred=True),
    Channel("USLAB000059", "ETHOS", "Cabin temperature", "°C", is_inferred=True),
    Channel(
        "USLAB000060",
        "ETHOS",
        "Avionics Cooling Fluid Temp (Lab)",
        "°C",
        is_inferred=True,
    ),
    Channel(
        "USLAB000061", "ETHOS", "Air Cooling Fluid Temp (Lab)", "°C", is_inferred=True
    ),
    Channel(
        "USLAB000062",
        "ETHOS",
        "Vacuum Resource System Valve Position",
        legend=legends.VACUUM_VALVE,
    ),
    Channel(
        "USLAB000063",
        "ETHOS",
        "Vacuum Exhaust System Valve Position",
        legend=legends.VACUUM_VALVE,
    ),
    Channel(
        "USLAB000064",
        "ETHOS",
        "Lab Port Air Conditioner State",
        legend=legends.AIR_CONDITIONER,
    ),
    Channel(
        "USLAB000065",
        "ETHOS",
        "Lab Starboard Air Conditioner State",
        legend=legends.AIR_CONDITIONER,
    ),
    Channel(
        "AIRLOCK000001", "EVA", "UIA power to EMU 1, Voltage", "V", is_inferred=True
    ),
    Channel(
        "AIRLOCK000002", "EVA", "UIA power to EMU 1, Current", "A", is_inferred=True
    ),
    Channel(
        "AIRLOCK000003", "EVA", "UIA power to EMU 2, Voltage", "V", is_inferred=True
    ),
    Channel(
        "AIRLOCK000004", "EVA", "UIA power to EMU 2, Current", "A", is_inferred=True
    ),
    Channel(
        "AIRLOCK000005", "EVA", "in-flight refill unit, Voltage", "V", is_inferred=True
    ),
    Channel(
        "AIRLOCK000006", "EVA", "in-flight refill unit, Current", "A", is_inferred=True
    ),
    Channel("AIRLOCK000007", "EVA", "suit power EMU 1, Voltage", "V", is_inferred=True),
    Channel("AIRLOCK000008", "EVA", "suit power EMU 1, Current", "A", is_inferred=True),
    Channel("AIRLOCK000009", "EVA", "suit power EMU 2, Voltage", "V", is_inferred=True),
    Channel("AIRLOCK000010", "EVA", "suit power EMU 2, Current", "A", is_inferred=True),
    Channel("AIRLOCK000011", "EVA", "BCA 1 Voltage", "V", is_inferred=True),
    Channel("AIRLOCK000012", "EVA", "BCA 1 Current", "A", is_inferred=True),
    Channel("AIRLOCK000013", "EVA", "BCA 2 Voltage", "V", is_inferred=True),
    Channel("AIRLOCK000014", "EVA", "BCA 2 Current", "A", is_inferred=True),
    Channel("AIRLOCK000015", "EVA", "BCA 3 Voltage", "V", is_inferred=True),
    Channel("AIRLOCK000016", "EVA", "BCA 3 Current", "A", is_inferred=True),
    Channel("AIRLOCK000017", "EVA", "BCA 4 Voltage", "V", is_inferred=True),
    Channel("AIRLOCK000018", "EVA", "BCA 4 Current", "A", is_inferred=True),
    Channel("AIRLOCK000019", "EVA", "BCA 1 Status", legend=legends.CHARGER_STATUS),
    Channel("AIRLOCK000020", "EVA", "BCA 2 Status", legend=legends.CHARGER_STATUS),
    Channel("AIRLOCK000021", "EVA", "BCA 3 Status", legend=legends.CHARGER_STATUS),
    Channel("AIRLOCK000022", "EVA", "BCA 4 Status", legend=legends.CHARGER_STATUS),
    Channel(
        "AIRLOCK000023", "EVA", "BCA 1 Channel 1 Status", legend=legends.CHARGER_CHANNEL
    ),
    Channel(
        "AIRLOCK000024", "EVA", "BCA 1 Channel 2 Status", legend=legends.CHARGER_CHANNEL
    ),
    Channel(
        "AIRLOCK000025", "EVA", "BCA 1 Channel 3 Status", legend=legends.CHARGER_CHANNEL
    ),
    Channel(
        "AIRLOCK000026", "EVA", "BCA 1 Channel 4 Status", legend=legends.CHARGER_CHANNEL
    ),
    Channel(
        "AIRLOCK000027", "EVA", "BCA 1 Channel 5 Status", legend=legends.CHARGER_CHANNEL
    ),
    Channel(
        "AIRLOCK000028", "EVA", "BCA 1 Channel 6 Status", legend=legends.CHARGER_CHANNEL
    ),
    Channel(
        "AIRLOCK000029", "EVA", "BCA 2 Channel 1 Status", legend=legends.CHARGER_CHANNEL
    ),
    Channel(
        "AIRLOCK000030", "EVA", "BCA 2 Channel 2 Status", legend=legends.CHARGER_CHANNEL
    ),
    Channel(
        "AIRLOCK000031", "EVA", "BCA 2 Channel 3 Status", legend=legends.CHARGER_CHANNEL
    ),
    Channel(
        "AIRLOCK000032", "EVA", "BCA 2 Channel 4 Status", legend=legends.CHARGER_CHANNEL
    ),
    Channel(
        "AIRLOCK000033", "EVA", "BCA 2 Channel 5 Status", legend=legends.CHARGER_CHANNEL
    ),
    Channel(
        "AIRLOCK000034", "EVA", "BCA 2 Channel 6 Status", legend=legends.CHARGER_CHANNEL
    ),
    Channel(
        "AIRLOCK000035", "EVA", "BCA 3 Channel 1 Status", legend=legends.CHARGER_CHANNEL
    ),
    Channel(
        "AIRLOCK000036", "EVA", "BCA 3 Channel 2 Status", legend=legends.CHARGER_CHANNEL
    ),
    Channel(
        "AIRLOCK000037", "EVA", "BCA 3 Channel 3 Status", legend=legends.CHARGER_CHANNEL
    ),
    Channel(
        "AIRLOCK000038", "EVA", "BCA 3 Channel 4 Status", legend=legends.CHARGER_CHANNEL
    ),
    Channel(
        "AIRLOCK000039", "EVA", "BCA 3 Channel 5 Status", legend=legends.CHARGER_CHANNEL
    ),
    Channel(
        "AIRLOCK000040", "EVA", "BCA 3 Channel 6 Status", legend=legends.CHARGER_CHANNEL
    ),
    Channel(
        "AIRLOCK000041", "EVA", "BCA 4 Channel 1 Status", legend=legends.CHARGER_CHANNEL
    ),
    Channel(
        "AIRLOCK000042", "EVA", "BCA 4 Channel 2 Status", legend=legends.CHARGER_CHANNEL
    ),
    Channel(
        "AIRLOCK000043", "EVA", "BCA 4 Channel 3 Status", legend=legends.CHARGER_CHANNEL
    ),
    Channel(
        "AIRLOCK000044", "EVA", "BCA 4 Channel 4 Status", legend=legends.CHARGER_CHANNEL
    ),
    Channel(
        "AIRLOCK000045", "EVA", "BCA 4 Channel 5 Status", legend=legends.CHARGER_CHANNEL
    ),
    Channel(
        "AIRLOCK000046", "EVA", "BCA 4 Channel 6 Status", legend=legends.CHARGER_CHANNEL
    ),
    Channel(
        "AIRLOCK000047", "EVA", "depress pump voltage status", legend=legends.POWER
    ),
    Channel(
        "AIRLOCK000048", "EVA", "depress pump switch status", legend=legends.PUMP_SWITCH
    ),
    Channel("TIME_000001", "TIME", "Greenwich Mean Time (GMT)", "ms"),
    Channel("TIME_000002", "TIME", "Year", "year"),
    Channel("USLAB000082", "ODIN", "Standard command counter (C&C computer)"),
    Channel("USLAB000083", "ODIN", "Data Load command counter (C&C computer)"),
    Channel("USLAB000084", "ODIN", "C&C MDM onboard time (course)", "s"),
    Channel("USLAB000085", "ODIN", "C&C MDM onboard time (fine)", "s"),
    Channel("USLAB000087", "ODIN", "crew PCS laptops connected to primary C&C MDM"),
    Channel("USLAB000086", "ODIN/VVO", "ISS Station Mode", legend=legends.STATION_MODE),
    Channel("P1000001", "SPARTAN", "Loop B Pump Flowrate", "kg/h"),
    Channel("P1000002", "SPARTAN", "Loop B PM Out Press", "kPa"),
    Channel("P1000003", "SPARTAN", "Loop B PM Out Temp", "°C"),
    Channel(
        "P4000001", "SPARTAN", "PV array 2A - Drive Voltage", "V", is_inferred=True
    ),
    Channel(
        "P4000002", "SPARTAN", "PV array 2A - Drive Current", "A", is_inferred=True
    ),
    Channel(
        "P4000004", "SPARTAN", "PV array 4A - Drive Voltage", "V", is_inferred=True
    ),
    Channel(
        "P4000005", "SPARTAN", "PV array 4A - Drive Current", "A", is_inferred=True
    ),
    Channel("P4000007", "SPARTAN", "PV array 2A - BGA Position", "°"),
    Channel("P4000008", "SPARTAN", "PV array 4A - BGA Position", "°"),
    Channel(
        "P6000001", "SPARTAN", "PV array 4B - Drive Voltage", "V", is_inferred=True
    ),
    Channel(
        "P6000002", "SPARTAN", "PV array 4B - Drive Current", "A", is_inferred=True
    ),
    Channel(
        "P6000004", "SPARTAN", "PV array 2B - Drive Voltage", "V", is_inferred=True
    ),
    Channel(
        "P6000005", "SPARTAN", "PV array 2B - Drive Current", "A", is_inferred=True
    ),
    Channel("P6000007", "SPARTAN", "PV array 4B - BGA Position", "°"),
    Channel("P6000008", "SPARTAN", "PV array 2B - BGA Position", "°"),
    Channel("S1000001", "SPARTAN", "Loop A Pump Flowrate", "kg/h"),
    Channel("S1000002", "SPARTAN", "Loop A PM Out Press", "kPa"),
    Channel("S1000003", "SPARTAN", "Loop A PM Out Temp", "°C"),
    Channel(
        "S4000001", "SPARTAN", "PV array 1A - Drive Voltage", "V", is_inferred=True
    ),
    Channel(
        "S4000002", "SPARTAN", "PV array 1A - Drive Current", "A", is_inferred=True
    ),
    Channel(
        "S4000004", "SPARTAN", "PV array 3B - Drive Voltage", "V", is_inferred=True
    ),
    Channel(
        "S4000005", "SPARTAN", "PV array 3B - Drive Current", "A", is_inferred=True
    ),
    Channel("S4000007", "SPARTAN", "PV array 1A - BGA Position", "°"),
    Channel("S4000008", "SPARTAN", "PV array 3A - BGA Position", "°"),
    Channel(
        "S6000001", "SPARTAN", "PV array 3B - Drive Voltage", "V", is_inferred=True
    ),
    Channel(
        "S6000002", "SPARTAN", "PV array 3B - Drive Current", "A", is_inferred=True
    ),
    Channel(
        "S6000004", "SPARTAN", "PV array 1B - Drive Voltage", "V", is_inferred=True
    ),
    Channel(
        "S6000005", "SPARTAN", "PV array 1B - Drive Current", "A", is_inferred=True
    ),
    Channel("S6000007", "SPARTAN", "PV array 3B - BGA Position", "°"),
    Channel("S6000008", "SPARTAN", "PV array 1B - BGA Position", "°"),
    Channel("S0000001", "SPARTAN/VVO", "Starboard TRRJ Position", "°"),
    Channel("S0000002", "SPARTAN/VVO", "Port TRRJ Position", "°"),
    Channel("S0000003", "SPARTAN/VVO", "SARJ Starboard Joint Angle Position", "°"),
    Channel("S0000004", "SPARTAN/VVO", "SARJ Port Joint Angle Position", "°"),
    Channel("USLAB000102", "TOPO", "State vector time tag", "s"),
    Channel("S0000005", "VVO", "SARJ Port Joint Angle Commanded Position", "°"),
    Channel("S0000006", "VVO", "TRRJ - Loop B - Software mode", legend=legends.JOINT),
    Channel("S0000007", "VVO", "TRRJ - Loop A - Software mode", legend=legends.JOINT),
    Channel("S0000008", "VVO", "External Primary SARJ Port Mode", legend=legends.JOINT),
    Channel(
        "S0000009", "VVO", "External Primary SARJ Starboard Mode", legend=legends.JOINT
    ),
    Channel(
        "USLAB000081",
        "VVO",
        "Attitude Maneuver In Progress status",
        legend=legends.BOOLEAN,
    ),
    Channel(
        "RUSSEG000001",
        "VVO",
        "Russian Segment Station Mode - SM",
        legend=legends.RUSSIAN_MODE,
    ),
    Channel(
        "RUSSEG000002",
        "VVO",
        "First Kurs Equipment Kit Operating",
        legend=legends.UNDETERMINED,
    ),
    Channel(
        "RUSSEG000003",
        "VVO",
        "Second Kurs Equipment Kit Operating",
        legend=legends.UNDETERMINED,
    ),
    Channel(
        "RUSSEG000004", "VVO", "SM Kurs P1, P2 Failure", legend=legends.UNDETERMINED
    ),
    Channel("RUSSEG000005", "VVO", "Distance from SM Kurs (Range)", "m"),
    Channel("RUSSEG000006", "VVO", "Rate from SM Kurs (Range Rate)", "m/s"),
    Channel("RUSSEG000007", "VVO", "SM Kurs-P Test Mode", legend=legends.UNDETERMINED),
    Channel(
        "RUSSEG000008",
        "VVO",
        'SM Kurs-P "Capture" Signal Availability',
        legend=legends.UNDETERMINED,
    ),
    Channel(
        "RUSSEG000009",
        "VVO",
        "SM Kurs-P Target Acquisition Signal",
        legend=legends.UNDETERMINED,
    ),
    Channel(
        "RUSSEG000010",
        "VVO",
        "SM Kurs-P Functional Mode Signal",
        legend=legends.UNDETERMINED,
    ),
    Channel(
        "RUSSEG000011", "VVO", "SM Kurs-P Standby Mode", legend=legends.UNDETERMINED
    ),
    Channel("RUSSEG000012", "VVO", "SM Docking Flag", legend=legends.UNDETERMINED),
    Channel(
        "RUSSEG000013",
        "VVO",
        "SM Forward Docking Port Engaged",
        legend=legends.UNDETERMINED,
    ),
    Channel(
        "RUSSEG000014",
        "VVO",
        "SM Aft Docking Port Engaged",
        legend=legends.UNDETERMINED,
    ),
    Channel(
        "RUSSEG000015",
        "VVO",
        "SM nadir Docking Port Engaged (Y)",
        legend=legends.UNDETERMINED,
    ),
    Channel(
        "RUSSEG000016",
        "VVO",
        "FGB nadir Docking Port Engaged (Y)",
        legend=legends.UNDETERMINED,
    ),
    Channel(
        "RUSSEG000017",
        "VVO",
        "SM nadir UDM Docking Port Engaged (Y)",
        legend=legends.UNDETERMINED,
    ),
    Channel(
        "RUSSEG000018", "VVO", "MRM1 Docking Port Engaged", legend=legends.UNDETERMINED
    ),
    Channel(
        "RUSSEG000019", "VVO", "MRM2 Docking Port Engaged", legend=legends.UNDETERMINED
    ),
    Channel(
        "RUSSEG000020",
        "VVO",
        "SM - Docked Vehicle Hooks Closed",
        legend=legends.UNDETERMINED,
    ),
    Channel(
        "RUSSEG000021",
        "VVO",
        "SM - RS GNC - Active Attitude Mode",
        legend=legends.ATTITUDE_MODE,
    ),
    Channel(
        "RUSSEG000022",
        "VVO",
        "SM - RS GNC - Motion Control",
        legend=legends.UNDETERMINED,
    ),
    Channel(
        "RUSSEG000023",
        "VVO",
        "SM - RS GNC - Prepared to Free Drift Mode Transition",
        legend=legends.UNDETERMINED,
    ),
    Channel(
        "RUSSEG000024",
        "VVO",
        "SM - RS GNC - Thruster Operation Mode Terminated",
        legend=legends.THRUSTER_MODE,
    ),
    Channel("CSAMT000001", "CSA", "Mobile transporter position", "cm"),
    Channel(
        "CSAMT000002", "CSA", "Mobile transporter worksite", legend=legends.WORKSITE
    ),
    Channel("CSASSRMS001", "CSA", "Canadarm2 operating base, raw"),
    Channel("CSASSRMS002", "CSA", "Canadarm2 base location", legend=legends.SSRMS_BASE),
    Channel(
        "CSASSRMS003", "CSA", "Canadarm2 operating base LEE", legend=legends.BASE_LEE
    ),
    Channel("CSASSRMS004", "CSA", "Canadarm2 shoulder roll", "°"),
    Channel("CSASSRMS005", "CSA", "Canadarm2 shoulder yaw", "°"),
    Channel("CSASSRMS006", "CSA", "Canadarm2 shoulder pitch", "°"),
    Channel("CSASSRMS007", "CSA", "Canadarm2 elbow pitch", "°"),
    Channel("CSASSRMS008", "CSA", "Canadarm2 wrist pitch", "°"),
    Channel("CSASSRMS009", "CSA", "Canadarm2 wrist yaw", "°"),
    Channel("CSASSRMS010", "CSA", "Canadarm2 wrist roll", "°"),
    Channel("CSASSRMS011", "CSA", "Canadarm2 tip LEE payload", legend=legends.PAYLOAD),
    Channel("CSASPDM0001", "CSA", "Dextre base location 1"),
    Channel("CSASPDM0002", "CSA", "Dextre base location 2"),
    Channel("CSASPDM0003", "CSA", "Dextre arm 1 shoulder roll", "°"),
    Channel("CSASPDM0004", "CSA", "Dextre arm 1 shoulder yaw", "°"),
    Channel("CSASPDM0005", "CSA", "Dextre arm 1 shoulder pitch", "°"),
    Channel("CSASPDM0006", "CSA", "Dextre arm 1 elbow pitch", "°"),
    Channel("CSASPDM0007", "CSA", "Dextre arm 1 wrist pitch", "°"),
    Channel("CSASPDM0008", "CSA", "Dextre arm 1 wrist yaw", "°"),
    Channel("CSASPDM0009", "CSA", "Dextre arm 1 wrist roll", "°"),
    Channel("CSASPDM0010", "CSA", "Dextre arm 1 OTCM payload", legend=legends.PAYLOAD),
    Channel("CSASPDM0011", "CSA", "Dextre arm 2 shoulder roll", "°"),
    Channel("CSASPDM0012", "CSA", "Dextre arm 2 shoulder yaw", "°"),
    Channel("CSASPDM0013", "CSA", "Dextre arm 2 shoulder pitch", "°"),
    Channel("CSASPDM0014", "CSA", "Dextre arm 2 elbow pitch", "°"),
    Channel("CSASPDM0015", "CSA", "Dextre arm 2 wrist pitch", "°"),
    Channel("CSASPDM0016", "CSA", "Dextre arm 2 wrist yaw", "°"),
    Channel("CSASPDM0017", "CSA", "Dextre arm 2 wrist roll", "°"),
    Channel(
        "CSASPDM0018", "CSA", "Dextre arm 2 OTCM payload 1", legend=legends.PAYLOAD
    ),
    Channel(
        "CSASPDM0019", "CSA", "Dextre arm 2 OTCM payload 2", legend=legends.PAYLOAD
    ),
    Channel("CSASPDM0020", "CSA", "Dextre body roll", "°"),
    Channel("CSASPDM0021", "CSA", "Dextre body payload 1", legend=legends.PAYLOAD),
    Channel("CSASPDM0022", "CSA", "Dextre body payload 2", legend=legends.PAYLOAD),
    Channel("CSAMBS00001", "CSA", "Mobile base MCAS payload 1", legend=legends.MCAS),
    Channel("CSAMBS00002", "CSA", "Mobile base MCAS payload 2", legend=legends.MCAS),
    Channel("CSAMBA00003", "CSA", "Mobile base POA payload 1", legend=legends.PAYLOAD),
    Channel("CSAMBA00004", "CSA", "Mobile base POA payload 2", legend=legends.PAYLOAD),
)
