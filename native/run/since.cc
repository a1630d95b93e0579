#include "since.h"

#include <cstdlib>

#include "scan.h"
#include "text.h"
#include "traces.h"

namespace lockbridge {

namespace {

// Days since 1970 of a date; a day too many for its month goes on into the next one, as in Node.
double daysOf(int year, int month, int day) {
  constexpr int kBefore[] = {0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334};
  const int y = year - 1;
  const bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
  const int whole = y * 365 + y / 4 - y / 100 + y / 400;
  return whole + kBefore[month - 1] + (leap && month > 2 ? 1 : 0) + day - 1 - 719162;
}

bool number(Scan* scan, size_t size, int most, int* out) {
  std::string digits;
  while (digits.size() < size && scan->peek() >= '0' && scan->peek() <= '9') {
    digits += scan->peek();
    scan->take(digits.back());
  }
  *out = atoi(digits.c_str());
  return digits.size() == size && *out <= most;
}

}  // namespace

std::optional<double> parseTime(const std::string& text) {
  Scan scan(text);
  int year, month, day, hour, minute, second, offsetHour = 0, offsetMinute = 0;
  std::string fraction;
  if (!number(&scan, 4, 9999, &year) || year == 0 || !scan.take('-') ||
      !number(&scan, 2, 12, &month) || !scan.take('-') || !number(&scan, 2, 31, &day) ||
      !scan.take('T') || !number(&scan, 2, 23, &hour) || !scan.take(':') ||
      !number(&scan, 2, 59, &minute) || !scan.take(':') || !number(&scan, 2, 59, &second))
    return std::nullopt;
  if (month == 0 || day == 0) return std::nullopt;
  if (scan.take('.') && !scan.digits(&fraction)) return std::nullopt;
  const bool west = scan.peek() == '-';
  if (!scan.take('Z')) {
    if ((!scan.take('+') && !scan.take('-')) || !number(&scan, 2, 23, &offsetHour) ||
        !scan.take(':') || !number(&scan, 2, 59, &offsetMinute))
      return std::nullopt;
  }
  if (!scan.done()) return std::nullopt;
  fraction.resize(3, '0');
  const double minutes = daysOf(year, month, day) * 1440 + hour * 60 + minute -
                         (offsetHour * 60 + offsetMinute) * (west ? -1 : 1);
  const double ms = minutes * 60'000 + second * 1000 + atoi(fraction.c_str());
  constexpr double kFirst = -62'135'596'800'000, kLast = 253'402'300'799'999;
  if (ms < kFirst || ms > kLast) return std::nullopt;
  return ms;
}

Since sinceOf(const Look& look, const std::optional<Record>& record, By by,
              const std::vector<Holder>& holders) {
  const auto claimed = record ? parseTime(record->since) : std::nullopt;
  if (claimed) return {*claimed, "record"};
  const double birth = birthOf(look.st);
  const Since file =
      birth > 0 ? Since{birth, "birth"} : Since{milliseconds(look.st.stx_ctime), "change"};
  if (by != By::kKernel) return file;
  for (const Holder& holder : holders) {
    if (holder.role != Role::kHolds) continue;
    const double started = holder.process.started;
    // Of the same millisecond is of the same time.
    return started < static_cast<double>(roundDown(file.at)) + 1 ? file : Since{started, "process"};
  }
  return file;
}

}  // namespace lockbridge
