// What the C++ library does where it would throw: without exceptions there is nobody to catch, so
// the program ends. Defined here, the library's own versions (and with them its unwinder and
// demangler, half as large again as this program) are not linked.

#include <cstdlib>
#include <new>
#include <system_error>

void* operator new(size_t size) {
  void* memory = malloc(size == 0 ? 1 : size);
  if (memory == nullptr) abort();
  return memory;
}
void* operator new[](size_t size) { return operator new(size); }
void* operator new(size_t size, const std::nothrow_t&) noexcept {
  return malloc(size == 0 ? 1 : size);
}
void operator delete(void* memory) noexcept { free(memory); }
void operator delete(void* memory, size_t) noexcept { free(memory); }
void operator delete[](void* memory) noexcept { free(memory); }
void operator delete[](void* memory, size_t) noexcept { free(memory); }

#ifdef __GLIBCXX__
namespace std {
void __throw_length_error(const char*) { abort(); }
void __throw_logic_error(const char*) { abort(); }
void __throw_out_of_range(const char*) { abort(); }
void __throw_out_of_range_fmt(const char*, ...) { abort(); }
void __throw_bad_alloc() { abort(); }
void __throw_bad_array_new_length() { abort(); }
void __throw_bad_function_call() { abort(); }
void __throw_system_error(int) { abort(); }
void __throw_invalid_argument(const char*) { abort(); }
}  // namespace std
#else  // libc++ has most of these inline, and ends in one of two without exceptions
_LIBCPP_BEGIN_NAMESPACE_STD
void __throw_system_error(int, const char*) { abort(); }
void __libcpp_verbose_abort(const char*, ...) noexcept { abort(); }
_LIBCPP_END_NAMESPACE_STD
#endif

// What the library's own code, compiled for exceptions, refers to for the case that one passes.
// Weak: a C library that is linked in brings some of them for the cancellation of threads.
extern "C" {
[[gnu::weak]] void __cxa_pure_virtual() { abort(); }
[[gnu::weak]] void __gxx_personality_v0() { abort(); }
[[gnu::weak]] void _Unwind_Resume(void*) { abort(); }
[[gnu::weak]] void* __cxa_begin_catch(void*) noexcept { abort(); }
[[gnu::weak]] void __cxa_end_catch() { abort(); }
[[gnu::weak]] void __cxa_rethrow() { abort(); }
}

namespace std {
[[gnu::weak]] void terminate() noexcept { abort(); }
}  // namespace std
