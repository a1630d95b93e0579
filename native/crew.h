// Work of many equal parts, divided among a few threads.
#pragma once

#include <cstddef>
#include <functional>

namespace lockbridge {

// Calls `work` for consecutive ranges that together are 0 to count, on this thread and, where there
// are parts and processors enough, on a few more; returns when all is done. Where no thread is to
// be had this one does it all. The others take no signal.
void inParallel(size_t count, const std::function<void(size_t begin, size_t end)>& work);

}  // namespace lockbridge
