{
  "variables": { "werror%": "0" },
  "targets": [
    {
      "target_name": "lockbridge",
      "sources": [
        "native/binding.cc",
        "native/path.cc",
        "native/lockfile.cc",
        "native/adopt.cc",
        "native/release.cc",
        "native/probe.cc",
        "native/procfs.cc",
        "native/waiter.cc",
        "native/walk.cc",
        "native/lineage.cc",
        "native/watcher.cc",
        "native/traits.cc",
        "native/exits.cc",
        "native/enter.cc"
      ],
      "include_dirs": ["<!(node -p \"require('node-addon-api').include_dir\")"],
      "defines": ["NAPI_VERSION=9", "NAPI_DISABLE_CPP_EXCEPTIONS", "_GNU_SOURCE", "_FILE_OFFSET_BITS=64"],
      "cflags_cc": ["-std=c++17", "-Wall", "-Wextra", "-fvisibility=hidden", "-O2"],
      "cflags_cc!": ["-std=gnu++20", "-std=gnu++17", "-fno-rtti"],
      "conditions": [["werror==1", { "cflags_cc": ["-Werror"] }]]
    }
  ]
}
