// Looking: at paths, trees and the processes behind them.


#include <fcntl.h>

#include <algorithm>
#include <memory>

#include "../crew.h"
#include "../looks.h"
#include "../probe.h"
#include "../walk.h"
#include "doors.h"
#include "environment.h"

namespace lockbridge {

namespace {

// A line: kind, exclusive, waiting, pid, from, to.
void pack(const LockLine& line, std::string* out) {
  *out += line.kind + (line.write ? " 1" : " 0") + (line.waiting ? " 1 " : " 0 ");
  *out += std::to_string(line.pid) + " " + line.from + " " + line.to + "\n";
}

Napi::Value arrayOf(Napi::Env env, const std::vector<double>& numbers) {
  auto out = Napi::Float64Array::New(env, numbers.size());
  if (out.IsEmpty()) return env.Undefined();  // nobody is left to be told
  std::copy(numbers.begin(), numbers.end(), out.Data());
  return out;
}

Napi::Value arrayOf(Napi::Env env, const std::vector<std::string>& texts) {
  auto out = Napi::Array::New(env, texts.size());
  for (uint32_t i = 0; i < texts.size(); i++) out[i] = texts[i];
  return out;
}

// Looks cross as four values, because an object of twenty properties costs more than a look:
// numbers, the same for each (src/looks.ts has their order); the identity and the content of each,
// a character a byte; the targets of symbolic links; the lines of locks, their fields apart by
// spaces.
class PackedLooks {
 public:
  explicit PackedLooks(size_t looks) { numbers_.reserve(looks * 16); }

  void add(const Look& seen) {
    const std::string id = seen.error < 0 ? "" : identityOf(seen.st).text();
    const int flags =
        seen.attribute | seen.elsewhere << 1 | seen.locked << 2 | seen.leaseRefused << 3;
    const double birth = seen.st.stx_mask & STATX_BTIME ? milliseconds(seen.st.stx_btime) : 0;
    for (const double number :
         {double(seen.error), double(seen.st.stx_mode), double(seen.st.stx_uid),
          double(seen.st.stx_gid), double(seen.st.stx_nlink), double(seen.st.stx_size),
          milliseconds(seen.st.stx_mtime), milliseconds(seen.st.stx_ctime), birth,
          double(seen.openError), double(flags), double(seen.known), double(seen.recordPid),
          double(id.size()), double(seen.content.size()), double(seen.locks.size())})
      numbers_.push_back(number);
    bytes_ += id;
    bytes_ += seen.content;
    if (S_ISLNK(seen.st.stx_mode)) targets_.push_back(seen.target);
    for (const LockLine& line : seen.locks) pack(line, &locks_);
  }

  Napi::Value value(Napi::Env env) const {
    napi_value bytes;
    napi_create_string_latin1(env, bytes_.data(), bytes_.size(), &bytes);
    auto out = Napi::Object::New(env);
    out.Set("numbers", arrayOf(env, numbers_));
    out.Set("bytes", bytes);
    out.Set("targets", arrayOf(env, targets_));
    out.Set("locks", locks_);
    return out;
  }

 private:
  std::vector<double> numbers_;
  std::string bytes_;
  std::vector<std::string> targets_;
  std::string locks_;
};

Napi::Value packed(Info info, const std::vector<Look>& seen) {
  PackedLooks out(seen.size());
  for (const Look& one : seen) out.add(one);
  return out.value(info.Env());
}

Napi::Value LookAt(Info info) {
  return packed(info, {look(text(info[0]), static_cast<Depth>(integer(info[1])))});
}

Napi::Value LookAll(Info info) {
  return packed(info, lookAll(texts(info[0]), static_cast<Depth>(integer(info[1]))));
}

// (paths, depth) -> what LookNext takes. Threads look at once; ended with what holds it. Nothing in
// a worker that is being terminated, which may run on for a moment.
Napi::Value LookBegin(Info info) {
  auto looks = std::make_unique<ManyLooks>(texts(info[0]), static_cast<Depth>(integer(info[1])));
  const auto begun = Napi::External<ManyLooks>::New(
      info.Env(), looks.get(), [](Napi::Env, ManyLooks* done) { delete done; });
  if (!begun.IsEmpty()) looks.release();
  return begun;
}

// Some more looks, as LookAll gives them; none at the end.
Napi::Value LookNext(Info info) {
  if (!info[0].IsExternal()) return packed(info, {});
  return packed(info, info[0].As<Napi::External<ManyLooks>>().Data()->next());
}

// (identities, nameless too) -> see Openers, packed like looks.
Napi::Value OpenersOf(Info info) {
  const Napi::Env env = info.Env();
  std::vector<Identity> wanted;
  for (const std::string& id : texts(info[0])) {
    wanted.emplace_back();
    Identity::parse(id, &wanted.back());
  }
  const Openers seen = openersOf(wanted, info[1].As<Napi::Boolean>().Value(), divide);
  std::vector<double> numbers;
  std::vector<std::string> names;
  std::string locks;
  for (const Opener& opener : seen.found) {
    for (const double number : {double(opener.target), double(opener.pid), double(opener.fd),
                                double(opener.mount), double(opener.locks.size())})
      numbers.push_back(number);
    if (opener.target < 0) {
      names.push_back(opener.link);
      names.push_back(opener.born);
    }
    for (const LockLine& line : opener.locks) pack(line, &locks);
  }
  auto out = Napi::Object::New(env);
  out.Set("numbers", arrayOf(env, numbers));
  out.Set("names", arrayOf(env, names));
  out.Set("locks", locks);
  out.Set("hidden", seen.hidden);
  return out;
}

Napi::Value SameDescription(Info info) {
  return number(info, sameDescription(integer(info[0]), integer(info[1]), integer(info[2]),
                                      integer(info[3])));
}

Napi::Value GlimpseOf(Info info) { return number(info, static_cast<int>(glimpse(text(info[0])))); }

Napi::Value LookHeld(Info info) {
  Held* lock = find(info, integer(info[0]));
  Look none;
  none.error = -EBADF;
  return packed(info, {lock == nullptr ? none : lookHeld(lock->fd.get())});
}

// (directory, may it be a link, at most so many entries, levels) -> -errno or { paths, … }; a path
// that ends in a slash is a directory. The paths are one string, a NUL after each.
Napi::Value WalkBelow(Info info) {
  const Napi::Env env = info.Env();
  Walk seen;
  const int done = walk(text(info[0]), info[1].As<Napi::Boolean>().Value(),
                        static_cast<size_t>(integer(info[2])), integer(info[3]), &seen);
  if (done < 0) return number(info, done);
  std::string paths;
  for (const WalkEntry& entry : seen.entries)
    paths.append(entry.path).append(entry.directory ? "/" : "").push_back('\0');
  auto unreadable = Napi::Array::New(env, seen.unreadable.size());
  for (uint32_t i = 0; i < seen.unreadable.size(); i++) unreadable[i] = seen.unreadable[i];
  auto out = Napi::Object::New(env);
  out.Set("paths", paths);
  out.Set("unreadable", unreadable);
  out.Set("cut", seen.cut);
  return out;
}

// (paths as one string) -> of each name itself, links not followed: uid * 65536 + mode, or -errno.
Napi::Value ModesOf(Info info) {
  std::vector<double> modes;
  for (const std::string& path : apart(text(info[0]))) {
    struct statx st;
    const int done = statName(AT_FDCWD, path.c_str(), &st);
    modes.push_back(done < 0 ? done : double(st.stx_uid) * 65536 + st.stx_mode);
  }
  return arrayOf(info.Env(), modes);
}

// (path, identity, change time or -1): whether the name still is that inode, unchanged since.
Napi::Value Unchanged(Info info) {
  struct statx st;
  const double changed = info[2].As<Napi::Number>().DoubleValue();
  const bool same = statName(AT_FDCWD, text(info[0]).c_str(), &st) == 0 &&
                    (changed < 0 || milliseconds(st.stx_ctime) == changed) &&
                    identityOf(st).text() == text(info[1]);
  return Napi::Boolean::New(info.Env(), same);
}

// (directory): see mayChangeElsewhere.
Napi::Value Silent(Info info) {
  return Napi::Boolean::New(info.Env(), mayChangeElsewhere(text(info[0])));
}

}  // namespace

void defineLooks(Napi::Object* exports) {
  define(exports, "look", LookAt);
  define(exports, "lookAll", LookAll);
  define(exports, "lookBegin", LookBegin);
  define(exports, "lookNext", LookNext);
  define(exports, "modes", ModesOf);
  define(exports, "glimpse", GlimpseOf);
  define(exports, "lookHeld", LookHeld);
  define(exports, "openers", OpenersOf);
  define(exports, "sameDescription", SameDescription);
  define(exports, "unchanged", Unchanged);
  define(exports, "silent", Silent);
  define(exports, "walk", WalkBelow);
}

}  // namespace lockbridge
