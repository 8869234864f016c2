#include "progress.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdarg>

namespace dsq::cli {
namespace {

using Clock = std::chrono::steady_clock;

constexpr auto between_bars = std::chrono::milliseconds(100);
constexpr auto between_lines = std::chrono::seconds(30);

[[gnu::format(printf, 1, 2)]] std::string format(const char *pattern, ...) {
    std::array<char, 256> text{};
    va_list values;
    va_start(values, pattern);
    std::vsnprintf(text.data(), text.size(), pattern, values);
    va_end(values);
    return text.data();
}

int terminal_width(std::FILE *out) {
    constexpr int usual = 80;
    winsize size{};
    return ioctl(fileno(out), TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col : usual;
}

double done_share(const Progress &progress) {
    return std::clamp(progress.steps > 0 ? double(progress.step) / progress.steps : 0.0, 0.0, 1.0);
}

std::string repeated(const char *text, int count) {
    std::string all;
    for (int i = 0; i < count; ++i) all += text;
    return all;
}

std::string figures(const Progress &progress) {
    return format("loss %.4f  accuracy %.2f %%  %.0f images/s  %s left",
                  progress.loss,
                  100 * progress.accuracy,
                  progress.images_per_second,
                  duration(progress.seconds_left).c_str());
}

}  // namespace

std::string duration(double seconds) {
    if (!std::isfinite(seconds) || seconds < 0) return "?";
    const auto whole = static_cast<long long>(std::llround(std::min(seconds, 1e9)));
    const long long hours = whole / 3600, minutes = whole / 60 % 60;
    if (hours > 0) return format("%lld:%02lld:%02lld", hours, minutes, whole % 60);
    return format("%lld:%02lld", minutes, whole % 60);
}

std::string progress_bar(const Progress &progress, int width) {
    constexpr int longest = 40;
    const std::string head = format("epoch %d/%d ", progress.epoch, progress.epochs);
    const std::string tail = format(" %3.0f %%  ", std::floor(100 * done_share(progress))) + figures(progress);
    const int room = width - static_cast<int>(head.size() + tail.size());
    if (room < 1) return (head + tail).substr(0, static_cast<std::size_t>(std::max(width, 0)));
    const int length = std::min(room, longest);
    const int done = static_cast<int>(length * done_share(progress));
    return head + repeated("━", done) + repeated("╌", length - done) + tail;
}

std::string progress_line(const Progress &progress) {
    return format("epoch %d/%d, step %d/%d: ", progress.epoch, progress.epochs, progress.step, progress.steps) +
           figures(progress);
}

std::string epoch_text(const EpochSummary &epoch) {
    return format("epoch %d/%d: train loss %.4f, accuracy %.2f %%; test loss %.4f, accuracy %.2f %%; %.1f s",
                  epoch.epoch,
                  epoch.epochs,
                  epoch.train_loss,
                  100 * epoch.train_accuracy,
                  epoch.test_loss,
                  100 * epoch.test_accuracy,
                  epoch.seconds);
}

ProgressDisplay::ProgressDisplay(std::FILE *out)
    : out_(out), terminal_(isatty(fileno(out)) == 1), next_(Clock::now() + (terminal_ ? between_bars : between_lines)) {
}

void ProgressDisplay::step(const Progress &progress) {
    const auto now = Clock::now();
    if (now < next_) return;
    if (!terminal_) {
        next_ = now + between_lines;
        return line(progress_line(progress));
    }
    next_ = now + between_bars;
    std::fprintf(out_, "\r%s\033[K", progress_bar(progress, terminal_width(out_) - 1).c_str());
    std::fflush(out_);
    drawn_ = true;
}

void ProgressDisplay::epoch(const EpochSummary &epoch) {
    line(epoch_text(epoch));
}

void ProgressDisplay::note(const std::string &text) {
    line(text);
}

void ProgressDisplay::clear() {
    if (!drawn_) return;
    std::fputs("\r\033[K", out_);
    std::fflush(out_);
    drawn_ = false;
}

void ProgressDisplay::line(const std::string &text) {
    clear();
    std::fprintf(out_, "%s\n", text.c_str());
    std::fflush(out_);
}

}  // namespace dsq::cli
