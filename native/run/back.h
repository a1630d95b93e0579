// Going back to Node's `lockbridge` that became this program, for what only that can do.
#pragma once

#include <string>
#include <vector>

namespace lockbridge {

// Becomes it, with these words. Returns where nobody handed over, or that Node is gone.
void goBack(const std::vector<std::string>& words);

}  // namespace lockbridge
