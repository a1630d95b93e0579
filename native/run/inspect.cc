#include "inspect.h"

#include "../crew.h"
#include "../looks.h"
#include "actions.h"
#include "scene.h"

namespace lockbridge {

namespace {

Look lookAt(const std::string& path, const Policy& policy, Depth depth) {
  const bool pending = policy.origins != nullptr && policy.origins->pending(path);
  return look(path, pending ? Depth::kName : depth);
}

// A lease was granted: nobody has the file open.
bool somebodyMayHaveIt(const Look& look) { return look.error >= 0 && look.known != Known::kLease; }

Failure withActions(const Failure& failure, Inspection* out) {
  if (!failure) out->actions = actionsFor(*out);
  return failure;
}

Failure brief(const std::string& path, const Look& look, const Policy& policy, bool underLock,
              Inspection* out) {
  return withActions(Scene(policy, true, underLock).judge(path, look, out), out);
}

}  // namespace

Failure inspect(const std::string& path, const Policy& policy, Inspection* out,
                const Extent& extent) {
  const Look look = lookAt(path, policy, extent.waiters ? Depth::kContent : Depth::kBrief);
  std::vector<Identity> open;
  if (somebodyMayHaveIt(look)) open.push_back(identityOf(look.st));
  Scene scene(policy);
  if (extent.orphans || !open.empty()) scene.search(open, extent.orphans);
  return withActions(scene.judge(path, look, out), out);
}

void inspectEach(const std::vector<std::string>& paths, const Policy& policy, const Visit& visit) {
  Scene scene(policy);
  const auto judge = [&](size_t at, const Look& look) {
    Inspection seen;
    const Failure failure = scene.judge(paths[at], look, &seen);
    visit(at, failure, &seen);
  };
  std::vector<std::pair<size_t, Look>> rest;
  std::vector<Identity> open;
  ManyLooks many(paths, Depth::kContent, [&](size_t at, const Look& look) {
    if (!somebodyMayHaveIt(look)) judge(at, look);
  });
  size_t at = 0;
  for (std::vector<Look> some; !(some = many.next()).empty();)
    for (Look& look : some) {
      if (somebodyMayHaveIt(look)) {
        open.push_back(identityOf(look.st));
        rest.emplace_back(at, std::move(look));
      }
      at++;
    }
  scene.search(open, true);
  divide(rest.size(), [&](size_t begin, size_t end) {
    for (size_t i = begin; i < end; i++) judge(rest[i].first, rest[i].second);
  });
  // Whom the search finds orphaned at one that was judged before it is rare enough to look again.
  for (size_t index = 0, next = 0; index < paths.size(); index++) {
    const bool judged = next < rest.size() && rest[next].first == index;
    if (judged)
      next++;
    else if (scene.orphaned(paths[index]))
      judge(index, look(paths[index], Depth::kContent));
  }
}

Failure glance(const std::string& path, const Policy& policy, Inspection* out) {
  return brief(path, lookAt(path, policy, Depth::kContent), policy, false, out);
}

Failure judgeHeld(const std::string& path, int fd, const Policy& policy, Inspection* out) {
  return brief(path, lookHeld(fd), policy, true, out);
}

const char* nameOf(Verdict verdict) {
  constexpr const char* kNames[] = {"free", "held", "stale", "residue"};
  return kNames[static_cast<int>(verdict)];
}

const char* nameOf(By by) {
  constexpr const char* kNames[] = {"", "kernel", "existence", "undecidable"};
  return kNames[static_cast<int>(by)];
}

const char* nameOf(Role role) {
  constexpr const char* kNames[] = {"holds", "waits", "named", "open"};
  return kNames[static_cast<int>(role)];
}

}  // namespace lockbridge
