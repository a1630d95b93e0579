#include "named.h"

#include "text.h"

namespace lockbridge {

namespace {

Holder holder(int pid, Alive alive) {
  Holder out;
  out.process.pid = pid;
  out.role = Role::kNamed;
  out.source = "record";
  if (alive != Alive::kUnknown) out.alive = alive == Alive::kYes;
  return out;
}

}  // namespace

Named namedBy(const Footprint& footprint, PidTable* pids) {
  Named out;
  const bool certain = footprint.pid != 0;
  const std::vector<int> numbers = certain ? std::vector<int>{footprint.pid} : footprint.pids;
  if (numbers.empty()) return out;
  if (footprint.host && *footprint.host != hostName()) {
    out.evidence.push_back({"pid-elsewhere", "'" + *footprint.host +
                                                 "' is not the name of this host, so its pid "
                                                 "cannot be looked up here"});
    for (const int pid : numbers) out.holders.push_back(holder(pid, Alive::kUnknown));
    return out;
  }
  bool unknown = false, gone = false;
  for (const int pid : numbers) {
    const Alive alive = pids->alive(pid);
    unknown = unknown || alive == Alive::kUnknown;
    gone = certain && pid != 1 && alive == Alive::kNo;
    // Of several readings of the same digits, those that nobody has are not worth showing.
    if (certain || alive != Alive::kNo) out.holders.push_back(holder(pid, alive));
  }
  if (unknown)
    out.evidence.push_back(
        {"pid-unknown", "whether that process lives cannot be told from this pid namespace"});
  if (gone)
    out.evidence.push_back(
        {footprint.pidDecides ? "pid-dead" : "pid-gone",
         "no process has the number " + std::to_string(footprint.pid) + ", here or in a container" +
             (footprint.pidDecides ? ""
                                   : ", but by this protocol a child of it may hold the lock")});
  out.dead = gone && footprint.pidDecides;
  return out;
}

}  // namespace lockbridge
