// The door to JavaScript: check arguments, call, return. Only this file and binding/ know N-API.
//
// Numbers cross as numbers: a result >= 0 is a value, a result < 0 is -errno. Nothing here throws,
// because an exception costs eleven times a returned number; TypeScript builds the errors.
// State is per environment (worker threads load the addon once each), never global.
//
// A worker may be terminated while it is in here, and then nothing can be thrown any more: where
// N-API refuses a call for that, the build has node-addon-api go on instead of ending the process.

#include <napi.h>

#include "binding/doors.h"
#include "binding/environment.h"
#include "probe.h"

namespace lockbridge {

namespace {

Napi::Object Init(Napi::Env env, Napi::Object exports) {
  auto* state = new State();
  env.SetInstanceData(state);
  // A worker thread may be terminated at any moment, without an exit event.
  env.AddCleanupHook([](State* s) { s->tearDown(); }, state);
  for (const auto door : {defineLocks, defineLooks, defineWaits, defineWatches, defineSteps})
    door(&exports);
  exports.Set("residueMark", kResidueMark);
  return exports;
}

}  // namespace

// The module macro pastes its argument into a name, so it wants one without a namespace.
NODE_API_MODULE(lockbridge, Init)

}  // namespace lockbridge
