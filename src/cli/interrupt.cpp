#include "interrupt.h"

#include <atomic>
#include <csignal>

namespace dsq::cli {
namespace {

std::atomic<bool> noted = false;

}  // namespace

void stop_at_interrupt() {
    struct sigaction action {};
    action.sa_handler = [](int) { noted = true; };
    action.sa_flags = static_cast<int>(SA_RESETHAND | SA_RESTART);
    sigaction(SIGINT, &action, nullptr);
    sigaction(SIGTERM, &action, nullptr);
}

bool interrupted() {
    return noted;
}

}  // namespace dsq::cli
