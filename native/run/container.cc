#include "container.h"

#include <cstdlib>
#include <cstring>

#include "text.h"

namespace lockbridge {

namespace {

bool isId(const std::string& text) {
  return text.size() == 64 && text.find_first_not_of("0123456789abcdef") == std::string::npos;
}

const char* engineOf(const std::string& by) {
  if (by == "docker" || by == "moby") return "docker";
  if (by == "balena") return "balena-engine";
  if (by == "libpod" || by == "libpod_parent") return "podman";
  return by == "crio" ? "crio" : "containerd";
}

// systemd writes "-" in a name as "\x2d" (systemd.unit(5), "String Escaping").
std::string unescape(const std::string& name) {
  std::string out;
  for (size_t at = 0; at < name.size(); at++) {
    const std::string hex = name.substr(at + 2 < name.size() ? at + 2 : name.size(), 2);
    const bool escaped = name.compare(at, 2, "\\x") == 0 && hex.size() == 2 &&
                         hex.find_first_not_of("0123456789abcdef") == std::string::npos;
    if (escaped) {
      out += utf8OfLatin1(std::string(1, static_cast<char>(strtol(hex.c_str(), nullptr, 16))));
      at += 3;
    } else {
      out += name[at];
    }
  }
  return out;
}

// A systemd scope `docker-ID.scope`. Monitors (conmon) live in one that names the container too,
// but outside it.
bool scope(const std::string& part, Container* out) {
  for (const char* by : {"docker", "balena", "libpod", "crio", "cri-containerd", "nerdctl"}) {
    const size_t size = strlen(by);
    if (part.compare(0, size, by) != 0 || part[size] != '-') continue;
    std::string id = part.substr(size + 1);
    if (endsWith(id, ".scope")) id.resize(id.size() - 6);
    if (!isId(id)) continue;
    *out = {engineOf(by), id, ""};
    return true;
  }
  return false;
}

// A directory ID somewhere below one that is named after its engine.
bool directory(const std::vector<std::string>& parts, Container* out) {
  for (size_t by = 0; by < parts.size(); by++) {
    bool known = parts[by].find("kubepods") != std::string::npos;
    for (const char* name :
         {"docker", "balena", "actions_job", "libpod_parent", "default", "moby", "k8s.io"})
      known = known || parts[by] == name;
    for (size_t at = parts.size(); known && at-- > by + 1;) {
      if (!isId(parts[at])) continue;
      *out = {engineOf(parts[by]), parts[at], ""};
      return true;
    }
  }
  return false;
}

bool lxc(const std::vector<std::string>& parts, Container* out) {
  for (size_t at = 0; at < parts.size(); at++)
    for (const std::string head : {"lxc.payload", "lxc"}) {
      std::string name;
      if (parts[at] == head && at + 1 < parts.size()) name = parts[at + 1];
      if (startsWith(parts[at], head + ".")) name = parts[at].substr(head.size() + 1);
      if (name.empty()) continue;
      *out = {"lxc", name, name};
      return true;
    }
  return false;
}

bool nspawn(const std::vector<std::string>& parts, Container* out) {
  for (size_t at = 1; at < parts.size(); at++) {
    if (parts[at - 1] != "machine.slice") continue;
    std::string name = parts[at];
    if (startsWith(name, "machine-") && endsWith(name, ".scope"))
      name = name.substr(8, name.size() - 14);
    else if (startsWith(name, "systemd-nspawn@") && endsWith(name, ".service"))
      name = name.substr(15, name.size() - 23);
    else
      continue;
    *out = {"nspawn", unescape(name), unescape(name)};
    return true;
  }
  return false;
}

bool containerIn(const std::vector<std::string>& parts, Container* out) {
  for (const std::string& part : parts)
    if (scope(part, out)) return true;
  return directory(parts, out) || lxc(parts, out) || nspawn(parts, out);
}

}  // namespace

void readCgroup(const std::string& text, ProcessInfo* out) {
  std::string unit;
  for (const std::string& line : splitAt(text, '\n')) {
    const size_t first = line.find(':');
    const size_t second = first == std::string::npos ? first : line.find(':', first + 1);
    if (second == std::string::npos) continue;
    const auto parts = splitAt(line.substr(second + 1), '/');
    Container container;
    if (containerIn(parts, &container)) {
      out->container = container;
      return;
    }
    for (size_t at = parts.size(); unit.empty() && at-- > 1;)
      if (endsWith(parts[at], ".service") && parts[at].size() > 8) unit = parts[at];
  }
  out->unit = unescape(unit);
}

}  // namespace lockbridge
