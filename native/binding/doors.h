// Each gives JavaScript its functions.
#pragma once

#include <napi.h>

namespace lockbridge {

void defineLocks(Napi::Object* exports);
void defineLooks(Napi::Object* exports);
void defineWaits(Napi::Object* exports);
void defineWatches(Napi::Object* exports);
void defineSteps(Napi::Object* exports);

}  // namespace lockbridge
