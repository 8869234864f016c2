/// Ctrl-C as a wish to end well.
#pragma once

namespace dsq::cli {

/// From now on the first Ctrl-C (or SIGTERM) is only noted, the second ends the program at once.
void stop_at_interrupt();

bool interrupted();

}  // namespace dsq::cli
