#include "model/safetensors_header.h"

#include <algorithm>
#include <limits>
#include <nlohmann/json.hpp>
#include <utility>

namespace dsq::safetensors {
namespace {

using nlohmann::json;

constexpr std::size_t length_field = 8;
constexpr std::int64_t largest_number = std::numeric_limits<std::int64_t>::max();

/// A position in the header; the ones that await a value are named for it.
enum class Place {
    start,
    header,
    metadata,
    metadata_entry,
    text,
    tensor,
    tensor_entry,
    type,
    shape,
    sizes,
    offsets,
    pair
};

std::string expected_at(Place place) {
    switch (place) {
        case Place::metadata:
            return "an object of texts";
        case Place::text:
            return "a text";
        case Place::tensor:
            return "an object";
        case Place::type:
            return "one of F32, F64, F16, BF16, I8, U8, I16, U16, I32, U32, I64, U64, BOOL";
        case Place::shape:
            return "a list of sizes";
        case Place::offsets:
        case Place::pair:
            return "a list of 2 integers from 0 to " + std::to_string(largest_number);
        case Place::sizes:
            return "integers from 0 to " + std::to_string(largest_number);
        default:
            return "keys";
    }
}

/// Takes the header piece by piece, and refuses the first that does not belong: nothing nests deeper than a tensor's
/// shape, and no key is seen twice.
class Handler : public nlohmann::json_sax<json> {
public:
    Handler(std::string path, Header &header) : path_(std::move(path)), header_(header) {
    }

    const Status &status() const {
        return status_;
    }

    bool null() override {
        return refuse("null");
    }
    bool boolean(bool value) override {
        return refuse(value ? "true" : "false");
    }
    bool number_integer(number_integer_t value) override {
        return refuse(value == 0 ? "-0" : std::to_string(value));  // a minus sign brings it here
    }
    bool number_float(number_float_t /*value*/, const string_t &text) override {
        return refuse(quote(text));
    }
    bool binary(binary_t & /*value*/) override {
        return refuse("bytes");
    }

    bool number_unsigned(number_unsigned_t value) override {
        if ((place_ != Place::sizes && place_ != Place::pair) || value > number_unsigned_t{largest_number}) {
            return refuse(std::to_string(value));
        }
        (place_ == Place::sizes ? tensor_->second.shape : offsets_).push_back(static_cast<std::int64_t>(value));
        return offsets_.size() <= 2 || refuse("more");
    }

    bool string(string_t &value) override {
        if (place_ == Place::text) {
            header_.metadata[key_] = std::move(value);
            return enter(Place::metadata_entry);
        }
        const std::optional<ElementType> type = place_ == Place::type ? element_type(value) : std::nullopt;
        if (!type) {
            return refuse(quote(value));
        }
        tensor_->second.type = *type;
        return enter(Place::tensor_entry);
    }

    bool start_object(std::size_t /*size*/) override {
        switch (place_) {
            case Place::start:
                return enter(Place::header);
            case Place::metadata:
                return enter(Place::metadata_entry);
            case Place::tensor:
                return enter(Place::tensor_entry);
            default:
                return refuse("an object");
        }
    }

    bool end_object() override {
        if (place_ == Place::tensor_entry) {
            for (const std::string_view key : {"dtype", "shape", "data_offsets"}) {
                if (std::find(keys_.begin(), keys_.end(), key) == keys_.end()) {
                    return refuse("none", "the key " + quote(key));
                }
            }
        }
        return enter(Place::header);
    }

    bool start_array(std::size_t /*size*/) override {
        offsets_.clear();
        switch (place_) {
            case Place::shape:
                return enter(Place::sizes);
            case Place::offsets:
                return enter(Place::pair);
            default:
                return refuse("a list");
        }
    }

    bool end_array() override {
        if (place_ == Place::pair) {
            if (offsets_.size() != 2) {
                return refuse(std::to_string(offsets_.size()));
            }
            tensor_->second.begin = static_cast<std::uint64_t>(offsets_[0]);
            tensor_->second.end = static_cast<std::uint64_t>(offsets_[1]);
        }
        return enter(Place::tensor_entry);
    }

    bool key(string_t &name) override {
        switch (place_) {
            case Place::header:
                return name == metadata_key ? start_metadata() : start_tensor(name);
            case Place::metadata_entry:
                key_ = name;
                place_ = Place::text;
                return !header_.metadata.contains(name) || refuse("two", "one of each key");
            default:
                return start_tensor_key(name);
        }
    }

    bool parse_error(std::size_t position, const std::string & /*token*/, const json::exception &error) override {
        std::string_view text = error.what();  // "[...] parse error at line 1, column 2: ..." or "[...] ..."
        text = text.substr(text.find(text.starts_with("[json.exception.parse_error") ? ": " : "] ") + 2);
        const std::string byte = std::to_string(position - 1 + length_field);
        status_ = refusal(path_, "header", "JSON in UTF-8", "otherwise at byte " + byte + ": " + quote(text));
        return false;
    }

private:
    bool enter(Place place) {
        place_ = place;
        return true;
    }

    bool start_metadata() {
        place_ = Place::metadata;
        return !std::exchange(has_metadata_, true) || refuse("two", "one of them");
    }

    bool start_tensor(const std::string &name) {
        place_ = Place::tensor;
        const auto [tensor, is_new] = header_.tensors.try_emplace(name);
        tensor_ = tensor;
        keys_.clear();
        return is_new || refuse("two", "one tensor of this name");
    }

    bool start_tensor_key(const std::string &name) {
        const bool is_new = std::find(keys_.begin(), keys_.end(), name) == keys_.end();
        keys_.push_back(name);
        place_ = name == "dtype" ? Place::type : name == "shape" ? Place::shape : Place::offsets;
        if (place_ == Place::offsets && name != "data_offsets") {
            return refuse_at(
                "tensor " + quote(tensor_->first), "dtype, shape and data_offsets", "the key " + quote(name));
        }
        return is_new || refuse("two", "one of each key");
    }

    std::string where() const {
        switch (place_) {
            case Place::start:
            case Place::header:
                return "header";
            case Place::metadata:
            case Place::metadata_entry:
                return std::string(metadata_key);
            case Place::text:
                return std::string(metadata_key) + ", key " + quote(key_);
            default:
                break;
        }
        const std::string name = "tensor " + quote(tensor_->first);
        return place_ == Place::tensor || place_ == Place::tensor_entry ? name : name + ", " + keys_.back();
    }

    bool refuse(const std::string &found) {
        return refuse(found, expected_at(place_));
    }
    bool refuse(const std::string &found, const std::string &expected) {
        return refuse_at(where(), expected, found);
    }
    bool refuse_at(const std::string &where, const std::string &expected, const std::string &found) {
        status_ = refusal(path_, where, expected, found);
        return false;
    }

    std::string path_;
    Header &header_;
    Status status_;
    Place place_ = Place::start;
    bool has_metadata_ = false;
    std::string key_;                                ///< of the metadata
    std::map<std::string, Entry>::iterator tensor_;  ///< the one that is read
    std::vector<std::string> keys_;                  ///< of that tensor, so far
    std::vector<std::int64_t> offsets_;
};

}  // namespace

Status parse_header(const std::string &path, std::string_view text, Header &header) {
    if (!text.starts_with('{')) {
        return refusal(path, "header", "\"{\" at byte 8", text.empty() ? "nothing" : quote(text.substr(0, 1)));
    }
    // The parser takes a NUL for the end, and would pass over what follows.
    if (const std::size_t nul = text.find('\0'); nul != std::string_view::npos) {
        return refusal(path, "header", "JSON in UTF-8", "a NUL at byte " + std::to_string(nul + length_field));
    }
    Handler handler(path, header);
    json::sax_parse(text.begin(), text.end(), &handler);
    return handler.status();
}

std::string quote(std::string_view text) {
    constexpr std::size_t most = 120;
    const json value = std::string(text.substr(0, most));
    return value.dump(-1, ' ', false, json::error_handler_t::replace) + (text.size() > most ? "..." : "");
}

Status refusal(const std::string &path,
               const std::string &where,
               const std::string &expected,
               const std::string &found) {
    return {ErrorCode::invalid_file, path + ": " + where + ": expected " + expected + ", found " + found};
}

}  // namespace dsq::safetensors
