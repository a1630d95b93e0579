#include "finding.h"

#include <sys/stat.h>

#include <algorithm>
#include <cctype>
#include <utility>

#include "../looks.h"
#include "../path.h"
#include "../walk.h"
#include "text.h"

namespace lockbridge {

namespace {

constexpr const char* kUsualPlaces[] = {"/tmp/balena", "/tmp/resin",
                                        "/tmp/balena-supervisor/services"};
constexpr size_t kMostEntries = 200'000;
constexpr int kDeepest = 32;

bool isDirectory(const char* path) {
  struct stat st;
  return stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

// .lockbridge-<number>-<number>: what a killed forcer of ours leaves.
bool isOfForcer(const std::string& name) {
  constexpr char kHead[] = ".lockbridge-";
  if (!startsWith(name, kHead)) return false;
  const auto numbers = splitAt(name.substr(sizeof kHead - 1), '-');
  return numbers.size() == 2 &&
         std::all_of(numbers.begin(), numbers.end(), [](const std::string& number) {
           return !number.empty() && number.find_first_not_of("0123456789") == std::string::npos;
         });
}

// What lock programs call their files: x.lock (nearly all), x.lck, LCK..ttyS0 (UUCP), x.NFSLock and
// a bare `lock`.
bool isLockName(const char* name, size_t size) {
  std::string lower(name, size);
  for (char& c : lower) c = static_cast<char>(tolower(static_cast<unsigned char>(c)));
  for (const char* end : {".lock", ".lck", ".lockfile", ".nfslock"})
    if (endsWith(lower, end)) return true;
  return lower == "lock" || (startsWith(lower, "lck..") && size > 5) || isOfForcer(lower);
}

// The directory as path.join makes it of what a person writes, up to where a name follows.
std::string prefixOf(const std::string& dir) {
  std::string prefix = dir[0] == '/' ? "/" : "";
  for (const std::string& part : partsOf(dir)) prefix += part + '/';
  return prefix;
}

// What is inside a directory that is a lock itself belongs to that lock. Entries of one directory
// follow each other.
class InsideLocks {
 public:
  bool operator()(const std::string& dir) {
    if (dir != last_) {
      inside_ = false;
      for (const std::string& part : splitAt(dir, '/'))
        inside_ = inside_ || isLockName(part.data(), part.size());
      last_ = dir;
    }
    return inside_;
  }

 private:
  std::string last_;
  bool inside_ = false;
};

Failure below(const std::string& dir, bool follow, Found* out) {
  Walk seen;
  const int done = walk(dir, follow, kMostEntries, kDeepest, &seen);
  if (done < 0) return fromErrno(done, "open", dir);
  const std::string prefix = prefixOf(dir);
  InsideLocks insideLock;
  std::vector<std::string> others;
  for (const WalkEntry& entry : seen.entries) {
    const size_t slash = entry.path.rfind('/');
    const size_t name = slash == std::string::npos ? 0 : slash + 1;
    if (insideLock(name == 0 ? "" : entry.path.substr(0, slash))) continue;
    if (isLockName(entry.path.data() + name, entry.path.size() - name))
      out->paths.push_back(prefix + entry.path);
    else if (!entry.directory)  // only a file's kernel locks count
      others.push_back(prefix + entry.path);
  }
  const std::vector<Look> looks = lookAll(others, Depth::kName);
  for (size_t at = 0; at < others.size(); at++)
    if (looks[at].locked) out->paths.push_back(others[at]);
  for (const std::string& path : seen.unreadable)
    out->remarks.push_back("not listed: '" + prefix + path + "': not permitted for this user");
  if (seen.cut)
    out->remarks.push_back("not all of '" + dir + "' was looked at: too many entries, or too deep");
  return {};
}

}  // namespace

Failure findLocks(const std::vector<std::string>& dirs, Found* out) {
  bool any = !dirs.empty();
  for (const std::string& dir : dirs)
    if (Failure failure = below(dir, true, out)) return failure;
  for (const char* place : kUsualPlaces) {
    if (!dirs.empty() || !isDirectory(place)) continue;
    any = true;
    if (Failure failure = below(place, false, out)) return failure;
  }
  if (!any)
    return {kNoInput, "ERR_LOCK_PATH",
            "none of the usual places is here (/tmp/balena, /tmp/resin, "
            "/tmp/balena-supervisor/services); name a directory"};
  out->paths = sortedOnce(out->paths);
  return {};
}

}  // namespace lockbridge
