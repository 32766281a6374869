#pragma once

// A text that outlives a restart, in pieces that the preferences of every board take.

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <string>
#include <string_view>

namespace esphome::maestra {

/// A text and its number.
struct NumberedText {
  uint32_t number;
  std::string text;

  bool operator==(const NumberedText &) const = default;
};

/// Of a PC's preferences one takes 255 bytes at most, of an ESP8266's whole words.
static constexpr size_t PIECE_BYTES = 240;
using Piece = std::array<uint8_t, PIECE_BYTES>;

/// What tells that the pieces are those of one text. It is written last.
struct KeptHeader {
  uint32_t number;
  uint32_t length;
  uint32_t checksum;
};

static constexpr size_t pieces_of(size_t bytes) { return (bytes + PIECE_BYTES - 1) / PIECE_BYTES; }

/// FNV-1a of both.
inline uint32_t checksum_of(const NumberedText &kept) {
  uint32_t hash = 2166136261u;
  const auto add = [&hash](uint8_t byte) { hash = (hash ^ byte) * 16777619u; };
  for (int shift = 0; shift < 32; shift += 8)
    add(static_cast<uint8_t>(kept.number >> shift));
  for (char c : kept.text)
    add(static_cast<uint8_t>(c));
  return hash;
}

/// Keeps a text of at most `max_bytes`; false where it is longer, or the store takes it not.
///
/// `Store` has `save_piece(at, const Piece &)` and `save_header(const KeptHeader &)`, which are false where that fails,
/// and `load_piece(at, Piece &)` and `load_header(KeptHeader &)`, which are false where there is none.
template<typename Store> bool keep_text(Store &store, const NumberedText &kept, size_t max_bytes) {
  if (kept.text.size() > max_bytes)
    return false;
  for (size_t at = 0; at < pieces_of(kept.text.size()); at++) {
    Piece piece{};
    const size_t start = at * PIECE_BYTES;
    std::memcpy(piece.data(), kept.text.data() + start, std::min(PIECE_BYTES, kept.text.size() - start));
    if (!store.save_piece(at, piece))
      return false;
  }
  return store.save_header({kept.number, static_cast<uint32_t>(kept.text.size()), checksum_of(kept)});
}

/// Returns the text that is kept; nothing where there is none, or not all of it was written.
template<typename Store> std::optional<NumberedText> kept_text(Store &store, size_t max_bytes) {
  KeptHeader header{};
  if (!store.load_header(header) || header.length > max_bytes)
    return {};
  NumberedText kept{.number = header.number, .text = {}};
  kept.text.reserve(header.length);
  for (size_t at = 0; at < pieces_of(header.length); at++) {
    Piece piece;
    if (!store.load_piece(at, piece))
      return {};
    kept.text.append(reinterpret_cast<const char *>(piece.data()),
                     std::min(PIECE_BYTES, static_cast<size_t>(header.length) - kept.text.size()));
  }
  if (checksum_of(kept) != header.checksum)
    return {};
  return kept;
}

}  // namespace esphome::maestra
