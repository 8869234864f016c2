/// A network as text: what a model file holds beside its tensors. The bounds and alpha of quantizers are not in it:
/// they are tensors.
#pragma once

#include <string>
#include <string_view>

#include "dsq/status.h"
#include "model/network.h"

namespace dsq {

std::string network_to_json(const Network &network);

/// Error: invalid_file, with a message that begins with `where` and names the key, what was expected and found.
Status network_from_json(const std::string &where, std::string_view text, Network &network);

}  // namespace dsq
