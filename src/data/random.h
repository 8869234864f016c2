/// Random numbers that are the same on every machine, with any standard library.
#pragma once

#include <cstddef>
#include <cstdint>

namespace dsq {

/// Numbers of the splitmix64 generator (Steele, Lea and Flood 2014) by their index: any of them, in any order.
class Random {
public:
    /// Sequences of their own for each stream and part of it.
    Random(std::uint64_t seed, std::uint64_t stream, std::uint64_t part) : key_(mix(seed + increment)) {
        key_ = mix(key_ + stream * increment);
        key_ = mix(key_ + part * increment);
    }

    std::uint64_t operator()(std::size_t index) const {
        return mix(key_ + (index + 1) * increment);
    }

private:
    static constexpr std::uint64_t increment = 0x9E3779B97F4A7C15U;

    static std::uint64_t mix(std::uint64_t bits) {
        bits = (bits ^ (bits >> 30U)) * 0xBF58476D1CE4E5B9U;
        bits = (bits ^ (bits >> 27U)) * 0x94D049BB133111EBU;
        return bits ^ (bits >> 31U);
    }

    std::uint64_t key_;
};

}  // namespace dsq
