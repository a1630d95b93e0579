// What cannot be seen from here. A tool that is silent about its blind spots is believed too much.
#pragma once

#include <string>
#include <vector>

#include "../probe.h"

namespace lockbridge {

// The blind spots of this process, whatever it looks at.
class View {
 public:
  // How many processes would not show what they have open.
  explicit View(int hidden);
  // Whether every process and what it has open was seen.
  bool complete() const;
  // In sentences, for one file that nobody is seen to hold; `openers`: how many have it open.
  std::vector<std::string> sentences(const Look& look, size_t openers) const;

 private:
  const int hidden_;
  const bool outside_, mounted_, hidepid_;
};

}  // namespace lockbridge
