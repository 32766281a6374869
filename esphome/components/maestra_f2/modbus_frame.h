#pragma once

// What a sensor on RS-485 is asked, and what of its answer has arrived (Modbus RTU). No I/O.

#include <cstdint>
#include <string>
#include <string_view>

namespace esphome::maestra_f2 {

static constexpr size_t CHECKSUM_BYTES = 2;
static constexpr uint8_t EXCEPTION = 0x80;

struct ModbusRequest {
  uint8_t address;
  /// 3: holding registers, 4: input registers.
  uint8_t function;
  uint16_t start;
  uint16_t count;

  /// Returns the frame without its checksum.
  std::string body() const {
    std::string out{static_cast<char>(this->address), static_cast<char>(this->function)};
    for (const uint16_t number : {this->start, this->count}) {
      out += static_cast<char>(number >> 8);
      out += static_cast<char>(number & 0xFF);
    }
    return out;
  }
};

enum class ModbusReply : uint8_t { INCOMPLETE, VALUES, EXCEPTION, FOREIGN };

/// Tells what has arrived so far. Checksums are not looked at: those of many sensors are always wrong, and whoever
/// reads the frame sees them. FOREIGN is noise, or the echo of a question.
inline ModbusReply modbus_reply(const ModbusRequest &request, std::string_view bytes) {
  if (!bytes.empty() && static_cast<uint8_t>(bytes[0]) != request.address)
    return ModbusReply::FOREIGN;
  if (bytes.size() < 3)
    return ModbusReply::INCOMPLETE;
  const auto function = static_cast<uint8_t>(bytes[1]);
  if (function == (request.function | EXCEPTION))
    return bytes.size() < 3 + CHECKSUM_BYTES ? ModbusReply::INCOMPLETE : ModbusReply::EXCEPTION;
  if (function != request.function || static_cast<uint8_t>(bytes[2]) != 2 * request.count)
    return ModbusReply::FOREIGN;
  return bytes.size() < 3 + 2u * request.count + CHECKSUM_BYTES ? ModbusReply::INCOMPLETE : ModbusReply::VALUES;
}

}  // namespace esphome::maestra_f2
