#pragma once

// The MQTT client that carries the hub: ESPHome's own, or on a PC, where there is none, ours of the same interface.

#include "esphome/core/defines.h"

#ifdef USE_MQTT
#include "esphome/components/mqtt/mqtt_client.h"
namespace esphome::maestra {
using Link = mqtt::MQTTClientComponent;
}  // namespace esphome::maestra
#else
#include "esphome/components/host_mqtt/host_mqtt.h"
namespace esphome::maestra {
using Link = host_mqtt::MQTTClient;
}  // namespace esphome::maestra
#endif
